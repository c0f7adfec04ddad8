"""Why clauses of read-only targets are inconclusive in a run that passed, and which keys let them be tested. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from noojee_contract.model.cell import CallSource
from noojee_contract.model.outcome import Outcome, Verdict
from noojee_contract.model.result import Report

WAYS: Mapping[str, str] = {
    "writable target": "create calls (a PBX with a control API and writable = true)",
    "negative_tests": 'send requests that provoke refusals (negative_tests = "allowed", --negative-tests)',
    "max_wait_seconds": "wait (max_wait_seconds = 61, --max-wait 61)",
    "nothing to check": "need other recordings (more rows in the recordings file)",
}
"""What clauses do that a read-only target may not allow, with the key and the flag that allow it, by a part of the
reason of their outcome."""
OTHERS = "are inconclusive for reasons that Not tested names"


def read_only_note(report: Report) -> str | None:
    """What a run that passed says about the inconclusive clauses of its read-only targets; None if there are none."""
    if report.verdict is not Verdict.PASSED:
        return None
    merged = report.merged()
    reasons = {
        (result.clause, result.target): result.reason or ""
        for result in report.results
        if result.source == CallSource.OBSERVED and merged[result.clause, result.target] is Outcome.INCONCLUSIVE
    }
    if not reasons:
        return None
    counts = Counter(_way(reason) for reason in reasons.values())
    ways = ", ".join(f"{counts[way]} {way}" for way in (*WAYS.values(), OTHERS) if counts[way])
    return (
        f"{len(reasons)} of {len(merged)} outcomes are inconclusive, which is usual for a read-only target: nothing is "
        f"known about these clauses. Of them, {ways}."
    )


def _way(reason: str) -> str:
    return next((way for part, way in WAYS.items() if part in reason), OTHERS)
