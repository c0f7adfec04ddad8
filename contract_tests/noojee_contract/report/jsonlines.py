"""The report for programs: JSON lines with a header, one line per result, and a footer that shows that it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.coverage import Coverage, Covered
from noojee_contract.model.extent import Extent
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow, DifferingOption, Report, Result, TargetRow, Unanswered
from noojee_contract.model.schemas import is_valid

FORMAT = "noojee-report/2"
MOST_DEPTH = 40
"""The deepest nesting of a line: archives and time lines have about ten levels."""


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
    row["unanswered"] = list(row["unanswered"])
    if result.failure is not None:
        row["failure"]["kind"] = result.failure.kind.value
    return row


def result_of(row: Mapping[str, Any]) -> Result:
    """Return the result that `result_row` wrote."""
    values = {key: value for key, value in row.items() if key != "kind"}
    failure = values.pop("failure", None)
    outcome = Outcome(values.pop("outcome"))
    coverage = tuple(Coverage(**{**each, "what": Covered(each["what"])}) for each in values.pop("coverage"))
    unanswered = tuple(Unanswered(**each) for each in values.pop("unanswered", ()))
    if failure is not None:
        extent = failure.get("extent")
        failure = Failure(
            **{
                **failure,
                "kind": FailureKind(failure["kind"]),
                "extent": None if extent is None else Extent(**extent),
            }
        )
    return Result(**values, outcome=outcome, failure=failure, coverage=coverage, unanswered=unanswered)


def read(text: str) -> Report:
    """Read the run that `render` wrote. Raises TargetError if the text is not a report, is old, or was cut off."""
    try:
        rows = [_line(line) for line in text.split("\n") if line.strip()]
        kinds = [row["kind"] for row in rows]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TargetError("not a report of noojee-contract: each line must be a JSON object with a kind") from error
    if not rows or kinds[0] != "header" or rows[0].get("format") != FORMAT:
        raise TargetError(_wrong_format(rows[0].get("format") if rows else None))
    for number, row in enumerate(rows, 1):
        if not _is_report_line(row):
            raise TargetError(f"line {number} of the report does not have the form of {FORMAT}; run verify again")
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


def _line(text: str) -> Any:
    """One line as JSON: with finite numbers, whole ones of at most 64 bits, and within the depth that reports have."""
    row = json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_of_64_bits)
    if _is_deeper(row, MOST_DEPTH):
        raise ValueError("too deep")
    return row


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _no_number("an infinite value")


def _of_64_bits(text: str) -> int:
    number = int(text)
    if abs(number) >> 63:
        raise ValueError("more than 64 bits")
    return number


def _is_deeper(value: Any, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return depth == 0 or any(_is_deeper(each, depth - 1) for each in inner)


def _is_report_line(row: Any) -> bool:
    """Whether a line has the form of the schema, and its times are times."""
    try:
        if not is_valid(row, "own/report"):
            return False
        for call in row.get("calls", ()):
            for leg in call["legs"]:
                for written in (leg["start"], leg["start"] if leg["end"] is None else leg["end"]):
                    datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError):  # also half of a surrogate pair, which no text of JSON Schema can be
        return False
    return True


def _wrong_format(found: Any) -> str:
    if isinstance(found, str) and found.startswith("noojee-report/"):
        return f"the report has the format {found[:40]}; this version reads {FORMAT}: run verify again"
    return f"not a report of noojee-contract: the first line must be a header of {FORMAT}"
