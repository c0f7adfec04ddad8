"""Faulty servers: calls that are reported correctly in the usual case, and incorrectly in a rare one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_each_leg, with_legs
from support.faulty_servers.metadata_fields import calls_of, is_metadata

Memory = dict[str, Any]
Row = dict[str, str]
BILLED_SECONDS = 10


def _neighbours(legs: list[Row]) -> Iterator[tuple[Row, Row]]:
    """Each leg with the next one of its call."""
    ordered = sorted(legs, key=lambda leg: (leg["UniqueId"], int(leg["Leg"])))
    return ((one, next_) for one, next_ in pairwise(ordered) if one["UniqueId"] == next_["UniqueId"])


def _longer(leg: Row, by: Row) -> str:
    return str(int(leg["Duration"]) + int(by["Duration"]))


@faulty(
    "split-leg-runs-on",
    "A start while recording begins a new leg, and the one before it is counted on until the agent changes.",
)
def split_leg_runs_on(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def change(legs: list[Row]) -> list[Row]:
        run_on = {
            one["CallRecordId"]: _longer(one, next_)
            for one, next_ in _neighbours(legs)
            if one["Destination"] == next_["Destination"]
        }
        return [leg | {"Duration": run_on.get(leg["CallRecordId"], leg["Duration"])} for leg in legs]

    return with_legs(send(request), change) if is_metadata(request) else send(request)


@faulty("room-for-three-legs", "The table of the rewrite has a column for each leg, and three of them.")
def room_for_three_legs(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return (
        with_legs(answer, lambda legs: [leg for leg in legs if int(leg["Leg"]) <= 3])
        if is_metadata(request)
        else answer
    )


@faulty("lengths-as-they-are-billed", "Duration is taken from the bill, which counts each ten started seconds.")
def lengths_as_they_are_billed(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def billed(leg: Row) -> Row:
        return leg | {"Duration": str(-(-int(leg["Duration"]) // BILLED_SECONDS) * BILLED_SECONDS)}

    return with_each_leg(send(request), billed) if is_metadata(request) else send(request)


@faulty(
    "waiting-counts-for-the-agent",
    "The agent's leg begins when the caller came into the queue, as the reports like it.",
)
def waiting_counts_for_the_agent(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def change(legs: list[Row]) -> list[Row]:
        whole = {
            next_["CallRecordId"]: {"Start": one["Start"], "Duration": _longer(next_, one)}
            for one, next_ in _neighbours(legs)
            if next_["Leg"] == "2"
        }
        return [leg | whole.get(leg["CallRecordId"], {}) for leg in legs]

    return with_legs(send(request), change) if is_metadata(request) else send(request)


@faulty("agents-joined-by-time", "Agents are joined to legs by time alone: the one who was on the phone last is taken.")
def agents_joined_by_time(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    put = {(call["unique_id"], str(leg["leg"])): leg for call in calls_of(request, send) for leg in call["legs"]}

    def joined(row: Row) -> Row:
        own = put[row["UniqueId"], row["Leg"]]
        others = [
            leg
            for (unique_id, _), leg in put.items()
            if unique_id != row["UniqueId"] and own["start"] < leg["start"] < own["end"]
        ]
        last = max(others, key=lambda leg: str(leg["start"]), default=own)
        return row | {"Username": last["username"]}

    return with_each_leg(answer, joined)
