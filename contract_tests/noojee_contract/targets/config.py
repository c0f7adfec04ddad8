"""Reads target files and the target of a command line into `Target` values.

The form is `schemas/own/target.schema.json`. This module holds the rules across keys and across targets. An error is
one line: the file, the JSON path, what to write. It never repeats a value that could be a credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import isfinite
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.vendor_dialect import VENDOR_DIALECTS
from noojee_contract.errors import NothingToCheck, TargetError, near
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.files import json_document, toml_document
from noojee_contract.model.form import Form, FormError
from noojee_contract.redaction.redact import names_a_credential
from noojee_contract.targets.flags import TARGET_FLAGS
from noojee_contract.targets.migration_map import read_migration_map
from noojee_contract.targets.target import DEFAULT_ZONE, Target
from noojee_contract.targets.values import Place, target_values

MOST_BYTES = 1024 * 1024
ANSWER_TIMES = "transport.answer-times"
"""The clause that slow_seconds makes binding."""
OLD_KEYS: Mapping[str, str] = {
    "allow": 'negative_tests = "allowed" and max_wait_seconds',
    "known": "recordings",
    "fillable": "writable",
    "archives": "sources",
    "known_deviations": "expected_failures",
}
"""Keys of an older format of the target file, and what replaces each."""


def _hint(place: str, key: str) -> str | None:
    if names_a_credential(key):
        return (
            "would keep a credential in the file: put it into an environment variable, and name the variable: "
            'api_key_env = "NAME"'
        )
    if key in OLD_KEYS and place.startswith("$.targets"):
        return f"this key was replaced; write {OLD_KEYS[key]}"
    return None


FORM = Form(schema="own/target", credential_hint=_hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A target file: its targets by name, in order, and the migrations (from, to) between them."""

    targets: Mapping[str, Target]
    migrations: tuple[MigrationPair, ...]
    path: Path

    def choose(self, names: Sequence[str]) -> tuple[Target, ...]:
        """The targets with these names, in this order; all targets if there are no names."""
        for name in names:
            if name not in self.targets:
                raise TargetError(
                    f"{self.path}: there is no target {name!r}{near(name, self.targets)}; "
                    f"it has {', '.join(self.targets)}"
                )
        return tuple(self.targets[name] for name in dict.fromkeys(names)) if names else tuple(self.targets.values())


def load_config(path: str | Path) -> Config:
    """The targets of a file, TOML or (with the suffix .json) JSON. Raises TargetError with file, JSON path and hint."""
    path = Path(path)
    read = json_document if path.suffix == ".json" else toml_document
    document = json_values(read(path, "target file", MOST_BYTES))
    if document.get("targets", {}) == {} and document.keys() <= {"targets"}:
        raise NothingToCheck(f"{path}: there is no target in it; write a table such as [targets.staging]")
    try:
        FORM.check(document)
        targets = {
            name: _target(name, table, Place(f"$.targets.{name}", path.parent))
            for name, table in document["targets"].items()
        }
        migrations = _migrations(document.get("migration", ()), targets, path.parent)
    except FormError as error:
        raise TargetError(f"{path}: {error}") from None
    return Config(targets=targets, migrations=migrations, path=path)


def from_flags(given: Mapping[str, Any]) -> Target:
    """The target that the flags of a command line describe, by key. Raises TargetError that names the flag."""
    table = json_values(given)
    try:
        FORM.check({"targets": {"target": table}})
        return _target("target", table, Place("$.targets.target", Path()))
    except FormError as error:
        flags = {f"$.targets.target.{flag.name}": flag.flag for flag in TARGET_FLAGS}
        raise TargetError(f"{flags.get(error.place, 'the command line')}: {error.says}") from None


def json_values(value: Any) -> Any:
    """A TOML document as JSON: dates and times become texts, as do numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {key: json_values(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_values(inner) for inner in value]
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


def _target(name: str, table: Mapping[str, Any], place: Place) -> Target:
    values = target_values(table, place)
    if "described" in values:
        values |= _described(table, values["described"], place.path)
    elif "authentication" in values and not VENDOR_DIALECTS[values["dialect"]].chooses_scheme:
        raise FormError(f"{place.path}.authentication", "only call-management has a choice; leave it out")
    profile_dialect = values.pop("profile_dialect", values["dialect"])
    if profile_dialect != values["dialect"]:
        raise FormError(
            f"{place.path}.profile",
            f"has the options of a PBX by {profile_dialect}, and the target has {values['dialect']}",
        )
    if "time_zone" not in values:
        values["notes"] = (f"no time_zone is given; dates are read as {DEFAULT_ZONE}",)
    if "client_key" in values and "client_cert" not in values:
        raise FormError(f"{place.path}.client_key", "needs client_cert, the certificate of this key")
    if "control_url" in values and not values.get("writable"):
        raise FormError(f"{place.path}.control_url", "needs writable = true; the suite writes to no other target")
    if values.get("waives_negative_tests") and values.get("writable"):
        raise FormError(f"{place.path}.negative_tests", "a writable target runs negative tests; remove this key")
    if "slow_seconds" in values:
        values["binding"] = values.get("binding", frozenset()) | {ANSWER_TIMES}
    claimed = {*table.get("capabilities", ()), *(["audio"] if "audio" in table else [])}
    return Target(name=name, claimed=frozenset(claimed), **values)


def _described(table: Mapping[str, Any], described: CustomDialect, place: str) -> dict[str, Any]:
    """What a dialect file decides. Raises FormError for a key of the target that repeats or contradicts it."""
    for key in ("audio", "rest_path", "authentication"):
        if key in table:
            raise FormError(f"{place}.{key}", "the dialect file decides this; leave it out")
    for name in table.get("capabilities", ()):
        if name not in described.methods:
            methods = ", ".join(described.methods)
            raise FormError(f"{place}.capabilities", f"the dialect file describes no {name}; it describes {methods}")
    return {"capabilities": frozenset(table.get("capabilities", described.capabilities))}


def _migrations(
    rows: Sequence[Mapping[str, Any]], targets: Mapping[str, Target], folder: Path
) -> tuple[MigrationPair, ...]:
    pairs = []
    for number, row in enumerate(rows):
        place = f"$.migration[{number}]"
        for side in ("from", "to"):
            if row[side] not in targets:
                raise FormError(f"{place}.{side}", f"there is no target {row[side]!r}{near(row[side], targets)}")
        old, new = targets[row["from"]], targets[row["to"]]
        _check_migration(old, new, place)
        since, until = (_instant(row.get(key), old.time_zone, f"{place}.{key}") for key in ("since", "until"))
        if since is not None and until is not None and until <= since:
            raise FormError(f"{place}.until", "must be later than since")
        declared = read_migration_map(row["map"], Place(f"{place}.map", folder)) if "map" in row else None
        pairs.append(MigrationPair(old.name, new.name, since=since, until=until, declared=declared))
    return tuple(pairs)


def _check_migration(old: Target, new: Target, place: str) -> None:
    if old.name == new.name:
        raise FormError(place, "from and to name the same target; write a table for each side")
    for target in (old, new):
        if target.dialect == "services" and not target.api.is_custom:
            raise FormError(place, f"{target.name} lists no legs, so there is nothing to compare")
    if new.waives_negative_tests:
        raise FormError(
            f"$.targets.{new.name}.negative_tests",
            f"{new.name} is the new side of {place}, which cannot waive negative tests; "
            'write "allowed", or remove this key',
        )
    if old.writable != new.writable:
        raise FormError(place, "both targets must be writable, or neither")


def _instant(text: str | None, zone: ZoneInfo, place: str) -> datetime | None:
    """A date or a time as an instant; without an offset it is local time of a zone, and a date is its midnight."""
    if text is None:
        return None
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise FormError(
            place, "not a date or time; write one such as 2026-03-01 or 2026-03-01T08:00:00+11:00"
        ) from None
    return (written if written.tzinfo is not None else written.replace(tzinfo=zone)).astimezone(UTC)
