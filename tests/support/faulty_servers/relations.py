"""Faulty servers: answers that are each well-formed, and contradict each other.

The contradiction is about which legs, of which hour, of which archive.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from support.faulty_servers import Send, faulty, with_each_leg, with_legs
from support.faulty_servers.by_hour import Ended, asked, in_hour, legs_of, listing, zone_of
from support.faulty_servers.metadata import asked_tag, bring, calls_tagged
from support.faulty_servers.metadata_fields import calls_of, is_metadata
from support.faulty_servers.migration import by_hour
from support.faulty_servers.rewriting import is_legacy, now_millis, pairs, place_of

Memory = dict[str, Any]
Row = dict[str, str]
HOUR = timedelta(hours=1)
START = "%Y-%m-%d %H:%M:%S"


def ghost(leg: Row, number: int) -> Row:
    """A leg as another one is, with a number and a record of its own."""
    return {**leg, "Leg": str(number), "CallRecordId": str(int(leg["CallRecordId"]) + 900_000_000)}


@faulty(
    "tag-index-keeps-replaced-legs",
    "Where a call was tagged on its way, the index by tag still has the leg that the new recording replaced.",
)
def tag_index_keeps_replaced_legs(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def with_replaced(legs: list[Row]) -> list[Row]:
        tags = {unique_id: {leg["Tag"] for leg in legs if leg["UniqueId"] == unique_id} for unique_id in _calls(legs)}
        last = {leg["UniqueId"]: leg for leg in legs if len(tags[leg["UniqueId"]]) > 1}
        return [*legs, *(ghost(leg, int(leg["Leg"]) + 1) for leg in last.values())]

    answer = send(request)
    return with_legs(answer, with_replaced) if asked_tag(request) is not None else answer


def _calls(legs: Iterable[Row]) -> list[str]:
    return list(dict.fromkeys(leg["UniqueId"] for leg in legs))


@faulty("hours-list-voice-mail", "The list by hour is made from all sound files, those of voice mail among them.")
def hours_list_voice_mail(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return (
        with_legs(answer, lambda legs: [*legs, *(ghost(leg, 90) for leg in legs[:1])]) if by_hour(request) else answer
    )


@faulty("index-of-first-tags", "The index by tag is filled when a call begins, and knows no tag that is set later.")
def index_of_first_tags(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag, answer = asked_tag(request), send(request)
    if tag is None:
        return answer
    first = {call["unique_id"] for call in calls_of(request, send) if call["legs"][0]["tag"] == tag}
    return with_legs(answer, lambda legs: [leg for leg in legs if leg["UniqueId"] in first])


@faulty(
    "hour-files-overlap", "Each hour is read from a file, and a file begins where the last but one ended, to be safe."
)
def hour_files_overlap(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return listing(request, send, lambda leg: in_hour(request, leg.end) or in_hour(request, leg.end + HOUR))


@faulty(
    "hours-joined-with-agents",
    "The list by hour is joined with the agents on the phones, and the default account is none.",
)
def hours_joined_with_agents(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not by_hour(request):
        return answer
    return with_legs(answer, lambda legs: [leg for leg in legs if leg["Username"] != "Administrator"])


@faulty(
    "hours-counted-from-midnight", "An hour is midnight and so many times 3600 seconds, which two days a year are not."
)
def hours_counted_from_midnight(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def keep(leg: Ended) -> bool:
        day, hour = asked(request) or (leg.end.date(), 0)
        midnight = datetime(day.year, day.month, day.day, tzinfo=leg.end.tzinfo).astimezone(UTC)
        return midnight + hour * HOUR <= leg.end.astimezone(UTC) < midnight + (hour + 1) * HOUR

    return listing(request, send, keep)


@faulty(
    "repeated-hour-exported-twice",
    "The export by hour ran twice in the night when clocks went back, "
    "and its second file is that of the next hour, too.",
)
def repeated_hour_exported_twice(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return listing(
        request,
        send,
        lambda leg: in_hour(request, leg.end) or (bool(leg.end.fold) and in_hour(request, leg.end + HOUR)),
    )


@faulty("hour-stays-set", "By hour sets a filter on a connection of the pool, and nobody takes it off.")
def hour_stays_set(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer, sandbox = send(request), place_of(request).sandbox
    if by_hour(request) and answer.status_code == 200:
        kept = {(leg.call, leg.row["Leg"]) for leg in legs_of(request, send) if in_hour(request, leg.end)}
        memory[sandbox] = kept
    if is_metadata(request) and sandbox in memory:
        return with_legs(answer, lambda legs: [leg for leg in legs if (leg["UniqueId"], leg["Leg"]) in memory[sandbox]])
    return answer


@faulty(
    "longest-known-prefix",
    "Tags are looked up as numbers are routed: the longest known one that begins what was asked.",
)
def longest_known_prefix(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag, answer = asked_tag(request), send(request)
    if not tag or answer.content != b"[]":
        return answer
    begin = [
        leg["tag"]
        for call in calls_of(request, send)
        for leg in call["legs"]
        if leg["tag"] and tag.startswith(leg["tag"])
    ]
    longest = max(begin, key=len, default=None)
    return (
        answer if longest is None else bring(request, send, calls_tagged(request, send, lambda other: other == longest))
    )


@faulty("tidied-at-night", "A job at night takes legs of less than ten seconds for mistakes, and hides them.")
def tidied_at_night(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    now = now_millis(request, send)
    nights = (now - memory.setdefault(place_of(request).sandbox, now)) // 86_400_000
    return with_legs(answer, lambda legs: [leg for leg in legs if int(leg["Duration"]) >= 10]) if nights else answer


@faulty("five-legs-a-tag", "The query by tag has a limit of five rows, since a call has three to five legs.")
def five_legs_a_tag(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_legs(answer, lambda legs: legs[:5]) if asked_tag(request) is not None else answer


@faulty("record-id-is-the-row", "CallRecordId is the number of the row in a view that is sorted by start.")
def record_id_is_the_row(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    put = [
        (leg["start"], call["unique_id"], str(leg["leg"])) for call in calls_of(request, send) for leg in call["legs"]
    ]
    row_of = {(unique_id, leg): str(row) for row, (_, unique_id, leg) in enumerate(sorted(put), start=1)}
    return with_each_leg(answer, lambda leg: leg | {"CallRecordId": row_of[leg["UniqueId"], leg["Leg"]]})


@faulty(
    "groups-rows-that-stand-together",
    "Rows are grouped by tag in table order, so a tag ends at the first call of another one.",
)
def groups_rows_that_stand_together(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag, answer = asked_tag(request), send(request)
    if not tag:
        return answer
    groups = groupby(calls_of(request, send), key=lambda call: tag in [leg["tag"] for leg in call["legs"]])
    first: list[str] = next(([call["unique_id"] for call in group] for carries, group in groups if carries), [])
    return with_legs(answer, lambda legs: [leg for leg in legs if leg["UniqueId"] in first])


@faulty(
    "a-table-a-month",
    "Legs are stored in a table a month, and the method looks in that of the month in which the call began.",
)
def a_table_a_month(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer

    def of_its_month(legs: list[Row]) -> list[Row]:
        began = {
            unique_id: min(leg["Start"] for leg in legs if leg["UniqueId"] == unique_id) for unique_id in _calls(legs)
        }
        return [leg for leg in legs if leg["Start"][:7] == began[leg["UniqueId"]][:7]]

    return with_legs(answer, of_its_month)


@faulty("melbourne-wherever-it-stands", "The time zone of the head office is a constant of the new code.")
def melbourne_wherever_it_stands(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if not is_metadata(request):
        return send(request)
    zone, office = zone_of(request, send), ZoneInfo("Australia/Melbourne")

    def changed_leg(leg: Row) -> Row:
        local = datetime.strptime(leg["Start"][:19], START).replace(tzinfo=zone)
        return leg | {"Start": local.astimezone(office).strftime(START) + leg["Start"][19:]}

    return with_each_leg(send(request), changed_leg)


@faulty(
    "legacy-tables-of-before-the-upgrade",
    "The legacy API reads the old tables, into which nothing is written since the upgrade.",
)
def legacy_tables_of_before_the_upgrade(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request) or "/RecordingAPI/" not in request.url.path or not is_legacy(request):
        return answer
    return with_legs(answer, lambda legs: [leg for leg in legs if leg["Start"] < "2015"])


@faulty(
    "old-view-for-old-clients",
    "Who comes with a hash is an old client, and gets the old view, in which a user is the number of a phone.",
)
def old_view_for_old_clients(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request) or "apiKey" in dict(pairs(request)):
        return answer
    return with_each_leg(answer, lambda leg: leg | {"Username": leg["Destination"]})
