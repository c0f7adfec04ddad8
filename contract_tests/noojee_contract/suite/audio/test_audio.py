"""The sound of a leg: it comes, it is a sound, it lasts, and it is its own."""

from __future__ import annotations

from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.model.audio import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    NoSound,
    dominant_hertz,
    read_sound,
    same_sound,
)
from noojee_contract.model.exchange import Exchange
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.audio import TWO_CALLS, heard, is_refused, is_sound, named, sounded, told

CODINGS = {"PCM_16": "wav-pcm", "PCM_U8": "wav-pcm", "ALAW": "wav-alaw", "ULAW": "wav-ulaw", "MPEG_LAYER_III": "mpeg"}
HERTZ = (500, 800, 1100, 1400, 1700)
JUST_ENDED = "1791174590.2"
FRESH_LEG = archive(
    call(JUST_ENDED, leg("2026-10-05T15:29:51+11:00", "2026-10-05T15:29:55+11:00")), now="2026-10-05T15:30:00+11:00"
)
A_NIGHT_SECONDS = 26 * 3600  # a nightly run is in it whenever it is, and however long the day
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
    for listed, exchange in sounded(subject):
        came = exchange.status == 200 and is_sound(exchange)
        check(came, f"{named(listed)}: expected 200 and a sound, got {told(subject, exchange)}", exchange)


@clause("audio.decoded")
def test_a_sound_can_be_decoded(subject: Subject, check: Check) -> None:
    """SPEC: access to the call's audio data."""
    for listed, exchange in sounded(subject):
        if is_sound(exchange):
            sound = heard(exchange)
            fine = not isinstance(sound, NoSound) or "cut off" in str(sound)
            check(fine, f"{named(listed)}: {sound}", exchange)


@clause("audio.whole")
def test_a_sound_is_whole(subject: Subject, check: Check) -> None:
    """SPEC: access to all of the call recording."""
    for listed, exchange in sounded(subject):
        if is_sound(exchange):
            sound = heard(exchange)
            check(not isinstance(sound, NoSound) or "cut off" not in str(sound), f"{named(listed)}: {sound}", exchange)


@clause("audio.lasts")
def test_a_sound_lasts_as_long_as_its_leg(subject: Subject, check: Check) -> None:
    """DERIVED from the recorded calls: from Duration - 0.5 s to under Duration + 1.5 s."""
    for listed, exchange in sounded(subject):
        sound = heard(exchange)
        if not isinstance(sound, NoSound):
            more = sound.seconds - listed.duration_seconds
            said = f"{named(listed)}: the sound lasts {sound.seconds:.2f} s, its Duration is {listed.duration_seconds}"
            check(SHORTEST_SECONDS <= more < LONGEST_SECONDS, said, exchange)


def _check_tones(subject: Subject, check: Check, names: list[tuple[str, int]]) -> None:
    tones = dict(zip(names, HERTZ, strict=False))
    for (unique_id, number), hertz in tones.items():
        subject.put_tone(unique_id, number, hertz)
    for unique_id, number in (*names, *reversed(names)):
        exchange = subject.client.sound(unique_id, number)
        sound = heard(exchange)
        if isinstance(sound, NoSound):
            continue  # that none came is another clause's
        got, expected = dominant_hertz(sound), tones[unique_id, number]
        said = f"leg {number} of {unique_id!r}: its tone has {expected} Hz, the sound that came {got:.0f} Hz"
        check(abs(got - expected) < 20, said, exchange)


@clause("audio.own-leg")
def test_a_sound_is_its_own_leg_s(subject: Subject, check: Check) -> None:
    """SPEC: uniquely identify and retrieve each leg of the call in turn."""
    own = subject.fresh(document=TWO_CALLS)
    _check_tones(own, check, [("1791000000.2", 1), ("1791000000.2", 2), ("1791000000.2", 3)])


@clause("audio.own-call")
def test_a_sound_is_its_own_call_s(subject: Subject, check: Check) -> None:
    """SPEC: uniquely identify and retrieve each leg of the call in turn."""
    own = subject.fresh(document=TWO_CALLS)
    _check_tones(own, check, [("1791000000.2", 1), ("1791000060.5", 1), ("1791000060.5", 2), ("pbx1-1791000000.2", 1)])


@clause("audio.same-recording")
def test_a_sound_is_what_was_recorded(subject: Subject, check: Check) -> None:
    """SPEC: access to the call's audio data; the coding is open."""
    for listed, exchange in sounded(subject):
        put = subject.put_sound(listed.unique_id, listed.number)
        sound = heard(exchange)
        if put is not None and not isinstance(sound, NoSound):
            check(same_sound(read_sound(put), sound), f"{named(listed)}: another sound came than was put in", exchange)


@clause("audio.format")
def test_a_sound_comes_in_the_declared_coding(subject: Subject, check: Check) -> None:
    """UNKNOWN row 3."""
    own = _just_recorded(subject)
    exchange = own.client.sound(JUST_ENDED, 1)
    check.option(own, "audio_format", _coding(exchange), exchange)


@clause("audio.aged-format")
def test_an_aged_sound_comes_in_the_declared_coding(subject: Subject, check: Check) -> None:
    """DOC: recordings are compressed and migrated each night; into what: UNKNOWN row 3."""
    own = _just_recorded(subject)
    fresh = _coding(own.client.sound(JUST_ENDED, 1))
    if fresh == "mpeg":
        raise Inconclusive("a fresh sound is MPEG audio already, which nothing compresses further")
    own.step(A_NIGHT_SECONDS)
    exchange = own.client.sound(JUST_ENDED, 1)
    aged = _coding(exchange)
    check.option(own, "audio_aged_form", "as-recorded" if aged == fresh else aged, exchange)


def _just_recorded(subject: Subject) -> Subject:
    own = subject.fresh(document=FRESH_LEG)
    own.put_tone(JUST_ENDED, 1, HERTZ[0])
    return own


def _coding(exchange: Exchange) -> str:
    """The coding of a sound by its name in the profile, or what came instead."""
    sound = heard(exchange)
    return f"no sound: {sound}" if isinstance(sound, NoSound) else CODINGS.get(sound.coding, f"other: {sound.coding}")


@clause("audio.asked-again")
def test_a_sound_is_the_same_when_fetched_again(subject: Subject, check: Check) -> None:
    """DERIVED: to retrieve changes nothing."""
    for listed, exchange in sounded(subject, most=2):
        if is_sound(exchange):
            again = subject.client.sound(listed.unique_id, listed.number)
            check(again.body == exchange.body, f"{named(listed)}: fetched again, {told(subject, again)}", again)


@clause("audio.leaves-metadata")
def test_to_fetch_a_sound_leaves_the_metadata(subject: Subject, check: Check) -> None:
    """DERIVED: to retrieve changes nothing."""
    for listed, exchange in sounded(subject, most=2):
        if is_sound(exchange):
            before = subject.by_unique_id(listed.unique_id)
            after = subject.reread(before.asked, subject.client.by_unique_id(listed.unique_id))
            rows = [sorted(map(str, (leg.raw for leg in answer.legs))) for answer in (before, after)]
            check(
                rows[0] == rows[1], f"after {named(listed)} was fetched, its call is listed differently", after.exchange
            )


@clause("audio.short-leg")
def test_a_leg_of_no_second_has_a_sound(subject: Subject, check: Check) -> None:
    """DERIVED from a recorded call: a leg of 0.4 s has a file."""
    own = subject.fresh(document=SHORT_LEG)
    for put in own.archive.legs if own.archive is not None else ():
        if not put.duration_seconds:
            exchange = own.sound(put.unique_id, put.number)
            sound = heard(exchange)
            said = f"a leg of 0.4 s: expected a sound of less than {LONGEST_SECONDS} s, got {told(subject, exchange)}"
            check(not isinstance(sound, NoSound) and sound.seconds < LONGEST_SECONDS, said, exchange)


@clause("audio.gone")
def test_a_sound_that_is_gone_is_an_error(subject: Subject, check: Check) -> None:
    """DOC W-SL: each location deletes files past their retention; the metadata outlive the sound."""
    for put in subject.archive.legs if subject.archive is not None else ():
        if put.sound_absent:
            answer = subject.by_unique_id(put.unique_id)
            listed = [leg for leg in answer.legs if leg.number == put.number]
            exchange = subject.client.sound(put.unique_id, put.number)
            name = f"leg {put.number} of {put.unique_id!r}, whose sound is gone"
            check(bool(listed), f"{name}, is not listed", answer.exchange)
            check(is_refused(subject, exchange), f"{name}: expected a refusal, got {told(subject, exchange)}", exchange)
