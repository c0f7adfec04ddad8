"""The report to open in a browser: one file that needs nothing else, readable offline and without script."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from noojee_contract.model.outcome import WORST_FIRST, Outcome
from noojee_contract.model.result import Report, Result
from noojee_contract.report.grouping import shortened
from noojee_contract.report.summary import SIGNS, answer_text, archive_text, commands, request_text, summarize

LEAST_SHARE = 0.6  # of a bar's width in percent: a leg of no seconds is still seen


def render(run: Report) -> str:
    """The report as one HTML page."""
    told = summarize(run)
    script = _part("report.js")
    counts = run.counts()
    page: str = _template().render(
        run=run,
        told=told,
        good=run.exit_code == 0,
        counts=[(outcome, counts.get(outcome, 0)) for outcome in reversed(WORST_FIRST)],
        signs=SIGNS,
        matrix=_matrix(run),
        columns=[target.name for target in run.targets],
        calls=_calls(run.calls),
        request_text=request_text,
        commands=commands,
        shortened=shortened,
        answer_text=answer_text,
        archive_text=archive_text,
        style=_part("report.css"),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["harmless"] = _harmless
    return environment.from_string(_part("report.html.j2"))


@cache
def _part(name: str) -> str:
    return (resources.files("noojee_contract.report.html") / name).read_text(encoding="utf-8")


def _harmless(text: str) -> str:
    """Control signs and those that turn the direction of text, as escapes; line ends stay."""
    if text.isprintable():
        return text
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else sign.encode("unicode_escape").decode() for sign in text
    )


def _matrix(run: Report) -> list[dict[str, Any]]:
    """A row a clause, a cell a target: the merged outcome, with what it was judged on."""
    merged = run.merged()
    cells: dict[tuple[str, str], list[Result]] = {}
    for result in run.results:
        cells.setdefault((result.clause, result.target), []).append(result)
    rows = []
    for clause in run.clauses:
        outcomes = []
        for target in run.targets:
            pair = (clause.id, target.name)
            outcomes.append((merged.get(pair), _cell(cells.get(pair, ()))))
        worst = min(
            (outcome for outcome, _ in outcomes if outcome), key=WORST_FIRST.index, default=Outcome.INCONCLUSIVE
        )
        rows.append({"clause": clause, "sources": outcomes, "worst": worst})
    return rows


def _cell(results: Sequence[Result]) -> str:
    return "; ".join(
        f"{result.source}: {result.outcome}, {result.checks} judged" + (f" ({result.reason})" if result.reason else "")
        for result in results
    )


def _calls(calls: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Calls of several legs first; a call that several targets tell alike stands there once."""
    alike: dict[str, tuple[Mapping[str, Any], list[str]]] = {}
    for call in calls:
        told = json.dumps({key: value for key, value in call.items() if key != "target"}, sort_keys=True)
        alike.setdefault(told, (call, []))[1].append(call["target"])
    rows = [{**_call(call), "targets": targets} for call, targets in alike.values() if call["legs"]]
    return sorted(rows, key=lambda row: -len(row["bars"]))


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call as bars: where each leg begins and how wide it is, in percent of the whole call."""
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
        "began": legs[0]["start"][:19].replace("T", " ") + " UTC" if legs else "",
        "seconds": round(length),
    }
