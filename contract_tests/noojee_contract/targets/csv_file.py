"""Reads the CSV files that target files name: rows with their line numbers, and errors with file and line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from noojee_contract.errors import TargetError
from noojee_contract.model.files import text_of

MOST_BYTES = 4 * 1024 * 1024

_QUOTED = re.compile(r'(?:[^,"]*|"[^"]*"),"')
"""The beginning of a row whose value is quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the number of its first line, its cells, and whether its last cell is quoted."""

    line: int
    cells: Sequence[str] = ()
    is_quoted: bool = False


def read_rows(path: Path, what: str, *, missing: str | None = None) -> Iterator[Row]:
    """The rows of a CSV file. `what` names the contents for messages, `missing` says what to write if there is no file.

    UTF-8 with or without a byte order mark; quoted values may hold commas and line breaks; between the rows, blank
    lines and lines that begin with # are left out. Raises TargetError with the line and the reason.
    """
    if missing is not None and not path.exists():
        raise TargetError(f"{path}: there is no such file of {what}; {missing}")
    lines = _Lines(text_of(path, f"file of {what}", MOST_BYTES))
    reader = csv.reader(lines, strict=True)
    while True:
        lines.between_rows = True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TargetError(f"{path}, line {lines.row_began}: this is no CSV: {error}") from error
        if cells is None:
            return
        yield Row(line=lines.row_began, cells=cells, is_quoted=_QUOTED.match(lines.first_line) is not None)


class _Lines:
    """The lines of a text for a CSV reader, without blank lines and comments between the rows."""

    def __init__(self, text: str) -> None:
        self.between_rows = True
        self.row_began = 1
        self.first_line = ""
        self._lines = enumerate(io.StringIO(text, newline=""), start=1)

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            if self.between_rows:
                if not line.strip() or line.lstrip().startswith("#"):
                    continue
                self.between_rows = False
                self.row_began = number
                self.first_line = line
            yield line
