"""The questions by hour. A PBX answers one by-hour request a minute, so their order is that of the minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from noojee_contract.dialects.legs import Leg
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.probing.observation import Observations, Unclear, Uncovered, observed
from noojee_contract.probing.pbx import Asked, ProbedPbx, Saw, began

Hour = tuple[date, int]
WORDS = ("Inbound", "Outbound")
_VARIABLE = re.compile(rb"[0-9A-Za-z.:+_-]*[0-9][0-9A-Za-z.:+_-]*")
"""A word with a digit: a time, an id, a number of seconds."""
EASTERN = {"AEST": "AEST", "AEDT": "AEST", "EST": "EST"}


def ask_hour(pbx: ProbedPbx) -> Observations:
    """Ask for the hour of a known internal leg, or else for a known hour."""
    hour = next(_hours(pbx), None)
    if not pbx.target.has_by_hour or hour is None:
        return
    answer = pbx.by_hour(*hour)
    pbx.asked[answer.question] = answer
    asked = "an hour of a known leg"
    internal = {leg.texts["Direction"] for leg in answer.legs if leg.texts.get("Direction", "") not in ("", *WORDS)}
    if len(internal) == 1:
        word = internal.pop()
        yield observed("internal_word", word, asked, answer.exchange, saw="another word for the direction of a call")
    zones = {text.split()[-2] for leg in answer.legs if len((text := leg.texts.get("Start", "")).split()) == 6}
    names = {EASTERN[zone] for zone in zones if zone in EASTERN}
    if len(names) == 1:
        yield observed("eastern_abbreviation", names.pop(), asked, answer.exchange)


def _hours(pbx: ProbedPbx) -> Iterator[Hour]:
    """The hours in which known legs ended, internal ones first, then the hours of the recordings file."""
    legs = sorted(pbx.legs, key=lambda leg: leg.direction != "internal")
    yield from (hour for leg in legs if (hour := _hour_of(pbx, leg)) is not None)
    for known in pbx.target.recordings:
        if known.kind == "hour":
            day, _, number = known.value.partition(" ")
            yield datetime.strptime(day, "%Y/%m/%d").date(), int(number)  # noqa: DTZ007  a local date, no instant


def _hour_of(pbx: ProbedPbx, leg: Leg) -> Hour | None:
    if not leg.start or leg.duration_seconds is None:
        return None
    end = (leg.start[0] + timedelta(seconds=leg.duration_seconds)).astimezone(pbx.target.time_zone)
    return end.date(), end.hour


def _listed(pbx: ProbedPbx) -> Hour | None:
    """The hour that was listed."""
    for question in pbx.asked:
        if question.kind == "hour":
            day, _, number = question.value.partition(" ")
            return date.fromisoformat(day), int(number)
    return None


def ask_again(pbx: ProbedPbx) -> Observations:
    """Ask for the hour again at once."""
    hour = _listed(pbx)
    if hour is None:
        return
    answer = pbx.hour_now(*hour)
    pbx.target_client.after_by_hour(True)
    option, asked = "by_hour_limit_status", "an hour again within a minute"
    if answer.saw in (Saw.LEGS, Saw.EMPTY):
        saw = "a second by-hour request within a minute is answered"
        yield Uncovered(option=option, saw=saw, asked=asked, exchange=answer.exchange)
        return
    pbx.limit_refusal = answer.exchange
    yield observed(option, str(answer.exchange.status), asked, answer.exchange)


def ask_bad_hour(pbx: ProbedPbx) -> Observations:
    """Ask for hour 24: at once, and in the next minute if the answer may be about the limit."""
    hour = _listed(pbx)
    if hour is None:
        return
    answer = pbx.hour_now(hour[0], 24)
    if _may_be_of_limit(pbx, answer):
        pbx.target_client.before_by_hour()
        answer = pbx.hour_now(hour[0], 24)
        pbx.target_client.after_by_hour(True)
    value = {Saw.EMPTY: "empty-list", Saw.REFUSED: "refused"}.get(answer.saw)
    yield observed("bad_hour", value, "hour 24", answer.exchange, saw=f"hour 24 brings {answer.saw.value}")


def ask_future(pbx: ProbedPbx) -> Observations:
    """Ask for an hour in two years."""
    if not pbx.target.has_by_hour:
        return
    today = pbx.machine_now.astimezone(pbx.target.time_zone).date()
    answer = pbx.by_hour(today.replace(day=1, month=6, year=today.year + 2), 12)
    value = {Saw.EMPTY: "empty-list", Saw.REFUSED: "refused"}.get(answer.saw)
    if _is_of_limit(pbx, answer.exchange):
        yield Unclear("future_hour", "the limit of one by-hour request a minute refused it")
        return
    yield observed("future_hour", value, "an hour in two years", answer.exchange, saw=f"it brings {answer.saw.value}")


def ask_repeated(pbx: ProbedPbx) -> Observations:
    """Ask for the repeated hour in which a known leg ended in the second pass."""
    for unique_id in pbx.unread_calls():
        if _is_near_a_repeated_hour(pbx, unique_id):
            pbx.ask_known(Question("unique_id", unique_id))
    for leg in pbx.legs:
        hour = _second_pass(pbx, leg)
        if hour is None or not pbx.target.has_by_hour:
            continue
        answer = pbx.by_hour(*hour)
        names = {(listed.unique_id, listed.number) for listed in answer.legs}
        asked = "the repeated hour of a known leg of its second pass"
        value = "both" if (leg.unique_id, leg.number) in names else None
        if value is None and answer.saw in (Saw.LEGS, Saw.EMPTY):
            value = "first"
        yield observed("repeated_hour", value, asked, answer.exchange, saw=f"it brings {answer.saw.value}")
        return


def _second_pass(pbx: ProbedPbx, leg: Leg) -> Hour | None:
    """The repeated hour in whose second pass a leg ended, or None. The unique id says when its call began."""
    epoch = began(leg.unique_id)
    if len(leg.start) != 2 or epoch is None or leg.duration_seconds is None:
        return None
    first, second = sorted(leg.start)
    if first.timestamp() >= epoch - 1:
        return None  # its call began before the first pass of its Start, so either pass is possible
    end = (second + timedelta(seconds=leg.duration_seconds)).astimezone(pbx.target.time_zone)
    repeats = end.replace(fold=0).utcoffset() != end.replace(fold=1).utcoffset()
    return (end.date(), end.hour) if repeats and end.fold else None


def _is_near_a_repeated_hour(pbx: ProbedPbx, unique_id: str) -> bool:
    """Whether a call began in the hours before the end of daylight saving, or soon after."""
    epoch = began(unique_id)
    if epoch is None:
        return False
    zone = pbx.target.time_zone
    offsets = [datetime.fromtimestamp(epoch + hours * 3600, zone).utcoffset() for hours in (-2, 3)]
    return offsets[0] is not None and offsets[1] is not None and offsets[1] < offsets[0]


def _may_be_of_limit(pbx: ProbedPbx, answer: Asked) -> bool:
    """Whether an answer has the status of the limit; its text may vary in any way, and says nothing."""
    limit = pbx.limit_refusal
    return limit is not None and answer.exchange.status == limit.status and answer.saw not in (Saw.LEGS, Saw.EMPTY)


def _is_of_limit(pbx: ProbedPbx, exchange: Exchange) -> bool:
    """Whether an answer is that of the limit, but for times, ids and other words with a digit."""
    limit = pbx.limit_refusal
    return limit is not None and (exchange.status, _fixed(exchange.body)) == (limit.status, _fixed(limit.body))


def _fixed(body: bytes) -> bytes:
    return _VARIABLE.sub(b"0", body)
