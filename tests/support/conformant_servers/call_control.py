"""Call control of the second PBX: what the API does to live calls, and what it reports about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.conformant_servers.live_calls import Call, CallRegistry, CallStateError, extension
from support.conformant_servers.wire import Given

Wait = Callable[[Callable[[], bool], float], object]
LONGEST_POLL_SECONDS = 60.0


def start(registry: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: 07.0 Start Recording (DOC W-ST)."""
    registry.start(_call(registry, given), tag=given.get("tag") or None, agent=given.get("agentLoginName"))
    return _done(registry, "Recording Started")


def stop(registry: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: Stop Recording (DOC W-SPk)."""
    if registry.stop(_call(registry, given), agent=given.get("agentLoginName")):
        return _done(registry, "Recording Stopped")
    return {"Code": 1, "Message": "Nothing was recorded"}


def dial(registry: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: 02.0 Dial (DOC W-DI). SessionID as a text, as the vendor's client reads it (CLIENT C-J)."""
    phone, number = given.get("extenOrUniqueId"), given.get("number")
    if not phone or not number:
        raise CallStateError("from where? to whom?")
    call = registry.dial(
        extension(phone),
        number,
        record=given.get("record") == "true",
        tag=given.get("tag") or "",
        at_once=given.get("autoAnswer") in ("true", "yes"),
    )
    return {"Code": 0, "Message": "Dialing", "SessionID": str(call.number)}


def answer(registry: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: the vendor's Java client (CLIENT C-J)."""
    registry.answer(registry.named(given.get("uniqueId") or ""), extension(given.get("exten") or ""))
    return {"Code": 0, "Message": "Answered"}


def hangup(registry: CallRegistry, given: Given, _: Wait) -> dict[str, Any]:
    """Source: 04.0 Hangup (DOC W-HU)."""
    registry.hang_up(_call(registry, given))
    return {"Code": 0, "Message": "Channel Hungup"}


def subscribe(registry: CallRegistry, given: Given, wait: Wait) -> dict[str, Any]:
    """Waits for changes at extensions; from 0, the current state. Source: 05.0 Subscribe (DOC W-SU)."""
    phones, after, seconds = (given.get(name) for name in ("exten", "lastSequenceNumber", "timeOut"))
    if not phones or not (after or "").isdigit() or not (seconds or "10").isdigit():
        raise CallStateError("exten? lastSequenceNumber?")
    since, extensions = int(after or 0), phones.split(",")
    seen: dict[str, list[dict[str, Any]]] = {}

    def news() -> bool:
        seen.clear()
        seen.update({phone: calls for phone in extensions if (calls := registry.seen_at(phone, since))})
        return bool(seen)

    wait(news, min(float(seconds or 10), LONGEST_POLL_SECONDS))
    quiet: dict[str, list[dict[str, Any]]] = (
        {phone: [] for phone in extensions} if registry.variations.lists_quiet_phones else {}
    )
    return {"Data": quiet | seen, "seq": registry.sequence, "Code": 0}


CALL_CONTROL: dict[str, Callable[[CallRegistry, Given, Wait], dict[str, Any]]] = {
    each.__name__: each for each in (start, stop, dial, answer, hangup, subscribe)
}


def _call(registry: CallRegistry, given: Given) -> Call:
    name = given.get("extenOrUniqueId")
    if not name:
        raise CallStateError("which call?")
    return registry.named(name)


def _done(registry: CallRegistry, text: str) -> dict[str, Any]:
    return {"Code": 0, "Message": "OK" if registry.sandbox.profile["recording_message"] == "ok" else text}
