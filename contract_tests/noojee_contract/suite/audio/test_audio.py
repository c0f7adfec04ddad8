"""The audio of a leg: it can be fetched and decoded, has the length of the leg, and belongs to the leg."""

from __future__ import annotations

from noojee_contract.comparison.audio import Likeness, compare_sounds, differs_when_encoded_again
from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.model.audio import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    NoSound,
    UnknownCoding,
    dominant_hertz,
    read_sound,
)
from noojee_contract.model.coverage import Covered
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import first_difference, is_list, kind_without_legs
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.audio import (
    TWO_CALLS,
    audio_answers,
    check_audio_refused,
    cover_audio,
    describe_audio,
    is_without_audio,
    kind_without_audio,
    read_audio,
)
from noojee_contract.suite.support.listing import describe_leg
from noojee_contract.suite.support.queries import has_audio

CODINGS = {"PCM_16": "wav-pcm", "PCM_U8": "wav-pcm", "ALAW": "wav-alaw", "ULAW": "wav-ulaw", "MPEG_LAYER_III": "mpeg"}
HERTZ = (500, 800, 1100, 1400, 1700)
CLOSE_HERTZ = 20
JUST_ENDED = "1791174590.2"
FRESH_LEG = archive(
    call(JUST_ENDED, leg("2026-10-05T15:29:51+11:00", "2026-10-05T15:29:55+11:00")), now="2026-10-05T15:30:00+11:00"
)
A_NIGHT_SECONDS = 26 * 3600  # includes the nightly compression at any time of the day, also on a day of 25 hours
SHORT_LEG = archive(
    call(
        "1791000000.2",
        leg("2026-10-05T09:00:00+11:00", "2026-10-05T09:00:00.4+11:00"),
        leg("2026-10-05T09:00:01+11:00", "2026-10-05T09:00:03+11:00"),
    )
)


@clause("audio.fetched")
def test_each_listed_leg_can_be_fetched(subject: Subject, check: Check) -> None:
    """SPEC: in order to access all of the call recording you need to retrieve each individual leg."""
    cover_audio(subject, check)
    if subject.sampling is None:
        for listed, exchange in audio_answers(subject):
            _check_audio(subject, check, exchange, describe_leg(listed))
    else:
        _check_kept_audio(subject, check)


def _check_kept_audio(subject: Subject, check: Check) -> None:
    """Check the audio that a read-only PBX keeps: metadata outlive audio (DOC W-SL), but not that of every leg."""
    deleted: list[tuple[Leg, Exchange]] = []
    fetched = 0
    for listed, exchange in audio_answers(subject):
        if is_without_audio(subject, exchange):
            deleted.append((listed, exchange))
            check.cover(Covered.SOUNDS, not_compared={"whose audio is not kept": 1})
        else:
            fetched += 1
            check.cover(Covered.SOUNDS, compared=1)
            _check_audio(subject, check, exchange, describe_leg(listed))
    if deleted and not fetched:
        listed, exchange = deleted[0]
        _check_audio(subject, check, exchange, describe_leg(listed))


def _check_audio(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that an answer is HTTP 200 with audio."""
    actual = describe_audio(subject, exchange)
    check(
        exchange.status == 200 and has_audio(exchange),
        f"{what}: expected 200 and a sound, got {actual}",
        exchange,
        kind=kind_without_audio(subject, exchange),
        expected="200 and a sound",
        actual=actual,
    )


@clause("audio.decoded")
def test_audio_can_be_decoded(subject: Subject, check: Check) -> None:
    """SPEC: access to the call's audio data."""
    for listed, exchange in audio_answers(subject):
        if has_audio(exchange):
            sound = read_audio(exchange)
            if isinstance(sound, UnknownCoding):
                continue
            decoded = not isinstance(sound, NoSound) or "cut off" in str(sound)
            check(decoded, f"{describe_leg(listed)}: {sound}", exchange, kind=kind_without_audio(subject, exchange))


@clause("audio.whole")
def test_audio_is_complete(subject: Subject, check: Check) -> None:
    """SPEC: access to all of the call recording."""
    for listed, exchange in audio_answers(subject):
        if has_audio(exchange):
            sound = read_audio(exchange)
            check(
                not isinstance(sound, NoSound) or "cut off" not in str(sound),
                f"{describe_leg(listed)}: {sound}",
                exchange,
                kind=kind_without_audio(subject, exchange),
            )


@clause("audio.lasts")
def test_audio_is_as_long_as_its_leg(subject: Subject, check: Check) -> None:
    """DERIVED from the recorded calls: from Duration - 0.5 s to under Duration + 1.5 s."""
    for listed, exchange in audio_answers(subject):
        sound = read_audio(exchange)
        if not isinstance(sound, NoSound) and listed.duration_seconds is not None:
            more = sound.seconds - listed.duration_seconds
            actual, expected = f"{sound.seconds:.2f} s", f"{listed.duration_seconds} s"
            check(
                SHORTEST_SECONDS <= more < LONGEST_SECONDS,
                f"{describe_leg(listed)}: the sound lasts {actual}, its Duration is {expected}",
                exchange,
                kind=FailureKind.WRONG_AUDIO,
                field="Duration",
                expected=expected,
                actual=actual,
            )


def _check_tones(subject: Subject, check: Check, names: list[tuple[str, int]]) -> None:
    """Check that each of these legs, by unique id and number, has the tone that it was given."""
    tones = dict(zip(names, HERTZ, strict=False))
    for (unique_id, number), hertz in tones.items():
        subject.put_tone(unique_id, number, hertz)
    for unique_id, number in (*names, *reversed(names)):
        exchange = subject.client.sound(unique_id, number)
        sound = read_audio(exchange)
        if isinstance(sound, NoSound):
            continue  # another clause checks that there is audio
        actual, expected = dominant_hertz(sound), tones[unique_id, number]
        check(
            abs(actual - expected) < CLOSE_HERTZ,
            f"leg {number} of {unique_id!r}: its tone has {expected} Hz, the sound in the answer {actual:.0f} Hz",
            exchange,
            kind=FailureKind.WRONG_AUDIO,
            expected=f"{expected} Hz",
            actual=f"{actual:.0f} Hz",
        )


@clause("audio.own-leg")
def test_audio_belongs_to_its_leg(subject: Subject, check: Check) -> None:
    """SPEC: uniquely identify and retrieve each leg of the call in turn."""
    own = subject.fresh(document=TWO_CALLS)
    _check_tones(own, check, [("1791000000.2", 1), ("1791000000.2", 2), ("1791000000.2", 3)])


@clause("audio.own-call")
def test_audio_belongs_to_its_call(subject: Subject, check: Check) -> None:
    """SPEC: uniquely identify and retrieve each leg of the call in turn."""
    own = subject.fresh(document=TWO_CALLS)
    _check_tones(own, check, [("1791000000.2", 1), ("1791000060.5", 1), ("1791000060.5", 2), ("pbx1-1791000000.2", 1)])


@clause("audio.same-recording")
def test_audio_is_the_recorded_audio(subject: Subject, check: Check) -> None:
    """SPEC: access to the call's audio data. Its coding is an option."""
    for listed, exchange in audio_answers(subject):
        put = subject.put_sound(listed.unique_id, listed.number)
        sound = read_audio(exchange)
        if put is None or isinstance(sound, NoSound):
            continue
        found = compare_sounds(read_sound(put), sound)
        if found.likeness is not Likeness.UNDECIDED:
            check(
                found.likeness is Likeness.EQUAL,
                f"{describe_leg(listed)}: the sound is not the recorded sound: {found.reason}",
                exchange,
                kind=FailureKind.WRONG_AUDIO,
            )


@clause("audio.header")
def test_the_header_of_a_wav_file_gives_the_size_of_its_sound(subject: Subject, check: Check) -> None:
    """UNKNOWN: the format of audio is not published. Streamed files have a size that stands for an unknown one."""
    for listed, exchange in audio_answers(subject):
        sound = read_audio(exchange)
        if not isinstance(sound, NoSound):
            check(
                sound.header_fault is None,
                f"{describe_leg(listed)}: {sound.header_fault}",
                exchange,
                kind=FailureKind.INVALID_AUDIO,
            )


@clause("audio.format")
def test_audio_has_the_declared_coding(subject: Subject, check: Check) -> None:
    """UNKNOWN: option audio_format."""
    own = _just_recorded(subject)
    exchange = own.client.sound(JUST_ENDED, 1)
    check.option(own, "audio_format", _coding(exchange), exchange)


@clause("audio.aged-format")
def test_old_audio_has_the_declared_coding(subject: Subject, check: Check) -> None:
    """DOC: recordings are compressed and migrated each night; UNKNOWN: option audio_aged_form."""
    own = _just_recorded(subject)
    fresh = _coding(own.client.sound(JUST_ENDED, 1))
    if fresh == "mpeg":
        raise Inconclusive("new audio is MPEG already, and is not compressed again")
    own.step(A_NIGHT_SECONDS)
    exchange = own.client.sound(JUST_ENDED, 1)
    aged = _coding(exchange)
    check.option(own, "audio_aged_form", "as-recorded" if aged == fresh else aged, exchange)


def _just_recorded(subject: Subject) -> Subject:
    own = subject.fresh(document=FRESH_LEG)
    own.put_tone(JUST_ENDED, 1, HERTZ[0])
    return own


def _coding(exchange: Exchange) -> str:
    """The coding of audio as a value of the option; "no sound" or "other" with the reason."""
    sound = read_audio(exchange)
    return f"no sound: {sound}" if isinstance(sound, NoSound) else CODINGS.get(sound.coding, f"other: {sound.coding}")


def _difference(before: Exchange, after: Exchange) -> str | None:
    """Why two answers have different audio; None for the same bytes, or the same sound encoded for each request (W-SL).

    Raises Inconclusive if both have a coding that cannot be decoded here.
    """
    if before.body == after.body:
        return None
    first, second = read_audio(before), read_audio(after)
    if isinstance(first, UnknownCoding) and isinstance(second, UnknownCoding) and after.status == before.status:
        raise Inconclusive(f"the two files differ, and their sound cannot be compared: {second}")
    if isinstance(first, NoSound) or isinstance(second, NoSound):
        return "other bytes, of which one cannot be read as sound"
    return differs_when_encoded_again(first, second)


@clause("audio.asked-again")
def test_audio_is_the_same_when_fetched_again(subject: Subject, check: Check) -> None:
    """DERIVED: a retrieval changes nothing. A server may convert a recording at each request."""
    for listed, exchange in audio_answers(subject, most=2):
        if has_audio(exchange):
            again = subject.client.sound(listed.unique_id, listed.number)
            difference = _difference(exchange, again)
            expected, actual = describe_audio(subject, exchange), describe_audio(subject, again)
            check(
                difference is None,
                f"{describe_leg(listed)}: fetched again, {actual}: {difference}",
                again,
                kind=FailureKind.ANSWERS_DIFFER,
                expected=expected,
                actual=actual,
            )


@clause("audio.leaves-metadata")
def test_fetching_audio_does_not_change_the_metadata(subject: Subject, check: Check) -> None:
    """DERIVED: a retrieval changes nothing."""
    for listed, exchange in audio_answers(subject, most=2):
        if has_audio(exchange):
            before = subject.by_unique_id(listed.unique_id)
            after = subject.reread(before.asked, subject.client.by_unique_id(listed.unique_id))
            rows = [sorted(map(str, (leg.raw for leg in answer.legs))) for answer in (before, after)]
            check(
                rows[0] == rows[1],
                f"after {describe_leg(listed)} was fetched, its call is listed differently",
                after.exchange,
                kind=FailureKind.ANSWERS_DIFFER,
                field=first_difference(before.legs, after.legs),
            )


@clause("audio.short-leg")
def test_a_leg_shorter_than_a_second_has_audio(subject: Subject, check: Check) -> None:
    """DERIVED from a recorded call: a leg of 0.4 s has a file."""
    own = subject.fresh(document=SHORT_LEG)
    for put in own.archive.legs if own.archive is not None else ():
        if not put.duration_seconds:
            exchange = own.sound(put.unique_id, put.number)
            sound = read_audio(exchange)
            actual = describe_audio(subject, exchange)
            read = not isinstance(sound, NoSound)
            check(
                not isinstance(sound, NoSound) and sound.seconds < LONGEST_SECONDS,
                f"a leg of 0.4 s: expected a sound of less than {LONGEST_SECONDS} s, got {actual}",
                exchange,
                kind=FailureKind.WRONG_AUDIO if read else kind_without_audio(subject, exchange),
                expected=f"a sound of less than {LONGEST_SECONDS} s",
                actual=actual,
            )


@clause("audio.gone")
def test_deleted_audio_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-SL: each location deletes files past their retention. The metadata stay longer than the audio."""
    for put in subject.archive.legs if subject.archive is not None else ():
        if put.sound_absent:
            answer = subject.by_unique_id(put.unique_id)
            listed = [leg for leg in answer.legs if leg.number == put.number]
            exchange = subject.client.sound(put.unique_id, put.number)
            name = f"leg {put.number} of {put.unique_id!r}, whose sound is deleted"
            kind = FailureKind.MISSING_LEG if is_list(answer) else kind_without_legs(answer)
            check(bool(listed), f"{name}, is not listed", answer.exchange, kind=kind)
            check_audio_refused(subject, check, exchange, name)
