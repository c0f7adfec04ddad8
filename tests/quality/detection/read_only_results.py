"""The results of `tox -e detection -- --read-only`: its rows in docs/read-only-detection.jsonl, and their page."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import fingerprint
from noojee_contract.suite import clause_functions
from quality.detection.read_only import LISTS, ReadOnlyRow, as_json
from quality.detection.results import ROOT
from support.faulty_migrations import FOLDER, SERVICES, faulty_migrations

DATA = ROOT / "docs" / "read-only-detection.jsonl"
PAGE = DATA.with_suffix(".md")
FORMAT = "noojee-read-only-detection/1"
GOALS: Mapping[str, float] = {"all": 0.97, "short": 0.90}
"""The smallest share of visible faults that must be caught, by list of recordings."""
TITLES = {"all": "all recordings listed", "short": "a short list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnlyDetection:
    """The rows of a whole run, and what they were made with.

    `runs` counts runs on services without a fault, by service or variant. `false_positives` has a line for each failure
    and error of them.
    """

    catalogue: str
    services: str
    rows: tuple[ReadOnlyRow, ...]
    runs: Mapping[str, int]
    false_positives: tuple[str, ...]

    def of(self, recordings: str) -> list[ReadOnlyRow]:
        """The rows of visible faults with a list of recordings."""
        return [row for row in self.rows if row.recordings == recordings and row.visible]

    def rate(self, recordings: str) -> float:
        """The share of visible faults that some clause fails on."""
        rows = self.of(recordings)
        return sum(row.caught for row in rows) / max(1, len(rows))

    def complaints(self) -> list[str]:
        """What is not good enough: rates, false positives, errors of the suite."""
        found = [
            f"{TITLES[name]}: {self.rate(name):.1%} are caught; the goal is {goal:.0%}"
            for name, goal in GOALS.items()
            if self.rate(name) < goal
        ]
        found += [f"false positive: {line}" for line in self.false_positives]
        return found + [f"{row.name}: {error}" for row in self.rows for error in row.errors]


def services_fingerprint() -> str:
    """A short hash of the services, their dialects and their faults. Comments and docstrings do not count."""
    files = sorted(file for file in FOLDER.rglob("*") if file.suffix in (".py", ".toml", ".json"))
    return hashlib.sha256("\0".join(map(_content, files)).encode()).hexdigest()[:12]


def _content(file: Path) -> str:
    """The text of a data file, or the code of a module without its docstrings."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        return text
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.dump(tree)


def detection_of(
    rows: Sequence[ReadOnlyRow], *, runs: Mapping[str, int], false_positives: Sequence[str]
) -> ReadOnlyDetection:
    """The detection of rows that were just run."""
    order = {name: place for place, name in enumerate(faulty_migrations())}
    clause_functions()
    return ReadOnlyDetection(
        catalogue=fingerprint(),
        services=services_fingerprint(),
        rows=tuple(sorted(rows, key=lambda row: (row.recordings, order[row.name]))),
        runs=dict(runs),
        false_positives=tuple(false_positives),
    )


def written(detection: ReadOnlyDetection) -> str:
    """The text of docs/read-only-detection.jsonl."""
    header = {
        "format": FORMAT, "catalogue": detection.catalogue, "services": detection.services, "runs": detection.runs,
        "false_positives": list(detection.false_positives),
    }  # fmt: skip
    lines = [header, *(as_json(row) for row in detection.rows), {"kind": "footer", "rows": len(detection.rows)}]
    return "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)


def read(text: str) -> ReadOnlyDetection:
    """The detection that `written` wrote. Raises ValueError where it is incomplete or of another format."""
    header, *lines, footer = [json.loads(line) for line in text.splitlines()]
    if header.get("format") != FORMAT or footer.get("kind") != "footer" or footer["rows"] != len(lines):
        raise ValueError(f"not a complete {FORMAT} file: write it with tox -e detection -- --read-only")
    return ReadOnlyDetection(
        catalogue=header["catalogue"],
        services=header["services"],
        rows=tuple(_row(line) for line in lines),
        runs=header["runs"],
        false_positives=tuple(header["false_positives"]),
    )


def _row(line: Mapping[str, Any]) -> ReadOnlyRow:
    return ReadOnlyRow(
        name=line["name"], group=line["group"], recordings=line["recordings"], visible=line["visible"],
        failed=tuple(line["failed"]), first=line["first"], message=line["message"], names_it=line["names_it"],
        seconds=0.0, errors=tuple(line["errors"]),
    )  # fmt: skip


def page(detection: ReadOnlyDetection) -> str:
    """docs/read-only-detection.md: the rates, group by group, what is not caught and why, and the false positives."""
    return (
        "\n".join([*_opening(detection), *_groups(detection), *_misses(detection), *_runs_without_a_fault(detection)])
        + "\n"
    )


def _opening(detection: ReadOnlyDetection) -> list[str]:
    faults = faulty_migrations()
    lines = [
        "# Detection rate of read-only migrations",
        "",
        (
            "Written by `tox -e detection -- --read-only`; do not edit. "
            "The rows are in [read-only-detection.jsonl](read-only-detection.jsonl)."
        ),
        "",
        (
            f"A read-only old PBX is compared with a read-only service that replaced it. {len(SERVICES)} services, "
            "which share no code with the fake,"
        ),
        (
            f"have {len(faults)} migrations with one fault each (`tests/support/faulty_migrations`). "
            "Each is verified with two recordings files:"
        ),
        *(
            f"{len(LISTS[name]())} rows ({TITLES[name]}),"
            if name == "all"
            else f"and {len(LISTS[name]())} rows ({TITLES[name]})."
            for name in LISTS
        ),
        "",
        (
            "A fault is *visible* if an answer to a listed recording, or to a call that such an answer lists, "
            "differs from that of the service without"
        ),
        (
            "the fault. If the old PBX has no by-hour method, an hour counts only for calls that the list names "
            "otherwise. The rate is the"
        ),
        (
            "share of visible faults that make a clause fail. "
            "*Named*: the first failure of the report has the expected kind and field."
        ),
        "",
        "| recordings | faults | visible | caught | rate | goal | named |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]  # fmt: skip
    for name in LISTS:
        rows = detection.of(name)
        caught = [row for row in rows if row.caught]
        named = sum(row.names_it for row in caught) / max(1, len(caught))
        lines.append(
            f"| {TITLES[name]} | {sum(row.recordings == name for row in detection.rows)} | {len(rows)} | {len(caught)} "
            f"| {detection.rate(name):.1%} | {GOALS[name]:.0%} | {named:.1%} |"
        )
    return [*lines, "", f"Catalogue {detection.catalogue}, services {detection.services}.", ""]


def _groups(detection: ReadOnlyDetection) -> Iterator[str]:
    yield from ["| group | visible, all | caught | visible, short | caught |", "|---|--:|--:|--:|--:|"]
    for group in sorted({row.group for row in detection.rows}):
        counts = []
        for name in LISTS:
            rows = [row for row in detection.of(name) if row.group == group]
            counts += [str(len(rows)), str(sum(row.caught for row in rows))]
        yield f"| {group} | {' | '.join(counts)} |"
    yield ""


def _misses(detection: ReadOnlyDetection) -> Iterator[str]:
    yield from ["## Visible faults that are not caught", ""]
    missed: dict[str, list[str]] = {}
    for row in detection.rows:
        if row.visible and not row.caught:
            missed.setdefault(row.name, []).append(TITLES[row.recordings])
    for name, lists in missed.items():
        fault = faulty_migrations()[name]
        yield f"- `{name}` ({', '.join(lists)}): {fault.story} {fault.missed}".rstrip()
    if not missed:
        yield "None."
    yield from ["", "## Faults whose first failure is another", ""]
    other = [row for row in detection.rows if row.caught and row.visible and not row.names_it]
    for row in other:
        yield f"- `{row.name}` ({TITLES[row.recordings]}): `{row.first}`: {row.message.replace('|', ' ')[:160]}"
    yield from ([] if other else ["None."])
    yield ""


def _runs_without_a_fault(detection: ReadOnlyDetection) -> Iterator[str]:
    yield from ["## Services without a fault", ""]
    yield (
        f"{sum(detection.runs.values())} runs on {len(detection.runs)} services and server variants, "
        "each with other random seeds:"
    )
    yield f"{len(detection.false_positives)} failures and errors."
    yield ""
    yield ", ".join(f"{name} ({count})" for name, count in sorted(detection.runs.items())) + "."
    yield from (["", *(f"- {line}" for line in detection.false_positives)] if detection.false_positives else [])
