"""What the answers of one read-only target show without a second one: its time zone, gaps, times, unknown fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from noojee_contract.engine.check import CheckFailed, Inconclusive
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import SubjectPair
from noojee_contract.model.audio import tone
from noojee_contract.model.exchange import Exchange, Request
from noojee_contract.model.failure import FailureKind
from noojee_contract.targets.config import from_flags
from support.listing_pbx import LEG, UNIQUE_ID, checked, listing_pbx, subject_of
from support.read_only_subjects import MELBOURNE

BEGAN = 1773200399  # 11 March 2026, 14:39:59 in Melbourne


def first_leg(number: int, *, zone: str = MELBOURNE, delay: float = 20, month: int = 0) -> dict[str, Any]:
    """The first leg of a call; `delay` seconds after the time in its unique id, written in a zone."""
    began = BEGAN + 3600 * number + month * 30 * 86400
    start = datetime.fromtimestamp(began + delay, UTC).astimezone(ZoneInfo(zone))
    return {
        **LEG,
        "UniqueId": f"{began}.{number}",
        "Start": f"{start:%Y-%m-%d %H:%M:%S}.0",
        "CallRecordId": str(number),
    }


def pbx_of(*legs: Mapping[str, Any], zone: str = MELBOURNE) -> ReadOnlySubject:
    """A PBX that lists each leg under its unique id. `zone` is that of the target file."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params.get("uniqueId")
        return httpx.Response(200, json=[leg for leg in legs if leg["UniqueId"] == asked])

    return subject_of(answer, [("unique_id", leg["UniqueId"]) for leg in legs], zone=zone)


@pytest.mark.parametrize(
    ("written", "target_file", "offset"),
    [(MELBOURNE, "UTC", "UTC+11"), ("UTC", MELBOURNE, "UTC+0"), ("Australia/Adelaide", MELBOURNE, "UTC+10.5")],
)
def test_a_wrong_time_zone_is_named_with_the_line_to_change(written: str, target_file: str, offset: str) -> None:
    """Every call would start hours from the time in its unique id."""
    legs = [first_leg(number, zone=written) for number in range(4)]
    with pytest.raises(CheckFailed) as raised:
        checked("metadata.start-in-zone", pbx_of(*legs, zone=target_file))
    assert (raised.value.kind, raised.value.field) == (FailureKind.WRONG_VALUE, "Start")
    assert f"time_zone in the target file is {target_file}" in raised.value.message
    assert f"at {offset}:" in raised.value.message


def test_a_leg_hours_before_its_call_names_the_time_zone() -> None:
    """The zone of the target file is the usual cause."""
    with pytest.raises(CheckFailed) as raised:
        checked("metadata.start-not-before-call", pbx_of(first_leg(0, zone="UTC")))
    assert "time_zone is Australia/Melbourne" in raised.value.message


def test_a_wrong_time_zone_shows_in_summer_and_winter() -> None:
    """The distance to UTC differs by an hour."""
    legs = [first_leg(number, zone=MELBOURNE, month=3 * number) for number in range(4)]
    with pytest.raises(CheckFailed):
        checked("metadata.start-in-zone", pbx_of(*legs, zone="UTC"))


def test_a_zone_without_summer_time_is_named() -> None:
    """Brisbane has the time of Melbourne in winter only: the calls of the summer start an hour late."""
    legs = [first_leg(number, month=number) for number in (0, 1, 3, 4, 5, 8, 9, 10)]
    with pytest.raises(CheckFailed) as raised:
        checked("metadata.start-in-zone", pbx_of(*legs, zone="Australia/Brisbane"))
    assert "calls start 1 h after" in raised.value.message


def test_two_calls_are_too_few_to_fail() -> None:
    """A recording may have been started an hour after its call."""
    legs = [first_leg(number, zone="UTC") for number in range(2)]
    with pytest.raises(Inconclusive, match="time_zone in the target file"):
        checked("metadata.start-in-zone", pbx_of(*legs))


def test_recordings_that_were_started_late_are_no_other_zone() -> None:
    """SPEC: there can be a significant gap, if recording is turned on later."""
    legs = [first_leg(number, delay=delay) for number, delay in enumerate((7210, 3605, 20, 900))]
    assert checked("metadata.start-in-zone", pbx_of(*legs)).checks == 4


def test_a_gap_in_leg_numbers_is_named() -> None:
    """Leg 2 of 4 is not listed."""
    legs = [{**LEG, "Leg": number} for number in ("1", "3", "4")]
    with pytest.raises(CheckFailed) as raised:
        checked("metadata.leg-numbers-whole", listing_pbx(*legs))
    assert raised.value.actual == "without 2"


def test_an_unknown_field_is_named() -> None:
    """A client that stores answers may keep more than it knows."""
    with pytest.raises(CheckFailed) as raised:
        checked("metadata.no-unknown-field", listing_pbx({**LEG, "Mood": "good"}))
    assert raised.value.actual == "'Mood'"
    assert checked("metadata.no-unknown-field", listing_pbx(LEG)).checks == 1


def in_repeated_hour(by_unique_id: str, by_hour: str) -> ReadOnlySubject:
    """A PBX that writes the Start of a leg in one way by unique id, and in another by hour, which was asked first."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = by_hour if request.url.path.endswith("ByHour") else by_unique_id
        return httpx.Response(200, json=[{**LEG, "Start": start}])

    subject = subject_of(answer, [("unique_id", UNIQUE_ID)])
    subject.by_hour(datetime(2026, 4, 5, tzinfo=UTC).date(), 2)
    return subject


BARE = "2026-04-05 02:30:00.0"
SUMMER, WINTER = "Sun Apr 05 02:30:00 AEDT 2026", "Sun Apr 05 02:30:00 AEST 2026"


def test_an_abbreviation_by_hour_decides_over_a_bare_local_time() -> None:
    """In the repeated hour, local time has two meanings. What the answer by hour decides is compared."""
    old, new = in_repeated_hour(BARE, SUMMER), in_repeated_hour(BARE, WINTER)
    (difference,) = checked("migration.starts", SubjectPair(old, new)).comparison.differences
    assert difference.field == "Start"
    same = SubjectPair(in_repeated_hour(BARE, SUMMER), in_repeated_hour(BARE, SUMMER))
    assert checked("migration.starts", same).comparison.differences == []


def test_an_abbreviation_that_is_the_same_all_year_decides_nothing() -> None:
    """Older Java wrote EST in summer and in winter."""
    either = "Sun Apr 05 02:30:00 EST 2026"
    pair = SubjectPair(in_repeated_hour(BARE, SUMMER), in_repeated_hour(BARE, either))
    assert checked("migration.starts", pair).comparison.differences == []


def test_an_answer_that_contradicts_the_decided_instant_fails() -> None:
    """By unique id, Start is an hour from the time that the answer by hour shows."""
    assert checked("metadata.start-same", in_repeated_hour(BARE, SUMMER)).checks == 1
    with pytest.raises(CheckFailed) as raised:
        checked("metadata.start-same", in_repeated_hour("2026-04-05 03:30:00.0", WINTER))
    assert raised.value.field == "Start"


def test_a_leg_longer_than_a_day_has_no_zone() -> None:
    """A time that is days from its call says nothing about a zone."""
    legs = [first_leg(number, delay=timedelta(days=3).total_seconds()) for number in range(4)]
    checked("metadata.start-in-zone", pbx_of(*legs))


def test_the_same_audio_for_legs_of_different_length_fails() -> None:
    """Every leg has the sound of leg 1."""
    legs = [{**LEG, "Leg": str(number), "Duration": str(2 * number)} for number in (1, 2)]
    with pytest.raises(CheckFailed) as raised:
        checked("audio.own-file", listing_pbx(*legs, sounds={"1": tone(2, 440), "2": tone(2, 440)}))
    assert raised.value.kind is FailureKind.WRONG_AUDIO
    assert checked("audio.own-file", listing_pbx(*legs, sounds={"1": tone(2, 440), "2": tone(4, 440)})).checks == 2


def test_files_without_sound_may_be_the_same() -> None:
    """A recorder may keep an empty or silent file for a leg without audio."""
    legs = [{**LEG, "Leg": str(number), "Duration": str(9 * number)} for number in (1, 2)]
    for same in (tone(0, 440), tone(3, 0)):
        assert checked("audio.own-file", listing_pbx(*legs, sounds={"1": same, "2": same})).checks == 2


def timed_pbx(monkeypatch: pytest.MonkeyPatch, *seconds: float) -> ReadOnlySubject:
    """A PBX whose answers take so long."""
    subject = pbx_of(*(first_leg(number) for number in range(len(seconds))))
    taken = iter(seconds)
    send = subject.client.sender.send

    def send_slowly(request: Request) -> Exchange:
        exchange = send(request)
        assert exchange.response is not None
        return replace(exchange, response=replace(exchange.response, seconds=next(taken)))

    monkeypatch.setattr(subject.client.sender, "send", send_slowly)
    return subject


def test_median_and_percentile_of_answers_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a fast PBX: an operator compares them before and after an upgrade."""
    check = checked("transport.answer-times", timed_pbx(monkeypatch, 0.1, 0.2, 0.3))
    assert check.notes == ["a median of 0.20 s and a 95th percentile of 0.30 s in 3 answers"]


def test_slow_answers_are_named_with_median_and_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without slow_seconds, two seconds are slow."""
    with pytest.raises(CheckFailed) as raised:
        checked("transport.answer-times", timed_pbx(monkeypatch, 0.1, 0.2, 0.3, 0.4, 2.6))
    assert (raised.value.kind, raised.value.actual) == (FailureKind.SLOW_ANSWER, "2.60 s")
    assert "a median of 0.30 s" in raised.value.message


def test_slow_seconds_makes_the_clause_binding() -> None:
    """A target file that names a time requires it."""
    target = from_flags({"base_url": "https://h", "dialect": "njadmin", "slow_seconds": 0.5})
    assert (target.slow_seconds, target.binding) == (0.5, frozenset({"transport.answer-times"}))
