"""Faulty servers: Start and Duration, as the metadata methods write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_each_leg
from support.faulty_servers.metadata_fields import Leg, calls_of, faulty_leg, faulty_legs, is_metadata

MELBOURNE_SUMMER = timedelta(hours=11)


def moved(leg: Leg, by: timedelta) -> Leg:
    """A leg whose Start is another."""
    start = datetime.fromisoformat(leg["Start"][:19]) + by
    return {**leg, "Start": f"{start:%Y-%m-%d %H:%M:%S}.0"}


@faulty("by-tag-in-utc", "The search by tag was rewritten; it reads another column, in UTC.")
def by_tag_in_utc(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    by_tag = request.url.path.endswith("/retrieveMetaData")
    return with_each_leg(answer, lambda leg: moved(leg, -MELBOURNE_SUMMER)) if by_tag else answer


@faulty_leg("start-of-twelve-hours", "The format says hh in place of HH.")
def start_of_twelve_hours(leg: Leg) -> Leg:
    hour = (int(leg["Start"][11:13]) - 1) % 12 + 1
    return {**leg, "Start": f"{leg['Start'][:11]}{hour:02}{leg['Start'][13:]}"}


@faulty_leg(
    "start-in-the-year-of-its-week", "The format says YYYY, the year that the week belongs to, in place of yyyy."
)
def start_in_the_year_of_its_week(leg: Leg) -> Leg:
    year = date.fromisoformat(leg["Start"][:10]).isocalendar().year
    return {**leg, "Start": f"{year}{leg['Start'][4:]}"}


@faulty_legs("duration-of-the-call", "Duration comes from the call's record.")
def duration_of_the_call(legs: list[Leg]) -> list[Leg]:
    whole: dict[str, int] = {}
    for leg in legs:
        whole[leg["UniqueId"]] = whole.get(leg["UniqueId"], 0) + int(leg["Duration"])
    return [{**leg, "Duration": str(whole[leg["UniqueId"]])} for leg in legs]


@faulty("duration-rounded-up", "Durations are billed: a started second counts.")
def duration_rounded_up(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    lasted = {}
    for call in calls_of(request, send):
        for leg in call["legs"]:
            start, end = (datetime.fromisoformat(leg[name].replace("Z", "+00:00")) for name in ("start", "end"))
            lasted[call["unique_id"], str(leg["leg"])] = -((start - end) // timedelta(seconds=1))
    return with_each_leg(answer, lambda leg: {**leg, "Duration": str(lasted[leg["UniqueId"], leg["Leg"]])})


@faulty_leg("duration-as-a-clock", "Duration is written for people: 00:01:58.")
def duration_as_a_clock(leg: Leg) -> Leg:
    minutes, seconds = divmod(int(leg["Duration"]), 60)
    return {**leg, "Duration": f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"}


LEG_CHANGES = (
    ("start-in-utc", "The replacement runs in a container, whose zone is UTC.",
     lambda leg: moved(leg, -MELBOURNE_SUMMER)),
    ("start-ten-hours-late", "The PBX was moved, and its clock shows another time zone.",
     lambda leg: moved(leg, timedelta(hours=10))),
    ("start-in-iso", "The rewrite writes every date in ISO 8601.",
     lambda leg: {**leg, "Start": leg["Start"][:19].replace(" ", "T")}),
    ("start-without-fraction", "The rewrite formats to the second: yyyy-MM-dd HH:mm:ss.",
     lambda leg: {**leg, "Start": leg["Start"][:19]}),
    ("start-with-three-zeros", "The format is yyyy-MM-dd HH:mm:ss.SSS now.",
     lambda leg: {**leg, "Start": leg["Start"][:19] + ".000"}),
    ("start-cut-to-the-minute", "The reporting table keeps minutes.",
     lambda leg: {**leg, "Start": leg["Start"][:17] + "00.0"}),
    ("repeated-hour-skipped", "The second of two hours of one name is written as the hour after it.",
     lambda leg: moved(leg, timedelta(hours=1)) if leg["Start"].startswith("2026-04-05 02:") else leg),
    ("summer-time-begins-tomorrow", "The zone's rules are of before 2008, when summer time began three weeks later.",
     lambda leg: moved(leg, -timedelta(hours=1)) if "2026-10-04 03" <= leg["Start"] < "2026-10-25 03" else leg),
    ("duration-in-milliseconds", "The new recorder counts milliseconds.",
     lambda leg: {**leg, "Duration": leg["Duration"] + "000"}),
)  # fmt: skip
"""Changes of each leg by itself: name, description, and change."""
for _name, _description, _change in LEG_CHANGES:
    faulty_leg(_name, _description)(_change)
