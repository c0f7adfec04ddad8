"""A value that cannot be read is reported as unreadable. It equals no value, and no other unreadable value."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from noojee_contract.engine.check import CheckFailed
from noojee_contract.engine.subject import SubjectPair
from noojee_contract.model.failure import FailureKind
from support.listing_pbx import LEG, UNIQUE_ID, checked, listing_pbx, subject_of

DURATIONS = ("00:00:20", "20.25", "-1", "", 20, None)
SECOND_LEG = {**LEG, "Leg": "2", "Start": "2026-03-11 14:40:20.0", "CallRecordId": "502"}


def read_leg(**changes: Any) -> Any:
    """A decoded leg, by unique id."""
    return listing_pbx({**LEG, **changes}).by_unique_id(UNIQUE_ID).legs[0]


@pytest.mark.parametrize("duration", DURATIONS)
def test_an_unreadable_duration_has_no_seconds(duration: Any) -> None:
    """It is not 0 seconds."""
    leg = read_leg(Duration=duration)
    assert leg.duration_seconds is None
    assert "Duration" in leg.unread


def test_a_number_in_place_of_a_text_still_identifies_the_leg() -> None:
    """A JSON number as UniqueId or Leg fails other clauses; the leg is compared."""
    leg = read_leg(Leg=3, UniqueId=17.5)
    assert (leg.number, leg.unique_id) == (3, "17.5")


@pytest.mark.parametrize("duration", DURATIONS)
@pytest.mark.parametrize("sides", ["old", "new", "both"])
def test_an_unreadable_value_never_passes_a_comparison(duration: Any, sides: str) -> None:
    """On one side it differs; with equal texts on both sides it is still unreadable, and not the same."""
    old, new = (
        listing_pbx({**LEG, "Duration": duration} if sides in (side, "both") else LEG) for side in ("old", "new")
    )
    (difference,) = checked("migration.durations", SubjectPair(old, new)).comparison.differences
    assert difference.field == "Duration"
    assert "unreadable" in difference.message


def test_an_unreadable_start_is_not_the_same_instant() -> None:
    """A time that cannot be read is not skipped."""
    sides = SubjectPair(listing_pbx(LEG), listing_pbx({**LEG, "Start": "11/03/2026 14:40"}))
    (difference,) = checked("migration.starts", sides).comparison.differences
    assert (difference.field, difference.new) == ("Start", "unreadable ('11/03/2026 14:40')")


@pytest.mark.parametrize(
    "clause", ["migration.legs", "migration.durations", "migration.once", "metadata.legs-from-one"]
)
def test_a_leg_without_a_readable_number_is_reported(clause: str) -> None:
    """Leg "one" is neither leg 0 nor the same leg on both sides."""
    legs = ({**LEG, "Leg": "one"}, {**SECOND_LEG, "Leg": "two"})
    subject = listing_pbx(*legs)
    with pytest.raises(CheckFailed) as raised:
        checked(clause, SubjectPair(subject, listing_pbx(*legs)) if clause.startswith("migration") else subject)
    assert (raised.value.kind, raised.value.field) == (FailureKind.INVALID_FIELD, "Leg")
    assert raised.value.actual == "'one'"
    assert raised.value.exchange is not None


def test_a_leg_without_a_unique_id_leads_to_no_request() -> None:
    """An empty unique id is not that of its call: a PBX may answer it with all of its calls."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("uniqueId", "hour"))
        return httpx.Response(200, json=[{name: value for name, value in LEG.items() if name != "UniqueId"}])

    subject = subject_of(answer, [("hour", "2026/03/11 14")])
    assert checked("by-hour.same-as-by-unique-id", subject).checks == 0
    with pytest.raises(CheckFailed):
        checked("relations.hour-within-call", subject)
    assert asked == ["hour"]


def test_two_answers_with_different_unreadable_values_differ() -> None:
    """Both have no Duration that can be read, yet they are not the same answer."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=[{**LEG, "Duration": 20 if "tag" in request.url.params else 21}])

    with pytest.raises(CheckFailed) as raised:
        checked("relations.tag-within-call", subject_of(answer, [("tag", "INV-7"), ("unique_id", UNIQUE_ID)]))
    assert raised.value.field == "Duration"
