"""JSON objects of the control API as typed dictionaries. Times are RFC 3339 texts in UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

from noojee_fake.client.option_types import Dialect, OptionValues, Version

Document = dict[str, Any]
"""A JSON object that the OpenAPI description defines."""

Time = datetime | str
"""An aware datetime, or an RFC 3339 text with its offset."""


Record = Literal["greeting", "queue", "answer", "never"]
"""From when on a call is recorded."""

Inbound = TypedDict(
    "Inbound",
    {
        "do": Literal["inbound"],
        "did": str,
        "source": NotRequired[str],
        "as": NotRequired[str],
        "record": NotRequired[Record],
        "tag": NotRequired[str],
    },
)
"""A call from outside."""

Place = TypedDict(
    "Place",
    {
        "do": Literal["place"],
        "from": str,
        "number": str,
        "as": NotRequired[str],
        "record": NotRequired[Record],
        "tag": NotRequired[str],
    },
)
"""A call that a user makes from the phone."""

Dial = TypedDict(
    "Dial",
    {
        "do": Literal["dial"],
        "from": str,
        "number": str,
        "as": NotRequired[str],
        "record": NotRequired[bool],
        "tag": NotRequired[str],
        "at_once": NotRequired[bool],
    },
)
"""A call that the API makes."""


class Wait(TypedDict):
    """Time passes; the clock of the sandbox moves."""

    do: Literal["wait"]
    seconds: float


class Proceed(TypedDict):
    """The greeting of a call ends."""

    do: Literal["proceed"]
    call: str


class Answer(TypedDict):
    """An extension, or the outside party, picks up."""

    do: Literal["answer"]
    call: str
    by: str


class Transfer(TypedDict):
    """The connected party hands the caller on."""

    do: Literal["transfer"]
    call: str
    to: str


class StartRecording(TypedDict):
    """Record a call from now on."""

    do: Literal["start_recording"]
    call: str
    tag: NotRequired[str]
    agent: NotRequired[str]


class StopRecording(TypedDict):
    """End the recording of a call."""

    do: Literal["stop_recording"]
    call: str
    agent: NotRequired[str]


class HangUp(TypedDict):
    """A call ends for all parties."""

    do: Literal["hang_up"]
    call: str


Step = Inbound | Place | Dial | Wait | Proceed | Answer | Transfer | StartRecording | StopRecording | HangUp
"""A step of a call flow. `call` is a unique id, or a name that an earlier step gave with `as`."""


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


class PbxSettings(TypedDict, total=False):
    """Settings of a PBX in this process: of `EmbeddedPbx`, of the marker `noojee`, and of the fixtures.

    `archive` is an archive file, or its content. The clock is frozen at `now`.
    """

    now: Time
    archive: Mapping[str, Any] | Path | str
    profile: OptionValues | Mapping[str, str]
    dialects: Sequence[Dialect]
    version: Version
    directory: Mapping[str, Any]
    time_zone: str
