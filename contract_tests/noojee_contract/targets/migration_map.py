"""Reads `[migration.map]`: rules for phone numbers, and CSV files with old and new user names and unique ids.

Each mapping is one to one. An error names the file and the line, or the JSON path of the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.form import FormError
from noojee_contract.model.migration_map import NUMBER_FIELDS, MigrationMap, NumberRule
from noojee_contract.targets.csv_file import Row, read_rows
from noojee_contract.targets.values import Place

HEADER = ["old", "new"]


def read_migration_map(table: Mapping[str, Any], place: Place) -> MigrationMap:
    """The declared differences of a valid table. Raises TargetError for a CSV file, FormError for a rule."""
    return MigrationMap(
        numbers=_number_rules(table.get("numbers", ()), f"{place.path}.numbers"),
        usernames=_pairs(table, "usernames", "user names", place.folder),
        unique_ids=_pairs(table, "unique_ids", "unique ids", place.folder),
    )


def _number_rules(rows: Sequence[Mapping[str, Any]], place: str) -> tuple[NumberRule, ...]:
    rules: list[NumberRule] = []
    for number, row in enumerate(rows):
        rule = NumberRule(
            old_prefix=row["from"],
            new_prefix=row["to"],
            fields=tuple(row.get("fields", NUMBER_FIELDS)),
            shortest=row.get("shortest", 1),
        )
        for before, other in enumerate(rules):
            if not set(rule.fields) & set(other.fields):
                continue
            if rule.old_prefix.startswith(other.old_prefix) and rule.shortest >= other.shortest:
                raise FormError(
                    f"{place}[{number}].from", f"rule {before} already rewrites these numbers; put it later"
                )
            if rule.new_prefix == other.new_prefix:
                raise FormError(
                    f"{place}[{number}].to", f"rule {before} has the same prefix, so two old numbers could become one"
                )
        rules.append(rule)
    return tuple(rules)


def _pairs(table: Mapping[str, Any], key: str, what: str, folder: Path) -> dict[str, str]:
    """The old and new values of a CSV file; empty if the table names none."""
    if key not in table:
        return {}
    path = folder / str(table[key])
    rows = read_rows(path, what)
    header = next(rows, Row(line=1))
    if [cell.strip().lower() for cell in header.cells] != HEADER:
        raise TargetError(f"{path}, line {header.line}: the first row must be the header old,new")
    found: dict[str, str] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in rows:
        line, cells = row.line, row.cells
        if len(cells) != len(HEADER):
            raise TargetError(f"{path}, line {line}: expected old,new, found {len(cells)} columns")
        if not all(cells):
            raise TargetError(f"{path}, line {line}: a value is empty; write the old and the new value")
        for name, value in zip(HEADER, cells, strict=True):
            before = lines.setdefault((name, value), line)
            if before != line:
                raise TargetError(
                    f"{path}, line {line}: the {name} value {value!r} is in line {before} too; each must be there once"
                )
        found[cells[0]] = cells[1]
    if not found:
        raise TargetError(f"{path}: there are no {what} in it; put rows such as alice,a.smith below the header")
    return found
