"""The orders of the second PBX: what the API does to live calls, and what it tells of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.conformant_servers.live import Call, CallRegistry, Wrong, extension
from support.conformant_servers.wire import Given

Wait = Callable[[Callable[[], bool], float], object]
LONGEST_POLL_SECONDS = 60.0


def start(lines: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: 07.0 Start Recording (DOC W-ST)."""
    lines.start(_call(lines, given), tag=given.get("tag") or None, agent=given.get("agentLoginName"))
    return _done(lines, "Recording Started")


def stop(lines: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: Stop Recording (DOC W-SPk)."""
    if lines.stop(_call(lines, given), agent=given.get("agentLoginName")):
        return _done(lines, "Recording Stopped")
    return {"Code": 1, "Message": "Nothing was recorded"}


def dial(lines: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: 02.0 Dial (DOC W-DI). SessionID as a text, as the vendor's client reads it (CLIENT C-J)."""
    phone, number = given.get("extenOrUniqueId"), given.get("number")
    if not phone or not number:
        raise Wrong("from where? to whom?")
    call = lines.dial(
        extension(phone),
        number,
        record=given.get("record") == "true",
        tag=given.get("tag") or "",
        at_once=given.get("autoAnswer") in ("true", "yes"),
    )
    return {"Code": 0, "Message": "Dialing", "SessionID": str(call.number)}


def answer(lines: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: the vendor's Java client (CLIENT C-J)."""
    lines.answer(lines.named(given.get("uniqueId") or ""), extension(given.get("exten") or ""))
    return {"Code": 0, "Message": "Answered"}


def hangup(lines: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: 04.0 Hangup (DOC W-HU)."""
    lines.hang_up(_call(lines, given))
    return {"Code": 0, "Message": "Channel Hungup"}


def subscribe(lines: CallRegistry, given: Given, wait: Wait) -> dict[str, Any]:
    """What changed at some extensions, waited for; from 0 on, how things stand. Source: 05.0 Subscribe (DOC W-SU)."""
    phones, after, seconds = (given.get(name) for name in ("exten", "lastSequenceNumber", "timeOut"))
    if not phones or not (after or "").isdigit() or not (seconds or "10").isdigit():
        raise Wrong("exten? lastSequenceNumber?")
    since, asked = int(after or 0), phones.split(",")
    seen: dict[str, list[dict[str, Any]]] = {}

    def news() -> bool:
        seen.clear()
        seen.update({phone: calls for phone in asked if (calls := lines.seen_at(phone, since))})
        return bool(seen)

    wait(news, min(float(seconds or 10), LONGEST_POLL_SECONDS))
    quiet: dict[str, list[dict[str, Any]]] = {phone: [] for phone in asked} if lines.habits.names_quiet_phones else {}
    return {"Data": quiet | seen, "seq": lines.sequence, "Code": 0}


ORDERS: dict[str, Callable[[CallRegistry, Given, Wait], dict[str, Any]]] = {
    each.__name__: each for each in (start, stop, dial, answer, hangup, subscribe)
}


def _call(lines: CallRegistry, given: Given) -> Call:
    name = given.get("extenOrUniqueId")
    if not name:
        raise Wrong("which call?")
    return lines.named(name)


def _done(lines: CallRegistry, text: str) -> dict[str, Any]:
    return {"Code": 0, "Message": "OK" if lines.sandbox.choices["recording_message"] == "ok" else text}
