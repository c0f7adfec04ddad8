"""The number of requests that a run sends to a read-only target, known in advance. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from noojee_contract.catalogue.clauses import catalogue, choose
from noojee_contract.engine.read_only_subject import MOST_LISTED_CALLS
from noojee_contract.engine.subject import MOST_SOUNDS
from noojee_contract.targets.applicability import applies_to, lacking
from noojee_contract.targets.target import Target


def planned_requests(target: Target, only: Sequence[str] | None = None, *, workers: int = 1) -> int:
    """The most requests that a run sends to a read-only target: probe, shared questions, audio, and those of each clause.

    Each worker asks the shared questions. The request budget may end a run sooner.
    """
    clauses = [
        clause
        for clause in (choose(only) if only else catalogue().values())
        if applies_to(clause, target) and lacking(clause, target) is None
    ]
    kinds = [known.kind for known in target.recordings]
    hours = kinds.count("hour") if target.has_by_hour else 0
    shared = kinds.count("tag") + kinds.count("unique_id") + hours
    if "tag" in kinds or hours:
        shared += MOST_LISTED_CALLS
    if any("audio" in clause.needs for clause in clauses):
        shared += MOST_SOUNDS
    asked = shared * workers + sum(clause.requests for clause in clauses)
    each = 1
    if target.scheme == "hash":  # each needs a Time, and a PBX with few unfinished authentications a third request
        each = 3 if target.profile.get("concurrent_authentications") == "5" else 2
    whole = 1 + asked * each
    return min(whole, target.request_budget) if target.request_budget is not None else whole
