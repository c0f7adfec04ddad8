"""Where the sound of a leg is as the nights pass: moved, copied and deleted by the nightly run. Source: W-SL (DOC)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import LATEST, SECOND, parse_instant
from noojee_fake.pbx.retention import DAY, Retention, RetentionRules, Tier, last_run, next_run

MELBOURNE = ZoneInfo("Australia/Melbourne")
HOUR = 3600 * SECOND
OCTOBER = parse_instant("2026-10-03T00:00:00Z")  # the clocks go forward on the 4th at 2:00, 16:00 UTC on the 3rd
APRIL = parse_instant("2026-04-04T00:00:00Z")  # the clocks go back on the 5th at 3:00, 16:00 UTC on the 4th


def leg(end: int, number: int = 1) -> Leg:
    return Leg(
        number=number,
        start_micros=end - SECOND,
        end_micros=end,
        tag="",
        username=None,
        destination="410",
        call_record_id=number,
    )


def call(*ends: int) -> Call:
    legs = tuple(leg(end, number) for number, end in enumerate(ends, start=1))
    return Call(unique_id="1.1", direction=Direction.INTERNAL, source="400", did=None, created_micros=None, legs=legs)


def where(end: int, now: int, **rules: Any) -> Tier:
    one = call(end)
    return Retention(MELBOURNE, RetentionRules(**rules)).tier(one, one.legs[0], now)


def local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=MELBOURNE).timestamp()) * SECOND


ENDED = local("2026-06-10T15:00:00")


@pytest.mark.parametrize(
    ("now", "tier"),
    [
        ("2026-06-10T14:00:00", Tier.SHORT_TERM),
        ("2026-06-10T15:00:00", Tier.SHORT_TERM),
        ("2026-06-11T01:59:59", Tier.SHORT_TERM),
        ("2026-06-11T02:00:00", Tier.MID_TERM),
        ("2026-06-12T01:59:59", Tier.MID_TERM),
        ("2026-06-13T01:59:59", Tier.MID_TERM),
        ("2026-06-13T02:00:00", Tier.LONG_TERM),
        ("2026-06-16T01:59:59", Tier.LONG_TERM),
        ("2026-06-16T02:00:00", Tier.GONE),
        ("2100-01-01T00:00:00", Tier.GONE),
    ],
)
def test_recordings_move_each_night_and_expire(now: str, tier: Tier) -> None:
    """In Short Term until the night; two days in Mid Term, five in Long Term, each until the first run after that."""
    assert where(ENDED, local(now), mid_term_days=2, long_term_days=5) is tier


@pytest.mark.parametrize("years", [0.1, 1, 12, 7000])
def test_without_retention_sound_is_kept_for_ever(years: float) -> None:
    """So that recordings of 2014 have their sound."""
    assert where(ENDED, min(LATEST, ENDED + int(years * 365 * DAY))) is Tier.MID_TERM


def test_a_location_of_no_days_keeps_nothing() -> None:
    """Without Long Term, recordings that leave Mid Term are deleted; without Mid Term, Long Term has them."""
    night = local("2026-06-11T02:00:00")
    assert where(ENDED, night, mid_term_days=0) is Tier.LONG_TERM
    assert where(ENDED, night, mid_term_days=0, long_term_days=0) is Tier.GONE
    assert where(ENDED, night - 1, mid_term_days=0, long_term_days=0) is Tier.SHORT_TERM


def test_encrypted_recordings_move_when_their_call_ends() -> None:
    """All legs of the call together, and not before its last one. Source: W-SL (DOC)."""
    both = call(ENDED, ENDED + HOUR)
    plain, encrypted = (Retention(MELBOURNE, RetentionRules(encrypted=encrypted)) for encrypted in (False, True))
    for now, tier in ((ENDED + HOUR - 1, Tier.SHORT_TERM), (ENDED + HOUR, Tier.MID_TERM)):
        for each in both.legs:
            assert encrypted.tier(both, each, now) is tier
            assert plain.tier(both, each, now) is Tier.SHORT_TERM


def test_a_recording_is_found_in_whichever_location_is_online() -> None:
    """Source: W-SL (DOC). An offline recording is not deleted."""
    night = local("2026-06-11T02:00:00")
    mid, long = frozenset({Tier.MID_TERM}), frozenset({Tier.LONG_TERM})
    assert where(ENDED, night, offline=mid) is Tier.LONG_TERM
    assert where(ENDED, night, offline=long) is Tier.MID_TERM
    assert where(ENDED, night, offline=mid | long) is Tier.OFFLINE
    assert where(ENDED, ENDED, offline=mid | long) is Tier.SHORT_TERM
    assert where(ENDED, ENDED, offline=frozenset({Tier.SHORT_TERM})) is Tier.OFFLINE
    assert where(ENDED, night + 9 * DAY, offline=mid, mid_term_days=1, long_term_days=1) is Tier.GONE


@pytest.mark.parametrize(
    ("day", "hour", "runs"),
    [
        (OCTOBER, 1, ["2026-10-02T15:00", "2026-10-03T15:00", "2026-10-04T14:00"]),
        (OCTOBER, 2, ["2026-10-02T16:00", "2026-10-03T16:00", "2026-10-04T15:00"]),
        (OCTOBER, 3, ["2026-10-02T17:00", "2026-10-03T16:00", "2026-10-04T16:00"]),
        (APRIL, 1, ["2026-04-03T14:00", "2026-04-04T14:00", "2026-04-05T15:00"]),
        (APRIL, 2, ["2026-04-03T15:00", "2026-04-04T15:00", "2026-04-05T16:00"]),
        (APRIL, 3, ["2026-04-03T16:00", "2026-04-04T17:00", "2026-04-05T17:00"]),
    ],
)
def test_there_is_one_run_a_night_when_the_clocks_change(day: int, hour: int, runs: list[str]) -> None:
    """Where the hour is skipped, it is an hour later by the clock; where it comes twice, at the first. UTC here."""
    expected = [parse_instant(f"{run}:00Z") for run in runs]
    assert [last_run(at, MELBOURNE, hour) for at in expected] == expected
    assert [next_run(at - 1, MELBOURNE, hour) for at in expected] == expected
    for before, after in pairwise(expected):
        assert last_run(after - 1, MELBOURNE, hour) == before
        assert next_run(before, MELBOURNE, hour) == after


@pytest.mark.parametrize("zone", ["Pacific/Apia", "Pacific/Kwajalein", "Asia/Kathmandu", "America/Havana", "UTC"])
@pytest.mark.parametrize("hour", [0, 2, 23])
def test_every_zone_has_its_runs(zone: str, hour: int) -> None:
    """Also where a whole day is skipped (Samoa in 2011, Kwajalein in 1993), and at both ends of the clock's range."""
    days = ("2011-12-29", "2011-12-30", "2011-12-31", "1993-08-20", "1993-08-21", "2026-03-08", "2026-11-01")
    moments = [parse_instant(f"{day}T{at:02d}:30:00Z") for day in days for at in range(24)]
    for now in (0, LATEST, *moments):
        last, following = last_run(now, ZoneInfo(zone), hour), next_run(now, ZoneInfo(zone), hour)
        assert last <= now < following
        assert following - last <= 2 * DAY


def nights(first: int, last: int, hour: int) -> list[int]:
    """All nightly runs of Melbourne between two instants, found by looking at every hour."""
    seen: set[Any] = set()
    found: list[int] = []
    at = datetime.fromtimestamp(first // SECOND // 3600 * 3600, UTC) - timedelta(days=2)
    while int(at.timestamp()) * SECOND <= last:
        here = at.astimezone(MELBOURNE)
        if here.hour >= hour and here.date() not in seen:
            seen.add(here.date())
            if int(at.timestamp()) * SECOND >= first:
                found.append(int(at.timestamp()) * SECOND)
        at += timedelta(hours=1)
    return found


def simulated(two: Call, now: int, rules: RetentionRules) -> Tier:
    """Where leg 1 is, when every night is played one after the other."""
    own, last = two.legs[0].end_micros, two.legs[1].end_micros
    moves = max(own, last) if rules.encrypted else own
    held: set[Tier] = {Tier.SHORT_TERM}
    for run in nights(min(own, last), now, rules.nightly_hour):
        if moves <= run:
            if held == {Tier.SHORT_TERM}:
                held = {Tier.MID_TERM, Tier.LONG_TERM}
            for place, days in ((Tier.MID_TERM, rules.mid_term_days), (Tier.LONG_TERM, rules.long_term_days)):
                if days is not None and run - own >= days * DAY:
                    held.discard(place)
    if rules.encrypted and moves <= now and held == {Tier.SHORT_TERM}:
        held = {Tier.MID_TERM}
    for place in (Tier.SHORT_TERM, Tier.MID_TERM, Tier.LONG_TERM):
        if place in held - rules.offline:
            return place
    return Tier.OFFLINE if held else Tier.GONE


@given(
    begin=st.sampled_from([OCTOBER, APRIL]),
    ended_hours=st.integers(0, 48),
    call_ended_hours=st.integers(0, 48),
    passed_hours=st.integers(0, 24 * 8),
    rules=st.builds(
        RetentionRules,
        nightly_hour=st.integers(0, 23),
        mid_term_days=st.none() | st.integers(0, 4),
        long_term_days=st.none() | st.integers(0, 6),
        encrypted=st.booleans(),
        offline=st.frozensets(st.sampled_from([Tier.SHORT_TERM, Tier.MID_TERM, Tier.LONG_TERM])),
    ),
)
@example(OCTOBER, 15, 17, 17, RetentionRules(encrypted=True, mid_term_days=0, long_term_days=0))
def test_computed_tiers_equal_a_simulation_of_every_night(
    begin: int, ended_hours: int, call_ended_hours: int, passed_hours: int, rules: RetentionRules
) -> None:
    """No job runs, and the result is that of all the jobs, over both changes of the clocks."""
    two = call(begin + ended_hours * HOUR, begin + call_ended_hours * HOUR)
    now = begin + passed_hours * HOUR
    assert Retention(MELBOURNE, rules).tier(two, two.legs[0], now) is simulated(two, now, rules)


def test_legs_of_different_ages_are_in_different_tiers() -> None:
    """The tier depends on the end of each leg. A leg in progress is in Short Term."""
    locations = Retention(MELBOURNE, RetentionRules(mid_term_days=1, long_term_days=3))
    calls = [call(ENDED - shift * DAY, ENDED - shift * DAY + SECOND) for shift in (0, 1, 2, 3, 9)] + [call(LATEST)]
    tiers = Counter(locations.tier(each, one, ENDED + HOUR) for each in calls for one in each.legs)
    assert tiers == {Tier.SHORT_TERM: 3, Tier.MID_TERM: 2, Tier.LONG_TERM: 4, Tier.GONE: 2}
