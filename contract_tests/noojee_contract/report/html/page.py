"""The report for a browser: one file without dependencies, readable offline and without script."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from importlib import resources
from typing import Any

from noojee_contract.model.outcome import WORST_FIRST, Outcome
from noojee_contract.model.result import Report, Result
from noojee_contract.redaction.printable import escaped
from noojee_contract.report.grouping import shortened
from noojee_contract.report.summary import (
    EMPTY_ROWS_ADVICE,
    SIGNS,
    answer_text,
    archive_text,
    commands,
    count_of,
    in_words,
    kind_in_words,
    reasons_in_words,
    request_text,
    summarize,
)

LEAST_SHARE = 0.6  # percent of a bar's width: a leg of zero seconds stays visible
FILTERS = (answer_text, archive_text, commands, in_words, kind_in_words, reasons_in_words, request_text, shortened)


def render(report: Report) -> str:
    """Render a run as one HTML page."""
    summary = summarize(report)
    script = _part("report.js")
    counts = report.counts()
    page: str = _template().render(
        report=report,
        summary=summary,
        counts=[(outcome, counts.get(outcome, 0)) for outcome in reversed(WORST_FIRST)],
        signs=SIGNS,
        matrix=_matrix(report),
        columns=[target.name for target in report.targets],
        calls=_calls(report.calls),
        count_of=count_of,
        empty_rows_advice=EMPTY_ROWS_ADVICE,
        style=_part("report.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["escaped"] = partial(escaped, kept="\n\t")
    environment.filters |= {function.__name__: function for function in FILTERS}
    return environment.from_string(_part("report.html.j2"))


@cache
def _part(name: str) -> str:
    return (resources.files("noojee_contract.report.html") / name).read_text(encoding="utf-8")


def _matrix(report: Report) -> list[dict[str, Any]]:
    """One row for each clause with a cell for each target: the merged outcome, and the results behind it."""
    merged = report.merged()
    results = report.by_pair()
    rows = []
    for clause in report.clauses:
        pairs = [(clause.id, target.name) for target in report.targets]
        outcomes = [merged[pair] for pair in pairs if pair in merged]
        rows.append(
            {
                "clause": clause,
                "cells": [(merged.get(pair), _cell(results.get(pair, ()))) for pair in pairs],
                "worst": min(outcomes, key=WORST_FIRST.index, default=Outcome.INCONCLUSIVE),
            }
        )
    return rows


def _cell(results: Sequence[Result]) -> str:
    return "; ".join(map(_result, results))


def _result(result: Result) -> str:
    text = f"{result.source}: {in_words(result.counted_outcome)}, {count_of(result.checks, 'check')}"
    return f"{text} ({result.reason})" if result.reason else text


def _calls(calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Calls with several legs first. A call that several targets report identically is listed once."""
    alike: dict[str, tuple[Mapping[str, Any], list[str]]] = {}
    for call in calls:
        key = json.dumps({name: value for name, value in call.items() if name != "target"}, sort_keys=True)
        alike.setdefault(key, (call, []))[1].append(call["target"])
    rows = [{**_call(call), "targets": targets} for call, targets in alike.values() if call["legs"]]
    return sorted(rows, key=lambda row: -len(row["bars"]))


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call as bars: where each leg starts and how wide it is, in percent of the whole call."""
    legs = sorted(call["legs"], key=lambda leg: (leg["start"], leg["leg"]))
    starts = [datetime.fromisoformat(leg["start"]).timestamp() for leg in legs]
    ends = [
        start + leg["duration_seconds"] if leg["end"] is None else datetime.fromisoformat(leg["end"]).timestamp()
        for leg, start in zip(legs, starts, strict=True)
    ]
    first = min(starts, default=0.0)
    length = max(max(ends, default=0.0) - first, 0.001)
    bars = []
    for leg, start, end in zip(legs, starts, ends, strict=True):
        width = max((end - start) / length * 100, LEAST_SHARE)
        left = min((start - first) / length * 100, 100 - width)
        bars.append({**leg, "left": f"{left:.2f}", "width": f"{width:.2f}", "narrow": width < 9})
    return {
        **call,
        "bars": bars,
        "started": legs[0]["start"][:19].replace("T", " ") + " UTC" if legs else "",
        "seconds": round(length),
    }
