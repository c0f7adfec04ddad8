"""What a run sends to a read-only target, and how long it takes, known in advance. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from noojee_contract.catalogue.clauses import MIGRATION, Clause, catalogue, choose
from noojee_contract.clients.limits import BY_HOUR_SECONDS
from noojee_contract.engine.ahead import by_hour_steps, known_hours
from noojee_contract.engine.sampling import sampling_of
from noojee_contract.targets.applicability import applies_to, lacking
from noojee_contract.targets.target import ALL, Target

SOUND_TRIES = 3
"""A migration asks for at most so many times the sounds that it compares: some legs have no audio on either side."""


USUAL_SHARE = 0.6
"""The usual number of requests, as a share of the most: many clauses share the answers of others."""
UNLIMITED_SECONDS = 0.05
"""How long a request takes without a limit of the rate."""
START_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run sends to a read-only target.

    `requests` is the most that it sends without failures; each may be sent once more after a failure. `minutes` of the
    by-hour limit are needed, `idle_seconds` are other waits, and `busy_seconds` is the usual time for the requests.
    """

    target: Target
    requests: int
    minutes: int
    idle_seconds: float
    busy_seconds: float

    @property
    def by_hour_seconds(self) -> float:
        """How long the by-hour requests take: they wait for all minutes but the first."""
        return max(0, self.minutes - 1) * BY_HOUR_SECONDS


def plan_of(target: Target, only: Sequence[str] = (), *, workers: int = 1, partners: Sequence[Target] = ()) -> Plan:
    """The plan of a run for a read-only target; the parameters are those of `planned_requests`."""
    most = planned_requests(target, only, workers=workers, partners=partners)
    rate = target.requests_per_second
    return Plan(
        target=target,
        requests=most,
        minutes=_minutes(target, only, partners),
        idle_seconds=sum(each.wait_seconds for each in _clauses(target, only, ()) if "by_hour" not in each.needs),
        busy_seconds=USUAL_SHARE * most * (1 / rate if rate else UNLIMITED_SECONDS),
    )


def usual_seconds(plans: Sequence[Plan]) -> float:
    """How long a run with these plans usually takes. By-hour requests wait while the others are sent."""
    busy = sum(plan.busy_seconds + plan.idle_seconds for plan in plans)
    return START_SECONDS + max([busy, *(plan.by_hour_seconds for plan in plans)])


def _minutes(target: Target, only: Sequence[str], partners: Sequence[Target]) -> int:
    """The minutes of the by-hour limit that a run needs."""
    clauses = _clauses(target, only, partners)
    by_hour = any("by_hour" in clause.needs for clause in clauses)
    if not by_hour or not target.has_by_hour or not target.once_a_minute:
        return 0
    minutes = len(by_hour_steps(clauses, known_hours(target)))
    return minutes if target.max_wait_seconds >= BY_HOUR_SECONDS else min(1, minutes)


def _clauses(target: Target, only: Sequence[str] | None, partners: Sequence[Target]) -> list[Clause]:
    """The chosen clauses that run on a target, and on its migrations."""
    return [
        clause
        for clause in (choose(only) if only else catalogue().values())
        if lacking(clause, target) is None
        and (applies_to(clause, target) or (partners and MIGRATION in clause.dialects))
    ]


def planned_requests(
    target: Target, only: Sequence[str] | None = None, *, workers: int = 1, partners: Sequence[Target] = ()
) -> int:
    """The most requests that a run sends to a read-only target: probe, shared questions, audio, and each clause's own.

    `partners` are the other targets of its migrations, whose recordings it is also asked for. Each worker asks the
    shared questions. The request budget may end a run sooner. Calls that only tags and hours list are not counted where
    the target is asked for all of them: see `asks_all_listed`.
    """
    clauses = _clauses(target, only, partners)
    sides = (target, *partners)
    sampling = sampling_of(sides, 0)
    kinds = [known.kind for known in {known: None for side in sides for known in side.recordings}]
    hours = kinds.count("hour") if target.has_by_hour else 0
    shared = kinds.count("tag") + kinds.count("unique_id") + hours
    if ("tag" in kinds or hours) and not asks_all_listed(target, partners):
        shared += sampling.calls
    if partners or any("audio" in clause.needs for clause in clauses):
        shared += sampling.sounds * (SOUND_TRIES if partners else 1)
    asked = shared * workers + sum(clause.requests for clause in clauses)
    each = 1
    if target.scheme == "hash":  # each needs a Time, and a PBX with few unfinished authentications a third request
        each = 3 if target.profile.get("concurrent_authentications") == "5" else 2
    whole = 1 + asked * each
    return min(whole, target.request_budget) if target.request_budget is not None else whole


def asks_all_listed(target: Target, partners: Sequence[Target] = ()) -> bool:
    """Whether a target is asked for every call that a tag or an hour lists."""
    return sampling_of((target, *partners), 0).calls == ALL
