"""JSON objects of the control API as typed dictionaries. Times are RFC 3339 texts in UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

Document = dict[str, Any]
"""A JSON object that the OpenAPI description defines."""

Time = datetime | str
"""An aware datetime, or an RFC 3339 text with its offset."""


class LiveLeg(TypedDict):
    """A leg of a call. `end` is None while the leg is recorded."""

    leg: int
    start: str
    end: str | None
    tag: str
    username: str
    destination: str
    call_record_id: int


class PlayedCall(TypedDict):
    """A call that a flow named: whether it is live, and its legs, lowest number first."""

    unique_id: str
    live: bool
    legs: list[LiveLeg]


class JournalAnswer(TypedDict):
    """The answer of a journal entry, without credentials. `body` is None if it is no text."""

    status: int
    headers: list[tuple[str, str]]
    body: str | None
    body_bytes: int


class NearMiss(TypedDict):
    """The served method most like a request that matched none. `differs` has one sentence a difference."""

    method: str
    path: str
    differs: list[str]


class JournalEntry(TypedDict):
    """A request that the PBX got, without credentials, with its answer. `body` is None if it is no text."""

    number: int
    time: str
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: str | None
    body_bytes: int
    answer: JournalAnswer
    matched: bool
    near_miss: NearMiss | None
