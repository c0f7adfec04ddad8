"""The legs whose audio the clauses request, and what an answer with audio is."""

from __future__ import annotations

from collections.abc import Iterator

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.sampling import DEFAULT_LONGEST_SOUND
from noojee_contract.engine.subject import Subject
from noojee_contract.model.audio import NoSound, Sound, read_sound
from noojee_contract.model.coverage import OUTSIDE_SAMPLE, Covered
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite.support.answers import (
    MOST_OF_A_MESSAGE,
    described_without_body,
    has_error_status,
    is_busy,
    require_a_decision,
)
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import is_longer, name_of
from noojee_contract.suite.support.queries import has_audio, kind_without_refusal

NO_AUDIO_STATUSES = (200, 404, 410)
MOST_OF_A_SANDBOX = 10
MOST_OF_A_CALL = 3  # of a sandbox; on a read-only PBX, the sample is drawn from all legs

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


def audio_answers(subject: Subject, most: int | None = None) -> Iterator[tuple[Leg, Exchange]]:
    """Listed legs with the answers to their audio requests; `most` of the legs that clauses about audio share.

    In a sandbox, a few legs of each call, without legs whose audio is deleted. On a read-only PBX, a random sample.
    """
    for listed in legs_with_audio(subject)[:most]:
        if subject.keeps_most_sound:
            return
        yield listed, subject.sound(listed.unique_id, listed.number)


def legs_with_audio(subject: Subject) -> list[Leg]:
    """The legs whose audio the clauses request."""
    if subject.sampling is not None:
        legs = {
            name_of(leg): leg for leg in _listed_legs(subject) if not is_longer(leg, subject.sampling.longest_sound)
        }
        return [legs[name] for name in subject.sampling.in_random_order(legs)[: subject.sampling.sounds]]
    legs_of_calls = [
        [listed for listed in subject.by_unique_id(unique_id).legs if _is_put(subject, listed)]
        for unique_id in subject.unique_ids
    ]
    return [leg for legs in legs_of_calls for leg in legs[:MOST_OF_A_CALL]][:MOST_OF_A_SANDBOX]


def cover_audio(subject: Subject, check: Check) -> None:
    """State how many of the listed legs of a read-only PBX the clauses about audio fetch."""
    if subject.sampling is None:
        return
    legs = {name_of(leg): leg for leg in _listed_legs(subject)}
    longest = subject.sampling.longest_sound
    long = sum(is_longer(leg, longest) for leg in legs.values())
    outside = max(0, len(legs) - long - subject.sampling.sounds)
    reasons = {f"longer than {longest:g} s": long, OUTSIDE_SAMPLE: outside}
    left_out = {reason: count for reason, count in reasons.items() if count}
    check.cover(Covered.SOUNDS, known=len(legs), not_compared=left_out)


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
    """Whether an audio request is refused: the answer has no audio, and an HTTP error or an error body.

    429 and server errors are no refusal.
    An answer without a body, such as 204, is a refusal if the dialect file says so.
    """
    if has_audio(exchange) or exchange.status is None or is_busy(exchange):
        return False
    if has_error_status(exchange) or subject.error_body(exchange) is not None:
        return True
    return described_without_body(subject, exchange, "no_sound", "audio")


def is_without_audio(subject: Subject, exchange: Exchange) -> bool:
    """Whether an answer says that a leg has no kept audio: by the dialect file, else 404, 410, or 200 with an error."""
    rule = subject.target.api.error_rule("no_sound", "audio")
    statuses = NO_AUDIO_STATUSES if rule is None else rule.statuses
    return is_refusal_of_audio(subject, exchange) and exchange.status in statuses


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
    """Check that an audio request is refused. Raises Inconclusive for 429."""
    require_a_decision(exchange)
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


def _listed_legs(subject: Subject) -> Iterator[Leg]:
    for unique_id in subject.unique_ids:
        yield from (leg for leg in subject.by_unique_id(unique_id).legs if leg.number >= 1 and leg.unique_id)


def _is_put(subject: Subject, leg: Leg) -> bool:
    """Whether a leg of a sandbox has audio, and is short enough."""
    if leg.number < 1 or is_longer(leg, DEFAULT_LONGEST_SOUND):
        return False
    call = None if subject.archive is None else subject.archive.call(leg.unique_id)
    return call is None or not any(put.number == leg.number and put.sound_absent for put in call.legs)
