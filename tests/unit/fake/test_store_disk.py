"""The store on disk as a file: what stays in it, what is refused, and that half a change is never left."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.errors import StateError
from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import LATEST, SECOND
from noojee_fake.pbx.store.base import Absent
from noojee_fake.pbx.store.sqlite import SqliteStore
from noojee_fake.pbx.store.sqlite_file import APPLICATION_ID, VERSION

NOON = 1_773_190_800 * SECOND


def leg(record_id: int, *, number: int = 1, start: int = NOON, end: int = NOON + SECOND, tag: str = "A") -> Leg:
    return Leg(
        number=number, start_micros=start, end_micros=end, tag=tag,
        username="Fred", destination="410", call_record_id=record_id,
    )  # fmt: skip


def call(unique_id: str, *legs: Leg) -> Call:
    return Call(
        unique_id=unique_id, direction=Direction.INBOUND, source="400", did="7601", created_micros=NOON, legs=legs
    )


class Opener:
    """Opens the state file of a test, at a moment of the PBX's clock; what is open still is closed after the test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOON
        self.opened: list[SqliteStore] = []

    def __call__(self, path: Path | None = None) -> SqliteStore:
        self.opened.append(SqliteStore(path or self.path, now=lambda: self.now))
        return self.opened[-1]

    def refused(self, path: Path | None = None) -> str:
        with pytest.raises(StateError) as refused:
            self(path)
        assert str(refused.value).startswith(f"the state file {path or self.path} ")
        assert "\n" not in str(refused.value)
        return str(refused.value)


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(tmp_path / "pbx state?#%.sqlite")
    yield opener
    for store in opener.opened:
        store.close()


def changed_by_hand(path: Path, *statements: str) -> None:
    """Change a closed file, as another program would."""
    file = sqlite3.connect(path)
    for statement in statements:
        file.execute(statement)
    file.commit()
    file.close()


def test_what_was_put_in_is_there_when_the_file_is_opened_again(opens: Opener) -> None:
    """Calls in their order, sounds, absent sounds, and the last record id although its leg was removed."""
    store = opens()
    calls = [call("2.1", leg(3), leg(4, number=2)), call("1.1", leg(1))]
    store.add(calls, [(leg(3), b"RIFF"), (leg(1), Absent.GONE)])
    store.save(call("3.1", leg(9)))
    assert store.remove_leg(leg(9))
    store.close()
    again = opens()
    assert again.calls() == calls
    assert [again.sound(leg(record_id)) for record_id in (1, 3, 4)] == [Absent.GONE, b"RIFF", None]
    assert (again.last_record_id, again.cut_legs) == (9, 0)


def test_legs_in_progress_end_at_the_last_change_of_the_file(opens: Opener) -> None:
    """That of its last change; not before their own start, where the clock was set back."""
    store = opens()
    store.save(call("1.1", leg(1), leg(2, number=2, start=NOON + 2 * SECOND, end=LATEST)))
    store.save(call("2.1", leg(3, start=NOON + 90 * SECOND, end=LATEST)))
    opens.now = NOON + 60 * SECOND
    store.close()
    opens.now = NOON + 3600 * SECOND
    again = opens()
    assert again.cut_legs == 2
    assert [row[:2] for row in again.ended_between(0, 2**33)] == [
        (NOON // SECOND + 1, 1),
        (NOON // SECOND + 60, 2),
        (NOON // SECOND + 90, 3),
    ]
    again.close()
    assert opens().cut_legs == 0


def test_only_its_owner_may_read_the_file(opens: Opener) -> None:
    """It holds who called whom, and their voices; the same for the files that SQLite writes next to it."""
    before = os.umask(0)
    try:
        store = opens()
        store.save(call("1.1", leg(1)))
    finally:
        os.umask(before)
    files = sorted(opens.path.parent.iterdir())
    assert [path.name for path in files] == ["pbx state?#%.sqlite", "pbx state?#%.sqlite-wal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_file_in_use_is_refused(opens: Opener) -> None:
    """While another process has it open. A refused attempt does not disturb that process."""
    store = opens()
    assert "is in use" in opens.refused()
    other = f"import sqlite3; sqlite3.connect({str(opens.path)!r}, timeout=0).execute('SELECT * FROM calls')"
    done = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=False)
    assert "database is locked" in done.stderr
    store.add([call("1.1", leg(1))])
    store.close()
    assert opens().count() == (1, 1)


def test_a_file_that_is_no_sqlite_is_refused(opens: Opener) -> None:
    """And left as it was."""
    opens.path.write_text("unique_id,tag\n" * 100)
    assert "is no SQLite file" in opens.refused()
    assert opens.path.read_text() == "unique_id,tag\n" * 100


@pytest.mark.parametrize(
    "statements",
    [("CREATE TABLE invoices (number INTEGER)",), ("PRAGMA application_id = 7",), ("PRAGMA user_version = 1",)],
)
def test_a_file_of_another_application_is_refused(statements: tuple[str, ...], opens: Opener) -> None:
    """By its application id, its version or its tables; and left as it was."""
    changed_by_hand(opens.path, *statements)
    before = opens.path.read_bytes()
    assert "belongs to another application" in opens.refused()
    assert opens.path.read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(opens: Opener) -> None:
    """With both formats named; the newer version can still read it."""
    store = opens()
    store.add([call("1.1", leg(1))])
    store.close()
    changed_by_hand(opens.path, f"PRAGMA user_version = {VERSION + 1}")
    assert f"newer noojee-fake (format {VERSION + 1}; this version reads {VERSION})" in opens.refused()
    changed_by_hand(opens.path, f"PRAGMA user_version = {VERSION}")
    assert opens().count() == (1, 1)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


def page_lost(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = os.urandom(4096)
    path.write_bytes(content)


def sql(*statements: str) -> Callable[[Path], None]:
    return lambda path: changed_by_hand(path, *statements)


@pytest.mark.parametrize(
    "damage",
    [
        cut_off,
        page_lost,
        sql("PRAGMA user_version = 0"),
        sql("DROP TABLE legs"),
        sql("DELETE FROM state"),
        sql("DELETE FROM legs WHERE call_record_id = 1"),
        sql("PRAGMA ignore_check_constraints = ON", "UPDATE calls SET direction = 'sideways'"),
    ],
    ids=["cut-off", "page-lost", "no-version", "no-table", "no-row", "call-without-leg", "unknown-direction"],
)
def test_a_broken_file_is_refused(damage: Callable[[Path], None], opens: Opener) -> None:
    """When it is opened, rather than when the first client asks."""
    store = opens()
    store.add([call(f"{number}.1", leg(number, tag=f"tag {number}")) for number in range(1, 500)])
    store.close()
    damage(opens.path)
    assert "is broken" in opens.refused()


def test_what_is_no_plain_file_is_refused(opens: Opener, tmp_path: Path) -> None:
    """A folder, a folder that is missing, a device."""
    assert "is no plain file" in opens.refused(tmp_path)
    assert "cannot be opened: No such file or directory" in opens.refused(tmp_path / "missing" / "state")
    assert "is no plain file" in opens.refused(Path(os.devnull))
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_which_nothing_was_written_yet_is_new(opens: Opener) -> None:
    """A process may be killed before its first write."""
    opens.path.touch()
    store = opens()
    assert (store.count(), store.cut_legs) == ((0, 0), 0)
    store.close()
    opens.path.unlink()
    changed_by_hand(opens.path, "PRAGMA journal_mode = WAL")
    assert opens().count() == (0, 0)


@pytest.mark.parametrize("size", [4, 4000])
def test_a_change_that_fails_leaves_nothing(size: int, opens: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: it is said so, everything is as before, and what fits is still taken."""
    store = opens()
    kept = call("1.1", leg(1), leg(2, number=2))
    store.add([kept], [(leg(1), b"RIFF")])
    pages = store._file.execute("PRAGMA page_count").fetchone()[0]
    store._file.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [call(f"{number}.2", leg(number, tag="B" * size)) for number in range(10, 10 + 200_000 // size)]
    changes: list[Callable[[], Any]] = [
        lambda: store.add(many),
        lambda: store.save(call("1.1", leg(1), leg(3, number=3, tag="C" * 100_000))),
        lambda: store.put_sound(leg(1), b"\0" * 100_000),
    ]
    for change in changes:
        with pytest.raises(StateError, match="cannot be written: the disk is full"):
            change()
        assert store.calls() == [kept]
        assert (store.sound(leg(1)), store.last_record_id, list(store.tagged("B" * size))) == (b"RIFF", 2, [])
    store.save(call("2.1", leg(5)))
    assert store.count() == (2, 3)


def test_a_call_with_a_record_id_of_another_is_not_half_put_in(opens: Opener) -> None:
    """Whoever adds has checked; where he has not, nothing is changed."""
    store = opens()
    store.add([call("1.1", leg(1))])
    with pytest.raises(StateError):
        store.add([call("2.1", leg(2)), call("3.1", leg(1))])
    with pytest.raises(StateError):
        store.save(call("2.1", leg(2), leg(1, number=2)))
    assert store.calls() == [call("1.1", leg(1))]


def test_text_that_no_file_can_hold_is_not_found(opens: Opener) -> None:
    """Half of a surrogate pair: an answer, not an error."""
    store = opens()
    assert store.call("\udc80") is None
    assert (list(store.tagged("\udc80")), list(store.tagged_ignoring_case("\udc80"))) == ([], [])


def test_it_is_recognised_from_outside(opens: Opener) -> None:
    """By the application id in the header, as file(1) reads it; closed, one file is all there is."""
    opens().close()
    assert opens.path.read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big")
    assert [path.name for path in opens.path.parent.iterdir()] == [opens.path.name]


def test_empty_file_that_had_content_is_refused(opens: Opener) -> None:
    """Its log is left: the file was truncated, and a new archive must not hide that."""
    opens.path.touch()
    opens.path.with_name(f"{opens.path.name}-wal").write_bytes(b"x" * 100)
    assert "is empty, but had content" in opens.refused()


def test_other_column_is_named(opens: Opener) -> None:
    """A table with as many columns, one of them with another name."""
    opens().close()
    changed_by_hand(opens.path, "ALTER TABLE legs RENAME COLUMN tag TO label")
    assert "the columns of the table legs are not those of this format: label, tag" in opens.refused()


def test_older_format_is_refused(opens: Opener) -> None:
    """Nothing was published in it."""
    opens().close()
    changed_by_hand(opens.path, "PRAGMA user_version = 1")
    assert "is of an older format (1; this version reads 2)" in opens.refused()


@pytest.mark.parametrize("replace", [False, True])
def test_deleted_or_replaced_file_takes_no_change(opens: Opener, replace: bool) -> None:
    """A change that is acknowledged into a file without a name would be lost."""
    store = opens()
    store.add([call("1.1", leg(1))])
    opens.path.unlink()
    if replace:
        opens.path.touch()
    with pytest.raises(StateError, match="was deleted, replaced or truncated while it is served"):
        store.add([call("2.1", leg(2))])
    assert [each.unique_id for each in store.calls()] == ["1.1"]


@pytest.mark.parametrize("name", ["state file", "log"])
@pytest.mark.parametrize("truncate", [False, True])
def test_damage_to_file_or_log_takes_no_change(opens: Opener, name: str, truncate: bool) -> None:
    """The log (WAL) has the latest changes. Without it, or behind a gap in it, a crash loses them."""
    store = opens()
    store.add([call("1.1", leg(1))])
    path = opens.path if name == "state file" else opens.path.with_name(f"{opens.path.name}-wal")
    assert path.stat().st_size
    if truncate:
        os.truncate(path, 0)
    else:
        path.unlink()
    with pytest.raises(StateError, match="restart the server"):
        store.add([call("2.1", leg(2))])


def test_log_that_starts_again_takes_changes(opens: Opener) -> None:
    """SQLite writes the log from its start after it has copied it to the file. Neither becomes shorter."""
    store = opens()
    for number in range(1, 300):
        text = f"{number:06}" * 2000
        store.add([call(f"{number}.1", leg(number, tag=text))])
    assert store.count() == (299, 299)
