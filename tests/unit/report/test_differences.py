"""The CSV of differences: rows of all workers, each difference once, and no cell that a spreadsheet executes."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from noojee_contract.report.differences import DifferenceRow, append, collect, render

ROW = DifferenceRow(
    migration="old > new", clause="migration.tags", outcome="failed", kind="answers_differ", unique_id="1.1", leg=1,
    field="Tag", old="a", new="b",
)  # fmt: skip


def read(rows: list[DifferenceRow]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(rows))))


def test_a_difference_that_two_clauses_find_is_one_row(tmp_path: Path) -> None:
    append(tmp_path, [replace(ROW, outcome="expected_failure")])
    append(tmp_path, [replace(ROW, clause="migration.by-hour"), ROW])
    (row,) = collect(tmp_path)
    assert (row.clause, row.outcome) == ("migration.tags migration.by-hour", "failed")


def test_rows_are_sorted_by_call_leg_and_field(tmp_path: Path) -> None:
    append(tmp_path, [replace(ROW, unique_id="2.1"), replace(ROW, leg=10), replace(ROW, leg=2), ROW])
    assert [(row.unique_id, row.leg) for row in collect(tmp_path)] == [("1.1", 1), ("1.1", 2), ("1.1", 10), ("2.1", 1)]


def test_rows_of_other_processes_are_read(tmp_path: Path) -> None:
    append(tmp_path, [ROW])
    (tmp_path / "differences-1.jsonl").write_bytes(
        next(tmp_path.glob("*.jsonl")).read_bytes().replace(b'"1.1"', b'"3.1"')
    )
    assert [row.unique_id for row in collect(tmp_path)] == ["1.1", "3.1"]


@pytest.mark.parametrize("value", ["=1+1", "+61398765432", "-1", "@SUM(A1)", "\t=1", "＝1", "'quoted"])
def test_a_value_that_a_spreadsheet_executes_gets_an_apostrophe(value: str) -> None:
    """The value stays readable: without the first apostrophe it is what the server sent."""
    (row,) = read([replace(ROW, new=value)])
    assert row["new"] == f"'{value}"


def test_other_values_are_written_as_they_are() -> None:
    values = {"old": 'a "quoted", value\nof two lines', "new": "Zoë 漢字"}
    (row,) = read([replace(ROW, **values)])
    assert {name: row[name] for name in values} == values
