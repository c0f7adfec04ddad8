"""Faulty migrations: services that replace an old PBX, with one deliberate fault each.

There are three services, each with its own migration program. They share no code with the fake. A fault is data: a
change of a service's text (`faults/*.toml`). The package contains no tests.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from support.faulty_servers.expected import ExpectedFailure, read_expected

FOLDER = Path(__file__).parent
KEYS = frozenset({"group", "story", "changes", "expect"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyMigration:
    """A service with one fault.

    `story` says how it happened; `changes` are pieces of the service's text with their replacements.
    `expected`: what the first failure of a report must be. `missed`: why no clause fails, if none does.
    """

    name: str
    service: str
    group: str
    story: str
    changes: tuple[tuple[str, str], ...]
    expected: tuple[ExpectedFailure, ...]
    missed: str = ""


SERVICES = ("njadmin", "records", "events")


@cache
def faulty_migrations() -> Mapping[str, FaultyMigration]:
    """All faulty migrations by name: `SERVICE/FAULT`."""
    found = {}
    for service in SERVICES:
        rows = tomllib.loads((FOLDER / "faults" / f"{service}.toml").read_text(encoding="utf-8"))
        for fault, row in rows.items():
            if row.keys() - {"missed"} != KEYS:
                raise ValueError(f"{service}.toml: {fault} has the keys {', '.join(sorted(row))}")
            name = f"{service}/{fault}"
            found[name] = FaultyMigration(
                name=name,
                service=service,
                group=row["group"],
                story=row["story"],
                changes=tuple((old, new) for old, new in row["changes"]),
                expected=read_expected(row["expect"]),
                missed=row.get("missed", ""),
            )
    return found


def load_service(service: str, changes: tuple[tuple[str, str], ...] = ()) -> ModuleType:
    """The module of a service, with pieces of its text replaced; each must occur exactly once."""
    file = FOLDER / f"{service}_service.py"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        if text.count(old) != 1:
            raise ValueError(f"{file.name} contains {text.count(old)} times: {old}")
        text = text.replace(old, new)
    module = ModuleType(f"{service}_service")
    exec(compile(text, str(file), "exec"), module.__dict__)
    return module


@contextmanager
def served(service: str, archive: Path, key: str, changes: tuple[tuple[str, str], ...] = ()) -> Iterator[str]:
    """The base URL of a service over an archive, migrated with these changes of its text."""
    serve: Callable[[Path, str], tuple[str, Callable[[], None]]] = load_service(service, changes).serve
    url, stop = serve(archive, key)
    try:
        yield url
    finally:
        stop()
