"""The number of requests that a run sends to a read-only target, known in advance. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from noojee_contract.catalogue.clauses import MIGRATION, catalogue, choose
from noojee_contract.engine.sampling import sampling_of
from noojee_contract.targets.applicability import applies_to, lacking
from noojee_contract.targets.target import ALL, Target

SOUND_TRIES = 3
"""A migration asks for at most so many times the sounds that it compares: some legs have no audio on either side."""


def planned_requests(
    target: Target, only: Sequence[str] | None = None, *, workers: int = 1, partners: Sequence[Target] = ()
) -> int:
    """The most requests that a run sends to a read-only target: probe, shared questions, audio, and those of each clause.

    `partners` are the other targets of its migrations, whose recordings it is also asked for. Each worker asks the shared
    questions. The request budget may end a run sooner. Calls that only tags and hours list are not counted where the
    target is asked for all of them: see `asks_all_listed`.
    """
    clauses = [
        clause
        for clause in (choose(only) if only else catalogue().values())
        if lacking(clause, target) is None
        and (applies_to(clause, target) or (partners and MIGRATION in clause.dialects))
    ]
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
