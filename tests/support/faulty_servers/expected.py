"""What the first failure on a faulty server must be, as values: kind, field, header, option, HTTP method and status."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from noojee_contract.model.failure import Failure, FailureKind

KEYS = frozenset({"kind", "field", "header", "option", "method", "status"})
REFUSALS = (FailureKind.REFUSED, FailureKind.UNEXPECTED_STATUS, FailureKind.INVALID_BODY)
VALUES = (FailureKind.WRONG_VALUE, FailureKind.INVALID_FIELD, FailureKind.ANSWERS_DIFFER, FailureKind.OPTION_DIFFERS)
LEGS = (FailureKind.MISSING_LEG, FailureKind.UNEXPECTED_LEG, FailureKind.REPEATED_LEG, FailureKind.ANSWERS_DIFFER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFailure:
    """A failure of one of some kinds. If fields, headers or options are given, it must name one of them.

    `methods` and `statuses` are those of its exchange; empty: any.
    """

    kinds: tuple[FailureKind, ...]
    fields: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()

    def matches(self, failure: Failure) -> bool:
        """Whether a failure is as expected."""
        return failure.kind in self.kinds and self._is_named(failure) and self._is_answered(failure)

    def _is_named(self, failure: Failure) -> bool:
        if not (self.fields or self.headers or self.options):
            return True
        return failure.field in self.fields or failure.header in self.headers or failure.option in self.options

    def _is_answered(self, failure: Failure) -> bool:
        exchange = failure.exchange
        if exchange is None:
            return not (self.methods or self.statuses)
        method, response = exchange["request"]["method"], exchange["response"]
        status = None if response is None else response["status"]
        return (not self.methods or method in self.methods) and (not self.statuses or status in self.statuses)

    def __str__(self) -> str:
        parts = (("", self.kinds), ("field ", self.fields), ("header ", self.headers), ("option ", self.options))
        words = [prefix + " or ".join(values) for prefix, values in parts if values]
        if self.methods:
            words.append(" or ".join(self.methods))
        if self.statuses:
            words.append(f"status {' or '.join(map(str, self.statuses))}")
        return ", ".join(words)


def expect(
    *kinds: FailureKind,
    fields: Collection[str] = (),
    headers: Collection[str] = (),
    options: Collection[str] = (),
    methods: Collection[str] = (),
    statuses: Collection[int] = (),
) -> tuple[ExpectedFailure, ...]:
    """Return one expected failure, as a tuple to add alternatives to. Raises ValueError without a kind."""
    if not kinds:
        raise ValueError("an expected failure needs at least one kind")
    return (
        ExpectedFailure(
            kinds=kinds,
            fields=tuple(fields),
            headers=tuple(headers),
            options=tuple(options),
            methods=tuple(methods),
            statuses=tuple(statuses),
        ),
    )


def read_expected(entry: Mapping[str, Any] | list[Mapping[str, Any]]) -> tuple[ExpectedFailure, ...]:
    """Return the alternatives of an entry of kinds.toml: a table, or a list of tables. Each value may be a list."""
    tables = entry if isinstance(entry, list) else [entry]
    alternatives: tuple[ExpectedFailure, ...] = ()
    for table in tables:
        if unknown := set(table) - KEYS:
            raise ValueError(f"kinds.toml knows no key {min(unknown)!r}")
        alternatives += expect(
            *(FailureKind(kind) for kind in _listed(table["kind"])),
            fields=_listed(table.get("field")),
            headers=_listed(table.get("header")),
            options=_listed(table.get("option")),
            methods=_listed(table.get("method")),
            statuses=_listed(table.get("status")),
        )
    return alternatives


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
