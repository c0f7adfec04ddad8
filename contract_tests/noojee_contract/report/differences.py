"""All differences of the migrations of a run, as CSV. Workers append them to files of a folder that the run shares.

A spreadsheet executes a cell that begins with =, +, - or @. Such a value gets an apostrophe in front, as OWASP advises:
'+61398765432. A value that begins with an apostrophe gets one as well, so that removing one apostrophe gives the value.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from noojee_contract.redaction.printable import escaped

FILES = "differences-*.jsonl"
EXECUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")
"""The first characters of a value that gets an apostrophe; spreadsheets also execute the full-width forms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceRow:
    """One difference, redacted. The fields are the columns of the CSV.

    `clause` has the ids of all clauses that found it. `outcome` is failed, expected_failure or informational. `field`
    is empty for a leg that is missing or has another sound; `kind` says so.
    `old` and `new` are the values of the sides.
    """

    migration: str
    clause: str
    outcome: str
    kind: str
    unique_id: str
    leg: int
    field: str
    old: str
    new: str


COLUMNS = tuple(each.name for each in fields(DifferenceRow))


def append(folder: Path, rows: Iterable[DifferenceRow]) -> None:
    """Append rows to the file of this process."""
    with (folder / FILES.replace("*", str(os.getpid()))).open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(row), ensure_ascii=True) + "\n" for row in rows)


def collect(folder: Path) -> list[DifferenceRow]:
    """The rows of all processes by migration, call, leg and field. A difference found by several clauses is one row."""
    found: dict[tuple[str | int, ...], DifferenceRow] = {}
    for row in _rows(folder):
        key = (row.migration, row.unique_id, row.leg, row.field, row.kind, row.old, row.new)
        first = found.get(key)
        if first is None:
            found[key] = row
        elif row.clause not in first.clause.split():
            found[key] = replace(first, clause=f"{first.clause} {row.clause}", outcome=_worse(first, row))
    return [found[key] for key in sorted(found)]


def render(rows: Iterable[DifferenceRow]) -> str:
    """The rows as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in asdict(row).values()] for row in rows)
    return text.getvalue()


def _rows(folder: Path) -> Iterator[DifferenceRow]:
    for path in sorted(folder.glob(FILES)):
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield DifferenceRow(**json.loads(line))


def _worse(one: DifferenceRow, other: DifferenceRow) -> str:
    return "failed" if "failed" in (one.outcome, other.outcome) else one.outcome


def _cell(value: str | int) -> str:
    text = escaped(str(value), kept="\n\t")
    return f"'{text}" if text.startswith(EXECUTED) else text
