"""The catalogue of clauses: what the contract requires, sentence by sentence, with its provenance.

Each `catalogue/GROUP.toml` holds one group, and each of its tables one clause with the id `GROUP.NAME`. Each clause has
one clause function in `suite/`.
"""

from __future__ import annotations

import fnmatch
import hashlib
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from noojee_contract.errors import ContractError, TargetError, near
from noojee_contract.model.result import ClauseRow

DIALECTS = ("services", "recording-api", "call-management", "njadmin")
LISTING = ("recording-api", "call-management", "njadmin")
"""The dialects that list legs. They are the default of a clause's `dialects`."""
SCHEMES = ("hash", "api-key")
MIGRATION = "migration"
FILE = "file"
"""In `dialects`: every custom dialect."""
SCOPES: Mapping[str, str] = {
    "meaning": "",
    "paths": "is about the vendor's paths, methods and parameters",
    "words": "is about how the vendor writes an answer",
    "credentials": "is about the vendor's credentials: their place and their owner",
    "rules": "is about a rule of the vendor's alone",
    "live": "is about live calls, which a dialect file cannot describe",
    "limit": "is about one by-hour request a minute, which the dialect file does not name",
}
"""What a clause is about. The scope `meaning` binds in any dialect. For the other scopes, the text says why the clause
does not apply to a custom dialect."""
SEVERITIES = ("must", "should", "declared", "may")
NEEDS = ("writable", "negative_tests", "by_hour", "by_hour_on_both", "audio", "user_key", "plain_http", "live")
"""What a clause may require of a target, apart from waiting. For a migration, one side needs by_hour; by_hour_on_both
requires it of both sides."""
INPUTS = ("exchange", "archive")
SLOTS: Mapping[str, str] = {
    "first": "sends requests right after a listing, which are about the limit itself",
    "listing": "needs a listing that is sent at that time, which may be that of a known hour",
    "refused": "sends requests that must be refused, just before a listing",
    "own": "needs an answered request that no other clause can use",
}
"""When a clause sends its own by-hour requests to a read-only target, which may send one a minute."""
PATTERNS: Mapping[str, str] = {
    "subset": "one answer is part of another",
    "round-trip": "the values in an answer lead back to it",
    "partition": "several answers together are the whole, and no two of them overlap",
    "idempotence": "a request changes nothing, however often and in whatever order it is sent",
    "invariance": "the same question in another form has the same answer",
    "monotonicity": "a later or less exact question never returns less",
    "additivity": "archives that are put together are answered together, without effect on each other",
    "equivalence": "two ways to the same legs return the same",
    "shift": "calls that are moved in time or place are returned moved, and otherwise the same",
    "flow": "a call with one different step differs in the answer by that step alone",
}
"""How a clause relates answers to each other, if it does not need to know the right answer."""
REQUIRED_CLAUSES = (
    "authentication.accepted",
    "authentication.wrong-refused",
    "metadata.by-tag-answered",
    "metadata.by-unique-id-answered",
    "metadata.several-legs",
)
REQUIRED_CLAUSES_OF_MIGRATIONS = ("migration.calls", "migration.legs", "migration.sound")
"""The required clauses of a migration; that about sound only if both sides name audio."""
REQUIRED_CLAUSES_OF_SERVICES = ("live-calls.start-answered", "live-calls.unknown-call")
"""The required clauses of `services`, which has no legs and no credentials: one command that works, one that fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sentence of the contract.

    `severity`: must and should bind everywhere; declared binds where the target's profile sets the option `declares`;
    may is reported only. `over`: "exchange" runs on one small PBX, "archive" on every archive. `needs`: see `NEEDS`.
    `wait_seconds`: how long the clause waits on a target whose clock it cannot advance. `scheme`: the only
    authentication scheme that the clause is about, or None. `scope`: see `SCOPES`. `fields`: what a dialect file must
    name before the clause applies. `faulty_server`: the faulty server in `tests/` that the clause catches. A clause
    about an option needs none: it catches each server with another value than the declared one. `requests`: the most
    requests of its own on a read-only target. `slot`: see `SLOTS`. `pattern`: its metamorphic pattern, see
    `PATTERNS`.
    """

    id: str
    sentence: str
    severity: str
    provenance: str
    dialects: tuple[str, ...]
    scheme: str | None
    scope: str
    fields: tuple[str, ...]
    over: str
    needs: tuple[str, ...]
    wait_seconds: float
    declares: str | None
    faulty_server: str | None
    requests: int
    slot: str | None
    pattern: str | None

    @property
    def group(self) -> str:
        """The part of the id before the first dot."""
        return self.id.partition(".")[0]

    def row(self) -> ClauseRow:
        """What a report says about this clause."""
        return ClauseRow(
            id=self.id, sentence=self.sentence, severity=self.severity, provenance=self.provenance, group=self.group
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """A key of a clause table: the type of its value, the words that it accepts, and the value if it is missing."""

    type: type[str] | type[int] | type[list[str]]
    words: Collection[str] | None = None
    default: Any = None
    required: bool = False


_KEYS: Mapping[str, _Key] = {
    "sentence": _Key(type=str, required=True),
    "severity": _Key(type=str, words=SEVERITIES, required=True),
    "provenance": _Key(type=str, required=True),
    "dialects": _Key(type=list, words=(*DIALECTS, MIGRATION, FILE), default=LISTING),
    "scheme": _Key(type=str, words=SCHEMES),
    "scope": _Key(type=str, words=SCOPES, required=True),
    "fields": _Key(type=list, default=()),
    "over": _Key(type=str, words=INPUTS, required=True),
    "needs": _Key(type=list, words=NEEDS, default=()),
    "wait_seconds": _Key(type=int, default=0),
    "declares": _Key(type=str),
    "faulty_server": _Key(type=str),
    "requests": _Key(type=int, default=0),
    "slot": _Key(type=str, words=SLOTS),
    "pattern": _Key(type=str, words=PATTERNS),
}
_TYPE_NAMES: Mapping[type, str] = {str: "a text", int: "a whole number", list: "a list of texts"}


@cache
def catalogue() -> Mapping[str, Clause]:
    """Every clause by its id, group by group. Raises ContractError for a mistake in a file of the catalogue."""
    folder = resources.files("noojee_contract") / "catalogue"
    found: dict[str, Clause] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        group, _, ending = file.name.rpartition(".")
        if ending == "toml" and group != "spec_page":
            found |= read_clauses(group, file.read_text(encoding="utf-8"))
    return found


def read_clauses(group: str, text: str) -> dict[str, Clause]:
    """The clauses of one group by id. Raises ContractError that names the file, the clause and the key."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"catalogue/{group}.toml: not valid TOML: {error}") from error
    found = {}
    for name, table in tables.items():
        clause_id = f"{group}.{name}"
        found[clause_id] = Clause(id=clause_id, **_values(table, f"catalogue/{group}.toml: {clause_id}"))
    return found


def _values(table: Any, place: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ContractError(f"{place}: a clause is a table")
    for key in table:
        if key not in _KEYS:
            raise ContractError(f"{place}: unknown key {key!r}{near(key, _KEYS)}; use {', '.join(_KEYS)}")
    if "faulty_server" not in table and "declares" not in table:
        raise ContractError(f"{place}: faulty_server: this key is required, except with declares")
    return {name: _value(table, name, key, f"{place}: {name}") for name, key in _KEYS.items()}


def _value(table: Mapping[str, Any], name: str, key: _Key, place: str) -> Any:
    if name not in table:
        if key.required:
            raise ContractError(f"{place}: this key is required")
        return key.default
    value: Any = table[name]
    rows = value if isinstance(value, list) else [value]
    item = str if key.type is list else key.type
    if not isinstance(value, key.type) or not all(isinstance(row, item) and row != "" for row in rows):
        raise ContractError(f"{place}: expected {_TYPE_NAMES[key.type]}")
    for row in rows:
        if key.words is not None and row not in key.words:
            raise ContractError(
                f"{place}: unknown value {row!r}{near(str(row), key.words)}; use {', '.join(key.words)}"
            )
    return tuple(rows) if key.type is list else value


def fingerprint() -> str:
    """A short digest of the catalogue: ids and severities. Reports with equal digests come from the same clauses."""
    text = "\n".join(f"{clause.id}\t{clause.severity}" for clause in catalogue().values())
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def choose(patterns: Sequence[str]) -> tuple[Clause, ...]:
    """The clauses that ids or patterns (`audio.*`) match. Raises TargetError for a pattern without a match."""
    known = catalogue()
    chosen: dict[str, Clause] = {}
    for pattern in patterns:
        matches = fnmatch.filter(known, pattern)
        if not matches:
            raise TargetError(
                f"no clause matches {pattern!r}{near(pattern, known)}; list the clauses with: noojee-contract clauses"
            )
        chosen |= {clause_id: known[clause_id] for clause_id in matches}
    return tuple(chosen.values())
