"""The SQLite file of `--state`: its tables, and how it is opened. A missing file is created, a foreign file refused.

Every error is one line that says what to do.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from noojee_fake.errors import StateError
from noojee_fake.pbx.calls import Direction

APPLICATION_ID = 0x4E4A4641  # "NJFA"
VERSION = 2
COLUMNS = {
    "calls": ("number", "unique_id", "direction", "source", "did", "created_micros"),
    "legs": ("call", "number", "start_micros", "end_micros", "tag", "username", "destination", "call_record_id"),
    "tags": ("tag", "call", "folded"),
    "sounds": ("call_record_id", "sound"),
    "state": ("last_record_id", "last_moment_micros", "clock_frozen", "clock_micros"),
}

_SCHEMA = f"""
CREATE TABLE calls (
    number INTEGER PRIMARY KEY, unique_id TEXT NOT NULL UNIQUE,
    direction TEXT NOT NULL CHECK (direction IN ({", ".join(f"'{each.value}'" for each in Direction)})),
    source TEXT NOT NULL, did TEXT, created_micros INTEGER
);
CREATE TABLE legs (
    call INTEGER NOT NULL, number INTEGER NOT NULL, start_micros INTEGER NOT NULL, end_micros INTEGER,
    tag TEXT NOT NULL, username TEXT, destination TEXT NOT NULL, call_record_id INTEGER NOT NULL UNIQUE,
    PRIMARY KEY (call, number)
) WITHOUT ROWID;
CREATE INDEX legs_by_end ON legs (end_micros);
CREATE TABLE tags (
    tag TEXT NOT NULL, call INTEGER NOT NULL, folded TEXT NOT NULL, PRIMARY KEY (tag, call)
) WITHOUT ROWID;
CREATE INDEX tags_by_folded ON tags (folded);
CREATE TABLE sounds (call_record_id INTEGER PRIMARY KEY, sound BLOB);
CREATE TABLE state (
    last_record_id INTEGER NOT NULL, last_moment_micros INTEGER NOT NULL, clock_frozen INTEGER, clock_micros INTEGER
);
INSERT INTO state VALUES (0, 0, NULL, NULL);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
"""A leg in progress has no end; deleted sound is NULL; the last moment is the time of the last change.

The clock is frozen at a time, or runs at an offset to the computer's clock."""

_ATTEMPTS = 15  # another process may be about to close it
_CACHE_KIB = 16384


def open_file(path: Path) -> sqlite3.Connection:
    """A connection that locks the file until it is closed. Only its owner can read a new file.

    It commits automatically outside of BEGIN. Any thread may use it, one at a time. Raises StateError.
    """
    is_new = False
    try:
        if path.exists() and not path.is_file():
            raise StateError(f"the state file {path} is no plain file; name another file")
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            is_new = True
        log = path.with_name(f"{path.name}-wal")
        if not is_new and path.stat().st_size == 0 and log.exists() and log.stat().st_size:
            raise StateError(
                f"the state file {path} is empty, but had content: {log.name} is left of it; restore a copy of the"
                " file, or delete both to start with an empty state"
            )
        if not os.access(path, os.W_OK):
            raise StateError(f"the state file {path} is read-only; make it writable, or name another file")
    except OSError as error:
        raise StateError(f"the state file {path} cannot be opened: {error.strerror}") from error
    with refusing(path, "used"):
        for _ in range(_ATTEMPTS):
            try:
                return _taken(path)
            except sqlite3.OperationalError as error:
                if not _is_busy(error):
                    raise
            time.sleep(0.01 + os.getpid() % 10 / 1000)  # two processes that start together do not block each other
        return _taken(path)


def _taken(path: Path) -> sqlite3.Connection:
    address = path.resolve().as_uri() + "?mode=rw"
    file = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        _admit(file, path)
    except BaseException:
        file.close()
        raise
    return file


@contextmanager
def refusing(path: Path, what: str) -> Iterator[None]:
    """Turn errors of SQLite about a file that cannot be read, written or used into a StateError."""
    try:
        yield
    except sqlite3.Error as error:
        raise StateError(f"the state file {path} {_reason(error, what)}") from error


def _admit(file: sqlite3.Connection, path: Path) -> None:
    """Lock the file, check that it is a valid state file, and create the tables of a new file."""
    file.execute("PRAGMA locking_mode = EXCLUSIVE")
    file.execute("BEGIN EXCLUSIVE")
    file.execute("COMMIT")
    application, version, parts = (
        file.execute(question).fetchone()[0]
        for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if application != APPLICATION_ID and (application or version or parts):
        raise StateError(f"the state file {path} belongs to another application; name another file")
    if application and 0 < version < VERSION:
        raise StateError(
            f"the state file {path} is of an older format ({version}; this version reads {VERSION}); delete it and"
            " start again from an archive file, or name another file"
        )
    if application and version > VERSION:
        raise StateError(
            f"the state file {path} was written by a newer noojee-fake (format {version}; this version reads"
            f" {VERSION}); serve it with the newer version, or name another file"
        )
    if application:
        fault = _fault(file) if version else "there is no format 0"
        if fault is not None:
            raise StateError(f"the state file {path} {_broken(fault)}")
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA journal_size_limit = -1")  # macOS has another default, and would shorten the log
    file.execute("PRAGMA synchronous = NORMAL")
    file.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    if not application:
        file.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")


def _fault(file: sqlite3.Connection) -> str | None:
    """The first fault of a state file; None: it is intact."""
    found: str = file.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        return found
    for table, columns in COLUMNS.items():
        found_columns = [row[1] for row in file.execute(f"PRAGMA table_info({table})")]
        other = sorted({*found_columns} ^ {*columns})
        if other:
            return f"the columns of the table {table} are not those of this format: {', '.join(other)}"
    if file.execute("SELECT count(*) FROM state").fetchone()[0] != 1:
        return "the table state has not one row"
    empty = "SELECT unique_id FROM calls WHERE number NOT IN (SELECT call FROM legs) LIMIT 1"
    return "a call has no leg" if file.execute(empty).fetchone() else None


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorname", "") == "SQLITE_BUSY"


def _reason(error: sqlite3.Error, what: str) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if _is_busy(error):
        return "is in use; stop the process that has it open, or name another file"
    if name.startswith("SQLITE_READONLY"):
        return "is read-only; make it writable, or name another file"
    if name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return f"cannot be {what}: the disk is full or broken; free some space"
    if name == "SQLITE_NOTADB":
        return "is no SQLite file; name another file"
    if name == "SQLITE_ERROR" or name.startswith("SQLITE_CORRUPT"):
        return _broken(str(error))
    return f"cannot be {what}: {error}"


def _broken(fault: str) -> str:
    return f"is broken ({' '.join(fault.split())}); restore a copy of it, or name another file"
