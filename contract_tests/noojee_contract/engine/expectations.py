"""Which failed checks of a clause are expected, as target files say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from noojee_contract.targets.target import ExpectedFailure


@dataclass(frozen=True, slots=True)
class Expectations:
    """The rows that expect a clause to fail in a cell. A row counts until the end of the day on which it expires."""

    rows: tuple[ExpectedFailure, ...] = ()
    today: date = date.min

    def row_for(self, field: str | None, message: str) -> ExpectedFailure | None:
        """The row that expects a failed check with this field and message; None if there is none, or it has expired."""
        rows = (row for row in self.rows if row.expires >= self.today)
        return next((row for row in rows if row.matches(field, message)), None)

    def expired_row_for(self, field: str | None, message: str) -> ExpectedFailure | None:
        """The row that expected a failed check with this field and message, and has expired."""
        rows = (row for row in self.rows if row.expires < self.today)
        return next((row for row in rows if row.matches(field, message)), None)

    def narrow_row_for(self, field: str | None, message: str) -> ExpectedFailure | None:
        """`row_for`, of the rows with a field or a pattern: other checks of the clause must still be made."""
        row = self.row_for(field, message)
        return row if row is not None and row.is_narrow else None
