"""Compares answers with each other: the same legs, field by field, in any order, or a part of them.

Other clauses say which answer is right. An answer without legs is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite.support.answers import describe
from noojee_contract.suite.support.listing import (
    LEG_FIELDS,
    LegName,
    Mismatch,
    check_legs,
    check_mismatch,
    held_legs,
    leg_in_words,
    listing_mismatch,
    name_of,
    names,
    question_in_words,
    text_in,
    text_of,
    value_in_words,
)
from noojee_contract.suite.support.queries import BY_TAG, BY_UNIQUE_ID, NamedQuery, ask

Row = Mapping[str, str | None]
Rows = Mapping[LegName, Row]


def rows(answers: Iterable[Answer]) -> dict[LegName, dict[str, str | None]]:
    """The fields of each leg in some answers, by unique id and number."""
    return {
        name_of(leg): {field: text_in(leg, field) for field in LEG_FIELDS if field not in leg.silent}
        for each in answers
        for leg in each.legs
    }


def question_of(answer: Answer) -> NamedQuery:
    """The vendor's method and parameter that an answer by tag or by unique id is about."""
    value = answer.asked.value
    return (BY_TAG, (("tag", value),)) if answer.asked.kind == "tag" else (BY_UNIQUE_ID, (("uniqueId", value),))


def answers_with_legs(subject: Subject, most: int) -> list[Answer]:
    """At most so many answers that list legs, by unique id and by tag in turn."""
    by_unique_id = [subject.by_unique_id(unique_id) for unique_id in subject.unique_ids[:most]]
    by_tag = [subject.by_tag(tag) for tag in subject.tags[:most]]
    in_turn = (each for pair in zip_longest(by_unique_id, by_tag) for each in pair)
    return [each for each in in_turn if each is not None and each.legs][:most]


def ask_again(subject: Subject, answer: Answer) -> Answer:
    """Send the question of an answer once more; returns the new answer."""
    return subject.reread(answer.asked, ask(subject, answer.asked))


def check_same(subject: Subject, check: Check, first: Answer, exchange: Exchange, how: str) -> None:
    """Check that an exchange lists the legs of an earlier answer, with the same fields. `how` says what differed."""
    other = subject.reread(first.asked, exchange)
    check_legs(check, other, names(first.legs), what=f"{question_in_words(first)}, {how}", held=held_legs(subject))
    check_rows(check, rows([first]), other, how)


def check_rows(check: Check, expected: Rows, answer: Answer, how: str) -> None:
    """Check that an answer lists each expected leg, with the same fields."""
    listed = rows([answer])
    for name, row in expected.items():
        check_mismatch(check, _row_mismatch(name, row, listed.get(name), answer, how), answer.exchange)


def row_mismatch(what: str, expected: Mapping[str, object], actual: Mapping[str, object]) -> Mismatch | None:
    """The fields of `expected` that another answer gives with another value; None where there is none."""
    differ = [field for field in expected if actual.get(field) != expected[field]]
    if not differ:
        return None
    pairs = [(field, value_in_words(actual.get(field)), value_in_words(expected[field])) for field in differ]
    message = "; ".join(f"{field} is {came}, expected {wanted}" for field, came, wanted in pairs)
    return Mismatch(
        kind=FailureKind.ANSWERS_DIFFER,
        message=f"{what}: {message}",
        field=differ[0],
        expected=text_of(expected[differ[0]]),
        actual=text_of(actual.get(differ[0])),
    )


def _row_mismatch(name: LegName, expected: Row, actual: Row | None, answer: Answer, how: str) -> Mismatch | None:
    what = f"{question_in_words(answer)}, {how}: {leg_in_words(name)}"
    if actual is not None:
        return row_mismatch(what, expected, actual)
    unlisted = None if answer.legs else listing_mismatch(answer)
    kind = FailureKind.MISSING_LEG if unlisted is None else unlisted.kind
    return Mismatch(kind=kind, message=f"{what} is not listed ({describe(answer)})", expected=leg_in_words(name))
