"""Whether a fault is visible, without the suite's checks.

It asks a service for the listed recordings and for the calls that its answers list. What is compared is what came: rows
of JSON, statuses, samples of sound. Nothing is decoded.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import soundfile

from noojee_contract.clients.client import Client
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.model.exchange import Exchange
from noojee_contract.targets.target import Target

PLACES: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "njadmin": ((), "UniqueId", "Leg"),
    "records": (("segments",), "interactionId", "position"),
    "events": (("result", "events"), "call", "part"),
}
"""Where the rows of a service's answers are, and the keys of their unique id and leg number."""
UNKNOWN = "no-such-recording"
WRONG_KEY = "00000000-0000-4000-8000-000000000000"

Rows = tuple[tuple[str, str], ...]
"""Each row of an answer as its unique id and its whole text; an answer without rows is one row without a unique id."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a service answered, by question: listed recordings, followed calls, sound, and refusals."""

    listed: Mapping[tuple[str, str], Rows]
    followed: Mapping[str, Rows]
    sounds: Mapping[tuple[str, str], str]
    refusals: Mapping[str, Rows]


def look(service: str, target: Target, recordings: Sequence[tuple[str, str]]) -> Seen:
    """Ask a service for listed recordings, then for each call that an answer lists, and for its sound."""
    servers = Servers()
    opened = TargetClient(target, servers=servers)
    try:
        return _look(service, opened.read_only_client(), recordings)
    finally:
        opened.close()
        servers.close()


def _look(service: str, client: Client, recordings: Sequence[tuple[str, str]]) -> Seen:
    listed = {(kind, value): _rows(service, _ask(client, kind, value)) for kind, value in recordings}
    calls = dict.fromkeys(call for rows in listed.values() for call, _ in rows if call)
    followed = {call: _rows(service, client.by_unique_id(call)) for call in calls}
    _, _, number = PLACES[service]
    legs = dict.fromkeys(
        (call, str(json.loads(text)[number])) for rows in followed.values() for call, text in rows if call
    )
    sounds = {(call, leg): _sound(client.sound(call, int(leg))) for call, leg in legs}
    first = next(iter(followed), UNKNOWN)
    refusals = {
        "unknown": _rows(service, client.by_tag(UNKNOWN)),
        "unknown leg": ((" ", _sound(client.sound(first, 99))),),
        "unknown call": ((" ", _sound(client.sound(UNKNOWN, 1))),),
        **{
            f"shorter {value}": _rows(service, client.by_tag(value[:-1]))
            for kind, value in recordings
            if kind == "tag" and len(value) > 1
        },
        **_without_the_key(service, client, first),
    }
    return Seen(listed, followed, sounds, refusals)


def _without_the_key(service: str, client: Client, call: str) -> dict[str, Rows]:
    """The answers to requests with wrong keys and without a key."""
    keys = {"wrong": WRONG_KEY, "shorter": client.key[:-2], "upper": client.key.upper(), "none": None}
    found = {}
    for name, key in keys.items():
        credentials = () if key is None else client.made_with(key)
        found[f"key: {name}"] = _rows(service, client.by_unique_id(call, credentials=credentials))
        found[f"key for sound: {name}"] = ((" ", _sound(client.sound(call, 1, credentials=credentials))),)
    return found


def differs(right: Seen, faulty: Seen, *, by_hour: bool) -> bool:
    """Whether an answer differs.

    Without `by_hour` the old PBX lists no hours: rows of hours count only for calls that are known otherwise.
    """
    if right.refusals != faulty.refusals:
        return True
    known = None if by_hour else _known(right) | {call for rows in faulty.listed.values() for call, _ in rows}
    for asked, rows in right.listed.items():
        if _of(rows, asked, known) != _of(faulty.listed[asked], asked, known):
            return True
    followed = right.followed.keys() | faulty.followed.keys()
    if known is not None:
        followed &= known
    legs = {leg for leg in right.sounds.keys() | faulty.sounds.keys() if leg[0] in followed}
    return any(right.followed.get(call) != faulty.followed.get(call) for call in followed) or any(
        right.sounds.get(leg) != faulty.sounds.get(leg) for leg in legs
    )


def _known(seen: Seen) -> set[str]:
    """The calls that listed tags and unique ids bring."""
    return {call for (kind, _), rows in seen.listed.items() if kind != "hour" for call, _ in rows}


def _of(rows: Rows, asked: tuple[str, str], known: set[str] | None) -> Rows:
    """The rows of an answer that count."""
    return rows if known is None or asked[0] != "hour" else tuple(row for row in rows if row[0] in known)


def _ask(client: Client, kind: str, value: str) -> Exchange:
    if kind == "tag":
        return client.by_tag(value)
    if kind == "unique_id":
        return client.by_unique_id(value)
    day, _, hour = value.partition(" ")
    return client.by_hour(datetime.strptime(day, "%Y/%m/%d").date(), int(hour))  # noqa: DTZ007


def _rows(service: str, exchange: Exchange) -> Rows:
    place, unique_id, _ = PLACES[service]
    if exchange.response is None:
        return (("", "no answer"),)
    try:
        document: Any = json.loads(exchange.body)
        for key in place:
            document = document[key]
        return tuple((str(row[unique_id]), json.dumps(row, sort_keys=True)) for row in document)
    except (ValueError, KeyError, TypeError):
        return (("", f"{exchange.status} {exchange.body[:200]!r}"),)


def _sound(exchange: Exchange) -> str:
    """A sound by its rate and samples; another answer by its status and first bytes."""
    if exchange.response is None:
        return "no answer"
    try:
        samples, rate = soundfile.read(io.BytesIO(exchange.body), dtype="int16", always_2d=True)
    except soundfile.SoundFileError:
        return f"{exchange.status} {exchange.body[:100]!r}"
    return f"{exchange.status} {rate} {samples.shape} {hash(samples.tobytes())}"
