"""States which of the known calls and hours of a read-only PBX were asked for."""

from __future__ import annotations

from noojee_contract.engine.check import Check
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.errors import TooSoon
from noojee_contract.model.coverage import NOT_ASKED, OUTSIDE_SAMPLE, Covered
from noojee_contract.suite.support.listing import name_of


def cover_known_calls(subject: Subject, check: Check) -> None:
    """State how many calls a read-only PBX is known to hold, and how many of them are not asked for by unique id."""
    if isinstance(subject, ReadOnlySubject):
        asked = subject.unique_ids
        not_drawn = len({*subject.named_ids, *subject.listed_ids}.difference(asked))
        left_out = {OUTSIDE_SAMPLE: not_drawn} if not_drawn else {}
        check.cover(Covered.CALLS, known=len(asked) + not_drawn, not_compared=left_out)


def cover_call(subject: Subject, check: Check, answer: Answer) -> None:
    """Count a call of a read-only PBX, and its legs, as compared."""
    if isinstance(subject, ReadOnlySubject):
        legs = len({name_of(leg) for leg in answer.legs})
        check.cover(Covered.CALLS, compared=1)
        check.cover(Covered.LEGS, known=legs, compared=legs)


def cover_late_hours(subject: Subject, check: Check, soon: TooSoon, hours: int) -> None:
    """Count hours of a read-only PBX that are not asked for: the first of them has no slot of the by-hour limit."""
    if not isinstance(subject, ReadOnlySubject):
        return
    if soon.answered is not None:
        check.cover(Covered.HOURS, not_compared={f"answered with {soon.answered}": 1})
        hours -= 1
    if hours:
        check.cover(Covered.HOURS, not_compared={NOT_ASKED: hours})


def cover_hours(subject: Subject, check: Check, *, known: int = 0, compared: int = 0) -> None:
    """Count hours of a read-only PBX."""
    if isinstance(subject, ReadOnlySubject):
        check.cover(Covered.HOURS, known=known, compared=compared)
