"""The options: one choice for each open question of the API, from the table that both halves read.

A choice that the table does not list is refused, so that a typing error never runs a test against the default.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from noojee_fake import resources as _data
from noojee_fake.errors import ProfileError


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One open question: what may be chosen, and what is chosen where nobody chose."""

    key: str
    default: str
    alternatives: tuple[str, ...]
    dialects: tuple[str, ...]


@cache
def questions() -> Mapping[str, Option]:
    """The table of open questions, by key."""
    with _data.schema("options.toml").open("rb") as file:
        table = tomllib.load(file)
    return {
        key: Option(
            key=key,
            default=row["default"],
            alternatives=tuple(row["alternatives"]),
            dialects=tuple(row["dialects"]),
        )
        for key, row in table.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedProfile:
    """Choices that belong together, under a name. `provenance` is the ground of the whole."""

    about: str
    provenance: str
    choices: Mapping[str, str]


@cache
def named_profiles() -> Mapping[str, NamedProfile]:
    """The profiles that ship, by name."""
    with _data.schema("profiles.toml").open("rb") as file:
        table = tomllib.load(file)
    return {name: NamedProfile(**row) for name, row in table.items()}


class Profile(Mapping[str, str]):
    """One choice for every open question. Raises ProfileError for a key or a choice that the table lacks."""

    __slots__ = ("_choices",)

    def __init__(self, choices: Mapping[str, str] | None = None) -> None:
        table = questions()
        whole = {key: question.default for key, question in table.items()}
        for key, choice in (choices or {}).items():
            question = table.get(key)
            if question is None:
                raise ProfileError(
                    f"there is no option {key!r}; the options are {', '.join(sorted(table))}", f"$.{key}"
                )
            allowed = (question.default, *question.alternatives)
            if choice not in allowed:
                raise ProfileError(f"{key} is {choice!r}; it may be {', '.join(allowed)}", f"$.{key}")
            whole[key] = choice
        self._choices = whole

    def __getitem__(self, key: str) -> str:
        return self._choices[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._choices)

    def __len__(self) -> int:
        return len(self._choices)

    def number(self, key: str) -> int:
        """The choice of a option whose choices are numbers."""
        return int(self._choices[key])

    def with_choices(self, choices: Mapping[str, str]) -> Profile:
        """This profile with some choices changed."""
        return Profile({**self._choices, **choices})
