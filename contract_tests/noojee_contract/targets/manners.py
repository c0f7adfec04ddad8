"""What a target allows: the permission that each manner needs, for clauses and for the questions of a probe. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.model.manner import Manner
from noojee_contract.targets.target import Target

MANNERS: Mapping[str, Manner] = {
    "negative_tests": Manner.NEGATIVE_TEST,
    "writable": Manner.ACTS,
    "live": Manner.ACTS,
}
"""The manner of a clause that has a need; clauses without such a need only read."""


def manners(clause: Clause) -> frozenset[Manner]:
    """What a clause does to a PBX. It may both wait and provoke a refusal."""
    found = {MANNERS[need] for need in clause.needs if need in MANNERS}
    if clause.wait_seconds or clause.slot == "own":
        found.add(Manner.WAITS)
    return frozenset(found or {Manner.HARMLESS})


def denied(manner: Manner, target: Target, wait_seconds: float = 0.0) -> str | None:
    """Why a target does not allow a manner; None if it does. `wait_seconds` is the pause that it needs."""
    if target.writable or manner is Manner.HARMLESS:
        return None
    if manner is Manner.ACTS:
        return "needs a writable target"
    if manner is Manner.WAITS:
        if wait_seconds <= target.max_wait_seconds:
            return None
        return f"needs a wait of {wait_seconds:g} s; allow it with max_wait_seconds = {wait_seconds:g}"
    if target.waives_negative_tests:
        return "is a negative test, and the target file waives negative tests"
    return None if target.negative_tests else 'is a negative test; allow it with negative_tests = "allowed"'
