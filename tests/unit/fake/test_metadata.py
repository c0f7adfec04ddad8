"""Metadata by tag and by unique id: all legs of the calls that match, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from noojee_fake.messages import Response

SHAPE_1 = [
    "Source",
    "Leg",
    "Start",
    "Tag",
    "Duration",
    "Username",
    "CallRecordId",
    "UniqueId",
    "DID",
    "Direction",
    "Destination",
]
SHAPE_2 = [
    "Destination",
    "UniqueId",
    "Username",
    "Start",
    "Duration",
    "Tag",
    "Direction",
    "CallRecordId",
    "DID",
    "Source",
    "callend",
    "Leg",
]


def rows(answer: Response) -> list[dict[str, str]]:
    assert answer.status == 200, answer.body
    found: list[dict[str, str]] = json.loads(answer.body)
    return found


def named(answer: Response) -> list[tuple[str, str]]:
    return [(row["UniqueId"], row["Leg"]) for row in rows(answer)]


def test_every_field_is_a_text_in_its_order(pbx: Any, call: Any, leg: Any) -> None:
    """The keys of both shapes, in the order of the published documents; numbers are texts too (SPEC, DOC W-H)."""
    caller = pbx(call("1.1", leg(tag="T")))
    shapes = {
        "retrieveMetaData": (SHAPE_1, {"tag": "T"}),
        "retrieveMetaDataByUniqueId": (SHAPE_1, {"uniqueId": "1.1"}),
        "retrieveMetaDataByHour": (SHAPE_2, {"date": "2026/11/20", "hour": 9}),
    }
    for name, (keys, parameters) in shapes.items():
        (row,) = rows(caller.njadmin(name, **parameters))
        assert list(row) == keys
        assert all(isinstance(value, str) for value in row.values())


def test_a_tag_brings_all_legs_of_its_calls_and_no_others(pbx: Any, call: Any, leg: Any) -> None:
    """An entry for each leg of each matching call, no matter which leg carries the tag (SPEC, option tag_selects)."""
    caller = pbx(
        call("2.1", leg("2026-11-20T10:00:00+11:00"), leg("2026-11-20T10:00:10+11:00", tag="T")),
        call("3.1", leg("2026-11-20T11:00:00+11:00", tag="U")),
        call("1.1", leg("2026-11-20T09:00:00+11:00", tag="T"), leg("2026-11-20T09:00:10+11:00", tag="U")),
        call("4.1", leg("2026-11-20T12:00:00+11:00")),
    )
    for ask in (caller.njadmin, caller.legacy):
        assert named(ask("retrieveMetaData", tag="T")) == [("1.1", "1"), ("1.1", "2"), ("2.1", "1"), ("2.1", "2")]
        assert named(ask("retrieveMetaDataByUniqueId", uniqueId="2.1")) == [("2.1", "1"), ("2.1", "2")]
        assert [row["Tag"] for row in rows(ask("retrieveMetaData", tag="U"))] == ["T", "U", "U"]


def test_legs_are_ordered_as_numbers(pbx: Any, call: Any, leg: Any) -> None:
    """Leg 10 comes after leg 9, and leg 1 is the first (SPEC). Source: option metadata_order."""
    legs = [leg(f"2026-11-20T09:{at:02d}:00+11:00") for at in range(11)]
    answer = pbx(call("1.1", *legs)).njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1")
    assert [row["Leg"] for row in rows(answer)] == [str(number) for number in range(1, 12)]


def test_numbers_may_have_gaps(pbx: Any, call: Any, leg: Any) -> None:
    """Retention deletes legs; one that names no number follows the highest before it. Source: option expired_leg."""
    caller = pbx(call("1.1", leg(leg=5), leg(), leg(leg=2)))
    assert named(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1")) == [
        ("1.1", "2"),
        ("1.1", "5"),
        ("1.1", "6"),
    ]


@pytest.mark.parametrize(
    ("direction", "did", "digit", "word", "shown"),
    [
        ("inbound", "7601", "0", "Inbound", "7601"),
        ("outbound", None, "1", "Outbound", ""),
        ("outbound", "0390000001", "1", "Outbound", "0390000001"),
        ("internal", None, "2", "Internal", "internal"),
        ("internal", "internal", "2", "Internal", "internal"),
    ],
)
def test_direction_and_did(pbx: Any, call: Any, direction: str, did: str, digit: str, word: str, shown: str) -> None:
    """Digits in shape 1, words in shape 2; the DID of an internal call is `internal`.

    Source: SPEC, options internal_word and outbound_did.
    """
    fields = {"direction": direction} | ({} if did is None else {"did": did})
    caller = pbx(call("1.1", **fields))
    (plain,) = rows(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1"))
    (hourly,) = rows(caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=9))
    assert (plain["Direction"], hourly["Direction"]) == (digit, word)
    assert plain["DID"] == hourly["DID"] == shown


def test_a_leg_without_owner_is_the_default_accounts(pbx: Any, call: Any, leg: Any) -> None:
    """An archive may name its own; else the option does. An owner of no letters is an owner.

    Source: SPEC, option default_account.
    """
    unowned = call("1.1", leg(), leg(username="Fred"), leg(username=""))
    for head, options, account in (
        ({}, {}, "Administrator"),
        ({}, {"default_account": "NoojeeAdmin"}, "NoojeeAdmin"),
        ({"default_account": "Reception"}, {"default_account": "NoojeeAdmin"}, "Reception"),
    ):
        caller = pbx(unowned, head=head, **options)
        owners = [row["Username"] for row in rows(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1"))]
        assert owners == [account, "Fred", ""]


def test_record_ids_rise_and_are_never_shared(pbx: Any, call: Any, leg: Any) -> None:
    """One a leg, across all calls (SPEC, option call_record_id)."""
    caller = pbx(call("1.1", leg(), leg(call_record_id=40)), call("2.1", leg(), leg()))
    caller.control("POST", "/sandboxes/default/calls", {"calls": [call("3.1")]})
    ids = [
        int(row["CallRecordId"])
        for unique_id in ("1.1", "2.1", "3.1")
        for row in rows(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=unique_id))
    ]
    assert ids == [41, 40, 42, 43, 44]


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [("00", "00", "0"), ("00", "00.999999", "0"), ("00.9", "01.8", "0"), ("00.9", "01.9", "1"), ("00", "59", "59")],
)
def test_duration_is_whole_seconds_rounded_down(
    pbx: Any, call: Any, leg: Any, start: str, end: str, seconds: str
) -> None:
    """From the true times, so it may differ by one from the printed ones.

    Source: options zero_length_legs and start_fraction.
    """
    caller = pbx(call("1.1", leg(f"2026-11-20T09:00:{start}+11:00", f"2026-11-20T09:00:{end}+11:00")))
    (row,) = rows(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1"))
    assert row["Duration"] == seconds
    assert row["Start"] == "2026-11-20 09:00:00.0"


HOSTILE = [
    "1234",
    "é",
    "名",
    "🎧",
    "a b",
    "a+b",
    "a&b=c",
    "100%",
    'say "hi"',
    "\\",
    "'; --",
    "<b>",
    "\t\n",
    "\0",
    "A;B",
]


@pytest.mark.parametrize("tag", HOSTILE)
def test_hostile_tags_come_round(pbx: Any, call: Any, leg: Any, tag: str) -> None:
    """Percent-encoded UTF-8 in the query, `+` for a space too, UTF-8 in the answer. Source: option query_charset."""
    caller = pbx(call(f"id {tag}", leg(tag=tag, username=tag, destination=tag), source=tag, did="internal"))
    path = "/njadmin/rest/RecordingAPI/retrieveMetaData"
    for written in (quote(tag, safe=""), quote_plus(tag)):
        (row,) = rows(caller.ask(path, f"tag={written}&apiKey={caller.key}"))
        assert {row["Tag"], row["Username"], row["Destination"], row["Source"]} == {tag}
    (row,) = rows(caller.legacy("retrieveMetaDataByUniqueId", uniqueId=f"id {tag}"))
    assert row["Tag"] == tag


def test_answers_are_utf_8_without_escapes(pbx: Any, call: Any, leg: Any) -> None:
    """As the vendor's client reads them (CLIENT C-J); only what JSON must escape is escaped.

    Source: option query_charset.
    """
    caller = pbx(call("1.1", leg(tag='é🎧"/')))
    for ask in (caller.njadmin, caller.legacy):
        assert '"Tag":"é🎧\\"/"'.encode() in ask("retrieveMetaDataByUniqueId", uniqueId="1.1").body
    assert '"Tag":"é🎧'.encode() in caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=9).body


def test_raw_utf_8_in_a_query_is_read(pbx: Any, call: Any, leg: Any) -> None:
    """Some clients do not encode; an adapter passes bytes above 127 as latin-1, or unchanged."""
    caller = pbx(call("1.1", leg(tag="é名")))
    path = "/njadmin/rest/RecordingAPI/retrieveMetaData"
    for query in ("tag=é名".encode().decode("latin-1"), "tag=é名"):
        assert len(rows(caller.ask(path, f"{query}&apiKey={caller.key}"))) == 1


@pytest.mark.parametrize("tag", ["t", "T ", " T", "T\0", "Te", "", "*", "%", "T*", "_", "' OR '1'='1"])
def test_a_tag_is_matched_exactly(pbx: Callable[..., Any], call: Any, leg: Any, tag: str) -> None:
    """The whole tag, case-sensitive, without wildcards. Source: option tag_match."""
    answer = pbx(call("1.1", leg(tag="T"), leg())).njadmin("retrieveMetaData", tag=tag)
    assert (answer.body == b"[]") if tag else (answer.status == 400)


def test_an_unreadable_value_is_refused(pbx: Any) -> None:
    """Invalid percent-encoding or invalid UTF-8 is a malformed parameter, not an unknown tag."""
    caller = pbx()
    for value in ("%", "%4", "%zz", "%FF", "\xff"):
        answer = caller.ask("/njadmin/rest/RecordingAPI/retrieveMetaData", f"tag={value}&apiKey={caller.key}")
        assert (answer.status, answer.body) == (400, b'{"Message":"Malformed parameter tag","Code":-1}')


def test_legs_appear_as_they_end(pbx: Any, call: Any, leg: Any) -> None:
    """A leg in progress is not listed, and a call may gain legs. Source: option legs_in_progress."""
    caller = pbx(
        call(
            "1.1",
            leg("2026-11-23T23:59:00Z", "2026-11-24T00:00:01Z"),
            leg("2026-11-24T00:00:01Z", "2026-11-24T00:00:02Z", tag="T"),
        )
    )
    seen = []
    for _ in range(4):
        by_id = caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1")
        seen.append((len(rows(by_id)), len(rows(caller.njadmin("retrieveMetaData", tag="T")))))
        caller.sandboxes.default.clock.step(1_000_000)
    assert seen == [(0, 0), (1, 0), (2, 2), (2, 2)]


def test_a_listed_leg_in_progress_shows_what_has_passed(pbx: Any, call: Any, leg: Any) -> None:
    """With legs_in_progress `listed`, Duration grows until the leg has ended. Source: option legs_in_progress."""
    caller = pbx(call("1.1", leg("2026-11-24T00:00:00Z", "2026-11-24T00:00:03Z")), legs_in_progress="listed")
    seen = []
    for _ in range(5):
        (row,) = rows(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1"))
        seen.append(row["Duration"])
        caller.sandboxes.default.clock.step(1_000_000)
    assert seen == ["0", "1", "2", "3", "3"]


def test_answers_are_repeatable(pbx: Any, call: Any, leg: Any) -> None:
    """The same question gives the same bytes, by either prefix and either dialect."""
    caller = pbx(call("1.1", leg(tag="T"), leg(tag="T")), call("2.1", leg(tag="T")))
    bodies = {ask("retrieveMetaData", tag="T").body for ask in (caller.njadmin, caller.legacy) for _ in range(3)}
    assert len(bodies) == 1


def test_an_anonymous_caller_has_no_number(pbx: Any, call: Any) -> None:
    """Source is the caller id, if available (SPEC); else it is empty, and neither null nor absent."""
    caller = pbx(call("1.1", source="", direction="inbound", did="7601"))
    assert rows(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1"))[0]["Source"] == ""
    assert rows(caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=9))[0]["Source"] == ""


def test_calls_that_come_later_are_found_by_tag_too(pbx: Any, call: Any, leg: Any) -> None:
    """Whether tags are compared exactly or not."""
    for choice in ("exact", "ignore-case"):
        caller = pbx(call("1.1", leg(tag="T")), tag_match=choice)
        assert len(rows(caller.njadmin("retrieveMetaData", tag="T"))) == 1
        caller.control("POST", "/sandboxes/default/calls", {"calls": [call("2.1", leg(tag="T"))]})
        assert len(rows(caller.njadmin("retrieveMetaData", tag="T"))) == 2


def test_only_legs_of_the_tag_are_listed_in_any_case(pbx: Any, call: Any, leg: Any) -> None:
    """Where a tag selects legs, others of the call stay out, before and behind it in the alphabet."""
    legs = [leg(tag=tag, end=f"2026-11-20T09:00:{5 * number:02}+11:00") for number, tag in enumerate("aTtz", start=1)]
    for choice, listed in (("ignore-case", ["T", "t"]), ("exact", ["T"])):
        caller = pbx(call("1.1", *legs), tag_match=choice, tag_selects="legs")
        assert [row["Tag"] for row in rows(caller.njadmin("retrieveMetaData", tag="T"))] == listed
