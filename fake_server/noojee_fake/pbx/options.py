"""The options: the points that the vendor's pages leave open, each with its values, from `schemas/own/options.toml`.

A value that the table does not list is refused, so that a typing error never runs a test against the default.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from noojee_fake.errors import ProfileError
from noojee_fake.resources import schema_text

_LONGEST_KEY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option: the open point as a question, its default, its other values, and the dialects that it concerns."""

    key: str
    question: str
    provenance: str
    default: str
    alternatives: tuple[str, ...]
    dialects: tuple[str, ...]


@cache
def option_table() -> Mapping[str, Option]:
    """All options, by key."""
    table = tomllib.loads(schema_text("options.toml"))
    return {
        key: Option(
            key=key,
            question=row["question"],
            provenance=row["provenance"],
            default=row["default"],
            alternatives=tuple(row["alternatives"]),
            dialects=tuple(row["dialects"]),
        )
        for key, row in table.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedProfile:
    """Values of options that belong together. `provenance` is the source of the profile as a whole."""

    about: str
    provenance: str
    values: Mapping[str, str]


@cache
def named_profiles() -> Mapping[str, NamedProfile]:
    """The profiles of `schemas/own/profiles.toml`, by name."""
    table = tomllib.loads(schema_text("profiles.toml"))
    return {name: NamedProfile(**row) for name, row in table.items()}


class Profile(Mapping[str, str]):
    """One value for every option. Raises ProfileError for an unknown key or value."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        table = option_table()
        whole = {key: option.default for key, option in table.items()}
        for key, value in (values or {}).items():
            option = table.get(key)
            if option is None:
                near = difflib.get_close_matches(key[:_LONGEST_KEY], table, n=1)
                hint = f"did you mean {near[0]}?" if near else f"the options are {', '.join(sorted(table))}"
                raise ProfileError(f"there is no option {key!r}; {hint}", f"$.{key}")
            allowed = (option.default, *option.alternatives)
            if value not in allowed:
                raise ProfileError(f"{key} is {value!r}; allowed are {', '.join(allowed)}", f"$.{key}")
            whole[key] = value
        self._values = whole

    def __getitem__(self, key: str) -> str:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def number(self, key: str) -> int:
        """The value of an option whose values are numbers."""
        return int(self._values[key])

    def with_values(self, values: Mapping[str, str]) -> Profile:
        """This profile with other values for some options."""
        return Profile({**self._values, **values})
