"""Requests for audio that does not exist, and requests without a valid leg: refused, never answered with a file."""

from __future__ import annotations

import re

from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.model.audio import NoSound, dominant_hertz
from noojee_contract.model.exchange import beginning
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import has_error_status
from noojee_contract.suite.support.audio import (
    TWO_CALLS,
    audio_answers,
    check_audio_refused,
    describe_audio,
    is_refusal_of_audio,
    read_audio,
)
from noojee_contract.suite.support.listing import describe_leg
from noojee_contract.suite.support.queries import allowed_values, has_audio

INVALID_NUMBERS = ("0", "-1", "x", "1.5", "", "../1", "1;2", "99999999999999999999")
CLOSE_HERTZ = 20
MOST_UNKNOWN_CALLS = 12
_LEG_PARAMETER = re.compile(r"[?&]leg=\{leg\}")


def _last_leg(subject: Subject) -> Leg | None:
    """The highest leg of a call whose audio can be requested."""
    for listed, _ in audio_answers(subject, most=1):
        return max(subject.by_unique_id(listed.unique_id).legs, key=lambda leg: leg.number, default=None)
    return None


@clause("audio.unknown-leg")
def test_an_unknown_leg_is_an_error(subject: Subject, check: Check) -> None:
    """DOC: a negative Code, or an appropriate HTTP error code."""
    last = _last_leg(subject)
    if last is not None:
        for number in (last.number + 1, last.number + 40):
            exchange = subject.client.sound(last.unique_id, number)
            what = f"leg {number} of {last.unique_id!r}, which has {last.number}"
            check_audio_refused(subject, check, exchange, what)


@clause("audio.unknown-leg-status")
def test_an_unknown_leg_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option audio_unknown_leg."""
    last = _last_leg(subject)
    if last is not None:
        exchange = subject.client.sound(last.unique_id, last.number + 1)
        seen = f"other: {describe_audio(subject, exchange)}"
        if is_refusal_of_audio(subject, exchange):
            rule = subject.target.api.error_rule("no_sound", "audio")
            described = rule is not None and exchange.status in rule.statuses
            seen = str(rule.statuses[0] if rule is not None and described else exchange.status)
        check.option(subject, "audio_unknown_leg", seen, exchange)


@clause("audio.unknown-call")
def test_an_unknown_call_is_an_error(subject: Subject, check: Check) -> None:
    """DOC: a negative Code, or an appropriate HTTP error code."""
    known = set(subject.unique_ids)
    for unknown_id in allowed_values(subject)[:MOST_UNKNOWN_CALLS]:
        if unknown_id not in known:
            exchange = subject.client.sound(unknown_id, 1)
            check_audio_refused(subject, check, exchange, f"unique id {beginning(unknown_id, 60)!r}")


@clause("audio.no-leg-number")
def test_an_invalid_leg_number_gives_no_audio(subject: Subject, check: Check) -> None:
    """SPEC: the first leg is leg 1."""
    last = _last_leg(subject)
    if last is not None:
        for number in INVALID_NUMBERS:
            if number == "" and subject.profile.get("audio_without_leg", "first-leg") == "first-leg":
                continue  # a server may read an empty parameter as an absent parameter
            exchange = subject.client.sound(last.unique_id, number)
            check(
                not has_audio(exchange),
                f"leg {number!r} of {last.unique_id!r}: {describe_audio(subject, exchange)}",
                exchange,
                kind=FailureKind.NOT_REFUSED,
            )


@clause("audio.failure-is-no-file")
def test_a_refusal_is_not_labelled_as_audio(subject: Subject, check: Check) -> None:
    """DERIVED: a client that stores every answer with an audio label would archive the error."""
    last = _last_leg(subject)
    if last is not None:
        exchange = subject.client.sound(last.unique_id, last.number + 1)
        if is_refusal_of_audio(subject, exchange):
            label = (exchange.header("content-type") or "").lower()
            check(
                not label.startswith("audio/"),
                f"a refusal is labelled {label!r}",
                exchange,
                kind=FailureKind.WRONG_HEADER,
                header="Content-Type",
                actual=label,
            )
            disposition = (exchange.header("content-disposition") or "").lower()
            check(
                "attachment" not in disposition,
                f"a refusal is sent as a file: {disposition!r}",
                exchange,
                kind=FailureKind.WRONG_HEADER,
                header="Content-Disposition",
                actual=disposition,
            )


@clause("audio.labelled")
def test_audio_is_labelled_as_audio(subject: Subject, check: Check) -> None:
    """UNKNOWN: the Content-Type of audio is not published."""
    for listed, exchange in audio_answers(subject, most=2):
        if has_audio(exchange):
            label = (exchange.header("content-type") or "none").lower()
            check(
                label.startswith(("audio/", "application/octet-stream")),
                f"{describe_leg(listed)}: a sound is labelled {label!r}",
                exchange,
                kind=FailureKind.WRONG_HEADER,
                header="Content-Type",
                expected="audio/* or application/octet-stream",
                actual=label,
            )


@clause("audio.retention")
def test_a_leg_past_its_retention_stays_listed_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option expired_leg. DOC W-SL: each location deletes recordings past their retention."""
    own = subject.fresh(document=TWO_CALLS)
    own.set("retention", mid_term_days=7, long_term_days=0)
    unique_id = "1791000000.2"
    answer = own.by_unique_id(unique_id)
    seen = {3: "metadata-stays", 0: "record-removed"}.get(len(answer.legs), f"other: {len(answer.legs)} legs of 3")
    check.option(own, "expired_leg", seen, answer.exchange)


@clause("audio.without-leg")
def test_a_request_without_leg_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option audio_without_leg. Clients fetch the legs separately."""
    template = subject.client.audio_template or ""
    without_leg = _LEG_PARAMETER.sub("", template)
    if without_leg == template or "?" not in without_leg:
        raise Inconclusive("the audio template has no leg parameter after another parameter")
    own = subject.fresh(document=TWO_CALLS)
    tones = {1: 500, 2: 800, 3: 1100}
    for number, hertz in tones.items():
        own.put_tone("1791000000.2", number, hertz)
    exchange = own.client.sound("1791000000.2", 1, template=without_leg)
    sound = read_audio(exchange)
    if isinstance(sound, NoSound):
        seen = "refused" if is_refusal_of_audio(subject, exchange) else f"other: {describe_audio(subject, exchange)}"
    else:
        close = [number for number, hertz in tones.items() if abs(dominant_hertz(sound) - hertz) < CLOSE_HERTZ]
        seen = "first-leg" if close == [1] else f"other: leg {', '.join(map(str, close)) or 'unknown'}"
    check.option(own, "audio_without_leg", seen, exchange)


@clause("audio.methods")
def test_get_returns_audio_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option audio_methods. SPEC: the API will only accept POST requests."""
    template = subject.client.audio_template or ""
    if not template.startswith("POST "):
        raise Inconclusive("the audio template is not POST")
    for listed, _ in audio_answers(subject, most=1):
        exchange = subject.client.sound(
            listed.unique_id, listed.number, template="GET " + template.removeprefix("POST ")
        )
        if has_audio(exchange) and exchange.status == 200:
            seen = "post-and-get"
        elif has_error_status(exchange):
            seen = "post"
        else:
            seen = f"other: {describe_audio(subject, exchange)}"
        check.option(subject, "audio_methods", seen, exchange)
