"""The specification page is covered: each sentence maps to clauses, or has a reason why no clause is possible."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import Any

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.resources import fixtures

# A sentence ends in a line end, or in a full stop before a capital letter. "no. of" is no end.
BREAK = re.compile(r"(?<=[.!?]) +(?=[A-Z])")


def page() -> str:
    return fixtures("pages", "4.1-retrieve-meta-data.txt").read_text(encoding="utf-8")


def sentences() -> list[str]:
    return [sentence for line in page().splitlines() if line.strip() for sentence in BREAK.split(line.strip())]


def rows() -> list[dict[str, Any]]:
    table = resources.files("noojee_contract") / "catalogue" / "spec_page.toml"
    found: list[dict[str, Any]] = tomllib.loads(table.read_text(encoding="utf-8"))["sentence"]
    return found


ROWS = rows()
FACTS = [row for row in ROWS if "clauses" in row]


def place(row: dict[str, Any]) -> str:
    """A short name of a sentence: its place and its first words."""
    return f"{ROWS.index(row) + 1}-{re.sub('[^A-Za-z0-9]+', '-', row['text'])[:30]}"


def test_the_table_has_each_sentence_once() -> None:
    """In the order of the page."""
    assert [row["text"] for row in ROWS] == sentences()


def test_the_table_accounts_for_the_whole_text() -> None:
    """Splitting loses nothing: letter by letter, but for white space."""
    whole = "".join(row["text"] for row in ROWS)
    assert re.sub(r"\s", "", whole) == re.sub(r"\s", "", page())


@pytest.mark.parametrize("row", ROWS, ids=place)
def test_a_sentence_has_clauses_or_a_reason(row: dict[str, Any]) -> None:
    """Not both, neither of them empty, and the clauses are in the catalogue."""
    assert set(row) in ({"text", "clauses"}, {"text", "reason"})
    if "clauses" in row:
        assert row["clauses"]
        assert len(set(row["clauses"])) == len(row["clauses"])
        assert set(row["clauses"]) <= set(catalogue())
    else:
        assert row["reason"].endswith(".")


@pytest.mark.parametrize("row", FACTS, ids=place)
def test_a_fact_has_a_clause_that_binds(row: dict[str, Any]) -> None:
    """A fact of the specification page is not only reported."""
    assert any(catalogue()[clause_id].severity != "may" for clause_id in row["clauses"])


@pytest.mark.parametrize(
    "clause_id",
    sorted(
        clause.id
        for clause in catalogue().values()
        if clause.group == "metadata" and clause.severity == "must" and clause.provenance.startswith("SPEC")
    ),
)
def test_a_metadata_must_of_the_page_is_named_by_a_sentence(clause_id: str) -> None:
    """A clause does not cite a page that does not mention its fact."""
    assert any(clause_id in row.get("clauses", ()) for row in ROWS)
