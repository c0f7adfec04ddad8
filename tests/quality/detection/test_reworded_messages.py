"""Groups and examples come from kinds, fields and exchanges, so other messages change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.report.summary import summarize
from quality.detection.detect import report_of, results_of
from support.faulty_servers import everything

NAMES = ("duration-of-the-call", "locks-out-after-a-refusal", "drops-last-leg", "time-of-the-wall-clock")


def groups_of(results: Sequence[Result]) -> list[tuple[str, list[tuple[str, tuple[str, ...]]]]]:
    """Each group: what it has in common, and its clauses with their cells, the example first."""
    groups = summarize(report_of(results)).groups
    return [(group.common, [(row.clause.id, row.cells) for row in group.rows]) for group in groups]


@pytest.mark.parametrize("name", NAMES)
def test_reworded_messages_form_the_same_groups(name: str) -> None:
    """Every message of a run is replaced by a text that names other fields, headers and statuses."""
    results, _ = results_of(everything()[name])
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    assert failed
    numbers = {
        (result.clause, result.failure.message): number for number, result in enumerate(failed) if result.failure
    }
    reworded = [
        replace(
            result,
            failure=replace(
                result.failure,
                message=(
                    f"{numbers[result.clause, result.failure.message]}: GET: HTTP 500, Content-Type, Leg is missing"
                ),
            ),
        )
        for result in failed
        if result.failure is not None
    ]
    assert len(reworded) == len(failed)
    assert groups_of(reworded) == groups_of(failed)
