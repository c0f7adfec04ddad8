"""Answers of the vendor's metadata methods: their legs, and the problems of unreadable ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_contract.dialects.legs import Reading
from noojee_contract.dialects.times import apart, read_java_date, read_timestamp
from noojee_contract.dialects.vendor import read_listing
from noojee_contract.model.exchange import Exchange, Request, Response

MELBOURNE = ZoneInfo("Australia/Melbourne")
ROOT = Path(__file__).parents[3]
SEED_LEG = {
    "Source": "400", "Leg": "1", "Start": "2014-02-13 17:06:52.0", "Tag": "1234", "Duration": "4", "Username": "Fred",
    "CallRecordId": "198348", "UniqueId": "1392271611.238", "DID": "internal", "Direction": "2", "Destination": "410",
}  # fmt: skip
HOUR_LEG = {
    **SEED_LEG, "Start": "Tue Sep 14 15:03:30 AEST 2021", "callend": "Tue Sep 14 15:03:34 AEST 2021",
    "Direction": "Inbound",
}  # fmt: skip


def read(body: bytes, *, status: int = 200, shape: str = "metadata") -> Reading:
    asked = Request(method="POST", url="http://pbx.invalid/")
    answered = Response(status=status, body=body)
    exchange = Exchange(request=asked, response=answered, at=datetime(2026, 11, 23, tzinfo=UTC))
    return read_listing(exchange, shape=shape, zone=MELBOURNE)


def test_the_leg_of_the_spec_page_is_read_by_field() -> None:
    """SPEC: the sample of 4.1 Retrieve Meta Data."""
    (leg,) = read(json.dumps([SEED_LEG]).encode()).legs
    assert leg.start == (datetime(2014, 2, 13, 6, 6, 52, tzinfo=UTC),)
    assert (leg.source, leg.number, leg.tag, leg.duration_seconds, leg.username) == ("400", 1, "1234", 4, "Fred")
    assert (leg.call_record_id, leg.unique_id, leg.did, leg.direction) == (
        "198348",
        "1392271611.238",
        "internal",
        "internal",
    )
    assert leg.destination == "410"


def test_a_by_hour_leg_has_an_end_and_a_word_for_its_direction() -> None:
    """DOC: the samples of 9.4 Retrieve recording list."""
    reading = read(json.dumps([HOUR_LEG]).encode(), shape="by-hour")
    assert not reading.problems
    assert reading.legs[0].end == (datetime(2021, 9, 14, 5, 3, 34, tzinfo=UTC),)
    assert reading.legs[0].direction == "inbound"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Leg": 1}, "Leg is a number, not a string"),
        ({"Leg": "one"}, "Leg is 'one': not a whole number"),
        ({"Duration": "4.0"}, "Duration is '4.0'"),
        ({"Tag": None}, "Tag is null, not a string"),
        ({"Start": "2014-02-13T17:06:52Z"}, "expected YYYY-MM-DD HH:MM:SS.f"),
        ({"Start": "2014-02-30 17:06:52.0"}, "day is out of range"),
        ({"Start": "2026-10-04 02:30:00.0"}, "does not exist in the PBX's zone"),
        ({"Start": "0001-01-01 00:00:00.0"}, "does not exist in the PBX's zone"),
        ({"Start": "9999-12-31 23:59:59.0"}, "does not exist in the PBX's zone"),
        ({"Direction": "Inbound"}, "not a digit"),
    ],
)
def test_a_wrong_field_is_a_problem_in_words(change: dict[str, object], problem: str) -> None:
    """The other fields of the leg are read."""
    reading = read(json.dumps([{**SEED_LEG, **change}]).encode())
    assert problem in reading.problems[0]
    assert reading.legs[0].unique_id == "1392271611.238"


@pytest.mark.parametrize("missing", sorted(SEED_LEG))
def test_a_missing_field_is_a_problem(missing: str) -> None:
    """SPEC: eleven fields are returned."""
    leg = {name: value for name, value in SEED_LEG.items() if name != missing}
    assert f"entry 0: {missing} is missing" in read(json.dumps([leg]).encode()).problems


@pytest.mark.parametrize(
    "body",
    [
        b"", b"  ", b"<html>", b"[", b'{"a":1}', b"null", b'"x"', b"[1]", b"\xff\xfe", b"[" * 100_000,
        b'[{"Leg":"1","Leg":"2"}]', b"[NaN]",
    ],
    ids=range(12),
)  # fmt: skip
def test_an_answer_that_is_no_listing_does_not_crash(body: bytes) -> None:
    """An answer that is not JSON, cut off, empty, nested or in the wrong charset is a failure."""
    reading = read(body)
    assert reading.problems
    assert reading.error_body is None


def test_utf_16_is_no_utf_8() -> None:
    """CLIENT: the vendor's client reads UTF-8 whatever the header says."""
    assert read(json.dumps([SEED_LEG]).encode("utf-16")).problems


@pytest.mark.parametrize("body", [{"Message": "Expired TimeStamp", "Code": -1}, {"code": 5, "message": "x"}])
def test_an_error_body_is_read_in_either_spelling(body: dict[str, object]) -> None:
    """DOC: a negative code signifies an error; the newer services write it in lower case (CLIENT)."""
    reading = read(json.dumps(body).encode())
    assert reading.error_body is not None
    assert reading.error_body.code in (-1, 5)


def test_a_success_object_is_no_listing() -> None:
    """Code 0 is success, but no array of legs."""
    reading = read(b'{"Message":"OK","Code":0}')
    assert reading.error_body is None
    assert reading.problems


def test_an_array_with_an_http_error_is_a_problem() -> None:
    """Legs of an answer with an error status are read, and the status is a problem."""
    reading = read(json.dumps([SEED_LEG]).encode(), status=500)
    assert reading.legs
    assert "HTTP 500" in reading.problems[0]


def test_the_repeated_hour_has_two_meanings_and_the_abbreviation_decides() -> None:
    """2026-04-05 02:30 occurs twice in Melbourne; only Java's date has an abbreviation."""
    both = read_timestamp("2026-04-05 02:30:00.0", MELBOURNE)
    assert not isinstance(both, str)
    assert len(both) == 2
    assert read_java_date("Sun Apr 05 02:30:00 AEDT 2026", MELBOURNE) == both[:1]
    assert read_java_date("Sun Apr 05 02:30:00 AEST 2026", MELBOURNE) == both[1:]


def test_the_known_dates_read_as_their_instants() -> None:
    """The vectors test both halves from outside."""
    vectors = json.loads((ROOT / "fixtures" / "vectors" / "dates.json").read_text(encoding="utf-8"))
    dates = 0
    for row in vectors["vectors"]:
        zone = ZoneInfo(row["time_zone"])
        instant = datetime.fromisoformat(row["instant"].replace("Z", "+00:00")).replace(microsecond=0)
        for key, reader in (("timestamp", read_timestamp), ("date", read_java_date)):
            if key in row:
                meant = reader(row[key], zone)
                assert not isinstance(meant, str), meant
                assert instant in {moment.replace(microsecond=0) for moment in meant}
                dates += 1
    assert dates


def test_a_wrong_day_of_the_week_is_a_problem() -> None:
    """14 September 2021 was a Tuesday."""
    assert read_java_date("Wed Sep 14 15:03:30 AEST 2021", MELBOURNE) == "that day is a Tue"


def test_unreadable_times_are_not_compared() -> None:
    """An empty reading has no distance."""
    assert apart((), (datetime(2021, 1, 1, tzinfo=UTC),)) is None


@given(st.binary(max_size=300), st.integers(100, 599), st.sampled_from(["metadata", "by-hour"]))
def test_any_bytes_are_read_without_an_error(body: bytes, status: int, shape: str) -> None:
    """Hostile answers never raise."""
    read(body, status=status, shape=shape)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*HOUR_LEG, "Code", "Message", "x"]), inner, max_size=4)
        ),
    )
)
def test_any_document_is_read_or_a_problem(document: object) -> None:
    """Hostile JSON never raises."""
    reading = read(json.dumps(document).encode())
    assert reading.legs or reading.problems or reading.error_body or document == []
