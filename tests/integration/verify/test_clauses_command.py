"""`noojee-contract clauses` lists the catalogue in the words of the glossary."""

from __future__ import annotations

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.cli.main import main


def test_each_clause_is_listed_with_its_properties(capsys: pytest.CaptureFixture[str]) -> None:
    """Id, severity, dialects, scope, scheme, sentence and provenance."""
    assert main(["clauses"]) == 0
    out = capsys.readouterr().out
    for clause in catalogue().values():
        assert f"{clause.id}  [{clause.severity}" in out
        assert clause.sentence in out
        assert clause.provenance in out


def test_a_pattern_chooses_clauses(capsys: pytest.CaptureFixture[str]) -> None:
    """A clause about one scheme says so."""
    assert main(["clauses", "authentication.*"]) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert heads
    assert all(head.startswith("authentication.") and "; scope " in head for head in heads)
    assert any(head.endswith(", scheme hash") for head in heads)


def test_an_unknown_clause_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one line with the nearest id."""
    assert main(["clauses", "metadata.durations"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "did you mean metadata.duration" in captured.err
    assert captured.err.count("\n") == 1
