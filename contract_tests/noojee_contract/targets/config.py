"""Reads target files (TOML) and target options into `Target` values; what is wrong is said in one line, with its place.

A value that could be a credential is never repeated in a message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import DIALECTS
from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.vendor_dialect import VENDOR_DIALECTS
from noojee_contract.errors import NothingToCheck, TargetError, near
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.files import toml_document
from noojee_contract.targets.target import DEFAULT_ZONE, Target
from noojee_contract.targets.target_keys import READERS, only_keys, text_of

MOST_BYTES = 1024 * 1024
OLDER = ("recording-api", "call-management")
"""The generations that njadmin replaces and that tell of legs."""
_SECRET_KEYS = re.compile(r"(api_?key|apikey|key|secret|token|password|hash|credential)s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A target file: its targets by name, in order, and the migrations (from, to) between them."""

    targets: Mapping[str, Target]
    migrations: tuple[MigrationPair, ...]
    path: Path

    def choose(self, names: Sequence[str]) -> tuple[Target, ...]:
        """The targets of these names, in the order asked; all of them where none is named."""
        for name in names:
            if name not in self.targets:
                raise TargetError(
                    f"{self.path}: there is no target {name!r}{near(name, self.targets)}; it has {', '.join(self.targets)}"
                )
        return tuple(self.targets[name] for name in dict.fromkeys(names)) if names else tuple(self.targets.values())


def load_config(path: str | Path) -> Config:
    """The targets of a file. Raises TargetError with the file, the key and the reason."""
    path = Path(path)
    document = toml_document(path, "target file", MOST_BYTES)
    only_keys(document, ("targets", "migration"), str(path))
    tables = document.get("targets")
    if tables is None or tables == {}:
        raise NothingToCheck(f"{path}: there is no target in it; write a table such as [targets.staging]")
    if not isinstance(tables, dict):
        raise TargetError(f"{path}: targets must be tables, and there is no target in it: write [targets.staging]")
    targets = {}
    for name, table in tables.items():
        place = f"{path}: targets.{name}"
        if not isinstance(table, dict):
            raise TargetError(f"{place} must be a table: [targets.{name}]")
        if not name or " > " in name or not name.isprintable():
            raise TargetError(f"{place}: a target's name must be printable, without ' > '")
        targets[name] = _target(name, table, place, path.parent)
    return Config(targets=targets, migrations=_migrations(document.get("migration", []), targets, path), path=path)


def from_options(**given: Any) -> Target:
    """The target that the command line describes: the keys of a target table, `allow` and `known` as typed.

    Raises TargetError that names the option.
    """
    if not given.get("dialect"):
        raise TargetError(f"--base-url needs --dialect: one of {', '.join(DIALECTS)}")
    table = {key: value for key, value in given.items() if value not in (None, "", (), [], False)}
    if "allow" in table:
        table["allow"] = list(table["allow"])
    return _target("target", table, "the command line", Path())


def _target(name: str, table: Mapping[str, Any], place: str, folder: Path) -> Target:
    for key in table:
        if key not in READERS:
            if _SECRET_KEYS.fullmatch(key):
                raise TargetError(
                    f"{place}: {key} would keep a credential in the file: put it into an environment variable and name that, "
                    'api_key_env = "NAME"'
                )
            raise TargetError(f"{place}: there is no key {key!r}{near(key, READERS)}")
    values: dict[str, Any] = {}
    for key, raw in table.items():
        values |= READERS[key](raw, f"{place}: {key}", folder)
    if "dialect" not in values:
        raise TargetError(
            f"{place}: dialect is missing; write one of {', '.join(DIALECTS)}, or a file such as ./dialect.toml"
        )
    described: CustomDialect | None = values.get("described")
    if described is not None:
        values |= _as_described(table, described, place)
    elif "authentication" in values and not VENDOR_DIALECTS[values["dialect"]].chooses_scheme:
        raise TargetError(f"{place}: authentication is a choice of call-management alone; leave it out")
    places = [key for key in ("base_url", "transport", "command") if key in values]
    if len(places) != 1:
        found = " and ".join(places) or "none"
        raise TargetError(f"{place}: give one of base_url, transport, command; found {found}")
    if "time_zone" not in values:
        values["notes"] = (f"no time_zone is given; dates are read as {DEFAULT_ZONE}",)
    claimed = {*table.get("capabilities", ()), *(["audio"] if "audio" in table else [])}
    target = Target(name=name, claimed=frozenset(claimed), **values)
    if target.control_url is not None and not target.writable:
        raise TargetError(
            f"{place}: control_url is given, but the target does not say writable; it is never written to"
        )
    return target


def _as_described(table: Mapping[str, Any], described: CustomDialect, place: str) -> dict[str, Any]:
    """What a dialect file settles. Raises TargetError for keys of the target that say it again, or otherwise."""
    for key in ("audio", "rest_path", "authentication"):
        if key in table:
            raise TargetError(
                f"{place}: {key} is a choice of the vendor's dialects; the dialect file says it: leave it out"
            )
    for name in table.get("capabilities", ()):
        if name not in described.methods:
            raise TargetError(
                f"{place}: capabilities: the dialect file describes no {name}; it describes {', '.join(described.methods)}"
            )
    return {"capabilities": frozenset(table.get("capabilities", described.capabilities))}


def _migrations(raw: Any, targets: Mapping[str, Target], path: Path) -> tuple[MigrationPair, ...]:
    if not isinstance(raw, list):
        raise TargetError(f"{path}: migration must be tables: [[migration]] with from and to")
    pairs = []
    for number, row in enumerate(raw):
        place = f"{path}: migration[{number}]"
        if not isinstance(row, dict):
            raise TargetError(f"{place} must be a table with from and to")
        only_keys(row, ("from", "to"), place)
        pair = text_of(row.get("from"), f"{place}: from"), text_of(row.get("to"), f"{place}: to")
        for name in pair:
            if name not in targets:
                raise TargetError(f"{place}: there is no target {name!r}{near(name, targets)}")
        old, new = (targets[name] for name in pair)
        if new.api.is_custom:
            if not old.api.is_custom and old.dialect == "services":
                raise TargetError(f"{place}: {pair[0]} tells of no legs, so there is nothing to compare")
        elif old.dialect not in OLDER or new.dialect != "njadmin":
            raise TargetError(
                f"{place}: a migration goes from a {' or '.join(OLDER)} target to a njadmin target, or to one with a dialect file"
            )
        if targets[pair[0]].writable != targets[pair[1]].writable:
            raise TargetError(f"{place}: both targets must be writable, or neither")
        pairs.append(MigrationPair(*pair))
    return tuple(pairs)
