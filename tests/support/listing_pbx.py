"""A read-only PBX in memory that lists given legs, as they are: for clauses that check answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from noojee_contract.clients.client import Client
from noojee_contract.clients.sender import Sender
from noojee_contract.dialects.vendor_dialect import vendor_dialect
from noojee_contract.engine.check import Check
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import SubjectConfig, SubjectPair
from noojee_contract.model.question import Question
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target

MELBOURNE = "Australia/Melbourne"
UNIQUE_ID = "1773200399.2"
AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
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
    """A PBX that answers each request for metadata with these legs, and by hour too. `sounds` are audio files by Leg."""

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
    """A read-only PBX of the dialect njadmin, whose answers a function gives."""
    client = Client(
        Sender(httpx.Client(transport=httpx.MockTransport(answer))),
        root="http://pbx.invalid",
        dialect=vendor_dialect("njadmin").configured({}, AUDIO),
        key="a-key",
        zone=ZoneInfo(zone),
    )
    config = SubjectConfig(
        target=target or Target(name="pbx", dialect="njadmin", audio=AUDIO),
        client=client,
        zone=ZoneInfo(zone),
        profile={},
    )
    questions = tuple(Question(kind, value) for kind, value in recordings)
    return ReadOnlySubject(config, recordings=questions, before_by_hour=lambda: None, wait=lambda seconds: None)


def checked(clause: str, subject: ReadOnlySubject | SubjectPair) -> Check:
    """The checks that a clause makes. Raises CheckFailed if it fails, also by what it collected."""
    check = Check()
    clause_functions()[clause](subject, check)
    return check
