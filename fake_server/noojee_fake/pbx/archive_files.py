"""Reads archive files. The schema validates their form; this module checks what a schema cannot express.

Every error names the JSON path of the invalid value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from noojee_fake.errors import ArchiveError
from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import format_instant, parse_instant
from noojee_fake.pbx.documents import mistake
from noojee_fake.pbx.store.base import Absent, Store

FORMAT = "noojee-archive/1"
HIGHEST_RECORD_ID = 2**63 - 1
HIGHEST_LEG = 10**9 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFile:
    """The settings of a PBX in an archive file. None: the file does not set it."""

    time_zone: str | None
    now_micros: int | None
    default_account: str | None
    profile: Mapping[str, str]


EMPTY = ArchiveFile(time_zone=None, now_micros=None, default_account=None, profile={})


def read_archive_file(
    document: Mapping[str, Any], store: Store, *, read_sound: Callable[[str], bytes] | None = None
) -> ArchiveFile:
    """Validate an archive file and add its calls to a store. Raises ArchiveError, and then adds nothing.

    `read_sound` returns the bytes of a sound file by its name in the document; None: no sound files are allowed.
    """
    _validate(document)
    now = document.get("now")
    archive = ArchiveFile(
        time_zone=document.get("time_zone"),
        now_micros=None if now is None else _instant(now, "$.now"),
        default_account=document.get("default_account"),
        profile=document.get("profile", {}),
    )
    _add(document["calls"], store, read_sound, change=nullcontext())
    return archive


def read_calls(
    calls: Any,
    store: Store,
    *,
    change: AbstractContextManager[object] | None = None,
    check: Callable[[], None] | None = None,
) -> tuple[int, int]:
    """Validate the calls of a control request and add them to a store. Returns the numbers of calls and legs.

    `change` is the lock of whatever else changes the store. It is held only for moments, and never while calls are
    read. `check` is called under this lock, right before the calls are added; it may raise.
    """
    if not isinstance(calls, list):
        raise ArchiveError("calls is a list of calls", "$.calls")
    if not calls:
        return 0, 0
    _validate({"format": FORMAT, "description": "-", "provenance": "-", "time_zone": "UTC", "calls": calls})
    return _add(calls, store, None, change=change or nullcontext(), check=check)


def write_calls(store: Store, *, default_account: str, outbound_did: str) -> Iterator[dict[str, Any]]:
    """The calls of a store in the form of an archive file, with every optional field except stored sound."""
    return (_write_call(call, store, default_account, outbound_did) for call in store.calls())


def _validate(document: Mapping[str, Any]) -> None:
    found = mistake(document, "archive.schema.json")
    if found is not None:
        raise ArchiveError(*found)


def _instant(text: str, path: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise ArchiveError(f"{text!r} {error}", path) from None


@dataclass(frozen=True, slots=True)
class _Read:
    """Calls that were read, and the sound of their legs; in their order in the archive file."""

    calls: list[Call]
    sounds: list[tuple[Leg, bytes | Absent]]


def _add(
    written: list[dict[str, Any]],
    store: Store,
    read_sound: Callable[[str], bytes] | None,
    *,
    change: AbstractContextManager[object],
    check: Callable[[], None] | None = None,
) -> tuple[int, int]:
    """Add valid calls. The lock `change` is free while they are read, so other clients do not wait for them."""
    taken, missing = _record_ids(written)
    highest = max(store.last_record_id, max(taken, default=0))
    can_allot = missing > 0 and highest + missing <= HIGHEST_RECORD_ID
    first = store.allot_record_ids(missing, highest) if can_allot else highest + 1
    try:
        changes = store.changes
        read = _read(written, first, read_sound)
        _refuse_used(written, taken, store)
        indexed = store.indexed(read.calls, read.sounds)
        with change:
            if check is not None:
                check()
            if store.changes != changes:
                _refuse_used(written, taken, store)
            store.add_indexed(indexed)
    except BaseException:
        if can_allot:
            store.give_back_record_ids(first, missing)
        raise
    return len(read.calls), sum(len(call.legs) for call in read.calls)


def _record_ids(calls: list[dict[str, Any]]) -> tuple[set[int], int]:
    """The record ids that the legs name, and how many legs name none."""
    taken: set[int] = set()
    missing = 0
    for at, call in enumerate(calls):
        for leg_at, leg in enumerate(call["legs"]):
            record_id = leg.get("call_record_id")
            if record_id is None:
                missing += 1
                continue
            path = f"$.calls[{at}].legs[{leg_at}].call_record_id"
            if record_id > HIGHEST_RECORD_ID:
                raise ArchiveError("is higher than a 64-bit number", path)
            if record_id in taken:
                raise _used(record_id, path)
            taken.add(int(record_id))
    return taken, missing


def _refuse_used(written: list[dict[str, Any]], taken: Iterable[int], store: Store) -> None:
    """Raise ArchiveError for a unique id or a record id that the store has already."""
    for at, call in enumerate(written):
        if store.call(call["unique_id"]) is not None:
            raise _not_unique(call["unique_id"], at)
    for record_id in taken:
        if store.has_record_id(record_id):
            raise _used(record_id, _path_of(record_id, written))


def _path_of(record_id: int, written: list[dict[str, Any]]) -> str:
    return next(
        f"$.calls[{at}].legs[{leg_at}].call_record_id"
        for at, call in enumerate(written)
        for leg_at, leg in enumerate(call["legs"])
        if leg.get("call_record_id") == record_id
    )


def _not_unique(unique_id: str, at: int) -> ArchiveError:
    return ArchiveError(
        f"{unique_id!r} is in use already; each call needs its own unique id", f"$.calls[{at}].unique_id"
    )


def _used(record_id: int, path: str) -> ArchiveError:
    return ArchiveError(f"{record_id} is in use already; each leg needs its own record id", path)


def _read(calls: list[dict[str, Any]], next_id: int, read_sound: Callable[[str], bytes] | None) -> _Read:
    """The calls. Legs without a record id get the next ids."""
    seen: set[str] = set()
    read = _Read([], [])
    for at, written in enumerate(calls):
        path = f"$.calls[{at}]"
        if written["unique_id"] in seen:
            raise _not_unique(written["unique_id"], at)
        seen.add(written["unique_id"])
        legs: list[Leg] = []
        numbers: set[int] = set()
        highest = 0
        for leg_at, row in enumerate(written["legs"]):
            leg_path = f"{path}.legs[{leg_at}]"
            record_id = row.get("call_record_id")
            if record_id is None:
                record_id, next_id = next_id, next_id + 1
                if record_id > HIGHEST_RECORD_ID:
                    raise ArchiveError("no record id is left above the highest one in use", leg_path)
            leg = _leg(row, record_id, highest + 1, leg_path)
            if leg.number in numbers:
                raise ArchiveError(f"this call has a leg {leg.number} already", f"{leg_path}.leg")
            numbers.add(leg.number)
            highest = max(highest, leg.number)
            legs.append(leg)
            if "sound" in row:
                read.sounds.append((leg, _sound(row["sound"], read_sound, f"{leg_path}.sound")))
        read.calls.append(_call(written, legs, path))
    return read


def _leg(row: dict[str, Any], record_id: int, following_number: int, path: str) -> Leg:
    start = _instant(row["start"], f"{path}.start")
    end = _instant(row["end"], f"{path}.end")
    if end < start:
        raise ArchiveError("the leg ends before it starts", f"{path}.end")
    number = row.get("leg", following_number)
    if number > HIGHEST_LEG:
        raise ArchiveError(f"a leg has a number of up to {HIGHEST_LEG}", f"{path}.leg")
    return Leg(
        number=int(number),
        start_micros=start,
        end_micros=end,
        tag=row.get("tag", ""),
        username=row.get("username"),
        destination=row["destination"],
        call_record_id=int(record_id),
    )


def _call(written: dict[str, Any], legs: list[Leg], path: str) -> Call:
    direction = Direction(written["direction"])
    did = written.get("did")
    if direction is Direction.INTERNAL and did not in (None, "internal"):
        raise ArchiveError("the did of an internal call is 'internal' (W-A4); leave it out", f"{path}.did")
    created = written.get("created")
    return Call(
        unique_id=written["unique_id"],
        direction=direction,
        source=written["source"],
        did=did,
        created_micros=None if created is None else _instant(created, f"{path}.created"),
        legs=tuple(sorted(legs, key=lambda leg: leg.number)),
    )


def _sound(written: dict[str, Any], read_sound: Callable[[str], bytes] | None, path: str) -> bytes | Absent:
    if written.get("absent"):
        return Absent.GONE
    name = written["file"]
    if read_sound is None:
        raise ArchiveError("a sound file can only be named in an archive file; store the sound with PUT", path)
    try:
        return read_sound(name)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"sound file {name!r} cannot be used: {error}", f"{path}.file") from None


def _write_call(call: Call, store: Store, default_account: str, outbound_did: str) -> dict[str, Any]:
    legs: list[dict[str, Any]] = []
    for leg in call.legs:
        row: dict[str, Any] = {
            "leg": leg.number,
            "start": format_instant(leg.start_micros),
            "end": format_instant(leg.end_micros),
            "tag": leg.tag,
            "username": default_account if leg.username is None else leg.username,
            "destination": leg.destination,
            "call_record_id": leg.call_record_id,
        }
        if store.sound(leg) is Absent.GONE:
            row["sound"] = {"absent": True}
        legs.append(row)
    did = call.did
    if did is None:
        did = "internal" if call.direction is Direction.INTERNAL else outbound_did
    created = call.start_micros if call.created_micros is None else call.created_micros
    return {
        "unique_id": call.unique_id,
        "direction": call.direction.value,
        "source": call.source,
        "did": did,
        "created": format_instant(created),
        "legs": legs,
    }
