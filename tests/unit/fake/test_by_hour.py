"""By hour: the legs that ended in an hour of the PBX's own day, through midnight and both daylight-saving nights."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from noojee_fake.messages import Response

BY_HOUR = "retrieveMetaDataByHour"


def ends(response: Response) -> list[str]:
    """The local clock time at which each listed leg ended, in the order of the answer."""
    assert response.status == 200, response.body
    return [row["callend"].split(" ")[3] for row in json.loads(response.body)]


@pytest.fixture(scope="session")
def ended_at(pbx: Callable[..., Any], call: Any, leg: Any) -> Callable[..., Any]:
    """A caller of a PBX on which a leg of ten seconds ended at each of these instants."""

    def make(*instants: str, zone: str = "Australia/Melbourne", **options: str) -> Any:
        calls = []
        for at, instant in enumerate(instants):
            end = datetime.fromisoformat(instant)
            calls.append(call(f"{at}.1", leg((end - timedelta(seconds=10)).isoformat(), end.isoformat())))
        return pbx(*calls, head={"time_zone": zone}, **options)

    return make


def hour(caller: Any, date: str, number: int | str) -> Response:
    """One by-hour request, a minute after the one before."""
    caller.sandboxes.default.clock.step(60_000_000)
    answer: Response = caller.njadmin(BY_HOUR, date=date, hour=number)
    return answer


def test_a_leg_belongs_to_the_hour_in_which_it_ended(ended_at: Any) -> None:
    """Selected by end, not by start; the first second of an hour is in it, that of the next is not (DOC W-H)."""
    caller = ended_at(
        "2026-11-20T14:59:59.999+11:00",
        "2026-11-20T15:00:00+11:00",
        "2026-11-20T15:00:05+11:00",
        "2026-11-20T15:59:59.999+11:00",
        "2026-11-20T16:00:00+11:00",
    )
    assert ends(hour(caller, "2026/11/20", 14)) == ["14:59:59"]
    assert ends(hour(caller, "2026/11/20", 15)) == ["15:00:00", "15:00:05", "15:59:59"]
    assert ends(hour(caller, "2026/11/20", 16)) == ["16:00:00"]
    assert ends(hour(caller, "2026/11/20", 17)) == []
    assert ends(hour(caller, "2026/11/19", 15)) == []


def test_midnight_parts_the_days(ended_at: Any) -> None:
    """Hour 23 of a day and hour 0 of the next; hour 0 is midnight to one (DOC W-H)."""
    caller = ended_at("2026-11-20T23:59:59+11:00", "2026-11-21T00:00:00+11:00", "2026-11-21T00:59:59+11:00")
    assert ends(hour(caller, "2026/11/20", 23)) == ["23:59:59"]
    assert ends(hour(caller, "2026/11/21", 0)) == ["00:00:00", "00:59:59"]
    assert ends(hour(caller, "2026/11/20", 0)) == []


def test_a_call_across_an_hour_shows_its_legs_in_different_hours(pbx: Any, call: Any, leg: Any) -> None:
    """Legs are listed, not calls, so a call may be there in part (DOC W-H)."""
    caller = pbx(
        call(
            "1.1",
            leg("2026-11-20T15:58:00+11:00", "2026-11-20T15:59:00+11:00"),
            leg("2026-11-20T15:59:00+11:00", "2026-11-20T16:01:00+11:00"),
        )
    )
    assert [row["Leg"] for row in json.loads(hour(caller, "2026/11/20", 15).body)] == ["1"]
    assert [row["Leg"] for row in json.loads(hour(caller, "2026/11/20", 16).body)] == ["2"]


def test_legs_come_by_end_and_then_by_record_id(pbx: Any, call: Any, leg: Any) -> None:
    """The order of the published sample; fractions of a second do not show, so they do not order.

    Source: option metadata_order.
    """
    caller = pbx(
        call("1.1", leg(end="2026-11-20T09:05:00.1+11:00", call_record_id=8)),
        call("2.1", leg(end="2026-11-20T09:04:00+11:00", call_record_id=9)),
        call("3.1", leg(end="2026-11-20T09:05:00.9+11:00", call_record_id=7)),
    )
    rows = json.loads(hour(caller, "2026/11/20", 9).body)
    assert [row["CallRecordId"] for row in rows] == ["9", "7", "8"]


SPRING = {"2021-10-02T15:59:59Z": "01:59:59", "2021-10-02T16:00:00Z": "03:00:00", "2021-10-02T16:59:59Z": "03:59:59"}
AUTUMN = {
    "2022-04-02T14:59:59Z": "01:59:59",
    "2022-04-02T15:00:00Z": "02:00:00",
    "2022-04-02T15:59:59Z": "02:59:59",
    "2022-04-02T16:00:00Z": "02:00:00",
    "2022-04-02T16:59:59Z": "02:59:59",
    "2022-04-02T17:00:00Z": "03:00:00",
}


def test_the_hour_that_is_skipped_gives_nothing(ended_at: Any) -> None:
    """3 October 2021 in Melbourne has no hour 2. Source: option repeated_hour."""
    caller = ended_at(*SPRING)
    assert ends(hour(caller, "2021/10/03", 1)) == ["01:59:59"]
    assert hour(caller, "2021/10/03", 2).body == b"[]"
    assert ends(hour(caller, "2021/10/03", 3)) == ["03:00:00", "03:59:59"]


def test_the_hour_that_occurs_twice_gives_both(ended_at: Any) -> None:
    """3 April 2022 in Melbourne has hour 2 in AEDT and then in AEST. Source: option repeated_hour."""
    caller = ended_at(*AUTUMN)
    assert ends(hour(caller, "2022/04/03", 1)) == ["01:59:59"]
    rows = json.loads(hour(caller, "2022/04/03", 2).body)
    assert [row["callend"] for row in rows] == [
        "Sun Apr 03 02:00:00 AEDT 2022",
        "Sun Apr 03 02:59:59 AEDT 2022",
        "Sun Apr 03 02:00:00 AEST 2022",
        "Sun Apr 03 02:59:59 AEST 2022",
    ]
    assert ends(hour(caller, "2022/04/03", 3)) == ["03:00:00"]


def test_the_option_selects_the_first_repeated_hour(ended_at: Any) -> None:
    """With repeated_hour `first`, what ended in the second is in no hour at all."""
    caller = ended_at(*AUTUMN, repeated_hour="first")
    assert ends(hour(caller, "2022/04/03", 2)) == ["02:00:00", "02:59:59"]
    assert ends(hour(caller, "2022/04/03", 3)) == ["03:00:00"]


@pytest.mark.parametrize(
    ("zone", "instant", "date", "number", "callend"),
    [
        ("UTC", "2026-11-20T14:59:59Z", "2026/11/20", 14, "Fri Nov 20 14:59:59 UTC 2026"),
        ("Asia/Kolkata", "2026-11-20T18:29:59Z", "2026/11/20", 23, "Fri Nov 20 23:59:59 IST 2026"),
        ("Asia/Kolkata", "2026-11-20T18:30:00Z", "2026/11/21", 0, "Sat Nov 21 00:00:00 IST 2026"),
        ("America/New_York", "2022-11-06T05:30:00Z", "2022/11/06", 1, "Sun Nov 06 01:30:00 EDT 2022"),
        ("America/New_York", "2022-11-06T06:30:00Z", "2022/11/06", 1, "Sun Nov 06 01:30:00 EST 2022"),
        ("Australia/Perth", "2021-06-05T04:00:00Z", "2021/06/05", 12, "Sat Jun 05 12:00:00 AWST 2021"),
        ("Australia/Lord_Howe", "2022-04-02T14:59:59Z", "2022/04/03", 1, "Sun Apr 03 01:59:59 +11 2022"),
        ("Australia/Lord_Howe", "2022-04-02T15:00:00Z", "2022/04/03", 1, "Sun Apr 03 01:30:00 +1030 2022"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011/12/31", 0, "Sat Dec 31 00:00:00 +14 2011"),
    ],
)
def test_hours_are_those_of_the_pbx(
    ended_at: Any, zone: str, instant: str, date: str, number: int, callend: str
) -> None:
    """Date and hour are the server's local time in every zone (DERIVED from the published sample)."""
    rows = json.loads(hour(ended_at(instant, zone=zone), date, number).body)
    assert [row["callend"] for row in rows] == [callend]


@pytest.mark.parametrize("zone", ["Australia/Melbourne", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns"])
def test_every_ended_leg_is_in_exactly_one_hour(ended_at: Any, zone: str) -> None:
    """The hours of the days around a change of the clocks share out the legs without loss or repetition."""
    first = datetime.fromisoformat({"Pacific/Apia": "2011-12-29T00:00:00Z"}.get(zone, "2022-04-02T00:00:00Z"))
    instants = [(first + timedelta(minutes=at)).isoformat() for at in range(0, 3 * 24 * 60, 29)]
    caller = ended_at(*instants, zone=zone)
    found: list[str] = []
    for day in range(-1, 5):
        for number in range(24):
            answer = hour(caller, f"{first + timedelta(days=day):%Y/%m/%d}", number)
            found += [row["UniqueId"] for row in json.loads(answer.body)]
    assert sorted(found) == sorted(f"{at}.1" for at in range(len(instants)))


@pytest.mark.parametrize("date", ["2026/11/20", "2026%2F11%2F20", "2026%2f11/20"])
@pytest.mark.parametrize("number", ["9", "09", "%39"])
def test_dates_and_hours_may_be_escaped_and_hours_padded(ended_at: Any, date: str, number: str) -> None:
    """The vendor's client leaves `/` alone; most others escape it (CLIENT C-D)."""
    caller = ended_at("2026-11-20T09:00:00+11:00")
    answer = caller.ask(
        "/njadmin/rest/RecordingAPI/retrieveMetaDataByHour", f"apiKey={caller.key}&date={date}&hour={number}"
    )
    assert ends(answer) == ["09:00:00"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "date=2026/11/20",
        "hour=9",
        "date=&hour=9",
        "date=2026/11/20&hour=",
        "date=2026/11/20&hour=24",
        "date=2026/11/20&hour=-1",
        "date=2026/11/20&hour=9.0",
        "date=2026/11/20&hour=009",
        "date=2026/11/20&hour=+9",
        "date=2026/11/20&hour=%D9%A9",
        "date=2026/11/20&hour=%FF",
        "date=2026-11-20&hour=9",
        "date=20/11/2026&hour=9",
        "date=2026/13/01&hour=9",
        "date=2026/02/29&hour=9",
        "date=0000/01/01&hour=9",
        "date=26/11/20&hour=9",
        "date=2026/11/20%0A&hour=9",
        "Date=2026/11/20&Hour=9",
    ],
)
def test_bad_dates_and_hours_are_refused(ended_at: Any, query: str) -> None:
    """400 with a failure that names the parameter, never an empty list; and the limit is not used up.

    Source: option bad_hour.
    """
    caller = ended_at("2026-11-20T09:00:00+11:00")
    path = "/njadmin/rest/RecordingAPI/retrieveMetaDataByHour"
    answer = caller.ask(path, f"apiKey={caller.key}&{query}")
    assert answer.status == 400
    assert answer.body.startswith((b'{"Message":"Missing parameter', b'{"Message":"Malformed parameter'))
    assert caller.njadmin(BY_HOUR, date="2026/11/20", hour=9).status == 200


@pytest.mark.parametrize("date", ["0001/01/01", "1969/12/31", "9999/12/31"])
@pytest.mark.parametrize("number", [0, 23])
@pytest.mark.parametrize("future", ["empty-list", "refused"])
def test_the_ends_of_the_calendar_are_empty(ended_at: Any, date: str, number: int, future: str) -> None:
    """A date that exists is answered, however far away."""
    answer = ended_at(future_hour=future).njadmin(BY_HOUR, date=date, hour=number)
    assert answer.status == (400 if future == "refused" and date[0] == "9" else 200)


@pytest.mark.parametrize("listed", ["hidden", "listed"])
def test_a_leg_in_progress_is_in_no_hour(pbx: Any, call: Any, leg: Any, listed: str) -> None:
    """A running hour can be asked; what has not ended is not in it, and is once it ends."""
    caller = pbx(
        call("1.1", leg("2026-11-23T23:59:00Z", "2026-11-24T00:00:00Z")),
        call("2.1", leg("2026-11-23T23:59:00Z", "2026-11-24T00:00:30Z")),
        legs_in_progress=listed,
    )
    answer = caller.njadmin(BY_HOUR, date="2026/11/24", hour=11)
    assert ends(answer) == ["11:00:00"]
    assert ends(hour(caller, "2026/11/24", 11)) == ["11:00:00", "11:00:30"]


def test_an_hour_starts_at_its_first_instant(ended_at: Any) -> None:
    """With future_hour `refused`, the hour that begins now can be asked, the one before its begin cannot.

    Source: option future_hour.
    """
    caller = ended_at(future_hour="refused")
    assert caller.njadmin(BY_HOUR, date="2026/11/24", hour=11).body == b"[]"
    caller.sandboxes.default.clock.step(3_599_999_999)
    assert caller.njadmin(BY_HOUR, date="2026/11/24", hour=12).status == 400
