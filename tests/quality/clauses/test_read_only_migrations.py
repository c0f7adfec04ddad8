"""A migration between two read-only PBXs: no listed call is lost unnoticed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from noojee_contract.engine.check import Check, CheckFailed
from noojee_contract.engine.clause_run import run_clause
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.sampling import Sampling
from noojee_contract.engine.subject import SubjectPair
from noojee_contract.errors import TooSoon
from noojee_contract.model.coverage import Covered
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite import clause_functions
from noojee_contract.suite.migration.known_calls import hours_of
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.targets.target import Target
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.pbx.clock import SECOND
from noojee_fake.server.sandboxes import build
from support.read_only_subjects import MELBOURNE, read_only_subject

HOUR, TAG = ("hour", "2026/03/11 14"), ("tag", "CASE-7")
CALL, OTHER, EARLIER = "1773200300.2", "1773200360.5", "1773113500.7"
Row = tuple[str, str]


def tagged(unique_id: str, *minutes: int, tag: str = "CASE-7", day: int = 11) -> dict[str, Any]:
    """A call with a leg of 59 s that starts at each of these minutes of the hour from 14."""
    times = [f"2026-03-{day}T14:{minute:02}" for minute in minutes]
    return call(unique_id, *(leg(f"{time}:00+11:00", f"{time}:59+11:00", tag=tag) for time in times))


CALLS = (tagged(CALL, 1, 2), tagged(OTHER, 5), tagged(EARLIER, 7, day=10, tag="CASE-8"))


def side(
    *rows: Row, calls: tuple[Mapping[str, Any], ...] = CALLS, dialect: str = "njadmin", zone: str = MELBOURNE,
    before_by_hour: Callable[[], None] | None = None, options: Mapping[str, str] | None = None,
) -> ReadOnlySubject:  # fmt: skip
    """A read-only PBX with these calls. The suite knows these rows. Its clock steps before a by-hour request."""
    sandboxes = build(archive={**archive(*map(dict, calls)), "provenance": "as shipped"}, profile=dict(options or {}))

    def step() -> None:
        sandboxes.default.clock.step(61 * SECOND)

    questions = tuple(Question(kind, value) for kind, value in rows)
    places = {question: f"recordings.csv, line {number}" for number, question in enumerate(questions, start=2)}
    target = Target(name="pbx", dialect=dialect, recordings=questions, recording_places=places)
    return read_only_subject(
        Transport(sandboxes), rows, target=target, zone=zone, before_by_hour=before_by_hour or step
    )


def failures(clause: str, pair: SubjectPair) -> set[tuple[FailureKind, str, int]]:
    """The legs that a clause reports, with the kind of the failure."""
    check = Check()
    try:
        run_clause(clause_functions()[clause], pair, check)
    except CheckFailed as failed:
        return {(each.kind, *each.name) for each in failed.differences}
    assert check.checks, f"{clause} made no check"
    return set()


def coverage(clause: str, pair: SubjectPair, what: Covered) -> tuple[int, int, dict[str, int]]:
    """How many are known and compared, and the reasons for the others."""
    check = Check()
    run_clause(clause_functions()[clause], pair, check)
    return covered(check, what)


def covered(check: Check, what: Covered) -> tuple[int, int, dict[str, int]]:
    """How many a clause knows and compared, and the reasons for the others."""
    found = check.coverage[what]
    return found.known, found.compared, dict(found.not_compared)


def lacking(clause: str, pair: SubjectPair) -> tuple[Check, list[tuple[str, str]]]:
    """The questions of a clause that were not answered, with what came instead. They make it inconclusive."""
    check = Check()
    with pytest.raises(CheckFailed) as stopped:
        run_clause(clause_functions()[clause], pair, check)
    assert stopped.value.undecided
    return check, [(each.question, each.said) for each in check.unanswered.values()]


MISSING, UNEXPECTED = FailureKind.MISSING_LEG, FailureKind.UNEXPECTED_LEG
LOST = CALLS[0], CALLS[2]
LESS = tagged(CALL, 1), *CALLS[1:]


@pytest.mark.parametrize("old", ["recording-api", "call-management", "njadmin"])
@pytest.mark.parametrize("new", ["recording-api", "njadmin"])
@pytest.mark.parametrize(("row", "where"), [(TAG, "tag of the old side"), (TAG, "tag of the new side")])
def test_a_call_that_a_tag_lists_is_missed(old: str, new: str, row: Row, where: str) -> None:
    """In any dialect: the new side lost a call, or the old side never had it. The file of either side has the tag."""
    rows = ((row,), ()) if "old" in where else ((), (row,))
    lost = SubjectPair(side(*rows[0], dialect=old), side(*rows[1], dialect=new, calls=LOST))
    added = SubjectPair(side(*rows[0], dialect=old, calls=LOST), side(*rows[1], dialect=new))
    assert failures("migration.calls", lost) == {(MISSING, OTHER, 1)}
    assert failures("migration.calls", added) == {(UNEXPECTED, OTHER, 1)}
    assert failures("migration.calls", SubjectPair(side(row, dialect=old), side(row, dialect=new))) == set()


@pytest.mark.parametrize(
    ("old", "new"), [("njadmin", "recording-api"), ("recording-api", "njadmin"), ("njadmin", "njadmin")]
)
def test_a_call_that_an_hour_lists_is_missed(old: str, new: str) -> None:
    """One side with the by-hour method is enough to see what this side has and the other has not."""
    full, lost = side(HOUR, dialect="njadmin"), side(HOUR, dialect="recording-api", calls=LOST)
    assert failures("migration.calls", SubjectPair(full, lost)) == {(MISSING, OTHER, 1)}
    assert failures("migration.calls", SubjectPair(lost, full)) == {(UNEXPECTED, OTHER, 1)}
    assert failures("migration.calls", SubjectPair(side(HOUR, dialect=old), side(HOUR, dialect=new))) == set()


def test_a_leg_that_one_side_lost_is_missed() -> None:
    """On either side, and by hour as well."""
    full, less = side(TAG, HOUR), side(TAG, HOUR, calls=LESS)
    for clause in ("migration.legs", "migration.hours", "migration.tags-bring"):
        assert failures(clause, SubjectPair(full, less)) == {(MISSING, CALL, 2)}, clause
        assert failures(clause, SubjectPair(less, full)) == {(UNEXPECTED, CALL, 2)}, clause
    assert failures("migration.by-hour", SubjectPair(full, less)) == {(MISSING, CALL, 2)}
    assert failures("migration.by-hour", SubjectPair(less, full)) == {(UNEXPECTED, CALL, 2)}


def test_an_hour_that_lists_less_than_the_call_is_missed() -> None:
    """The old side has no by-hour method: Start and Duration say in which hour the new side lists a leg."""
    full = side(TAG, dialect="recording-api")
    lists_less = side(HOUR, TAG)
    without = lists_less.by_hour
    lists_less.by_hour = lambda day, hour: with_legs(without(day, hour), (0, 2))  # type: ignore[method-assign]
    assert failures("migration.by-hour-whole", SubjectPair(full, lists_less)) == {(MISSING, CALL, 2)}


def with_legs(answer: Any, kept: tuple[int, ...]) -> Any:
    """An answer with these of its legs alone."""
    reading = replace(answer.reading, legs=tuple(answer.legs[place] for place in kept))
    return replace(answer, decode=lambda: reading)


def test_busy_hours_are_compared_whole() -> None:
    """More than 20 calls, and the last of them is lost."""
    calls = tuple(tagged(f"{1773200300 + minute}.2", minute) for minute in range(45))
    pair = SubjectPair(side(HOUR, calls=calls), side(calls=calls[:-1], dialect="recording-api"))
    assert failures("migration.calls", pair) == {(MISSING, calls[-1]["unique_id"], 1)}
    drawn = replace(pair, sampling=Sampling(random_seed=3, calls=20), new=side(calls=calls, dialect="recording-api"))
    assert coverage("migration.calls", drawn, Covered.CALLS) == (45, 20, {"outside the sample": 25})


def test_hours_of_another_time_zone_are_translated() -> None:
    """14 o'clock in Melbourne is 13 o'clock in Brisbane, and the calls are the same."""
    pair = SubjectPair(side(HOUR), side(zone="Australia/Brisbane"))
    assert [(hour.old, hour.new) for hour in hours_of(pair)] == [((date(2026, 3, 11), 14), (date(2026, 3, 11), 13))]


def test_calls_outside_the_window_are_counted() -> None:
    """By the Start of their first leg; the new side need not have them."""
    since, until = (datetime(2026, 3, 11, 3, minute, tzinfo=UTC) for minute in (1, 5))
    rows = (("unique_id", CALL), ("unique_id", OTHER), ("unique_id", EARLIER), TAG)
    pair = SubjectPair(side(*rows), side(calls=(CALLS[0],)), since=since, until=until)
    assert coverage("migration.calls", pair, Covered.CALLS) == (3, 1, {"outside since and until": 2})
    for clause in ("migration.calls", "migration.tags-bring", "migration.recordings"):
        assert failures(clause, pair) == set(), clause


def test_a_row_that_brings_nothing_on_one_side_fails() -> None:
    """With its file and line, on either side."""
    rows = (TAG, ("tag", "CASE-8"), HOUR)
    for pair in (SubjectPair(side(*rows), side(calls=CALLS[:2])), SubjectPair(side(*rows, calls=CALLS[:2]), side())):
        with pytest.raises(CheckFailed) as failed:
            run_clause(clause_functions()["migration.recordings"], pair, Check())
        assert failed.value.message.startswith("recordings.csv, line 3: ")
        assert len(failed.value.differences) == 1


def test_an_hour_that_may_not_be_asked_is_coverage() -> None:
    """The limit of by-hour requests allows no wait: the hour is not compared, and the other clauses are not stopped."""

    def refuse() -> None:
        raise TooSoon(61)

    pair = SubjectPair(side(HOUR, TAG, before_by_hour=refuse), side(HOUR))
    assert coverage("migration.by-hour", pair, Covered.HOURS)[:2] == (1, 0)
    assert failures("migration.calls", pair) == set()


def refused_by_hour() -> ReadOnlySubject:
    """An old side where another client uses up the by-hour limit of each minute."""
    subject = side(HOUR, TAG, before_by_hour=lambda: None)
    subject.client.by_hour(date(2026, 3, 11), 14)
    return subject


@pytest.mark.parametrize("refusing", ["old", "new"])
def test_an_hour_that_a_side_refuses_is_inconclusive(refusing: str) -> None:
    """429 says nothing about the migration: the call may be lost, and nobody has looked."""
    sides = {"old": side(HOUR, TAG), "new": side(HOUR, TAG), refusing: refused_by_hour()}
    pair = SubjectPair(sides["old"], sides["new"])
    check, asked = lacking("migration.by-hour", pair)
    assert covered(check, Covered.HOURS) == (1, 0, {f"answered with 429 by the {refusing} side": 1})
    assert asked == [("hour 2026/03/11 14", "429")]
    for clause in ("migration.hours", "migration.by-hour-whole", "migration.calls", "migration.recordings"):
        assert lacking(clause, pair)[1] == asked


def answering(subject: ReadOnlySubject, unique_id: str, status: int) -> ReadOnlySubject:
    """A side that answers a unique id with a status and without legs."""
    ask = subject.client.by_unique_id

    def by_unique_id(asked: str) -> Exchange:
        exchange = ask(asked)
        refusal = Response(status=status, headers=(), body=b"", seconds=0.0)
        return replace(exchange, response=refusal) if asked == unique_id else exchange

    subject.client.by_unique_id = by_unique_id  # type: ignore[method-assign]  # one answer of a real client
    return subject


@pytest.mark.parametrize(("old", "new"), [(429, 200), (503, 200), (403, 200), (200, 429)])
def test_a_call_that_a_side_does_not_answer_is_inconclusive(old: int, new: int) -> None:
    """A refusal, a busy server or a server error of the old side, and 429 of the new side, show no difference."""
    sides = [side(TAG) if status == 200 else answering(side(TAG), OTHER, status) for status in (old, new)]
    words = f"unique id {OTHER!r}", str(max(old, new))
    for clause in ("migration.calls", "migration.legs", "migration.starts", "migration.tags", "migration.once"):
        assert lacking(clause, SubjectPair(*sides))[1] == [words]


def test_a_call_that_the_new_side_cannot_show_fails() -> None:
    """A server error of the new side is a difference: clients of the old side get the call."""
    pair = SubjectPair(side(TAG), answering(side(TAG), OTHER, 500))
    assert {name for _, name, _ in failures("migration.calls", pair)} == {OTHER}


SILENT = tuple({**each, "legs": [{**one, "sound": {"absent": True}} for one in each["legs"]]} for each in CALLS)


@pytest.mark.parametrize(
    ("old", "new", "failed", "reasons"),
    [
        (CALLS, CALLS, 0, {}),
        (CALLS, SILENT, 3, {}),
        (SILENT, CALLS, 0, {"with audio on the new side only": 3}),
        (SILENT, SILENT, 0, {"without audio on both sides": 3}),
    ],
    ids=["both", "old side only", "new side only", "neither"],
)
def test_audio_of_the_old_side_alone_fails(old: Any, new: Any, failed: int, reasons: dict[str, int]) -> None:
    """Audio that only the new side has, or neither, is not compared, and counted."""
    rows = TAG, ("tag", "CASE-8")
    pair = SubjectPair(
        side(*rows, calls=old[:1] + old[2:], dialect="recording-api"), side(*rows, calls=new[:1] + new[2:])
    )
    check = Check()
    clause_functions()["migration.sound"](pair, check)
    assert len(check.comparison.differences) == failed
    assert covered(check, Covered.SOUNDS) == (3, 3 - sum(reasons.values()), reasons)


def test_audio_that_the_old_side_does_not_answer_is_not_called_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server error does not say that the old side has no audio."""
    pair = SubjectPair(side(TAG), side(TAG))
    request = Request(method="POST", url="http://pbx.invalid/")
    busy = Response(status=503, headers=(), body=b"", seconds=0.0)
    unanswered = Exchange(request=request, response=busy, at=datetime(2026, 3, 11, tzinfo=UTC))
    monkeypatch.setattr(pair.old.client, "sound", lambda unique_id, leg: unanswered)
    check, asked = lacking("migration.sound", pair)
    assert covered(check, Covered.SOUNDS) == (3, 0, {"without a whole answer of the old side": 3})
    assert {said for _, said in asked} == {"503"}


def test_an_unknown_recording_may_be_answered_with_an_error() -> None:
    """Option unknown_recording: it shows that the old side does not hold a call of the new side."""
    pair = SubjectPair(side(TAG, calls=LOST, options={"unknown_recording": "failure-404"}), side(TAG))
    assert failures("migration.calls", pair) == {(UNEXPECTED, OTHER, 1)}


def test_the_tags_of_compared_legs_are_followed() -> None:
    """No file names the tag. By unique id, the other call is not asked for; by tag, the new side lost it."""
    rows = (("unique_id", CALL),)
    pair = SubjectPair(side(*rows), side(*rows, calls=LOST))
    assert failures("migration.tags-bring", pair) == {(MISSING, OTHER, 1)}
