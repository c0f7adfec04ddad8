"""Legs as answers list them, beside the legs that were put in: what the clauses about metadata compare.

A value is judged by the clause about that value alone: one that is missing or no string is left to the clauses about
the document, a leg that was never put in to the clauses about selection.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from noojee_contract.dialects.vendor import COMMON, Leg
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.archive import PutCall, PutLeg
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.failure import FailureKind

LegName = tuple[str, int]
MOST_SHOWN = 8
LONGEST_SECONDS = 366 * 86400  # no leg lasts longer
TOLD = (*COMMON, "callend", "End")
"""What a leg may tell: its end is callend by hour, End in dialects of a file."""

# What two answers of different shapes tell of a leg, after decoding, by the vendor's name.
DECODED: Mapping[str, Callable[[Leg], object]] = {
    "Source": lambda leg: leg.source,
    "Destination": lambda leg: leg.destination,
    "Tag": lambda leg: leg.tag,
    "Username": lambda leg: leg.username,
    "CallRecordId": lambda leg: leg.call_record_id,
    "DID": lambda leg: leg.did,
    "Direction": lambda leg: leg.direction,
    "Duration": lambda leg: leg.duration_seconds,
}

_FIELD_PROBLEM = re.compile(r"entry [0-9]+: |and [0-9]+ more")


@dataclass(frozen=True, slots=True)
class Listed:
    """A leg in an answer."""

    answer: Answer
    leg: Leg

    @property
    def name(self) -> LegName:
        """Unique id and number."""
        return name_of(self.leg)

    def text(self, field: str) -> str | None:
        """The value of a field, None where it is missing or not as its dialect writes it."""
        return self.leg.texts.get(field)

    def check(
        self,
        check: Check,
        passed: bool,
        otherwise: str,
        *,
        kind: FailureKind = FailureKind.WRONG_VALUE,
        field: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
    ) -> None:
        """Check one thing about this leg. `otherwise` says what is wrong with it."""
        message = f"{asked(self.answer)}: {named(self.name)}: {otherwise}"
        check(passed, message, self.answer.exchange, kind=kind, field=field, expected=expected, actual=actual)

    def check_text(self, check: Check, field: str, expected: str) -> None:
        """Check that a field has a value. Other clauses check that it is present and a string."""
        actual = self.text(field)
        if actual is not None:
            message = f"{field} is {actual!r}, expected {expected!r}"
            self.check(check, actual == expected, message, field=field, expected=expected, actual=actual)


@dataclass(frozen=True, slots=True)
class Put:
    """A listed leg, with the call and the leg that were put in."""

    listed: Listed
    call: PutCall
    leg: PutLeg


def name_of(leg: Leg) -> LegName:
    """Unique id and number of a leg, whether or not they came as strings."""
    return leg.unique_id, leg.number


def names(legs: Iterable[Leg]) -> list[LegName]:
    """Unique id and number of some legs, in order."""
    return sorted(map(name_of, legs))


def put_names(legs: Iterable[PutLeg]) -> list[LegName]:
    """Unique id and number of some legs that were put in, in order."""
    return sorted((leg.unique_id, leg.number) for leg in legs)


def named(name: LegName) -> str:
    """A leg in words."""
    return f"leg {name[1]} of {name[0]!r}"


def apart_in_words(expected: Iterable[LegName], listed: Iterable[LegName]) -> str:
    """What differs between the legs that should come and those that came: "leg 2 of '12.3' is missing"."""
    wanted, came = sorted(expected), sorted(listed)
    missing, more = (
        sorted((Counter(wanted) - Counter(came)).elements()),
        sorted((Counter(came) - Counter(wanted)).elements()),
    )
    if missing and more:
        same_ids = sorted(unique_id for unique_id, _ in missing) == sorted(unique_id for unique_id, _ in more)
        same_numbers = sorted(number for _, number in missing) == sorted(number for _, number in more)
        if same_ids and same_numbers:
            pointed = f"UniqueId and Leg go together as {more[0]}, expected {missing[0]}"
        elif same_numbers:
            pointed = f"UniqueId is {more[0][0]!r}, expected {missing[0][0]!r}"
        elif same_ids or {unique_id for unique_id, _ in missing} == {unique_id for unique_id, _ in more}:
            pointed = f"Leg is {more[0][1]}, expected {missing[0][1]}"
        else:
            pointed = f"{named(missing[0])} is missing, {named(more[0])} came in its place"
    elif more:
        pointed = f"{named(more[0])} is {'listed twice' if more[0] in wanted else 'not one of them'}"
    else:
        pointed = f"{named(missing[0])} is missing" if missing else "they are the same"
    return f"{pointed}; expected legs {_few(wanted)}, got {_few(came)}"


def _few(legs: list[LegName]) -> str:
    more = len(legs) - MOST_SHOWN
    return str(legs) if more <= 0 else f"{legs[:MOST_SHOWN]} and {more} more"


def check_legs(
    check: Check, what: str, expected: Iterable[LegName], listed: Iterable[LegName], exchange: Exchange, more: str = ""
) -> None:
    """Check that the legs that should come are those that came, in whatever order."""
    wanted, came = sorted(expected), sorted(listed)
    check(wanted == came, "" if wanted == came else f"{what}: {apart_in_words(wanted, came)}{more}", exchange)


def asked(answer: Answer) -> str:
    """A question in words."""
    value = answer.asked.value
    return f"{answer.asked.kind} {value if len(value) <= 80 else value[:80] + '...'!r}"


def is_empty(answer: Answer) -> bool:
    """Whether an answer is a list without a leg: no failure, no other document."""
    return answer.exchange.status == 200 and unreadable(answer) is None and not answer.legs


def differing(one: Leg, other: Leg) -> dict[str, tuple[str | None, str | None]]:
    """The fields that two legs tell differently, with what they tell."""
    both = {name: (one.texts.get(name), other.texts.get(name)) for name in TOLD if name not in one.silent}
    return {name: told for name, told in both.items() if told[0] != told[1]}


def ends_of(leg: Leg, *, more: tuple[int, ...] = (0,)) -> list[datetime]:
    """When a leg ended by its Start and Duration, and so many seconds later; none where it is said to last for ages."""
    if leg.duration_seconds > LONGEST_SECONDS:
        return []
    return [start + timedelta(seconds=leg.duration_seconds + each) for start in leg.start for each in more]


def unreadable(answer: Answer) -> str | None:
    """Why an answer is no array of objects, None where it is one; what a field holds does not count."""
    if answer.reading.error_body is not None:
        return f"a failure object came: {beginning(answer.reading.error_body.message, 80)!r}"
    return next((problem for problem in answer.reading.problems if not _FIELD_PROBLEM.match(problem)), None)


def field_problems(answer: Answer) -> list[str]:
    """What could not be read in the fields of an answer's legs."""
    return [problem for problem in answer.reading.problems if _FIELD_PROBLEM.match(problem)]


def entries(answer: Answer) -> list[Any]:
    """The entries of an answer as JSON values; none where it is no array."""
    try:
        document = answer.exchange.json()
    except ValueError:
        return []
    return document if isinstance(document, list) else []


def listed_legs(subject: Subject) -> Iterator[Listed]:
    """Every leg in every answer by tag and by unique id."""
    for answer in subject.listings():
        for leg in answer.legs:
            yield Listed(answer, leg)


def put_legs(subject: Subject) -> Iterator[Put]:
    """Every leg that was put in and is listed, once for each answer that lists it."""
    if subject.archive is None:
        return
    there = {(leg.unique_id, leg.number): (call, leg) for call in subject.archive.calls for leg in call.legs}
    for listed in listed_legs(subject):
        found = there.get(listed.name)
        if found is not None:
            yield Put(listed, *found)


def expected_of_tag(subject: Subject, tag: str) -> list[LegName]:
    """The legs that a tag brings from what was put in, as the target declares its choices."""
    if subject.archive is None:
        return []
    selects, match = subject.profile.get("tag_selects", "calls"), subject.profile.get("tag_match", "exact")
    return put_names(subject.archive.by_tag(tag, selects=selects, match=match))


def carries(subject: Subject, leg: Leg, tag: str) -> bool:
    """Whether a listed leg carries a tag, in the letter case that the target declares to matter."""
    same_letters = subject.profile.get("tag_match") == "exact"
    return leg.tag == tag or (not same_letters and leg.tag.casefold() == tag.casefold())
