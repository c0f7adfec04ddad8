"""Each report says how far a difference reaches, before the first example."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from noojee_contract.model.extent import Extent
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
from noojee_contract.model.schemas import violations
from noojee_contract.report import jsonlines, junit, markdown, terminal
from noojee_contract.report.html import page

EXTENT = Extent(
    differing=37, compared=12040, fields={"Duration": 20, "Tag": 17}, pattern="Duration: one second longer (20 of 20)"
)
SAID = "37 of 12,040 legs differ (Duration: 20, Tag: 17); Duration: one second longer (20 of 20)"
FAILURE = Failure(
    message="leg 1 of '1.1': Duration is 30 on the old side and 31 on the new side", kind=FailureKind.ANSWERS_DIFFER,
    field="Duration", expected="30", actual="31", extent=EXTENT,
)  # fmt: skip


@pytest.fixture
def compared() -> Report:
    name = "old > new"
    return Report(
        suite="noojee-contract 0.1.0", catalogue="0123456789ab", started="2026-11-23T12:00:00+00:00", seconds=1,
        random_seed=7, examples=25,
        targets=[TargetRow(name=name, dialect="migration", address="", sources=["observed"])],
        clauses=[ClauseRow(id="migration.fields", sentence="", severity="must", provenance="SPEC", group="migration")],
        results=[
            Result(
                clause="migration.fields", target=name, source="observed", outcome=Outcome.FAILED, checks=9,
                failure=FAILURE,
            )
        ],
    )  # fmt: skip


def test_one_leg_is_singular() -> None:
    assert Extent(differing=1, compared=1, fields={"Tag": 1}).in_words == "1 of 1 leg differs (Tag: 1)"


@pytest.mark.parametrize(
    "write",
    [terminal.render, markdown.render, page.render, junit.render],
    ids=["terminal", "markdown", "html", "junit"],
)
def test_each_report_has_the_extent(write: Callable[[Report], str], compared: Report) -> None:
    text = " ".join(write(compared).split())
    assert f"{SAID}. First: leg 1 of" in text.replace("&#x27;", "'").replace("&#39;", "'").replace("\\", "")


def test_the_extent_is_read_back_from_json_lines(compared: Report) -> None:
    text = jsonlines.render(compared)
    (result,) = jsonlines.read(text).results
    assert result.failure == FAILURE
    assert all(violations(json.loads(line), "own/report") == [] for line in text.splitlines())
