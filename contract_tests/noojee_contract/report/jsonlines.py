"""The report for programs: JSON lines with a header, one line a result, and a footer that says that it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, Report, Result, TargetRow
from noojee_contract.report.summary import verdict_word

FORMAT = "noojee-report/2"


def render(run: Report) -> str:
    """The whole run, a line each. The last line is the footer; a report without one was cut off."""
    header = {
        "kind": "header",
        "format": FORMAT,
        "suite": run.suite,
        "catalogue": run.catalogue,
        "started": run.started,
        "random_seed": run.random_seed,
        "examples": run.examples,
        "targets": [asdict(target) for target in run.targets],
        "clauses": [asdict(clause) for clause in run.clauses],
    }
    footer = {
        "kind": "footer",
        "verdict": verdict_word(run),
        "exit_code": run.exit_code,
        "complete": run.complete,
        "seconds": run.seconds,
        "results": len(run.results),
        "counts": {outcome.value: count for outcome, count in run.counts().items()},
        "missing": [list(pair) for pair in run.missing],
        "unreachable": [list(pair) for pair in run.unreachable],
        "notes": list(run.notes),
        "calls": list(run.calls),
    }
    rows = [{"kind": "result", **result_row(result)} for result in run.results]
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in (header, *rows, footer))


def result_row(result: Result) -> dict[str, Any]:
    """A result as JSON values."""
    return {**asdict(result), "outcome": result.outcome.value}


def result_of(row: Mapping[str, Any]) -> Result:
    """The result that `result_row` wrote."""
    values = {key: value for key, value in row.items() if key != "kind"}
    failure = values.pop("failure", None)
    outcome = Outcome(values.pop("outcome"))
    return Result(
        **values,
        outcome=outcome,
        failure=None if failure is None else Failure(**{**failure, "kind": FailureKind(failure["kind"])}),
    )


def read(text: str) -> Report:
    """The run that `render` wrote. Raises TargetError where the report is no report, or was cut off."""
    try:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        kinds = [row["kind"] for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise TargetError("this is no report of noojee-contract: a line is no JSON object with a kind") from error
    if not rows or kinds[0] != "header" or rows[0].get("format") != FORMAT:
        raise TargetError(f"this is no report of noojee-contract: the first line must be a header of {FORMAT}")
    if kinds[-1] != "footer" or rows[-1]["results"] != len(rows) - 2 or set(kinds[1:-1]) - {"result"}:
        raise TargetError("the report was cut off: its footer is missing, or counts other results")
    header, *results, footer = rows
    return Report(
        suite=header["suite"],
        catalogue=header["catalogue"],
        started=header["started"],
        seconds=footer["seconds"],
        random_seed=header["random_seed"],
        examples=header["examples"],
        targets=[TargetRow(**target) for target in header["targets"]],
        clauses=[ClauseRow(**clause) for clause in header["clauses"]],
        results=[result_of(row) for row in results],
        missing=[(target, clause) for target, clause in footer["missing"]],
        calls=footer["calls"],
        notes=footer["notes"],
        complete=footer["complete"],
        unreachable=[(target, reason) for target, reason in footer["unreachable"]],
    )
