"""Cells: the units that a clause runs on. Values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from noojee_contract.model.migration_map import MigrationMap


class CallSource(StrEnum):
    """Where the calls of a cell come from."""

    BUNDLED = "bundled"
    """Archives that ship with the suite: recorded on a real Asterisk, published by the vendor, written manually."""
    GENERATED = "generated"
    """Archives that Hypothesis generates."""
    OBSERVED = "observed"
    """The calls that a read-only target has."""


@dataclass(frozen=True, slots=True)
class MigrationPair:
    """The names of two targets with the same calls: the old one, and the new one that replaces it.

    Calls that start before `since`, or at `until` or later, are not compared. `declared` are differences that are
    expected: values of the old side are rewritten before they are compared.
    """

    old: str
    new: str
    since: datetime | None = field(default=None, kw_only=True)
    until: datetime | None = field(default=None, kw_only=True)
    declared: MigrationMap | None = field(default=None, kw_only=True)

    def __str__(self) -> str:
        """The display name in results and reports. Nothing parses it."""
        return f"{self.old} > {self.new}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A target (by name) or a migration pair, with one source of calls."""

    target: str | MigrationPair
    source: CallSource

    @property
    def target_names(self) -> tuple[str, ...]:
        """The names of its targets: one, or the old and the new one of a migration."""
        return (self.target.old, self.target.new) if isinstance(self.target, MigrationPair) else (self.target,)

    @property
    def is_migration(self) -> bool:
        """Whether it is a migration pair."""
        return isinstance(self.target, MigrationPair)

    def __str__(self) -> str:
        return f"{self.target}-{self.source}"
