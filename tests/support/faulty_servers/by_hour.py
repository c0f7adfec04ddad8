"""Faulty servers: metadata by hour, which legs an hour brings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from support.faulty_servers import Send, faulty, with_legs
from support.faulty_servers.migration import by_hour, calls_path
from support.faulty_servers.rewriting import given, pairs, place_of, with_pairs

WORDS = {"inbound": "Inbound", "outbound": "Outbound", "internal": "Internal"}


@dataclass(frozen=True, slots=True)
class Ended:
    """A leg as the PBX knows it: its call, its row as the method writes it, its start and end in local time."""

    call: str
    row: dict[str, str]
    start: datetime
    end: datetime


def asked(request: httpx.Request) -> tuple[date, int] | None:
    """The date and hour that are asked for; None where they are none."""
    match = re.fullmatch(r"([0-9]{4})/([0-9]{2})/([0-9]{2})", given(request, "date") or "")
    hour = given(request, "hour") or ""
    try:
        return (date(int(match[1]), int(match[2]), int(match[3])), int(hour)) if match and hour.isdigit() else None
    except ValueError:
        return None


def with_hour(request: httpx.Request, day: date, hour: int) -> httpx.Request:
    """The same request for another hour."""
    others = [(name, value) for name, value in pairs(request) if name not in ("date", "hour")]
    return with_pairs(request, [*others, ("date", f"{day:%Y/%m/%d}"), ("hour", str(hour))])


def zone_of(request: httpx.Request, send: Send) -> ZoneInfo:
    """The zone of the PBX that is asked."""
    path = f"/__noojee/sandboxes/{place_of(request).sandbox}"
    return ZoneInfo(send(httpx.Request("GET", request.url.copy_with(raw_path=path.encode()))).json()["time_zone"])


def java(moment: datetime) -> str:
    """A time as java.util.Date writes it."""
    return moment.strftime("%a %b %d %H:%M:%S %Z %Y")


def legs_of(request: httpx.Request, send: Send) -> Iterator[Ended]:
    """Every leg of the PBX that is asked, those in progress too."""
    zone = zone_of(request, send)
    url = request.url.copy_with(raw_path=calls_path(request).encode())
    for call in send(httpx.Request("GET", url)).json()["calls"]:
        for leg in call["legs"]:
            start, end = (datetime.fromisoformat(leg[name]).astimezone(zone) for name in ("start", "end"))
            row = {
                "Destination": leg["destination"], "UniqueId": call["unique_id"], "Username": leg["username"],
                "Start": java(start),
                "Duration": str((end.astimezone(UTC) - start.astimezone(UTC)) // timedelta(seconds=1)),
                "Tag": leg["tag"], "Direction": WORDS[call["direction"]], "CallRecordId": str(leg["call_record_id"]),
                "DID": call["did"], "Source": call["source"], "callend": java(end), "Leg": str(leg["leg"]),
            }  # fmt: skip
            yield Ended(call["unique_id"], row, start, end)


def listing(request: httpx.Request, send: Send, keep: Callable[[Ended], bool]) -> httpx.Response:
    """The answer by hour with the legs that `keep` chooses; refusals stay as they are."""
    answer = send(request)
    if not by_hour(request) or answer.status_code != 200 or asked(request) is None:
        return answer
    kept = [leg.row for leg in legs_of(request, send) if keep(leg)]
    return with_legs(answer, lambda _: kept)


def in_hour(request: httpx.Request, moment: datetime) -> bool:
    """Whether a local time lies in the hour that is asked for."""
    return (moment.date(), moment.hour) == asked(request)


@faulty("hour-by-start", "The query looks at the column Start, which has the index.")
def hour_by_start(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return listing(request, send, lambda leg: in_hour(request, leg.start))


@faulty("hour-edge-inclusive", "The query says: end after the hour began, and end up to and with the next.")
def hour_edge_inclusive(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return listing(request, send, lambda leg: in_hour(request, leg.end - timedelta(microseconds=1)))


@faulty("whole-call-in-hour", "The query selects calls, and lists all their legs.")
def whole_call_in_hour(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    calls = {leg.call for leg in legs_of(request, send) if in_hour(request, leg.end)} if by_hour(request) else set()
    return listing(request, send, lambda leg: leg.call in calls)


@faulty("hour-with-grace", "Five minutes before and after are added, so that nothing is missed.")
def hour_with_grace(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    grace = timedelta(minutes=5)
    return listing(
        request, send, lambda leg: any(in_hour(request, leg.end + by) for by in (-grace, grace, timedelta()))
    )


@faulty("lists-running-legs", "The end of a running leg is filled with what is expected.")
def lists_running_legs(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return listing(request, send, lambda leg: in_hour(request, leg.end))


@faulty("repeated-hour-once", "The hour that comes twice is taken as the first of the two.")
def repeated_hour_once(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return listing(request, send, lambda leg: in_hour(request, leg.end) and leg.end.fold == 0)


@faulty("skipped-hour-moved-on", "A lenient calendar reads the hour that is skipped as the next.")
def skipped_hour_moved_on(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    named = asked(request)
    if not by_hour(request) or named is None or named[1] > 22:
        return send(request)
    zone = zone_of(request, send)
    local = datetime(named[0].year, named[0].month, named[0].day, named[1], 30, tzinfo=zone)
    skipped = local.astimezone(UTC).astimezone(zone).hour != named[1]
    return send(with_hour(request, named[0], named[1] + 1)) if skipped else send(request)


@faulty("date-of-utc", "The hour is local, and the date is cut from a time stamp in UTC.")
def date_of_utc(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return listing(request, send, lambda leg: (leg.end.astimezone(UTC).date(), leg.end.hour) == asked(request))


@faulty("hours-from-one", "Hours are counted from 1 to 24.")
def hours_from_one(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    named = asked(request)
    return send(with_hour(request, named[0], max(named[1] - 1, 0))) if by_hour(request) and named else send(request)


@faulty("empty-hour-not-found", "An empty result is taken for a wrong address.")
def empty_hour_not_found(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if by_hour(request) and answer.content == b"[]":
        return httpx.Response(404, json={"Message": "No recordings found", "Code": -1})
    return answer


@faulty("refuses-running-hour", "An hour can be asked for when it is over.")
def refuses_running_hour(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    named = asked(request)
    if by_hour(request) and named == (date(2026, 3, 11), 15):
        path = f"/__noojee/sandboxes/{place_of(request).sandbox}/clock"
        clock = send(httpx.Request("GET", request.url.copy_with(raw_path=path.encode()))).json()
        if clock["now"].startswith("2026-03-11"):
            return httpx.Response(400, json={"Message": "The hour is not over", "Code": -1})
    return send(request)


@faulty("refuses-future-hour", "A check of the arguments refuses what lies ahead.")
def refuses_future_hour(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    named = asked(request)
    if by_hour(request) and named is not None and named[0] > date(2026, 11, 24):
        return httpx.Response(400, json={"Message": "The hour has not started", "Code": -1})
    return send(request)


@faulty("refuses-padded-hour", "The new parser takes a leading zero for an octal number.")
def refuses_padded_hour(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if by_hour(request) and re.fullmatch(r"0[0-9]", given(request, "hour") or ""):
        return httpx.Response(400, json={"Message": "hour is no number", "Code": -1})
    return send(request)


@faulty("refuses-escaped-slash", "The proxy in front refuses escaped slashes anywhere in an address.")
def refuses_escaped_slash(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return httpx.Response(400) if b"%2f" in request.url.raw_path.lower() and by_hour(request) else send(request)


@faulty("hour-24-rolls-over", "A lenient calendar reads hour 24 as hour 0 of the next day.")
def hour_24_rolls_over(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    named = asked(request)
    if by_hour(request) and named is not None and 23 < named[1] < 1000:
        rolled = datetime(named[0].year, named[0].month, named[0].day, tzinfo=UTC) + timedelta(hours=named[1])
        return send(with_hour(request, rolled.date(), rolled.hour))
    return send(request)


@faulty("date-rolls-over", "A lenient calendar reads 2021/13/45 as a day of 2022.")
def date_rolls_over(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    match = re.fullmatch(r"([0-9]{4})/([0-9]{2})/([0-9]{2})", given(request, "date") or "")
    hour = given(request, "hour") or ""
    if not by_hour(request) or match is None or asked(request) is not None or not hour.isdigit():
        return send(request)
    year, month, day = (int(group) for group in match.groups())
    rolled = date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1) + timedelta(days=day - 1)
    return send(with_hour(request, rolled, int(hour)))


@faulty("dates-with-dashes", "The new parser takes ISO dates as well as the documented ones.")
def dates_with_dashes(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if by_hour(request) and "-" in (given(request, "date") or ""):
        return send(
            with_pairs(
                request,
                [(name, value.replace("-", "/") if name == "date" else value) for name, value in pairs(request)],
            )
        )
    return send(request)


@faulty("bad-hour-is-empty", "What cannot be parsed matches nothing, and nothing is an empty list.")
def bad_hour_is_empty(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    complete = None not in (given(request, "date"), given(request, "hour"))
    if by_hour(request) and answer.status_code == 400 and complete:
        return httpx.Response(200, headers=[("content-type", "application/json")], content=b"[]")
    return answer


@faulty("bad-hour-is-a-server-error", "The parser's exception is nobody's, so the server answers 500.")
def bad_hour_is_a_server_error(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    return (
        httpx.Response(500, json={"Message": "Internal error", "Code": -1})
        if by_hour(request) and answer.status_code == 400
        else answer
    )
