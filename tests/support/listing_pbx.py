"""A read-only PBX in memory that lists given legs, as they are: for clauses that check answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from noojee_contract.engine.check import Check
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import SubjectPair
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from support.read_only_subjects import MELBOURNE, read_only_subject

UNIQUE_ID = "1773200399.2"
LEG: Mapping[str, Any] = {
    "Source": "0400000001",
    "Leg": "1",
    "Start": "2026-03-11 14:40:00.0",
    "Tag": "INV-7",
    "Duration": "20",
    "Username": "Fred",
    "CallRecordId": "501",
    "UniqueId": UNIQUE_ID,
    "DID": "0390000000",
    "Direction": "0",
    "Destination": "410",
}
"""A leg as the metadata methods write it. Its call began one second before it."""


def listing_pbx(
    *legs: Mapping[str, Any],
    recordings: Sequence[tuple[str, str]] = (("unique_id", UNIQUE_ID),),
    sounds: Mapping[str, bytes] | None = None,
    zone: str = MELBOURNE,
    target: Target | None = None,
) -> ReadOnlySubject:
    """A PBX that answers each request for metadata, also by hour, with these legs. `sounds` are audio files by Leg."""

    def answer(request: httpx.Request) -> httpx.Response:
        if "MetaData" in request.url.path:
            return httpx.Response(200, json=list(legs))
        sound = (sounds or {}).get(request.url.params["leg"])
        return httpx.Response(404) if sound is None else httpx.Response(200, content=sound)

    return subject_of(answer, recordings, zone=zone, target=target)


def subject_of(
    answer: Callable[[httpx.Request], httpx.Response],
    recordings: Sequence[tuple[str, str]],
    *,
    zone: str = MELBOURNE,
    target: Target | None = None,
) -> ReadOnlySubject:
    """A read-only PBX whose answers a function gives, by default of the dialect njadmin."""
    return read_only_subject(httpx.MockTransport(answer), recordings, zone=zone, target=target)


def checked(clause: str, subject: ReadOnlySubject | SubjectPair) -> Check:
    """The checks that a clause makes. Raises CheckFailed if it fails, also by what it collected."""
    check = Check()
    clause_functions()[clause](subject, check)
    return check
