"""What the metadata methods are to say of the model's calls, in both shapes; and a reader of what they do say."""

from __future__ import annotations

import json
from collections.abc import Iterable

from support.oracle import calendar
from support.oracle.calls import Call, Calls, Leg

Row = dict[str, str]
SHAPE_1 = (
    "Source", "Leg", "Start", "Tag", "Duration", "Username", "CallRecordId", "UniqueId", "DID", "Direction",
    "Destination",
)  # fmt: skip
SHAPE_2 = (
    "Destination", "UniqueId", "Username", "Start", "Duration", "Tag", "Direction", "CallRecordId", "DID", "Source",
    "callend", "Leg",
)  # fmt: skip
DIRECTIONS = {"inbound": ("0", "Inbound"), "outbound": ("1", "Outbound"), "internal": ("2", "Internal")}


def read(body: bytes, keys: tuple[str, ...]) -> list[Row]:
    """The rows of an answer; each has these keys in this order (Java's, DERIVED), and only texts."""
    rows: list[Row] = json.loads(body.decode("utf-8"))
    assert isinstance(rows, list), body
    for row in rows:
        assert tuple(row) == keys
        assert all(isinstance(value, str) for value in row.values())
    return rows


class Archive:
    """The expected rows. `tagged_legs`: a tag selects legs, not calls; `short_dropped`: none below a second."""

    def __init__(self, calls: Calls, *, tagged_legs: bool, short_dropped: bool, first_pass: bool) -> None:
        self.calls = calls
        self.tagged_legs = tagged_legs
        self.short_dropped = short_dropped
        self.first_pass = first_pass
        self.record_ids: dict[tuple[str, str], str] = {}

    def listed(self, call: Call) -> list[Leg]:
        """Legs that have ended (option legs_in_progress)."""
        ended = [leg for leg in call.legs if leg.end is not None]
        return [leg for leg in ended if seconds(leg) or not self.short_dropped]

    def by_unique_id(self, unique_id: str) -> list[Row]:
        return [
            shape_1(call, leg) for call in self.calls.all if call.unique_id == unique_id for leg in self.listed(call)
        ]

    def same_by_tag(self, shown: list[Row], tag: str) -> None:
        """Check the rows of a tag: calls by the start of their first leg, legs by number (option metadata_order)."""
        starts = {call.unique_id: call.legs[0].start for call in self.calls.all if call.legs}
        order = list(dict.fromkeys(row["UniqueId"] for row in shown))
        assert [starts[unique_id] for unique_id in order] == sorted(starts[unique_id] for unique_id in order)
        expected: dict[str, list[Row]] = {}
        for call in self.calls.all:
            legs = self.listed(call)
            carrying = [leg for leg in legs if leg.tag == tag]
            if carrying:
                expected[call.unique_id] = [shape_1(call, leg) for leg in (carrying if self.tagged_legs else legs)]
        assert set(order) == set(expected)
        self.same(shown, [row for unique_id in order for row in expected[unique_id]])

    def by_hour(self, date: str, hour: int) -> list[Row]:
        """In no order: that is by the end, and then by record ids, which are the PBX's to give."""
        return [
            shape_2(call, leg)
            for call in self.calls.all
            for leg in self.listed(call)
            if leg.end is not None
            and calendar.hour_of(leg.end) == (date, hour)
            and not (self.first_pass and calendar.second_pass(leg.end))
        ]

    def hours(self) -> list[tuple[str, int]]:
        """The hours in which a leg ended."""
        ends = [leg.end for call in self.calls.all for leg in call.legs if leg.end is not None]
        return sorted({calendar.hour_of(end) for end in ends})

    def same(self, shown: Iterable[Row], expected: Iterable[Row]) -> None:
        """Check that the shown rows are the expected rows, and that each leg keeps its own record id (SPEC)."""
        bare = []
        for row in shown:
            rest = dict(row)
            record_id, leg = rest.pop("CallRecordId"), (row["UniqueId"], row["Leg"])
            assert record_id.isdigit()
            assert self.record_ids.setdefault(leg, record_id) == record_id
            bare.append(rest)
        assert len(set(self.record_ids.values())) == len(self.record_ids)
        assert bare == list(expected)


def seconds(leg: Leg) -> int:
    assert leg.end is not None
    return (leg.end - leg.start) // calendar.SECOND


def shape_1(call: Call, leg: Leg) -> Row:
    return {
        "Source": call.source,
        "Leg": str(leg.number),
        "Start": calendar.timestamp(leg.start),
        "Tag": leg.tag,
        "Duration": str(seconds(leg)),
        "Username": leg.owner,
        "UniqueId": call.unique_id,
        "DID": call.did,
        "Direction": DIRECTIONS[call.direction][0],
        "Destination": leg.destination,
    }


def shape_2(call: Call, leg: Leg) -> Row:
    assert leg.end is not None
    return shape_1(call, leg) | {
        "Start": calendar.java_date(leg.start),
        "callend": calendar.java_date(leg.end),
        "Direction": DIRECTIONS[call.direction][1],
    }
