"""Which legs the clauses about sound ask for, and how an answer to such a question is told."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.dialects.vendor import Leg
from noojee_contract.engine.subject import MOST_SOUNDS, Subject
from noojee_contract.model.audio import NoSound, Sound, kind_of, read_sound
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.suite.support.archives import archive, call, leg

LONGEST_SECONDS = 70  # longer legs cost time and show nothing more
MOST_OF_A_CALL = 3

TWO_CALLS = archive(
    call(
        "1791000000.2",
        leg("2026-10-05T09:00:00+11:00", "2026-10-05T09:00:03+11:00"),
        leg("2026-10-05T09:00:03+11:00", "2026-10-05T09:00:06+11:00"),
        leg("2026-10-05T09:00:06+11:00", "2026-10-05T09:00:09+11:00"),
    ),
    call(
        "1791000060.5",
        leg("2026-10-05T09:01:00+11:00", "2026-10-05T09:01:03+11:00"),
        leg("2026-10-05T09:01:03+11:00", "2026-10-05T09:01:06+11:00"),
    ),
    call("pbx1-1791000000.2", leg("2026-10-05T09:02:00+11:00", "2026-10-05T09:02:03+11:00")),
)


def sounded(subject: Subject, most: int = MOST_SOUNDS) -> Iterator[tuple[Leg, Exchange]]:
    """Listed legs with the answers to their sounds: a few of each call; what is known to be gone is left out."""
    count = 0
    for unique_id in subject.unique_ids:
        asked = [listed for listed in subject.by_unique_id(unique_id).legs if _is_asked(subject, listed)]
        for listed in asked[:MOST_OF_A_CALL]:
            if count == most:
                return
            count += 1
            yield listed, subject.sound(listed.unique_id, listed.number)


def heard(exchange: Exchange) -> Sound | NoSound:
    """The sound in an answer, or why there is none; "cut off" is said of a file that its own header calls longer."""
    if exchange.response is None or exchange.transport_error is not None:
        return NoSound(exchange.transport_error or "no answer")
    if exchange.status != 200:
        return NoSound(f"HTTP {exchange.status}")
    try:
        return read_sound(exchange.body)
    except NoSound as reason:
        return reason


def is_sound(exchange: Exchange) -> bool:
    """Whether the body of an answer begins as a sound file, whatever its status."""
    return kind_of(exchange.body) is not None


def is_refused(subject: Subject, exchange: Exchange) -> bool:
    """Whether a sound is refused: none came, and the answer is an HTTP error or a failure object."""
    if is_sound(exchange) or exchange.status is None:
        return False
    return exchange.status >= 400 or subject.failure(exchange) is not None


def told(subject: Subject, exchange: Exchange) -> str:
    """What an answer was, in a few words."""
    if is_sound(exchange):
        return f"{exchange.status} with a sound of {len(exchange.body)} bytes"
    if exchange.status is None:
        return str(exchange.transport_error)
    failure = subject.failure(exchange)
    if failure is not None:
        return f"{exchange.status} with the failure {beginning(failure.message, 80)!r}"
    return f"{exchange.status} with {len(exchange.body)} bytes that are no sound"


def named(leg: Leg) -> str:
    """A leg in words."""
    return f"leg {leg.number} of {leg.unique_id!r}"


def _is_asked(subject: Subject, leg: Leg) -> bool:
    if leg.duration_seconds > LONGEST_SECONDS or leg.number < 1:
        return False
    call = None if subject.archive is None else subject.archive.call(leg.unique_id)
    return call is None or not any(put.number == leg.number and put.sound_absent for put in call.legs)
