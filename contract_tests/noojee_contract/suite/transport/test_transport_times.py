"""How long the answers of a target take."""

from __future__ import annotations

from math import ceil
from statistics import median

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import question_in_words

SLOW_SECONDS = 2.0
SHARE = 0.95


@clause("transport.answer-times")
def test_answers_come_in_time(subject: Subject, check: Check) -> None:
    """UNKNOWN: no page names a time. A target file may."""
    limit = subject.target.slow_seconds or SLOW_SECONDS
    timed = sorted(
        ((answer.exchange.response.seconds, answer) for answer in subject.listings() if answer.exchange.response),
        key=lambda row: row[0],
    )
    if not timed:
        return
    times = [seconds for seconds, _ in timed]
    most, slowest = times[ceil(SHARE * len(times)) - 1], timed[-1]
    check(
        most <= limit,
        f"{len(times)} answers took a median of {median(times):.2f} s, and 95 % of them up to {most:.2f} s, longer "
        f"than {limit:g} s; the slowest is that to {question_in_words(slowest[1])}, {slowest[0]:.2f} s",
        slowest[1].exchange,
        kind=FailureKind.SLOW_ANSWER,
        expected=f"{limit:g} s",
        actual=f"{most:.2f} s",
    )
    if subject.archive is None and subject.target.slow_seconds is None:
        check.note(f"a median of {median(times):.2f} s and a 95th percentile of {most:.2f} s in {len(times)} answers")
