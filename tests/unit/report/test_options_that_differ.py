"""Options that differ between the sides of a migration have a table of their own in each report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from noojee_contract.engine.check import Check
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import DifferingOption, Report, Result, TargetRow
from noojee_contract.model.schemas import violations
from noojee_contract.pytest_plugin.run_report import differing_options
from noojee_contract.report import jsonlines, junit, markdown, terminal
from noojee_contract.report.html import page
from noojee_contract.targets.target import Target

OLD = Target(name="old", dialect="call-management", base_url="http://old.invalid", api_key_env="OLD_KEY")
NEW = Target(name="new", dialect="njadmin", base_url="http://new.invalid", api_key_env="NEW_KEY")
PAIR = MigrationPair("old", "new")
ROW = DifferingOption(migration="old > new", option="outbound_did", old="dialled", new="empty")


class Declares:
    """A subject that declares options."""

    def __init__(self, **profile: str) -> None:
        self.profile = profile


def seen(target: str, **options: str) -> Result:
    return Result(
        clause="metadata.did", target=target, source="observed", outcome=Outcome.INFORMATIONAL, checks=1,
        options={key: [value] for key, value in options.items()},
    )  # fmt: skip


def options_of(results: list[Result], old: Target = OLD, new: Target = NEW) -> list[DifferingOption]:
    return differing_options(results, [old, new], [PAIR])


def test_a_check_keeps_each_observed_value_once() -> None:
    check = Check()
    for value in ("a", "b", "a"):
        check.option(Declares(), "default_account", value)
    check.option(Declares(outbound_did="empty"), "outbound_did", "empty")
    assert check.options == {"default_account": ["a", "b"], "outbound_did": ["empty"]}


def test_observed_values_that_differ_are_a_row() -> None:
    results = [seen("old", outbound_did="dialled"), seen("new", outbound_did="empty")]
    assert options_of(results) == [ROW]


def test_equal_values_and_values_of_one_side_are_no_row() -> None:
    assert options_of([seen("old", tag_match="exact"), seen("new", tag_match="exact", outbound_did="empty")]) == []


def test_a_declared_value_counts_before_an_observed_one() -> None:
    results = [seen("old", outbound_did="empty"), seen("new", outbound_did="empty")]
    assert options_of(results, old=replace(OLD, profile={"outbound_did": "dialled"})) == [ROW]


@pytest.fixture
def compared() -> Report:
    return Report(
        suite="noojee-contract 0.1.0", catalogue="0123456789ab", started="2026-11-23T12:00:00+00:00", seconds=1,
        random_seed=7, examples=25,
        targets=[TargetRow(name="old > new", dialect="migration", address="", sources=["observed"])], clauses=[],
        results=[seen("old > new", outbound_did="empty")], differing_options=[ROW],
    )  # fmt: skip


@pytest.mark.parametrize(
    "write",
    [terminal.render, markdown.render, page.render, junit.render],
    ids=["terminal", "markdown", "html", "junit"],
)
def test_each_report_names_option_and_both_values(write: Callable[[Report], str], compared: Report) -> None:
    text = write(compared).replace("\\", "")
    assert all(value in text for value in ("outbound_did", "dialled", "empty"))


def test_differing_options_are_read_back(compared: Report) -> None:
    text = jsonlines.render(compared)
    read = jsonlines.read(text)
    assert (list(read.differing_options), read.results[0].options) == ([ROW], {"outbound_did": ["empty"]})
    assert all(violations(json.loads(line), "own/report") == [] for line in text.splitlines())
