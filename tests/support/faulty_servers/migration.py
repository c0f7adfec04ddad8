"""Faulty servers: replacements that lost or changed something on the way from the legacy PBX."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from support.faulty_servers import Send, faulty, with_each_leg, with_legs
from support.faulty_servers.audio import asks_sound, is_sound, with_leg
from support.faulty_servers.rewriting import given, pairs, place_of, with_pairs

Row = dict[str, str]
MELBOURNE = ZoneInfo("Australia/Melbourne")


def by_hour(request: httpx.Request) -> bool:
    """Whether metadata by hour are asked for."""
    return request.url.path.endswith("ByHour")


def calls_path(request: httpx.Request) -> str:
    """The control API's address of the calls of a request's sandbox."""
    return f"/__noojee/sandboxes/{place_of(request).sandbox}/calls"


def each(send: Send, request: httpx.Request, change: Callable[[Row], Row]) -> httpx.Response:
    """The right answer with each leg changed."""
    return with_each_leg(send(request), change)


@faulty("upgraded-without-some-calls", "The job that moved the archive stopped at calls without an answer.")
def upgraded_without_some_calls(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return with_legs(send(request), lambda legs: legs if any(leg["Username"] == "Fred" for leg in legs) else [])


@faulty("upgraded-without-the-last-leg", "The job joined each leg with the next, and the last has none.")
def upgraded_without_the_last_leg(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return with_legs(send(request), lambda legs: legs[:-1] if len(legs) > 1 else legs)


@faulty("upgraded-twice", "The job ran twice.")
def upgraded_twice(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return with_legs(send(request), lambda legs: [*legs, *legs])


@faulty("upgraded-without-tag-index", "Tags were moved with the legs, the index by tag was not.")
def upgraded_without_tag_index(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return with_legs(send(request), lambda legs: [] if given(request, "tag") is not None else legs)


@faulty("upgraded-to-prefix-search", "The new search matches prefixes.")
def upgraded_to_prefix_search(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    tag = given(request, "tag")
    if not tag or answer.content != b"[]":
        return answer
    calls = send(httpx.Request("GET", request.url.copy_with(raw_path=calls_path(request).encode()))).json()["calls"]
    for known in [leg["tag"] for call in calls for leg in call["legs"]]:
        if known.startswith(tag):
            others = [(name, value) for name, value in pairs(request) if name != "tag"]
            return send(with_pairs(request, [*others, ("tag", known)]))
    return answer


@faulty("upgraded-to-utc", "The new server runs in UTC, and writes its local time.")
def upgraded_to_utc(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    def change(leg: Row) -> Row:
        try:
            local = datetime.strptime(leg["Start"], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=MELBOURNE)
        except ValueError:
            return leg
        return leg | {"Start": local.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") + ".0"}

    return each(send, request, change)


@faulty("upgraded-with-rounded-durations", "Durations are computed again, and rounded up.")
def upgraded_with_rounded_durations(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return each(send, request, lambda leg: leg | {"Duration": str(int(leg["Duration"]) + 1)})


@faulty("upgraded-with-tidied-tags", "The job trimmed tags and wrote them in capitals.")
def upgraded_with_tidied_tags(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return each(send, request, lambda leg: leg | {"Tag": leg["Tag"].strip().upper()})


@faulty("upgraded-with-owners-reset", "Agents were not moved, so their legs belong to the default account.")
def upgraded_with_owners_reset(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return each(send, request, lambda leg: leg | {"Username": "Administrator"})


@faulty("upgraded-with-international-numbers", "Numbers are written in the international form since the upgrade.")
def upgraded_with_international_numbers(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    def change(leg: Row) -> Row:
        source = leg["Source"]
        return leg | {"Source": "+61" + source[1:] if source.startswith("0") else source}

    return each(send, request, change)


@faulty("upgraded-without-did", "The number that was dialled has a table of its own now, which is empty for old calls.")
def upgraded_without_did(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return each(send, request, lambda leg: leg | {"DID": ""})


@faulty("upgraded-with-directions-swapped", "The new software counts outbound as 0 and inbound as 1.")
def upgraded_with_directions_swapped(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    swapped = {"0": "1", "1": "0", "Inbound": "Outbound", "Outbound": "Inbound"}
    return each(send, request, lambda leg: leg | {"Direction": swapped.get(leg["Direction"], leg["Direction"])})


@faulty("upgraded-with-new-record-ids", "Records were inserted again, and so got new numbers.")
def upgraded_with_new_record_ids(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return each(send, request, lambda leg: leg | {"CallRecordId": str(int(leg["CallRecordId"]) + 1_000_000)})


@faulty(
    "by-hour-of-another-archive",
    "The list by hour is built from a copy of the archive that was moved before owners were.",
)
def by_hour_of_another_archive(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    return with_each_leg(answer, lambda leg: leg | {"Username": "NoojeeAdmin"}) if by_hour(request) else answer


@faulty("by-hour-of-new-legs-alone", "The index by hour begins with the day of the upgrade.")
def by_hour_of_new_legs_alone(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    return with_legs(answer, lambda _: []) if by_hour(request) else answer


@faulty("by-hour-without-the-last-leg", "The end of the hour was left out when the index by hour was built again.")
def by_hour_without_the_last_leg(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    return with_legs(answer, lambda legs: legs[:-1]) if by_hour(request) else answer


@faulty("upgraded-with-sounds-swapped", "Files were renamed by their order on the disk.")
def upgraded_with_sounds_swapped(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    leg = given(request, "leg") or ""
    if asks_sound(request) and leg in ("1", "2"):
        other = send(with_leg(request, {"1": "2", "2": "1"}[leg]))
        if is_sound(other):
            return other
    return send(request)
