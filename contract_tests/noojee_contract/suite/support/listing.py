"""The legs that answers list, compared with the legs that a test created.

A check about a value reads that value alone. The clauses about the document report a missing or malformed value, and
the clauses about selection report an unexpected leg.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from noojee_contract.dialects.legs import MISSING_IN_WORDS, Leg
from noojee_contract.dialects.legs import value_in_words as json_in_words
from noojee_contract.dialects.model import METHOD_OF
from noojee_contract.dialects.times import agreeing
from noojee_contract.dialects.vendor import COMMON
from noojee_contract.engine.check import Check, CheckFailed
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.archive import PutCall, PutLeg
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite.support.answers import describe, kind_without_legs

LegName = tuple[str, int]
MOST_SHOWN = 8
UNKNOWN_STATUSES = (200, 404)  # of an error about a value that matches nothing (option unknown_recording)
SECOND = timedelta(seconds=1)
LONGEST_SECONDS = 366 * 86400  # no leg lasts longer
LEG_FIELDS = (*COMMON, "callend", "End")
"""The fields that a leg may have. Its end is callend by hour, and End in custom dialects."""


@dataclass(frozen=True, slots=True, eq=False)
class Unreadable:
    """A value that is missing or unreadable. It equals no value, also no other unreadable value."""

    came: str

    def __str__(self) -> str:
        return f"unreadable ({self.came})"


def _decoded(field: str, value: Callable[[Leg], object]) -> Callable[[Leg], object]:
    return lambda leg: Unreadable(leg.unread[field]) if field in leg.unread else value(leg)


_VALUES: Mapping[str, Callable[[Leg], object]] = {
    "Source": lambda leg: leg.source,
    "Destination": lambda leg: leg.destination,
    "Tag": lambda leg: leg.tag,
    "Username": lambda leg: leg.username,
    "CallRecordId": lambda leg: leg.call_record_id,
    "DID": lambda leg: leg.did,
    "Direction": lambda leg: leg.direction,
    "Duration": lambda leg: leg.duration_seconds,
}
DECODED: Mapping[str, Callable[[Leg], object]] = {field: _decoded(field, value) for field, value in _VALUES.items()}
"""The decoded fields that answers of different shapes have in common, by the vendor's field name; or `Unreadable`."""

_ASTERISK_ID = re.compile(r"(?:.*-)?([0-9]{9,10})\.[0-9]+")
"""A unique id of Asterisk: the time when its channel was created, and a counter."""
_FIELD_PROBLEM = re.compile(r"entry [0-9]+: |and [0-9]+ more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """What a failed check reports: the kind of failure, and the field with its expected and actual value."""

    kind: FailureKind
    message: str
    field: str | None = None
    expected: str | None = None
    actual: str | None = None


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
        """The value of a field; None where it is missing, or not of the form that its dialect writes."""
        return self.leg.texts.get(field)

    def check(
        self,
        check: Check,
        passed: bool,
        message: str,
        *,
        kind: FailureKind,
        field: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
    ) -> None:
        """Make one check about this leg. The message gets the question and the name of the leg."""
        said = "" if passed else f"{question_in_words(self.answer)}: {describe_leg(self.leg)}: {message}"
        check(passed, said, self.answer.exchange, kind=kind, field=field, expected=expected, actual=actual)

    def check_text(self, check: Check, field: str, expected: str) -> None:
        """Check the value of a field. Skips a missing or malformed value, which other clauses report."""
        actual = self.text(field)
        if actual is not None:
            self.check(
                check,
                actual == expected,
                f"{field} is {actual!r}, expected {expected!r}",
                kind=FailureKind.WRONG_VALUE,
                field=field,
                expected=expected,
                actual=actual,
            )


@dataclass(frozen=True, slots=True)
class Put:
    """A listed leg, with the call and the leg that the test created."""

    listed: Listed
    call: PutCall
    leg: PutLeg


def name_of(leg: Leg) -> LegName:
    """Unique id and number of a leg, of any JSON type. Raises CheckFailed if one of them is missing or unreadable."""
    for field in ("UniqueId", "Leg"):
        if field in leg.unread:
            raise unreadable_field(leg, field)
    return leg.unique_id, leg.number


def seconds_of(leg: Leg) -> int:
    """The Duration of a leg. Raises CheckFailed if it is missing or unreadable."""
    if leg.duration_seconds is None:
        raise unreadable_field(leg, "Duration")
    return leg.duration_seconds


def is_longer(leg: Leg, seconds: float) -> bool:
    """Whether the Duration of a leg is longer. An unreadable Duration is not."""
    return leg.duration_seconds is not None and leg.duration_seconds > seconds


def unreadable_field(leg: Leg, field: str) -> CheckFailed:
    """A failed check of a leg that cannot be compared, because a field is missing or unreadable."""
    came = leg.unread.get(field, MISSING_IN_WORDS)
    kind = FailureKind.MISSING_FIELD if came == MISSING_IN_WORDS else FailureKind.INVALID_FIELD
    message = f"{describe_leg(leg)}: {field} is unreadable ({came}), so the leg cannot be compared"
    return CheckFailed(message, kind, field=field, actual=came, exchange=leg.exchange)


def describe_leg(leg: Leg) -> str:
    """A leg in words, also if its name is unreadable."""
    unique_id = leg.unread.get("UniqueId", repr(leg.unique_id))
    return f"leg {leg.unread.get('Leg', leg.number)} of {unique_id}"


class ListedNames:
    """The names of the legs in answers, made once for each answer: an answer may have thousands of legs."""

    def __init__(self) -> None:
        self._names: dict[Answer, frozenset[LegName]] = {}

    def names(self, answer: Answer) -> frozenset[LegName]:
        """The names of the legs in an answer."""
        if answer not in self._names:
            self._names[answer] = frozenset(map(name_of, answer.legs))
        return self._names[answer]


def legs_by_call(answer: Answer) -> dict[str, list[Leg]]:
    """The legs of an answer by unique id."""
    found: dict[str, list[Leg]] = {}
    for leg in answer.legs:
        found.setdefault(leg.unique_id, []).append(leg)
    return found


def names(legs: Iterable[Leg]) -> list[LegName]:
    """Unique id and number of listed legs, sorted."""
    return sorted(map(name_of, legs))


def put_names(legs: Iterable[PutLeg]) -> list[LegName]:
    """Unique id and number of created legs, sorted."""
    return sorted((leg.unique_id, leg.number) for leg in legs)


def leg_in_words(name: LegName) -> str:
    """A leg in words."""
    return f"leg {name[1]} of {name[0]!r}"


def legs_in_words(legs: Iterable[LegName]) -> str:
    """Legs in words, at most eight: "legs 1, 2 of '12.3' and 1 of '13.4'"."""
    listed = sorted(legs)
    if not listed:
        return "no legs"
    numbers: dict[str, list[str]] = {}
    for unique_id, number in listed[:MOST_SHOWN]:
        numbers.setdefault(unique_id, []).append(str(number))
    shown = " and ".join(f"{', '.join(of_call)} of {unique_id!r}" for unique_id, of_call in numbers.items())
    more = len(listed) - MOST_SHOWN
    return f"legs {shown}{f' and {more} more' if more > 0 else ''}"


def value_in_words(value: object) -> str:
    """A JSON value in a few words, or an unreadable value."""
    return str(value) if isinstance(value, Unreadable) else json_in_words(value)


def text_of(value: object) -> str | None:
    """A JSON value as the expected or actual value of a failure: a string without quotes, None where it is absent."""
    return value if value is None or isinstance(value, str) else value_in_words(value)


def check_value(check: Check, exchange: Exchange, what: str, field: str, *, expected: str, actual: str) -> None:
    """Check the decoded value of a field. `what` starts the message."""
    check(
        actual == expected,
        f"{what}: {field} is {actual!r}, expected {expected!r}",
        exchange,
        kind=FailureKind.WRONG_VALUE,
        field=field,
        expected=expected,
        actual=actual,
    )


def check_mismatch(check: Check, mismatch: Mismatch | None, exchange: Exchange) -> None:
    """Make one check, which passes where there is no mismatch."""
    if mismatch is None:
        check(True, "", exchange, kind=FailureKind.WRONG_VALUE)
        return
    check(
        False,
        mismatch.message,
        exchange,
        kind=mismatch.kind,
        field=mismatch.field,
        expected=mismatch.expected,
        actual=mismatch.actual,
    )


def check_legs(
    check: Check,
    answer: Answer,
    expected: Iterable[LegName],
    *,
    what: str | None = None,
    listed: Iterable[LegName] | None = None,
    held: Collection[LegName] = (),
) -> None:
    """Check that an answer lists the expected legs, in any order. The parameters are those of `legs_mismatch`."""
    check_mismatch(check, legs_mismatch(answer, expected, what=what, listed=listed, held=held), answer.exchange)


def legs_mismatch(
    answer: Answer,
    expected: Iterable[LegName],
    *,
    what: str | None = None,
    listed: Iterable[LegName] | None = None,
    held: Collection[LegName] = (),
) -> Mismatch | None:
    """How the legs of an answer differ from the expected legs, in any order; None where they do not.

    `what` replaces the question at the start of the message. `listed` replaces the legs of the answer. `held` are legs
    that the PBX holds: one of them in place of an expected leg is an unexpected leg, and not a wrong UniqueId or Leg.
    """
    wanted, came = sorted(expected), names(answer.legs) if listed is None else sorted(listed)
    if wanted == came:
        return None
    what = what or question_in_words(answer)
    unlisted = None if came else listing_mismatch(answer)
    if unlisted is not None:
        message = f"{what}: expected {legs_in_words(wanted)}, got {describe(answer)}"
        return Mismatch(kind=unlisted.kind, message=message, expected=unlisted.expected, actual=unlisted.actual)
    missing = sorted((Counter(wanted) - Counter(came)).elements())
    more = sorted((Counter(came) - Counter(wanted)).elements())
    found = _exchanged(missing, more, held) or _missing_or_more(missing, more, wanted)
    message = f"{what}: {found.message}; expected {legs_in_words(wanted)}, got {legs_in_words(came)}"
    return Mismatch(kind=found.kind, message=message, field=found.field, expected=found.expected, actual=found.actual)


def _exchanged(missing: list[LegName], more: list[LegName], held: Collection[LegName]) -> Mismatch | None:
    """The UniqueId or Leg that is wrong, where legs came under another name; None where they did not."""
    if not missing or not more:
        return None
    same_ids = sorted(unique_id for unique_id, _ in missing) == sorted(unique_id for unique_id, _ in more)
    same_numbers = sorted(number for _, number in missing) == sorted(number for _, number in more)
    same_calls = {unique_id for unique_id, _ in missing} == {unique_id for unique_id, _ in more}
    permuted = same_ids and same_numbers  # nobody can say whether UniqueId or Leg is wrong
    if (permuted or not same_calls) and any(name in held for name in more):
        return None
    if same_numbers and not same_ids:
        field, expected, actual = "UniqueId", missing[0][0], more[0][0]
    elif same_ids or same_calls:
        field, expected, actual = "Leg", str(missing[0][1]), str(more[0][1])
    else:
        return None
    message = f"{field} is {actual!r}, expected {expected!r}"
    return Mismatch(kind=FailureKind.WRONG_VALUE, message=message, field=field, expected=expected, actual=actual)


def _missing_or_more(missing: list[LegName], more: list[LegName], wanted: list[LegName]) -> Mismatch:
    """The first leg that is missing, listed twice or not expected."""
    if missing:
        message = f"{leg_in_words(missing[0])} is missing"
        if more:
            message += f", {leg_in_words(more[0])} came in its place"
        return Mismatch(kind=FailureKind.MISSING_LEG, message=message, expected=leg_in_words(missing[0]))
    if more[0] in wanted:
        message = f"{leg_in_words(more[0])} is listed twice"
        return Mismatch(kind=FailureKind.REPEATED_LEG, message=message, actual=leg_in_words(more[0]))
    message = f"{leg_in_words(more[0])} is not one of them"
    return Mismatch(kind=FailureKind.UNEXPECTED_LEG, message=message, actual=leg_in_words(more[0]))


def question_in_words(answer: Answer) -> str:
    """The question of an answer in words."""
    value = answer.asked.value
    if answer.asked.kind == "hour":
        return f"hour {value}"
    return f"{answer.asked.kind.replace('_', ' ')} {beginning(value, 80)!r}"


def is_empty(answer: Answer) -> bool:
    """Whether an answer is an array without a leg: no error body, no other document."""
    return answer.exchange.status == 200 and unreadable(answer) is None and not answer.legs


def written(leg: Leg, field: str) -> object:
    """The text of a field, or `Unreadable`; None if its dialect does not name it."""
    return Unreadable(leg.unread[field]) if field in leg.unread else leg.texts.get(field)


def text_in(leg: Leg, field: str) -> str | None:
    """The text of a field; what came in words if it is unreadable, and None if its dialect does not name it."""
    return leg.texts.get(field, leg.unread.get(field))


def brings_nothing(subject: Subject, answer: Answer) -> bool:
    """Whether an answer is an empty array, or the error with which this PBX answers an unknown value."""
    if is_empty(answer):
        return True
    rule = subject.target.api.error_rule("unknown_recording", METHOD_OF[answer.asked.kind])
    if rule is not None and answer.exchange.status in rule.statuses and not answer.legs:
        return True
    error = answer.reading.error_body
    if error is None or answer.asked.kind == "hour" or answer.exchange.status not in UNKNOWN_STATUSES:
        return False
    ask = subject.by_tag if answer.asked.kind == "tag" else subject.by_unique_id
    unknown = ask(subject.unknown_values[0])
    known_error = unknown.reading.error_body
    return known_error is not None and (unknown.exchange.status, known_error.code) == (
        answer.exchange.status,
        error.code,
    )


def differing(one: Leg, other: Leg) -> dict[str, tuple[str | None, str | None]]:
    """The fields that differ between two legs, with both values."""
    both = {name: (text_in(one, name), text_in(other, name)) for name in LEG_FIELDS if name not in one.silent}
    return {name: values for name, values in both.items() if values[0] != values[1]}


def check_same_fields(check: Check, expected: Leg, actual: Leg, exchange: Exchange, what: str) -> None:
    """Check that an answer shows the same values of a leg as another answer. `what` starts the message."""
    differ = differing(actual, expected)
    field = next(iter(differ), "")
    now, before = differ.get(field, (None, None))
    check(
        not differ,
        f"{what}: {field} is {value_in_words(now)}, expected {value_in_words(before)}",
        exchange,
        kind=FailureKind.ANSWERS_DIFFER,
        field=field,
        expected=before,
        actual=now,
    )


def ends_of(leg: Leg, *, more: tuple[int, ...] = (0,)) -> list[datetime]:
    """When a leg ended by its Start and Duration, plus each of `more` seconds.

    Empty where one of them is unreadable, or Duration is absurdly long.
    """
    if leg.duration_seconds is None or leg.duration_seconds > LONGEST_SECONDS:
        return []
    return [start + timedelta(seconds=leg.duration_seconds + each) for start in leg.start for each in more]


def began_at(unique_id: str) -> datetime | None:
    """When a call began, by its unique id; None if the id has no time. Source: A-U."""
    match = _ASTERISK_ID.fullmatch(unique_id)
    return None if match is None else datetime.fromtimestamp(int(match[1]), UTC)


def with_decided_start(subject: Subject, leg: Leg) -> Leg:
    """A leg whose Start is the instant that other answers decide, if its own text has two meanings.

    An answer by hour may write an offset or an abbreviation where an answer by unique id has only local time. Only
    answers that came before are read.
    """
    start = leg.start
    for answer in subject.answers() if len(start) > 1 else ():
        for other in answer.legs:
            if len(other.start) == 1 and (other.unique_id, other.number) == (leg.unique_id, leg.number):
                start = agreeing(start, other.start, SECOND) or start
    return leg if start is leg.start else replace(leg, start=start)


def unreadable(answer: Answer) -> str | None:
    """Why an answer is no array of objects; None where it is one. The values of fields do not count."""
    if answer.reading.error_body is not None:
        return f"an error body: {beginning(answer.reading.error_body.message, 80)!r}"
    if answer.reading.more is not None:
        return f"the listing has pages, which no clause follows, so legs are lost: {answer.reading.more}"
    return next((problem for problem in answer.reading.problems if not _FIELD_PROBLEM.match(problem)), None)


def listing_mismatch(answer: Answer) -> Mismatch | None:
    """Why an answer is not HTTP 200 with an array of objects; None where it is. The values of fields do not count."""
    problem = unreadable(answer)
    if answer.exchange.status == 200 and problem is None:
        return None
    kind = kind_without_legs(answer)
    if answer.legs:
        kind = FailureKind.INVALID_BODY if answer.exchange.status == 200 else FailureKind.UNEXPECTED_STATUS
    if answer.reading.more is not None and answer.exchange.status == 200:
        return Mismatch(
            kind=FailureKind.MISSING_LEG,
            message=f"{question_in_words(answer)}: expected all legs in one array; {problem}",
            expected="all legs in one array",
            actual=answer.reading.more,
        )
    return Mismatch(
        kind=FailureKind.INVALID_BODY if kind is FailureKind.MISSING_LEG else kind,
        message=f"{question_in_words(answer)}: expected 200 and an array of legs, got {describe(answer)}",
        expected="200 and an array of legs",
        actual=describe(answer),
    )


def field_problems(answer: Answer) -> list[str]:
    """The problems in the fields of an answer's legs, in words."""
    return [problem for problem in answer.reading.problems if _FIELD_PROBLEM.match(problem)]


def entries(answer: Answer) -> list[Any]:
    """The entries of an answer as JSON values; empty where it is no array."""
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
    """Every created leg that is listed, once for each answer that lists it."""
    if subject.archive is None:
        return
    created = {(leg.unique_id, leg.number): (call, leg) for call in subject.archive.calls for leg in call.legs}
    for listed in listed_legs(subject):
        found = created.get(listed.name)
        if found is not None:
            yield Put(listed, *found)


def held_legs(subject: Subject) -> frozenset[LegName]:
    """The legs that a test created; empty for a read-only PBX."""
    return frozenset() if subject.archive is None else frozenset(put_names(subject.archive.legs))


def expected_of_tag(subject: Subject, tag: str) -> list[LegName]:
    """The created legs that a tag selects under the options of the profile."""
    if subject.archive is None:
        return []
    selects, match = subject.profile.get("tag_selects", "calls"), subject.profile.get("tag_match", "exact")
    return put_names(subject.archive.by_tag(tag, selects=selects, match=match))


def carries(subject: Subject, leg: Leg, tag: str) -> bool:
    """Whether a listed leg carries a tag. Letter case counts where the profile says so."""
    same_letters = subject.profile.get("tag_match") == "exact"
    return leg.tag == tag or (not same_letters and leg.tag.casefold() == tag.casefold())
