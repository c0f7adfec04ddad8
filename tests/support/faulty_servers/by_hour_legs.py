"""Faulty servers: metadata by hour, how a leg is written, and who may ask how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_each_leg
from support.faulty_servers.by_hour import asked, in_hour, java, legs_of
from support.faulty_servers.migration import by_hour
from support.faulty_servers.rewriting import is_method, keys, now_millis, pairs, place_of, with_pairs

Row = dict[str, Any]


def faulty_row(name: str, description: str) -> Callable[[Callable[[Row], Row]], Callable[[Row], Row]]:
    """Enter a server that writes each leg by hour wrongly."""

    def enter(change: Callable[[Row], Row]) -> Callable[[Row], Row]:
        @faulty(name, description)
        def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
            answer = send(request)
            return with_each_leg(answer, change) if by_hour(request) else answer

        return change

    return enter


def with_dates(leg: Row, change: Callable[[str], str]) -> Row:
    """A leg whose dates are written otherwise."""
    return leg | {name: change(leg[name]) for name in ("Start", "callend")}


@faulty_row(
    "wrong-day-of-the-week", "The names of the days begin with Monday in the new table, and with Sunday in the old."
)
def wrong_day_of_the_week(leg: Row) -> Row:
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"]
    return with_dates(leg, lambda text: days[days.index(text[:3]) + 1] + text[3:])


@faulty("callend-of-the-call", "The end is the hang-up of the call, on each of its legs.")
def callend_of_the_call(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not by_hour(request):
        return answer
    ends: dict[str, datetime] = {}
    for leg in legs_of(request, send):
        ends[leg.call] = max(ends.get(leg.call, leg.end), leg.end)
    return with_each_leg(answer, lambda row: row | {"callend": java(ends[row["UniqueId"]])})


@faulty("by-hour-open-to-all", "The new method was left out of the filter that asks for the key.")
def by_hour_open_to_all(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if not by_hour(request) or request.method != "POST":
        return send(request)
    others = [(name, value) for name, value in pairs(request) if name != "apiKey"]
    return send(with_pairs(request, [("apiKey", keys(request, send)[0]), *others]))


@faulty("limit-of-the-same-hour-alone", "The limit is kept for each hour that is asked for.")
def limit_of_the_same_hour_alone(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not by_hour(request) or asked(request) is None:
        return answer
    name = (place_of(request).sandbox, asked(request))
    if answer.status_code == 429 and name not in memory:
        memory[name] = True
        return httpx.Response(200, json=[leg.row for leg in legs_of(request, send) if in_hour(request, leg.end)])
    memory[name] = True
    return answer


@faulty("limit-of-an-hour", "The limit is one an hour: the unit was misread.")
def limit_of_an_hour(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if not by_hour(request):
        return send(request)
    sandbox, now = place_of(request).sandbox, now_millis(request, send)
    if now - memory.get(sandbox, now - 3_600_000) < 3_600_000:
        return httpx.Response(429, json={"Message": "Too many requests", "Code": -1})
    answer = send(request)
    if answer.status_code == 200:
        memory[sandbox] = now
    return answer


@faulty("limit-on-everything", "The limit stands on the whole path.")
def limit_on_everything(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if not is_method(request):
        return send(request)
    sandbox, now = place_of(request).sandbox, now_millis(request, send)
    if not by_hour(request) and now - memory.get(sandbox, now - 60_000) < 60_000:
        return httpx.Response(429, json={"Message": "Too many requests", "Code": -1})
    answer = send(request)
    if by_hour(request) and answer.status_code == 200:
        memory[sandbox] = now
    return answer


ROW_CHANGES = (
    ("one-abbreviation-all-year", "The abbreviation is a setting, not the zone's.",
     lambda leg: with_dates(leg, lambda text: text.replace(" AEDT ", " AEST "))),
    ("writes-est", "An older Java writes EST for Australian eastern time, summer and winter.",
     lambda leg: with_dates(leg, lambda text: text.replace(" AEDT ", " EST ").replace(" AEST ", " EST "))),
    ("by-hour-direction-digits", "Both shapes are made by one serialiser now.",
     lambda leg: leg | {"Direction": str(("Inbound", "Outbound", "Internal").index(leg["Direction"]))}),
    ("by-hour-internal-as-outbound", "What does not come from a trunk goes out.",
     lambda leg: leg | {"Direction": "Outbound" if leg["Direction"] == "Internal" else leg["Direction"]}),
    ("by-hour-outbound-in-capitals", "The word comes from an enum of the new code.",
     lambda leg: leg | {"Direction": "OUTBOUND" if leg["Direction"] == "Outbound" else leg["Direction"]}),
)  # fmt: skip
"""Changes of each leg by hour: name, description, and change."""
for _name, _description, _change in ROW_CHANGES:
    faulty_row(_name, _description)(_change)
