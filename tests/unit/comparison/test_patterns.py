"""The rule that differences follow is named, and only where the evidence is strong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from noojee_contract.comparison.difference import Comparison, Difference, LegPair
from noojee_contract.comparison.extent import extent_of
from noojee_contract.dialects.legs import Leg
from noojee_contract.model.failure import FailureKind

MELBOURNE = ZoneInfo("Australia/Melbourne")
TEXTS: dict[str, Callable[[Leg], str]] = {
    "Source": lambda leg: leg.source,
    "Destination": lambda leg: leg.destination,
    "Tag": lambda leg: leg.tag,
    "Username": lambda leg: leg.username,
    "Direction": lambda leg: leg.direction,
    "Duration": lambda leg: str(leg.duration_seconds),
    "Start": lambda leg: str(leg.start),
}


def call(number: int, *, legs: int = 3, month: int = 1, hour: int = 3) -> list[Leg]:
    """The legs of a call, each with values of its own. The hour is one of UTC."""
    start = datetime(2021, month, number % 28 + 1, hour, 5, 7, tzinfo=UTC)
    return [
        Leg(
            unique_id=f"16{number:02}.{number}",
            number=leg,
            start=(start + timedelta(minutes=leg),),
            duration_seconds=70 + 13 * number + leg,
            source=f"+6139{number:03}{leg}47",
            destination=f"{200 + 10 * number + leg}",
            tag=f"Ticket {number}-{leg}",
            username=f"Zoë.{'abcdefghij'[number % 10]}{leg}",
            direction=("inbound", "outbound")[number % 2],
        )
        for leg in range(1, legs + 1)
    ]


def archive(calls: int = 8) -> list[Leg]:
    """Legs of calls through the whole year: every second call is in summer time."""
    return [leg for number in range(calls) for leg in call(number, month=1 if number % 2 else 7)]


def pattern(old: Sequence[Leg], new: Sequence[Leg], *fields: str) -> str | None:
    """The pattern of two archives, compared leg by leg in some fields; without fields, by the presence of legs."""
    comparison = Comparison()
    replaced = {(leg.unique_id, leg.number): leg for leg in new}
    pairs = [LegPair(leg, replaced.pop((leg.unique_id, leg.number), None)) for leg in old]
    pairs += [LegPair(None, leg) for leg in replaced.values()]
    for pair in pairs:
        comparison.compare(pair)
        if not fields and (pair.old is None or pair.new is None):
            kind = FailureKind.UNEXPECTED_LEG if pair.old is None else FailureKind.MISSING_LEG
            comparison.differences.append(Difference(pair=pair, message="", kind=kind))
        for field in fields if pair.old and pair.new else ():
            assert pair.old
            assert pair.new
            before, after = TEXTS[field](pair.old), TEXTS[field](pair.new)
            if before != after:
                comparison.differences.append(
                    Difference(
                        pair=pair, message="", kind=FailureKind.ANSWERS_DIFFER, field=field, old=before, new=after
                    )
                )
    return extent_of(comparison, comparison.differences, zone=MELBOURNE).pattern


def later(leg: Leg, seconds: float) -> Leg:
    return replace(leg, start=tuple(start + timedelta(seconds=seconds) for start in leg.start))


def is_summer(leg: Leg) -> bool:
    return bool(leg.start[0].astimezone(MELBOURNE).dst())


def offset(leg: Leg) -> timedelta:
    found = leg.start[0].astimezone(MELBOURNE).utcoffset()
    assert found is not None
    return found


def without_seconds(leg: Leg) -> Leg:
    return replace(leg, start=tuple(start.replace(second=0) for start in leg.start))


STARTS: dict[str, tuple[Callable[[Leg], Leg], str]] = {
    "one hour": (lambda leg: later(leg, -3600), "one hour early (24 of 24)"),
    "one second": (lambda leg: later(leg, 1), "one second late (24 of 24)"),
    "odd": (lambda leg: later(leg, 34200), "9 hours 30 minutes late (24 of 24)"),
    "day": (lambda leg: later(leg, -86400), "one day early (24 of 24)"),
    "summer": (
        lambda leg: later(leg, -3600 if is_summer(leg) else 0),
        "January, one hour early: summer time (12 of 12)",
    ),
    "winter": (lambda leg: later(leg, 0 if is_summer(leg) else 3600), "July, one hour late: summer time (12 of 12)"),
    "as utc": (
        lambda leg: later(leg, offset(leg).total_seconds()),
        "10 hours late or 11 hours late, the offset of Australia/Melbourne: local times are read as UTC? (24 of 24)",
    ),
    "as local": (
        lambda leg: later(leg, -offset(leg).total_seconds()),
        "10 hours early or 11 hours early, the offset of Australia/Melbourne: UTC is written as local time? (24 of 24)",
    ),
    "minutes": (without_seconds, "seconds are lost (24 of 24)"),
    "clock": (
        lambda leg: later(leg, -43200 if leg.start[0].astimezone(MELBOURNE).hour >= 12 else 0),
        "12 hours early in the afternoon: a clock of 12 hours (24 of 24)",
    ),
    "outbound": (
        lambda leg: later(leg, 120 if leg.unique_id.endswith(("3", "7")) else 0),
        "2 minutes late (6 of 6)",
    ),
}


@pytest.mark.parametrize("name", STARTS)
def test_a_rule_of_starts_is_named(name: str) -> None:
    change, expected = STARTS[name]
    assert pattern(archive(), [change(leg) for leg in archive()], "Start") == expected


def test_months_over_new_year_are_one_range() -> None:
    old = [leg for month in (1, 2, 3, 6, 7, 8, 11, 12) for leg in call(month, month=month)]
    new = [later(leg, -3600 if is_summer(leg) else 0) for leg in old]
    assert pattern(old, new, "Start") == "November to March, one hour early: summer time (15 of 15)"


def test_exchanged_day_and_month_are_named() -> None:
    old = [later(leg, 86400 * 2) for number in range(6) for leg in call(number, month=7)]
    new = [
        replace(leg, start=tuple(start.replace(month=start.day, day=start.month) for start in leg.start)) for leg in old
    ]
    rule = pattern(old, new, "Start")
    assert rule is not None
    assert rule.startswith("day and month are exchanged")


def test_a_leg_with_two_meanings_does_not_hide_summer_time() -> None:
    """In the hour that occurs twice, a shift by one hour is no difference."""
    both = (datetime(2021, 4, 3, 15, 30, tzinfo=UTC), datetime(2021, 4, 3, 16, 30, tzinfo=UTC))
    old = [*archive(), Leg(unique_id="1699.9", number=1, start=both)]
    new = [later(leg, -3600 if is_summer(leg) and len(leg.start) == 1 else 0) for leg in old]
    assert pattern(old, new, "Start") == "January, one hour early: summer time (12 of 12)"


def test_the_start_of_leg_1_is_named() -> None:
    new = [later(leg, 60 - 60 * leg.number) for leg in archive()]
    assert pattern(archive(), new, "Start") == "has the Start of leg 1 (16 of 16), only legs after leg 1"


def test_the_length_of_the_whole_call_is_named() -> None:
    old = archive()
    ends = {leg.unique_id: leg.start[0] + timedelta(seconds=leg.duration_seconds) for leg in old}
    starts = {leg.unique_id: leg.start[0] for leg in reversed(old)}
    new = [
        replace(leg, duration_seconds=int((ends[leg.unique_id] - starts[leg.unique_id]).total_seconds())) for leg in old
    ]
    assert pattern(old, new, "Duration") == "has the length of the whole call (24 of 24)"


def test_shifts_without_a_rule_are_not_named() -> None:
    old = archive()
    assert pattern(old, [later(leg, 60 + 7 * at**2) for at, leg in enumerate(old)], "Start") is None


DURATIONS: dict[str, tuple[Callable[[int], int], str]] = {
    "milliseconds": (lambda seconds: seconds * 1000, "in milliseconds (24 of 24)"),
    "minutes": (lambda seconds: seconds // 60, "in minutes (24 of 24)"),
    "rounded": (lambda seconds: -(-seconds // 60) * 60, "rounded to whole minutes (24 of 24)"),
    "longer": (lambda seconds: seconds + 1, "one second longer (24 of 24)"),
    "shorter": (lambda seconds: seconds - 30, "30 seconds shorter (24 of 24)"),
    "zero": (lambda _: 0, "'0' in every leg (24 of 24)"),
}


@pytest.mark.parametrize("name", DURATIONS)
def test_a_rule_of_durations_is_named(name: str) -> None:
    change, expected = DURATIONS[name]
    new = [replace(leg, duration_seconds=change(leg.duration_seconds)) for leg in archive()]
    assert pattern(archive(), new, "Duration") == expected


USERNAMES: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda _: "", "empty in every leg (24 of 24)"),
    "constant": (lambda _: "null", "'null' in every leg (24 of 24)"),
    "truncated": (lambda text: text[:5], "truncated at 5 characters (24 of 24)"),
    "upper": (str.upper, "upper case (24 of 24)"),
    "lower": (str.lower, "lower case (24 of 24)"),
    "title": (lambda text: text.swapcase(), "another letter case (24 of 24)"),
    "latin": (lambda text: text.encode().decode("latin-1"), "UTF-8 is read as Latin-1 (24 of 24)"),
    "question": (
        lambda text: text.encode("ascii", "replace").decode(),
        "characters outside ASCII became '?' (24 of 24)",
    ),
    "accents": (lambda text: text.replace("ë", "e"), "accents are lost (24 of 24)"),
    "decomposed": (lambda text: text.replace("ë", "e\u0308"), "written as NFD (24 of 24)"),
    "suffix": (lambda text: text + "@pbx", "the suffix '@pbx' is added (24 of 24)"),
}


@pytest.mark.parametrize("name", USERNAMES)
def test_a_rule_of_texts_is_named(name: str) -> None:
    change, expected = USERNAMES[name]
    new = [replace(leg, username=change(leg.username)) for leg in archive()]
    assert pattern(archive(), new, "Username") == expected


SOURCES: dict[str, tuple[Callable[[str], str], str]] = {
    "lost": (lambda text: text[3:], "the prefix '+61' is lost (24 of 24)"),
    "replaced": (lambda text: "0" + text[3:], "the prefix '+61' became '0' (24 of 24)"),
    "plus": (lambda text: text.replace("+", " "), "'+' became a blank (24 of 24)"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_rule_of_numbers_is_named(name: str) -> None:
    change, expected = SOURCES[name]
    new = [replace(leg, source=change(leg.source)) for leg in archive()]
    assert pattern(archive(), new, "Source") == expected


def test_swapped_fields_are_named_once() -> None:
    new = [replace(leg, source=leg.destination, destination=leg.source) for leg in archive()]
    assert pattern(archive(), new, "Source", "Destination") == "Source and Destination are swapped (24 of 24)"


def test_the_value_of_another_field_is_named() -> None:
    new = [replace(leg, username=leg.destination) for leg in archive()]
    assert pattern(archive(), new, "Username") == "has the value of Destination (24 of 24)"


def by_leg(old: Sequence[Leg], take: Callable[[int], int]) -> list[Leg]:
    tags = {(leg.unique_id, leg.number): leg.tag for leg in old}
    return [replace(leg, tag=tags[leg.unique_id, take(leg.number)]) for leg in old]


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        (lambda _: 1, "has the Tag of leg 1 (16 of 16), only legs after leg 1"),
        (lambda number: max(1, number - 1), "has the Tag of the leg before it (16 of 16), only legs after leg 1"),
        (lambda number: 4 - number, "has the Tag of the leg in reverse order (16 of 16)"),
    ],
)
def test_the_tag_of_another_leg_is_named(take: Callable[[int], int], expected: str) -> None:
    assert pattern(archive(), by_leg(archive(), take), "Tag") == expected


def test_exchanged_directions_are_named() -> None:
    other = {"inbound": "outbound", "outbound": "inbound"}
    new = [replace(leg, direction=other[leg.direction]) for leg in archive()]
    assert pattern(archive(), new, "Direction") == "'inbound' became 'outbound', 'outbound' became 'inbound' (24 of 24)"


def test_only_the_legs_of_one_direction_differ() -> None:
    new = [replace(leg, tag="" if leg.direction == "outbound" else leg.tag) for leg in archive()]
    assert pattern(archive(), new, "Tag") == "empty (12 of 12), only outbound calls"


def test_only_legs_from_a_day_on_differ() -> None:
    old = [leg for number in range(8) for leg in call(number)]
    new = [replace(leg, tag=leg.tag.upper() if leg.start[0].day >= 5 else leg.tag) for leg in old]
    assert pattern(old, new, "Tag") == "upper case (12 of 12), only from 2021-01-05 on"


PRESENCE: dict[str, tuple[Callable[[Leg], Leg | None], str]] = {
    "down": (
        lambda leg: replace(leg, number=leg.number - 1),
        "leg numbers shifted by one: 1, 2, 3 became 0, 1, 2 (8 of 8 calls that differ)",
    ),
    "last": (
        lambda leg: None if leg.number == 3 else leg,
        "the last leg of each call is missing (8 of 8 calls that differ)",
    ),
    "first": (
        lambda leg: None if leg.number == 1 else leg,
        "the first leg of each call is missing (8 of 8 calls that differ)",
    ),
    "only first": (
        lambda leg: leg if leg.number == 1 else None,
        "only leg 1 of each call is there (8 of 8 calls that differ)",
    ),
    "calls": (
        lambda leg: None if leg.unique_id.endswith(("2", "6")) else leg,
        "whole calls are missing (2 of 2 calls that differ)",
    ),
}


@pytest.mark.parametrize("name", PRESENCE)
def test_a_rule_of_missing_legs_is_named(name: str) -> None:
    change, expected = PRESENCE[name]
    new = [leg for old in archive() if (leg := change(old)) is not None]
    found = pattern(archive(), new)
    assert found is not None
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("rename", "expected"),
    [
        (lambda unique_id: f"pbx1-{unique_id}", "the prefix 'pbx1-' is added (24 of 24)"),
        (lambda unique_id: f"{int(unique_id[-1]) * 37}", "'1600.0' became '0' (24 of 24)"),
    ],
)
def test_renumbered_calls_are_named(rename: Callable[[str], str], expected: str) -> None:
    new = [later(replace(leg, unique_id=rename(leg.unique_id)), 0.25) for leg in archive()]
    assert pattern(archive(), new) == f"the same calls have other unique ids: {expected}"


def test_a_leg_without_a_difference_is_on_both_sides() -> None:
    """A clause that only looks whether the new side lists a leg has no new leg for any pair."""
    comparison = Comparison()
    for leg in archive():
        comparison.compare(LegPair(leg, None))
        if leg.number == 3:
            comparison.differences.append(Difference(pair=LegPair(leg, None), message="", kind=FailureKind.MISSING_LEG))
    extent = extent_of(comparison, comparison.differences, zone=MELBOURNE)
    assert extent.pattern == "the last leg of each call is missing (8 of 8 calls that differ)"


def test_the_last_legs_of_some_calls_are_not_those_of_each() -> None:
    new = [leg for leg in archive() if leg.number < 3 or leg.unique_id.endswith(("1", "2", "3"))]
    rule = pattern(archive(), new)
    assert rule is not None
    assert rule.startswith("the last leg of a call is missing (5 of 5 calls that differ)")


def test_only_calls_with_one_leg_are_missing() -> None:
    old = [leg for number in range(8) for leg in call(number, legs=1 if number % 3 == 1 else 2)]
    calls = {leg.unique_id for leg in old if leg.number == 2}
    rule = pattern(old, [leg for leg in old if leg.unique_id in calls])
    assert rule == "whole calls are missing (3 of 3 calls that differ), only calls with one leg"


def test_only_legs_of_the_afternoon_differ() -> None:
    old = [leg for number in range(8) for leg in call(number, hour=1 if number % 2 else 4)]
    new = [replace(leg, tag=leg.tag.upper() if leg.start[0].hour == 4 else leg.tag) for leg in old]
    assert pattern(old, [*new], "Tag") == "upper case (12 of 12), only inbound calls"
    one_way = [replace(leg, direction="inbound") for leg in old]
    assert pattern(one_way, new, "Tag") == "upper case (12 of 12), only starts at 15:06 or later"


def test_only_legs_of_some_days_differ() -> None:
    old = [leg for number in range(8) for leg in call(number)]
    new = [replace(leg, tag=leg.tag.upper() if 3 <= leg.start[0].day <= 5 else leg.tag) for leg in old]
    assert pattern(old, new, "Tag") == "upper case (9 of 9), only from 2021-01-03 to 2021-01-05"


@pytest.mark.parametrize("first", [True, False])
def test_legs_of_one_day_have_no_circumstance_of_days(first: bool) -> None:
    """The order of calls within a day says nothing about a date, nor about the time of other days."""
    starts = [later(leg, minute * 60) for minute in range(8) for leg in call(0, legs=1)]
    old = [replace(leg, unique_id=f"1600.{at}", tag=f"Ticket {at}") for at, leg in enumerate(starts)]
    new = [replace(leg, tag=leg.tag.upper() if (at < 4) is first else leg.tag) for at, leg in enumerate(old)]
    assert pattern(old, new, "Tag") == "upper case (4 of 4)"


def test_a_leg_without_a_start_hides_the_circumstance_of_days() -> None:
    """A leg whose start cannot be read may be of any day."""
    old = [leg for number in range(8) for leg in call(number)]
    old[-1] = replace(old[-1], start=())
    new = [replace(leg, tag=leg.tag.upper() if at >= 12 else leg.tag) for at, leg in enumerate(old)]
    assert pattern(old, new, "Tag") == "upper case (12 of 12)"


def test_the_sound_of_leg_1_is_named() -> None:
    comparison = Comparison()
    for leg in archive():
        comparison.compare(LegPair(leg, leg))
        if leg.number > 1:
            comparison.differences.append(
                Difference(pair=LegPair(leg, leg), message="", kind=FailureKind.WRONG_AUDIO, same_as=1)
            )
    extent = extent_of(comparison, comparison.differences, zone=MELBOURNE)
    assert extent.pattern == "every leg has the sound of leg 1 (16 of 16), only legs after leg 1"


def test_one_difference_has_no_pattern() -> None:
    new = [later(leg, -3600 if at == 4 else 0) for at, leg in enumerate(archive())]
    assert pattern(archive(), new, "Start") is None


def test_nearly_all_differences_are_enough() -> None:
    new = [replace(leg, tag=leg.tag.upper() if at else "other") for at, leg in enumerate(archive())]
    assert pattern(archive(), new, "Tag") == "upper case (23 of 24)"


def test_half_of_the_differences_are_not_enough() -> None:
    new = [replace(leg, tag=leg.tag.upper() if at % 2 else f"x{at}") for at, leg in enumerate(archive())]
    assert pattern(archive(), new, "Tag") is None


def test_each_field_has_its_own_rule() -> None:
    new = [replace(leg, tag=leg.tag.upper(), duration_seconds=leg.duration_seconds + 1) for leg in archive()]
    assert (
        pattern(archive(), new, "Tag", "Duration")
        == "Tag: upper case (24 of 24); Duration: one second longer (24 of 24)"
    )
