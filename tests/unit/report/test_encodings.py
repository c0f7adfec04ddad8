"""A report is printed in any encoding of stdout: a letter that it lacks is escaped."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from noojee_contract.cli.main import main
from noojee_contract.model.result import Report
from noojee_contract.report import jsonlines


@pytest.mark.parametrize(
    "encoding", ["ascii", "cp1252", "cp437", "cp037", "latin-1", "shift_jis", "utf-8", "utf-16", "utf-7"]
)
@pytest.mark.parametrize("command", ["report", "clauses"])
def test_any_encoding_of_stdout_works(
    encoding: str, command: str, failed_run: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pipes of Windows, old terminals, and PYTHONIOENCODING."""
    (tmp_path / "r.jsonl").write_text(jsonlines.render(failed_run), encoding="utf-8")
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding=encoding))
    main([command, str(tmp_path / "r.jsonl")] if command == "report" else [command])
    sys.stdout.flush()
    expected = "FAILED" if command == "report" else "metadata.by-tag-answered"
    assert expected in output.getvalue().decode(encoding)


@pytest.mark.parametrize("command", ["report", "clauses"])
def test_a_closed_stdout_is_no_error(
    command: str, failed_run: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon closes it."""
    (tmp_path / "r.jsonl").write_text(jsonlines.render(failed_run), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", None)
    code = main(
        [command, str(tmp_path / "r.jsonl"), "--json", str(tmp_path / "s.jsonl")] if command == "report" else [command]
    )
    assert code in (0, 1, 3)
