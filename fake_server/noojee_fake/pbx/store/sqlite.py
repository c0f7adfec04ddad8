"""The calls of a PBX in a SQLite file, for `noojee-fake serve --state FILE`: it answers like the store in memory.

Acknowledged writes survive a crash of the process, but not a power loss: a method returns when the operating system has
its changes, without waiting for the disk (WAL, synchronous NORMAL). After a power loss the file is intact, but the
changes of usually the last half minute are missing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from noojee_fake.errors import StateError
from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import LATEST, SECOND
from noojee_fake.pbx.memory_budget import SHORT_TEXT, MemoryBudget, archive_bytes
from noojee_fake.pbx.store.base import (
    Absent,
    EndedLeg,
    Sound,
    StoredSound,
    change,
    stored_sound,
    tags_of,
    without_leg,
)
from noojee_fake.pbx.store.sqlite_file import COLUMNS, open_file, refusing

_INSERT = {
    table: f"INSERT INTO {table} VALUES ({', '.join('?' for _ in columns)})" for table, columns in COLUMNS.items()
}
_SELECT = """
SELECT calls.number, unique_id, direction, source, did, created_micros,
    legs.number, start_micros, end_micros, tag, username, destination, call_record_id
FROM calls JOIN legs ON legs.call = calls.number
"""
_ORDER = " ORDER BY calls.number, legs.number"
_ALL = _SELECT + _ORDER
_BY_RECORD_ID = _SELECT + "WHERE calls.number = (SELECT call FROM legs WHERE call_record_id = ?)" + _ORDER
_BY_UNIQUE_ID = _SELECT + "WHERE unique_id = ?" + _ORDER
_BY_TAG = _SELECT + "WHERE calls.number IN (SELECT call FROM tags WHERE tag = ?)" + _ORDER
_BY_FOLDED_TAG = _SELECT + "WHERE calls.number IN (SELECT call FROM tags WHERE folded = ?)" + _ORDER
_BY_END = _SELECT + "WHERE calls.number IN (SELECT call FROM legs WHERE end_micros BETWEEN ? AND ?)" + _ORDER

ClockState = tuple[bool, int]
"""Whether a clock is frozen, with its time if it is, else its offset to the computer's clock in microseconds."""

_DIRECTIONS = {each.value: each for each in Direction}


@dataclass(frozen=True, slots=True)
class _Content:
    """A snapshot: the rows of the tables, and the sounds by record id, which other snapshots share."""

    tables: dict[str, list[tuple[Any, ...]]]
    sounds: dict[int, StoredSound]


@dataclass(frozen=True, slots=True)
class _Added:
    """Calls to add, with the sound of their legs."""

    calls: list[Call]
    sounds: list[tuple[Leg, Sound]]


class SqliteStore:
    """A `Store` in a SQLite file, which it locks until it is closed.

    `now` returns the PBX's time in microseconds, `clock_state` the state of its clock. Each change writes both.
    `kept_clock` is the clock state of the last change, None in a new file. A leg that was in progress when the file was
    closed ends at the last change of the file, or at its start if that is later. `cut_legs` is the number of such legs.
    `budget` counts the sound of snapshots, which are in memory.
    Raises StateError where the file belongs to another application or cannot be used.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], int],
        clock_state: Callable[[], ClockState] | None = None,
        budget: MemoryBudget | None = None,
    ) -> None:
        self._path = path
        self._budget = budget or MemoryBudget()
        self._shared: WeakValueDictionary[int, StoredSound] = WeakValueDictionary()
        self._now = now
        self._clock_state = clock_state
        self._lock = threading.Lock()
        self._closed = False
        self.changes = 0
        self._file = open_file(path)
        self._files = _files(path)
        frozen, micros = self._file.execute("SELECT clock_frozen, clock_micros FROM state").fetchone()
        self.kept_clock: ClockState | None = None if micros is None else (bool(frozen), micros)
        try:
            with self._changing():
                self.cut_legs = self._file.execute(
                    "UPDATE legs SET end_micros = max(start_micros, (SELECT last_moment_micros FROM state))"
                    " WHERE end_micros IS NULL"
                ).rowcount
        except BaseException:
            self._file.close()
            raise

    def add(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Insert the rows of calls, legs, tags and sounds in one transaction."""
        self.add_indexed(self.indexed(calls, sounds))

    def indexed(self, calls: Iterable[Call], sounds: Iterable[tuple[Leg, Sound]] = ()) -> object:
        """Nothing but the calls and the sounds: the file has the indexes."""
        return _Added(list(calls), list(sounds))

    def add_indexed(self, indexed: object) -> None:
        """Insert the rows in one transaction. Readers wait for it."""
        if not isinstance(indexed, _Added):
            raise TypeError("this was indexed by another kind of store")
        with self._changing():
            self._add(indexed.calls, indexed.sounds)

    def allot_record_ids(self, count: int, above: int) -> int:
        """Keep the ids for the caller, by raising the highest id that was used."""
        with self._changing():
            first = max(int(self._value("SELECT last_record_id FROM state")), above) + 1
            self._file.execute("UPDATE state SET last_record_id = ?", (first + count - 1,))
        return first

    def give_back_record_ids(self, first: int, count: int) -> None:
        """Lower the highest id that was used, if it is one of these."""
        with self._changing():
            self._file.execute(
                "UPDATE state SET last_record_id = ? WHERE last_record_id = ?", (first - 1, first + count - 1)
            )

    def _add(self, added: Sequence[Call], sounded: Sequence[tuple[Leg, Sound]]) -> None:
        numbered = list(enumerate(added, self._next_number()))
        self._insert("calls", (_call_row(number, call) for number, call in numbered))
        self._insert("legs", (_leg_row(number, leg) for number, call in numbered for leg in call.legs))
        self._insert("tags", (row for number, call in numbered for row in _tag_rows(number, tags_of(call))))
        self._insert("sounds", (_sound_row(leg, sound) for leg, sound in sounded))
        self._reach(leg for call in added for leg in call.legs)

    def save(self, call: Call, changed: Sequence[Leg] | None = None) -> None:
        """Write the rows that differ, or those of the legs in `changed`."""
        with self._changing():
            if changed is None:
                number, before = self._one(_BY_UNIQUE_ID, call.unique_id)
                self._replace(number, before, call)
            else:
                self._go_on(call, changed)

    def remove(self, unique_id: str) -> bool:
        """Delete the rows of a call. Returns whether it existed."""
        with self._changing():
            number, before = self._one(_BY_UNIQUE_ID, unique_id)
            if before is not None:
                self._replace(number, before, None)
        return before is not None

    def remove_leg(self, leg: Leg) -> bool:
        """Delete the rows of a leg, and of its call if no leg remains. Returns whether it existed."""
        with self._changing():
            number, before = self._one(_BY_RECORD_ID, leg.call_record_id)
            if before is not None:
                self._replace(number, before, without_leg(before, leg.call_record_id))
        return before is not None

    def clear(self, calls: Iterable[Call] = (), sounds: Iterable[tuple[Leg, Sound]] = ()) -> None:
        """Empty the tables and fill them again in one transaction."""
        with self._changing():
            self._empty()
            self._file.execute("INSERT INTO state VALUES (0, ?, NULL, NULL)", (self._now(),))
            self._add(list(calls), list(sounds))
        self._shared = WeakValueDictionary()

    @property
    def last_record_id(self) -> int:
        """The highest record id that was ever used, from the table `state`."""
        with self._reading():
            return int(self._value("SELECT last_record_id FROM state"))

    def has_record_id(self, call_record_id: int) -> bool:
        """Whether a leg has this record id."""
        with self._reading():
            return self._value("SELECT 1 FROM legs WHERE call_record_id = ?", call_record_id) is not None

    def call(self, unique_id: str) -> Call | None:
        """The call of a unique id, read from the file."""
        with self._reading():
            return self._one(_BY_UNIQUE_ID, unique_id)[1]

    def calls(self) -> list[Call]:
        """All calls, read from the file, in the order in which they were added."""
        with self._reading():
            return list(self._found(_ALL).values())

    def count(self) -> tuple[int, int]:
        """The numbers of calls and of legs; a scan of both tables."""
        with self._reading():
            return self._value("SELECT count(*) FROM calls"), self._value("SELECT count(*) FROM legs")

    @property
    def size_bytes(self) -> int:
        """What a snapshot takes: the file keeps the calls themselves."""
        calls, legs = self.count()
        with self._reading():
            long = "SELECT coalesce(sum(length(CAST(tag AS BLOB))), 0) FROM legs WHERE length(tag) > ?"
            return archive_bytes(calls, legs) + int(self._value(long, SHORT_TEXT))

    def tagged(self, tag: str) -> Sequence[Call]:
        """The calls with a leg that has exactly this tag."""
        with self._reading():
            return list(self._found(_BY_TAG, tag).values())

    def tagged_ignoring_case(self, tag: str) -> Sequence[Call]:
        """The calls of a tag in any letter case, from a column with the tag without case."""
        with self._reading():
            return list(self._found(_BY_FOLDED_TAG, tag.casefold()).values())

    def ended_between(self, first_second: int, last_second: int) -> list[EndedLeg]:
        """The legs that end in these seconds, by end and record id. Only their calls are read."""
        first = max(first_second * SECOND, 0)
        after = min(last_second * SECOND, LATEST)
        with self._reading():
            calls = self._found(_BY_END, first, after - 1)
        found = [
            (leg.end_micros // SECOND, leg.call_record_id, call, leg)
            for call in calls.values()
            for leg in call.legs
            if first <= leg.end_micros < after
        ]
        found.sort(key=itemgetter(0, 1))
        return found

    def sound(self, leg: Leg) -> Sound | None:
        """The stored sound of a leg, read from the file; None if no sound is stored."""
        with self._reading():
            row = self._file.execute(
                "SELECT sound FROM sounds WHERE call_record_id = ?", (leg.call_record_id,)
            ).fetchone()
        return None if row is None else _sound_of(row[0])

    def put_sound(self, leg: Leg, sound: Sound) -> None:
        """Store the sound of a leg that the file holds. An unknown leg is ignored."""
        with self._changing():
            if self._value("SELECT 1 FROM legs WHERE call_record_id = ?", leg.call_record_id):
                self._file.execute("REPLACE INTO sounds VALUES (?, ?)", _sound_row(leg, sound))
                self._shared.pop(leg.call_record_id, None)

    def snapshot(self) -> object:
        """The content, in memory. Raises MemoryBudgetError if its sound does not fit."""
        with self._reading():
            tables = [table for table in COLUMNS if table != "sounds"]
            content = {table: self._file.execute(f"SELECT * FROM {table}").fetchall() for table in tables}
            numbers = [number for (number,) in self._file.execute("SELECT call_record_id FROM sounds").fetchall()]
            sounds = {number: self._shared_sound(number) for number in numbers}
            return _Content(content, sounds)

    def _shared_sound(self, number: int) -> StoredSound:
        """The sound of a record id, in memory once for all snapshots."""
        stored = self._shared.get(number)
        if stored is None:
            found = self._value("SELECT sound FROM sounds WHERE call_record_id = ?", number)
            self._shared[number] = stored = stored_sound(_sound_of(found), self._budget)
        return stored

    def restore(self, snapshot: object) -> None:
        """Replace all rows in one transaction. Raises TypeError for a snapshot of another kind of store."""
        if not isinstance(snapshot, _Content):
            raise TypeError("this is no snapshot of a store on disk")
        with self._changing():
            self._empty()
            for table, rows in snapshot.tables.items():
                self._insert(table, rows)
            self._insert("sounds", (_sound_values(number, each.sound) for number, each in snapshot.sounds.items()))
        self._shared = WeakValueDictionary(snapshot.sounds)

    can_fail = True

    def note_time(self) -> None:
        """Write the time and the clock, as each change does."""
        with self._changing():
            pass

    def close(self) -> None:
        """Record the time, if possible, and close the file. A second call does nothing."""
        if not self._closed:
            self._closed = True
            with suppress(StateError), self._changing():
                pass
            self._file.close()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, refusing(self._path, "read"):
            yield

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One change of the file: written completely when this ends, or not at all."""
        with self._lock, refusing(self._path, "written"):
            files = _files(self._path)
            if not _are_same(self._files, files):
                raise StateError(
                    f"the state file {self._path} was deleted, replaced or truncated while it is served; changes are"
                    " refused: restart the server"
                )
            self._files = files
            self._file.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._file.execute("UPDATE state SET last_moment_micros = ?", (self._now(),))
                if self._clock_state is not None:
                    clock = self._clock_state()
                    self._file.execute("UPDATE state SET clock_frozen = ?, clock_micros = ?", clock)
                self._file.execute("COMMIT")
                self.changes += 1
            except BaseException:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise

    def _value(self, question: str, *parameters: object) -> Any:
        row = self._file.execute(question, parameters).fetchone()
        return None if row is None else row[0]

    def _one(self, question: str, wanted: object) -> tuple[int | None, Call | None]:
        return next(iter(self._found(question, wanted).items()), (None, None))

    def _found(self, question: str, *parameters: object) -> dict[int, Call]:
        try:
            rows = self._file.execute(question, parameters).fetchall()
        except UnicodeEncodeError:  # half of a surrogate pair: no stored text has one
            return {}
        return {number: _call(list(same)) for number, same in groupby(rows, key=itemgetter(0))}

    def _insert(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._file.executemany(_INSERT[table], rows)

    def _empty(self) -> None:
        for table in COLUMNS:
            self._file.execute(f"DELETE FROM {table}")

    def _replace(self, number: int | None, before: Call | None, after: Call | None) -> None:
        if number is None:
            number = self._next_number()
        differs = change(before, after)
        by_id = "DELETE FROM legs WHERE call_record_id = ?"
        self._file.executemany(by_id, [(leg.call_record_id,) for leg in differs.removed])
        by_id = "DELETE FROM sounds WHERE call_record_id = ?"
        self._file.executemany(by_id, [(record_id,) for record_id in differs.gone])
        by_tag = "DELETE FROM tags WHERE tag = ? AND call = ?"
        self._file.executemany(by_tag, [(tag, number) for tag in differs.lost_tags])
        if after is None:
            self._file.execute("DELETE FROM calls WHERE number = ?", (number,))
            return
        self._file.execute("REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?)", _call_row(number, after))
        self._insert("legs", (_leg_row(number, leg) for leg in differs.written))
        self._insert("tags", _tag_rows(number, differs.new_tags))
        self._reach(differs.written)

    def _go_on(self, call: Call, changed: Sequence[Leg]) -> None:
        number = self._value("SELECT number FROM calls WHERE unique_id = ?", call.unique_id)
        if number is None:
            number = self._next_number()
            self._insert("calls", [_call_row(number, call)])
        by_id = "DELETE FROM legs WHERE call_record_id = ?"
        self._file.executemany(by_id, [(leg.call_record_id,) for leg in changed])
        self._insert("legs", (_leg_row(number, leg) for leg in changed))
        rows = _tag_rows(number, {leg.tag for leg in changed if leg.tag})
        self._file.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?, ?)", rows)
        self._reach(changed)

    def _next_number(self) -> int:
        return int(self._value("SELECT coalesce(max(number), 0) + 1 FROM calls"))

    def _reach(self, legs: Iterable[Leg]) -> None:
        highest = max((leg.call_record_id for leg in legs), default=0)
        self._file.execute("UPDATE state SET last_record_id = max(last_record_id, ?)", (highest,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file at a time."""

    device: int
    inode: int
    size_bytes: int


def _files(path: Path) -> tuple[_File | None, _File | None]:
    """The state file, and its log of changes (WAL). None: there is none."""
    return _file(path), _file(path.with_name(f"{path.name}-wal"))


def _file(path: Path) -> _File | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return _File(device=found.st_dev, inode=found.st_ino, size_bytes=found.st_size)


def _are_same(before: Iterable[_File | None], after: Iterable[_File | None]) -> bool:
    """Whether these are the same files, none shorter than before. SQLite shortens none while it is open."""
    return all(
        old is None
        or (new is not None and (new.device, new.inode) == (old.device, old.inode) and new.size_bytes >= old.size_bytes)
        for old, new in zip(before, after, strict=True)
    )


def _call(rows: Sequence[tuple[Any, ...]]) -> Call:
    _, unique_id, direction, source, did, created_micros = rows[0][:6]
    return Call(
        unique_id=unique_id,
        direction=_DIRECTIONS[direction],
        source=source,
        did=did,
        created_micros=created_micros,
        legs=tuple(
            Leg(
                number=number,
                start_micros=start,
                end_micros=LATEST if end is None else end,
                tag=tag,
                username=username,
                destination=destination,
                call_record_id=record_id,
            )
            for _, _, _, _, _, _, number, start, end, tag, username, destination, record_id in rows
        ),
    )


def _call_row(number: int, call: Call) -> tuple[Any, ...]:
    return number, call.unique_id, call.direction.value, call.source, call.did, call.created_micros


def _leg_row(number: int, leg: Leg) -> tuple[Any, ...]:
    end = None if leg.end_micros == LATEST else leg.end_micros
    return number, leg.number, leg.start_micros, end, leg.tag, leg.username, leg.destination, leg.call_record_id


def _tag_rows(number: int, tags: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    return ((tag, number, tag.casefold()) for tag in tags)


def _sound_row(leg: Leg, sound: Sound) -> tuple[int, bytes | None]:
    return _sound_values(leg.call_record_id, sound)


def _sound_values(call_record_id: int, sound: Sound) -> tuple[int, bytes | None]:
    return call_record_id, None if isinstance(sound, Absent) else sound


def _sound_of(value: Any) -> Sound:
    return Absent.GONE if value is None else bytes(value)
