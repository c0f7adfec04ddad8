"""Sounds that are not there, and requests that name none: errors, and never a file."""

from __future__ import annotations

import re

from noojee_contract.dialects.vendor import Leg
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import UNKNOWN_VALUES, Subject
from noojee_contract.model.audio import NoSound, dominant_hertz
from noojee_contract.suite import clause
from noojee_contract.suite.support.audio import TWO_CALLS, heard, is_refused, is_sound, named, sounded, told

NO_NUMBERS = ("0", "-1", "x", "1.5", "", "../1", "1;2", "99999999999999999999")
_LEG_PARAMETER = re.compile(r"[?&]leg=\{leg\}")


def _last_leg(subject: Subject) -> Leg | None:
    """The highest leg of some call whose sound can be asked for."""
    for listed, _ in sounded(subject, most=1):
        return max(subject.by_unique_id(listed.unique_id).legs, key=lambda leg: leg.number, default=None)
    return None


@clause("audio.unknown-leg")
def test_an_unknown_leg_is_an_error(subject: Subject, check: Check) -> None:
    """DOC: a negative Code, or an appropriate HTTP error code."""
    last = _last_leg(subject)
    if last is not None:
        for number in (last.number + 1, last.number + 40):
            exchange = subject.client.sound(last.unique_id, number)
            said = f"leg {number} of {last.unique_id!r}, which has {last.number}: expected a refusal, got {told(subject, exchange)}"
            check(is_refused(subject, exchange), said, exchange)


@clause("audio.unknown-leg-status")
def test_an_unknown_leg_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 4."""
    last = _last_leg(subject)
    if last is not None:
        exchange = subject.client.sound(last.unique_id, last.number + 1)
        seen = str(exchange.status) if is_refused(subject, exchange) else f"other: {told(subject, exchange)}"
        check.option(subject, "audio_unknown_leg", seen, exchange)


@clause("audio.unknown-call")
def test_an_unknown_call_is_an_error(subject: Subject, check: Check) -> None:
    """DOC: a negative Code, or an appropriate HTTP error code."""
    known = set(subject.unique_ids)
    for stranger in UNKNOWN_VALUES[:12]:
        if stranger not in known:
            exchange = subject.client.sound(stranger, 1)
            shown = stranger if len(stranger) < 60 else stranger[:60] + "..."
            check(
                is_refused(subject, exchange),
                f"unique id {shown!r}: expected a refusal, got {told(subject, exchange)}",
                exchange,
            )


@clause("audio.no-leg-number")
def test_what_is_no_leg_number_brings_no_sound(subject: Subject, check: Check) -> None:
    """SPEC: the first leg is leg 1."""
    last = _last_leg(subject)
    if last is not None:
        for number in NO_NUMBERS:
            if number == "" and subject.profile.get("audio_without_leg", "first-leg") == "first-leg":
                continue  # an empty leg may be read as none
            exchange = subject.client.sound(last.unique_id, number)
            check(not is_sound(exchange), f"leg {number!r} of {last.unique_id!r}: {told(subject, exchange)}", exchange)


@clause("audio.failure-is-no-file")
def test_a_refusal_is_not_labelled_as_a_sound(subject: Subject, check: Check) -> None:
    """DERIVED: a client that stores what is labelled as audio would archive a failure."""
    last = _last_leg(subject)
    if last is not None:
        exchange = subject.client.sound(last.unique_id, last.number + 1)
        if is_refused(subject, exchange):
            label = (exchange.header("content-type") or "").lower()
            check(not label.startswith("audio/"), f"a refusal is labelled {label!r}", exchange)
            kept = (exchange.header("content-disposition") or "").lower()
            check("attachment" not in kept, f"a refusal is to be kept as a file: {kept!r}", exchange)


@clause("audio.labelled")
def test_a_sound_is_labelled_as_one(subject: Subject, check: Check) -> None:
    """UNKNOWN row 3."""
    for listed, exchange in sounded(subject, most=2):
        if is_sound(exchange):
            label = (exchange.header("content-type") or "none").lower()
            fine = label.startswith(("audio/", "application/octet-stream"))
            check(fine, f"{named(listed)}: a sound is labelled {label!r}", exchange)


@clause("audio.retention")
def test_a_leg_past_its_retention_stays_listed_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 31; DOC W-SL: each location deletes recordings past their retention."""
    own = subject.fresh(document=TWO_CALLS)
    own.set("storage", mid_term_days=7, long_term_days=0)
    unique_id = "1791000000.2"
    answer = own.by_unique_id(unique_id)
    seen = {3: "metadata-stays", 0: "record-removed"}.get(len(answer.legs), f"other: {len(answer.legs)} legs of 3")
    check.option(own, "expired_leg", seen, answer.exchange)


@clause("audio.without-leg")
def test_a_request_without_leg_is_served_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 2: legs are to be fetched one by one."""
    template = subject.client.audio_template or ""
    bare = _LEG_PARAMETER.sub("", template)
    if bare == template or "?" not in bare:
        raise Inconclusive("the audio template does not name the leg by a parameter behind another")
    own = subject.fresh(document=TWO_CALLS)
    tones = {1: 500, 2: 800, 3: 1100}
    for number, hertz in tones.items():
        own.put_tone("1791000000.2", number, hertz)
    exchange = own.client.sound("1791000000.2", 1, template=bare)
    sound = heard(exchange)
    if isinstance(sound, NoSound):
        seen = "refused" if is_refused(subject, exchange) else f"other: {told(subject, exchange)}"
    else:
        near = [number for number, hertz in tones.items() if abs(dominant_hertz(sound) - hertz) < 20]
        seen = "first-leg" if near == [1] else f"other: leg {near}"
    check.option(own, "audio_without_leg", seen, exchange)


@clause("audio.methods")
def test_get_brings_a_sound_or_not_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 1; SPEC: the API will only accept POST requests."""
    template = subject.client.audio_template or ""
    if not template.startswith("POST "):
        raise Inconclusive("the audio template is no POST")
    for listed, _ in sounded(subject, most=1):
        got = subject.client.sound(listed.unique_id, listed.number, template="GET " + template.removeprefix("POST "))
        if is_sound(got) and got.status == 200:
            seen = "post-and-get"
        else:
            seen = "post" if got.status is not None and got.status >= 400 else f"other: {told(subject, got)}"
        check.option(subject, "audio_methods", seen, got)
