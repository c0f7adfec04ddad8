"""The table of the probe's questions, and the options that no reading shows: `questions.toml`, read once.

It also says how many options a probe can learn with which permission, for the documentation.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from noojee_contract.model.manner import Manner
from noojee_contract.resources import schemas
from noojee_contract.targets.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """An option of the API: its values, the default first, and the dialects that it concerns."""

    values: tuple[str, ...]
    dialects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeQuestion:
    """One question of the probe.

    `asks` says what it sends, `learns` which options its answers show, `needs` what must be known first ("" for
    nothing). `schemes` are the authentication schemes that it is about, `dialects` its dialects; empty for all.
    `wait_seconds` is the pause that a question with the manner `waits` needs.
    """

    name: str
    asks: str
    manner: Manner
    learns: tuple[str, ...]
    needs: str = ""
    schemes: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    wait_seconds: float = 0.0

    def options_for(self, target: Target) -> tuple[str, ...]:
        """The options of a target that its answers show; none if the question is not about the target."""
        if self.schemes and target.scheme not in self.schemes:
            return ()
        if self.dialects and target.dialect not in self.dialects:
            return ()
        return tuple(option for option in self.learns if target.dialect in option_rows()[option].dialects)


@cache
def option_rows() -> Mapping[str, OptionRow]:
    """Every option of `schemas/own/options.toml`, in its order."""
    table = tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8"))
    return {
        key: OptionRow(values=(row["default"], *row["alternatives"]), dialects=tuple(row["dialects"]))
        for key, row in table.items()
    }


@cache
def probe_questions() -> tuple[ProbeQuestion, ...]:
    """The questions, in the order in which they are sent."""
    return tuple(
        ProbeQuestion(
            name=name,
            asks=row["asks"],
            manner=Manner(row["manner"]),
            learns=tuple(row["learns"]),
            needs=row.get("needs", ""),
            schemes=tuple(row.get("schemes", ())),
            dialects=tuple(row.get("dialects", ())),
            wait_seconds=float(row.get("wait_seconds", 0)),
        )
        for name, row in _table()["question"].items()
    )


@cache
def cannot_learn() -> Mapping[str, str]:
    """The options that no reading shows, each with the reason. An option without a question is one of them."""
    listed = _table()["cannot"]
    known = {*listed, *(option for question in probe_questions() for option in question.learns)}
    return {**listed, **{key: NOT_ASKED for key in option_rows() if key not in known}}


NOT_ASKED = "has no question of the probe yet; set it in the profile"
PERMISSIONS: Mapping[str, Manner] = {
    "none": Manner.HARMLESS,
    "negative tests": Manner.NEGATIVE_TEST,
    "waits": Manner.WAITS,
}
OLD_LEG = "an old leg"


def learnt_with() -> Mapping[str, tuple[str, ...]]:
    """The options that each permission adds: none, negative tests, waits, and the knowledge of an old leg."""
    late = frozenset(_table()["old_leg"]["options"])
    found = {
        name: tuple(
            option
            for question in probe_questions()
            for option in question.learns
            if question.manner is manner and option not in late
        )
        for name, manner in PERMISSIONS.items()
    }
    return {**found, OLD_LEG: tuple(sorted(late))}


def options_of(target: Target) -> tuple[str, ...]:
    """The options that concern the dialect of a target."""
    return tuple(key for key, row in option_rows().items() if target.dialect in row.dialects)


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    text = (resources.files("noojee_contract") / "probing" / "questions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
