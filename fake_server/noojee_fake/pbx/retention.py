"""Where the sound of a leg is stored as it ages: Short, Mid and Long Term. It is computed from the time; no job runs.

A test may step the clock over thirty nights at once, or back: sound that was deleted then exists again.
Source: Help: Storage Locations (DOC W-SL).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from noojee_fake.errors import UsageError
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.clock import EPOCH, SECOND

DAY = 86_400 * SECOND
MOST_DAYS = 36_500

_MICROSECOND = timedelta(microseconds=1)


class Tier(Enum):
    """The storage location of the sound of a leg. OFFLINE: only in locations that are offline. GONE: deleted."""

    SHORT_TERM = "short_term"
    MID_TERM = "mid_term"
    LONG_TERM = "long_term"
    OFFLINE = "offline"
    GONE = "gone"


LOCATIONS = (Tier.SHORT_TERM, Tier.MID_TERM, Tier.LONG_TERM)

_LOCATION_NAMES = f"offline is a list of locations: {', '.join(tier.value for tier in LOCATIONS)}"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRules:
    """How the storage locations of a PBX are set up. Raises UsageError for a value out of range.

    Each night at `nightly_hour` of the PBX's local time, recordings are compressed, moved to Mid Term and copied to
    Long Term. Each of the two locations then deletes the recordings that ended its number of days (of 24 hours) ago or
    earlier; None keeps recordings for ever, 0 keeps none. `encrypted` recordings move when their call ends. An
    `offline` location keeps its recordings, but requests find none there. Source: W-SL (DOC); UNKNOWN: the hour, and
    that a run deletes.
    """

    nightly_hour: int = 2
    mid_term_days: int | None = None
    long_term_days: int | None = None
    encrypted: bool = False
    offline: frozenset[Tier] = frozenset()

    def __post_init__(self) -> None:
        if not (_is_whole(self.nightly_hour) and 0 <= self.nightly_hour <= 23):
            raise UsageError("the hour of the nightly run is a whole number from 0 to 23", "$.nightly_hour")
        for name in ("mid_term_days", "long_term_days"):
            days = getattr(self, name)
            if days is not None and not (_is_whole(days) and 0 <= days <= MOST_DAYS):
                raise UsageError(f"retention is a number of days from 0 to {MOST_DAYS}, or null: for ever", f"$.{name}")
        if not isinstance(self.encrypted, bool):
            raise UsageError("encrypted is true or false", "$.encrypted")
        if not self.offline <= set(LOCATIONS):
            raise UsageError(_LOCATION_NAMES, "$.offline")


def read_rules(written: Any, current: RetentionRules = RetentionRules()) -> RetentionRules:
    """The rules of a JSON object. Rules that it leaves out keep their value. Raises UsageError with the JSON path."""
    if not isinstance(written, dict):
        raise UsageError("the storage rules are an object", "$")
    known = write_rules(current)
    for name in written:
        if name not in known:
            raise UsageError(f"there is no storage rule {name!r}; the rules are {', '.join(known)}", f"$.{name}")
    changes = dict(written)
    if "offline" in changes:
        changes["offline"] = _read_locations(changes["offline"])
    return replace(current, **changes)


def write_rules(rules: RetentionRules) -> dict[str, Any]:
    """The rules as a JSON object, as `read_rules` takes it."""
    return {
        "nightly_hour": rules.nightly_hour,
        "mid_term_days": rules.mid_term_days,
        "long_term_days": rules.long_term_days,
        "encrypted": rules.encrypted,
        "offline": [tier.value for tier in LOCATIONS if tier in rules.offline],
    }


def last_run(now_micros: int, zone: ZoneInfo, hour: int) -> int:
    """The time of the last nightly run at or before `now_micros`.

    A local hour that occurs twice has one run, at the first; in the night that skips it, the run is an hour later.
    """
    return max(run for run in _runs(now_micros, zone, hour, (-2, -1, 0)) if run <= now_micros)


def next_run(now_micros: int, zone: ZoneInfo, hour: int) -> int:
    """The time of the first nightly run after `now_micros`."""
    return min(run for run in _runs(now_micros, zone, hour, (0, 1, 2)) if run > now_micros)


def tier(call: Call, leg: Leg, now_micros: int, *, rules: RetentionRules, run_micros: int) -> Tier:
    """Where the sound of a leg is stored; `run_micros` is the last nightly run. A leg in progress is in Short Term."""
    kept: tuple[Tier, ...]
    done = max(leg.end_micros, call.legs[-1].end_micros) if rules.encrypted else leg.end_micros
    if done > run_micros:
        kept = (Tier.MID_TERM,) if rules.encrypted and done <= now_micros else (Tier.SHORT_TERM,)
    else:
        in_mid, in_long = (_is_kept(leg, days, run_micros) for days in (rules.mid_term_days, rules.long_term_days))
        kept = tuple(each for each, there in ((Tier.MID_TERM, in_mid), (Tier.LONG_TERM, in_long)) if there)
    if not kept:
        return Tier.GONE
    return next((each for each in kept if each not in rules.offline), Tier.OFFLINE)


class Retention:
    """The storage locations of one PBX. `rules` can be set at any time, and apply to existing recordings too."""

    __slots__ = ("_night", "_zone", "rules")

    def __init__(self, zone: ZoneInfo, rules: RetentionRules = RetentionRules()) -> None:
        self.rules = rules
        self._zone = zone
        self._night = (0, 0, 0)

    def tier(self, call: Call, leg: Leg, now_micros: int) -> Tier:
        """Where the sound of a leg is stored now."""
        rules = self.rules
        return tier(call, leg, now_micros, rules=rules, run_micros=self._last_run(now_micros, rules.nightly_hour))

    def _last_run(self, now_micros: int, hour: int) -> int:
        for_hour, begin, end = self._night
        if for_hour != hour or not begin <= now_micros < end:
            begin, end = last_run(now_micros, self._zone, hour), next_run(now_micros, self._zone, hour)
            self._night = (hour, begin, end)
        return begin


def _is_kept(leg: Leg, days: int | None, run_micros: int) -> bool:
    return days is None or leg.end_micros > run_micros - days * DAY


def _runs(now_micros: int, zone: ZoneInfo, hour: int, shifts: tuple[int, ...]) -> list[int]:
    today = datetime.fromtimestamp(now_micros // SECOND, zone).date()
    return [_run_on(today + timedelta(days=shift), zone, hour) for shift in shifts]


def _run_on(day: date, zone: ZoneInfo, hour: int) -> int:
    return (datetime(day.year, day.month, day.day, hour, tzinfo=zone) - EPOCH) // _MICROSECOND


def _read_locations(written: Any) -> frozenset[Tier]:
    names = {tier.value: tier for tier in LOCATIONS}
    if not isinstance(written, list) or not all(isinstance(name, str) and name in names for name in written):
        raise UsageError(_LOCATION_NAMES, "$.offline")
    return frozenset(names[name] for name in written)
