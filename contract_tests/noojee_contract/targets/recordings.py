"""Question recordings: what an observed target is asked for. Read from a CSV with the columns `kind,value`."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from noojee_contract.errors import TargetError
from noojee_contract.model.files import beginning_of
from noojee_contract.model.question import Question

KINDS = ("tag", "unique_id", "hour")
MOST_BYTES = 4 * 1024 * 1024
MOST_ROWS = 20_000
LONGEST_VALUE = 4_000

_HOUR = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{1,2})")


def read_recordings(path: str | Path) -> dict[Question, str]:
    """The known recordings of a CSV file, in its order, each with its first place as "FILE, line N".

    UTF-8 with or without a byte order mark; quoted values may hold commas and line breaks; between the rows, blank
    lines and lines that begin with # are left out. Raises TargetError with the line and the reason.
    """
    rows = _rows(_text(Path(path)), str(path))
    line, header = next(rows, (1, []))
    if [cell.strip().lower() for cell in header] != ["kind", "value"]:
        raise TargetError(f"{path}, line {line}: the first row must be the header kind,value")
    found: dict[Question, str] = {}
    for line, cells in rows:
        place = f"{path}, line {line}"
        found.setdefault(_known(cells, place), place)
        if len(found) > MOST_ROWS:
            raise TargetError(f"{path}: more than {MOST_ROWS} known recordings; give fewer")
    if not found:
        raise TargetError(f"{path}: there is no known recording in it; put rows such as tag,1234 below the header")
    return found


def _text(path: Path) -> str:
    try:
        content = beginning_of(path, MOST_BYTES)
    except OSError as error:
        raise TargetError(f"{path}: the file of known recordings cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise TargetError(f"{path}: the file is longer than {MOST_BYTES} bytes; give fewer known recordings")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TargetError(f"{path}, line {line}: the file is not UTF-8; save it as UTF-8") from error


class _Lines:
    """The lines of a text for a CSV reader, without blank lines and comments between the rows."""

    def __init__(self, text: str) -> None:
        self.between_rows = True
        self.row_began = 1
        self._lines = enumerate(io.StringIO(text, newline=""), start=1)

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            if self.between_rows:
                if not line.strip() or line.lstrip().startswith("#"):
                    continue
                self.between_rows = False
                self.row_began = number
            yield line


def _rows(text: str, place: str) -> Iterator[tuple[int, list[str]]]:
    lines = _Lines(text)
    reader = csv.reader(lines, strict=True)
    while True:
        lines.between_rows = True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TargetError(f"{place}, line {lines.row_began}: this is no CSV: {error}") from error
        if cells is None:
            return
        yield lines.row_began, cells


def _known(cells: list[str], place: str) -> Question:
    if len(cells) != 2:
        raise TargetError(
            f'{place}: expected kind,value, found {len(cells)} columns; quote a value with a comma: "a,b"'
        )
    kind, value = cells[0].strip(), cells[1]
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1)
        raise TargetError(
            f"{place}: the kind must be {', '.join(KINDS)}{f'; the nearest is {near[0]}' if near else ''}"
        )
    if not value.strip():
        raise TargetError(f"{place}: the value is empty")
    if len(value) > LONGEST_VALUE:
        raise TargetError(f"{place}: the value is longer than {LONGEST_VALUE} characters")
    return Question(kind, _hour(value.strip(), place) if kind == "hour" else value)


def _hour(value: str, place: str) -> str:
    match = _HOUR.fullmatch(value)
    if match is not None:
        year, month, day, hour = map(int, match.groups())
        try:
            date(year, month, day)
        except ValueError:
            match = None
        if match is not None and hour < 24:
            return f"{year:04}/{month:02}/{day:02} {hour}"
    raise TargetError(f"{place}: an hour is written as 2021/09/14 15")
