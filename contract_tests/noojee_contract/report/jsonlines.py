"""The report for programs: JSON lines with a header, one line per result, and a footer that shows that it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.coverage import Coverage, Covered
from noojee_contract.model.extent import Extent
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, DifferingOption, Report, Result, TargetRow

FORMAT = "noojee-report/2"


def render(report: Report) -> str:
    """Render a run, one JSON object a line. The last line is the footer; a report without one was cut off."""
    header = {
        "kind": "header",
        "format": FORMAT,
        "suite": report.suite,
        "catalogue": report.catalogue,
        "started": report.started,
        "random_seed": report.random_seed,
        "examples": report.examples,
        "targets": [asdict(target) for target in report.targets],
        "clauses": [asdict(clause) for clause in report.clauses],
    }
    footer = {
        "kind": "footer",
        "verdict": report.verdict.value,
        "exit_code": report.exit_code,
        "complete": report.complete,
        "seconds": report.seconds,
        **asdict(report.totals()),
        "counts": {outcome.value: count for outcome, count in report.counts().items()},
        "missing": [list(pair) for pair in report.missing],
        "empty_rows": [list(pair) for pair in report.empty_rows],
        "unreachable": [list(pair) for pair in report.unreachable],
        "differing_options": [asdict(each) for each in report.differing_options],
        "caveats": list(report.caveats),
        "notes": list(report.notes),
        "calls": list(report.calls),
    }
    rows = [{"kind": "result", **result_row(result)} for result in report.results]
    return "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in (header, *rows, footer))


def result_row(result: Result) -> dict[str, Any]:
    """Return a result as JSON values. They are plain: pytest-xdist cannot send enums from a worker."""
    row = {**asdict(result), "source": str(result.source), "outcome": result.outcome.value}
    row["coverage"] = [{**each, "what": each["what"].value} for each in row["coverage"]]
    if result.failure is not None:
        row["failure"]["kind"] = result.failure.kind.value
    return row


def result_of(row: Mapping[str, Any]) -> Result:
    """Return the result that `result_row` wrote."""
    values = {key: value for key, value in row.items() if key != "kind"}
    failure = values.pop("failure", None)
    outcome = Outcome(values.pop("outcome"))
    coverage = tuple(Coverage(**{**each, "what": Covered(each["what"])}) for each in values.pop("coverage"))
    if failure is not None:
        extent = failure.get("extent")
        failure = Failure(
            **{
                **failure,
                "kind": FailureKind(failure["kind"]),
                "extent": None if extent is None else Extent(**extent),
            }
        )
    return Result(**values, outcome=outcome, failure=failure, coverage=coverage)


def read(text: str) -> Report:
    """Read the run that `render` wrote. Raises TargetError if the text is not a report, is old, or was cut off."""
    try:
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        kinds = [row["kind"] for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise TargetError("not a report of noojee-contract: each line must be a JSON object with a kind") from error
    if not rows or kinds[0] != "header" or rows[0].get("format") != FORMAT:
        raise TargetError(_wrong_format(rows[0].get("format") if rows else None))
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
        empty_rows=[(target, row) for target, row in footer["empty_rows"]],
        calls=footer["calls"],
        caveats=footer.get("caveats", ()),
        notes=footer["notes"],
        complete=footer["complete"],
        differing_options=[DifferingOption(**row) for row in footer.get("differing_options", ())],
        unreachable=[(target, reason) for target, reason in footer["unreachable"]],
    )


def _wrong_format(found: Any) -> str:
    if isinstance(found, str) and found.startswith("noojee-report/"):
        return f"the report has the format {found[:40]}; this version reads {FORMAT}: run verify again"
    return f"not a report of noojee-contract: the first line must be a header of {FORMAT}"
