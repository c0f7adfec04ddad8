"""Faulty servers made mechanically: an operator applied at a place: each field of each document, each header, route,
parameter, refusal and limit.

A mutant that violates no published fact and no option is left out, with its reason, in `left_out.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx

from support.faulty_servers import FaultyServer, Mistake, Send

MODULES = ("fields", "legs", "answers", "headers", "refusals", "parameters", "limits", "state", "sound", "moved")
LEFT_OUT = Path(__file__).with_name("left_out.toml")

BY_TAG, BY_UNIQUE_ID, BY_HOUR = "by-tag", "by-unique-id", "by-hour"
TIME, SOUND = "time", "sound"
ENDINGS: Mapping[str, tuple[str, ...]] = {
    BY_TAG: ("/retrieveMetaData",),
    BY_UNIQUE_ID: ("/retrieveMetaDataByUniqueId",),
    BY_HOUR: ("/retrieveMetaDataByHour",),
    TIME: ("/Time",),
    SOUND: ("/retrieve", "/retrieveByUniqueId"),
}
METADATA = (BY_TAG, BY_UNIQUE_ID, BY_HOUR)
WORDS: Mapping[str, str] = {
    BY_TAG: "By tag", BY_UNIQUE_ID: "By unique id", BY_HOUR: "By hour", TIME: "Time", SOUND: "Sound",
}  # fmt: skip
Answers = Callable[[httpx.Request, httpx.Response], httpx.Response]


def is_at(request: httpx.Request, place: str) -> bool:
    """Whether a request asks for what a place names."""
    return request.url.path.endswith(ENDINGS[place])


def dialects_of(place: str) -> tuple[str, ...]:
    """The dialects in which a mutant of a place is run; empty: any.

    One is enough for what all dialects write alike: by tag in the legacy one, by unique id in its replacement.
    """
    legacy, replacement = ("recording-api",), ("njadmin",)
    return {BY_TAG: legacy, TIME: legacy, BY_UNIQUE_ID: replacement, BY_HOUR: replacement}.get(place, ())


def answering(place: str, change: Answers) -> Mistake:
    """A mistake in the answers of one place: `change` makes the wrong answer from the right one."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        return change(request, answer) if is_at(request, place) else answer

    return mistake


def every_mutant() -> Iterator[FaultyServer]:
    """Every operator at every place, including the left-out ones."""
    for name in MODULES:
        yield from import_module(f"support.faulty_servers.operators.{name}").mutants()


@cache
def left_out() -> Mapping[str, str]:
    """The mutants that are not wrong, each with its reason."""
    reasons: dict[str, str] = {}
    for reason, names in tomllib.loads(LEFT_OUT.read_text(encoding="utf-8")).items():
        for name in names:
            if name in reasons:
                raise ValueError(f"{name} is left out twice")
            reasons[name] = reason
    return reasons


@cache
def made() -> Mapping[str, FaultyServer]:
    """The faulty servers that operators make, by name."""
    found: dict[str, FaultyServer] = {}
    for mutant in every_mutant():
        if mutant.name in found:
            raise ValueError(f"two operators make {mutant.name}")
        found[mutant.name] = mutant
    return {name: mutant for name, mutant in found.items() if name not in left_out()}
