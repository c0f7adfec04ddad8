"""Question recordings: what an observed target is asked for. Read from a CSV with the columns `kind,value`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from noojee_contract.errors import TargetError
from noojee_contract.model.question import Question
from noojee_contract.targets.csv_file import Row, read_rows

KINDS = ("tag", "unique_id", "hour")
MOST_ROWS = 20_000
MISSING = (
    "write the columns kind,value in its first line, and below it a line for each known recording, such as "
    "tag,INV-1042 or unique_id,1795460698.32 or hour,2021/09/14 15"
)
"""What to write into a file that does not exist."""
LONGEST_VALUE = 4_000

_HOUR = re.compile(r"([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{1,2})")
_DATE = re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ]\d{1,4}\b.*")
_DAMAGE: Mapping[str, re.Pattern[str]] = {
    "is a rounded number": re.compile(r"[+-]?\d(?:[.,]\d+)?E[+-]\d{2,3}"),
    "is the error of a formula": re.compile(r"#(?:NAME\?|VALUE!|REF!|N/A|DIV/0!|NUM!|NULL!|#+)"),
    "is a formula": re.compile(r'=".*'),
    "begins with an apostrophe": re.compile(r"'.*"),
    "is in curly quotes": re.compile(r"[\u201c\u201e\u2018].*[\u201d\u201c\u2019]"),
    "has a byte order mark": re.compile(r".*\ufeff.*"),
    "has a blank in front": re.compile(r"\s.*", re.DOTALL),
    "has a blank at its end": re.compile(r".*\s", re.DOTALL),
}
"""What a spreadsheet or an editor does to a value, and what the value looks like then."""


def read_recordings(path: str | Path) -> dict[Question, str]:
    """The known recordings of a CSV file, in its order, each with its first place as "FILE, line N".

    UTF-8 with or without a byte order mark; quoted values may hold commas and line breaks, and are taken as they are;
    between the rows, blank lines and lines that begin with # are left out. A value without quotes that looks as if a
    spreadsheet has changed it is refused. Raises TargetError with the line and the reason.
    """
    rows = read_rows(Path(path), "known recordings", missing=MISSING)
    _check_header(next(rows, Row(line=1)), str(path))
    found: dict[Question, str] = {}
    for row in rows:
        place = f"{path}, line {row.line}"
        found.setdefault(_known(row, place), place)
        if len(found) > MOST_ROWS:
            raise TargetError(f"{path}: more than {MOST_ROWS} known recordings; give fewer")
    if not found:
        raise TargetError(f"{path}: there is no known recording in it; put rows such as tag,1234 below the header")
    return found


def _check_header(row: Row, path: str) -> None:
    cells = [cell.strip().lower() for cell in row.cells]
    if cells == ["kind", "value"]:
        return
    says = "the first row must be the header kind,value"
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if cells and cells[0].split(separator)[0].strip() == "kind" and separator in cells[0]:
            says = f"the columns are separated by {name}; save the file with commas"
    if cells == ["kind,value"]:
        says = "whole rows are in quotes; put quotes around values only"
    raise TargetError(f"{path}, line {row.line}: {says}")


def _known(row: Row, place: str) -> Question:
    if len(row.cells) != 2:
        raise TargetError(
            f'{place}: expected kind,value, found {len(row.cells)} columns; quote a value with a comma: "a,b"'
        )
    kind, value = row.cells[0].strip(), row.cells[1]
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1)
        raise TargetError(
            f"{place}: the kind must be {', '.join(KINDS)}{f'; the nearest is {near[0]}' if near else ''}"
        )
    if not value.strip():
        raise TargetError(f"{place}: the value is empty")
    if len(value) > LONGEST_VALUE:
        raise TargetError(f"{place}: the value is longer than {LONGEST_VALUE} characters")
    if kind == "hour":
        return Question(kind, _hour(value.strip(), place))
    if not row.is_quoted:
        _check_undamaged(value, place)
    return Question(kind, value)


def _check_undamaged(value: str, place: str) -> None:
    """Raise TargetError if a value looks as if a spreadsheet has changed it."""
    for damage, form in _DAMAGE.items():
        if form.fullmatch(value):
            raise TargetError(
                f"{place}: the value {value[:40]!r} {damage}, as a spreadsheet writes it; correct it, or put it in "
                "quotes to send it as it is"
            )


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
    if _DATE.fullmatch(value):
        raise TargetError(
            f"{place}: {value[:40]!r} is not a date as the API takes it, perhaps a spreadsheet changed it; an hour is "
            "written as 2021/09/14 15"
        )
    raise TargetError(f"{place}: an hour is written as 2021/09/14 15")
