"""Calls of ten thousand legs, tags of four thousand letters, documents nested a thousand deep.

Large is not wrong, and not slow.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from quality.fuzz.served import CALLS, KEY, NJADMIN, Served, posted, request

LEGS = 10_000
BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
CLOSE = "Connection: close"


def asked(server: Served, target: str) -> bytes:
    """The body of a good answer to a POST."""
    heard = server.ask(request("POST", target, CLOSE))
    assert heard.statuses == (200,), heard.received[:500]
    return heard.received.partition(b"\r\n\r\n")[2]


def test_a_call_of_ten_thousand_legs_is_served(server: Served) -> None:
    """Its metadata by unique id, by tag and by hour, and the sound of its last leg."""
    legs = [
        {
            "start": (BEGIN + timedelta(seconds=at)).isoformat(),
            "end": (BEGIN + timedelta(seconds=at + 1)).isoformat(),
            "destination": "410",
            "tag": "many legs",
        }
        for at in range(LEGS)
    ]
    call = {"unique_id": "1777593600.77", "direction": "internal", "source": "400", "legs": legs}
    assert server.ask(posted("/sandboxes/default/calls", {"calls": [call]})).statuses == (201,)
    by_unique_id = json.loads(
        asked(server, f"{NJADMIN}/retrieveMetaDataByUniqueId?apiKey={KEY}&uniqueId=1777593600.77")
    )
    assert [leg["Leg"] for leg in by_unique_id] == [str(number) for number in range(1, LEGS + 1)]
    assert json.loads(asked(server, f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=many+legs")) == by_unique_id
    sound = asked(server, f"{NJADMIN}/retrieveByUniqueId?apiKey={KEY}&uniqueId=1777593600.77&leg={LEGS}")
    assert sound.startswith(b"RIFF")
    server.lives()


def test_a_live_call_is_split_hundreds_of_times(server: Served) -> None:
    """Each start during a recording makes a leg; the archive has them all once the call ends."""
    asked(server, f"{CALLS}/dial?apiKey={KEY}&number=0390000000&extenOrUniqueId=SIP/420&autoAnswer=yes")
    split = request("POST", f"{CALLS}/start?apiKey={KEY}&extenOrUniqueId=420&tag=split+often")
    last = request("POST", f"{CALLS}/hangup?apiKey={KEY}&extenOrUniqueId=420", CLOSE)
    for _ in range(3):
        assert server.ask(split * 300, answers=300).statuses == (200,) * 300
    assert server.ask(last).statuses == (200,)
    legs = json.loads(asked(server, f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=split+often"))
    assert len(legs) == 900
    server.lives()


@pytest.mark.parametrize("letter", ["x", "é", "話", "📞", "\0", "%", "&"])
def test_a_tag_of_four_thousand_letters_comes_back(letter: str, server: Served) -> None:
    """From the start of a recording to its metadata."""
    tag = letter * 4000
    asked(server, f"{CALLS}/dial?apiKey={KEY}&number=0390000000&extenOrUniqueId=SIP/400&autoAnswer=yes")
    started = json.loads(asked(server, f"{CALLS}/start?apiKey={KEY}&extenOrUniqueId=400&tag={quote(tag)}"))
    assert started["Code"] == 0
    asked(server, f"{CALLS}/hangup?apiKey={KEY}&extenOrUniqueId=400")
    (leg,) = json.loads(asked(server, f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag={quote(tag)}"))
    assert leg["Tag"] == tag


@pytest.mark.parametrize("inner", ['{"archive":', '{"directory":', '{"profile":', '{"clock":', '{"calls":', "["])
@pytest.mark.parametrize("depth", [100, 900, 200_000])
def test_a_deep_document_is_refused(inner: str, depth: int, server: Served) -> None:
    """400 with a reason, whatever part of it is deep."""
    document = (inner + "[" * depth + "]" * depth + ("" if inner == "[" else "}")).encode()
    for path in ("/sandboxes", "/sandboxes/default/calls", "/sandboxes/default/clock"):
        heard = server.ask(posted(path, document))
        assert heard.statuses == (400,), path
    server.lives()


@pytest.mark.parametrize(
    ("calls", "path"),
    [
        ([{"unique_id": 5}] * 190_000, "$.calls[0].direction"),
        ([{"unique_id": "1.1", "direction": "internal", "source": "4", "legs": [{"a": 1}] * 500_000}], "$"),
        ([0] * 2_000_000, "$.calls"),
        ([{f"field{at}": 1 for at in range(300_000)}], "$"),
    ],
    ids=["many wrong calls", "a call of many wrong legs", "millions of numbers", "a call of many fields"],
)
def test_a_large_invalid_document_is_refused_with_one_error(calls: Any, path: str, server: Served) -> None:
    """In bounded time and memory: all errors once took minutes, and a thousand times the size of the document."""
    heard = server.ask(posted("/sandboxes/default/calls", {"calls": calls}))
    assert heard.statuses == (400,)
    assert json.loads(heard.received.partition(b"\r\n\r\n")[2])["path"] == path
    memory = server.memory_bytes()
    assert memory is None or memory < 700_000_000
    server.lives()
