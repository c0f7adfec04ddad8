"""The legs whose audio the clauses request, and what an answer with audio is."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import MOST_SOUNDS, Subject
from noojee_contract.model.audio import NoSound, Sound, read_sound
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite.support.answers import MOST_OF_A_MESSAGE, has_error_status
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.queries import has_audio, kind_without_refusal

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


def audio_answers(subject: Subject, most: int = MOST_SOUNDS) -> Iterator[tuple[Leg, Exchange]]:
    """Listed legs with the answers to their audio requests: a few of each call, without legs whose audio is deleted."""
    count = 0
    for unique_id in subject.unique_ids:
        legs = [listed for listed in subject.by_unique_id(unique_id).legs if _is_requested(subject, listed)]
        for listed in legs[:MOST_OF_A_CALL]:
            if count == most:
                return
            count += 1
            yield listed, subject.sound(listed.unique_id, listed.number)


def read_audio(exchange: Exchange) -> Sound | NoSound:
    """The audio in an answer, or why it has none: "cut off" for a file that is shorter than its own header says."""
    if exchange.response is None or exchange.transport_error is not None:
        return NoSound(exchange.transport_error or "no answer")
    if exchange.status != 200:
        return NoSound(f"HTTP {exchange.status}")
    try:
        return read_sound(exchange.body)
    except NoSound as reason:
        return reason


def is_refusal_of_audio(subject: Subject, exchange: Exchange) -> bool:
    """Whether an audio request is refused: the answer has no audio, and an HTTP error or an error body."""
    if has_audio(exchange) or exchange.status is None:
        return False
    return has_error_status(exchange) or subject.error_body(exchange) is not None


def kind_without_audio(subject: Subject, exchange: Exchange) -> FailureKind:
    """What is wrong with an answer that should be HTTP 200 with audio that can be read."""
    if is_refusal_of_audio(subject, exchange):
        return FailureKind.REFUSED
    if exchange.response is None or exchange.transport_error is not None:
        return FailureKind.NO_ANSWER
    if exchange.status != 200:
        return FailureKind.UNEXPECTED_STATUS
    return FailureKind.INVALID_AUDIO if has_audio(exchange) else FailureKind.INVALID_BODY


def check_audio_refused(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that an audio request is refused."""
    actual = describe_audio(subject, exchange)
    check(
        is_refusal_of_audio(subject, exchange),
        f"{what}: expected a refusal, got {actual}",
        exchange,
        kind=kind_without_refusal(exchange, shown=has_audio(exchange)),
        expected="a refusal",
        actual=actual,
    )


def describe_audio(subject: Subject, exchange: Exchange) -> str:
    """The answer to an audio request in a few words, for a message."""
    if has_audio(exchange):
        return f"{exchange.status} with a sound of {len(exchange.body)} bytes"
    if exchange.status is None:
        return str(exchange.transport_error)
    error_body = subject.error_body(exchange)
    if error_body is not None:
        return f"{exchange.status} with the error {beginning(error_body.message, MOST_OF_A_MESSAGE)!r}"
    return f"{exchange.status} with {len(exchange.body)} bytes that are not audio"


def describe_leg(leg: Leg) -> str:
    """A leg in words."""
    return f"leg {leg.number} of {leg.unique_id!r}"


def _is_requested(subject: Subject, leg: Leg) -> bool:
    if leg.duration_seconds > LONGEST_SECONDS or leg.number < 1:
        return False
    call = None if subject.archive is None else subject.archive.call(leg.unique_id)
    return call is None or not any(put.number == leg.number and put.sound_absent for put in call.legs)
