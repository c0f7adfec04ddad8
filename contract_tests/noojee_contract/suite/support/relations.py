"""How answers are held against each other: the same legs, field by field, in whatever order; or a part of them.

What the right answer is, other clauses say; an answer without legs is held against nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.suite.support.archives import told
from noojee_contract.suite.support.listing import TOLD, LegName, asked, name_of, named, names
from noojee_contract.suite.support.queries import BY_TAG, BY_UNIQUE_ID, NamedQuery, ask

Rows = Mapping[LegName, Mapping[str, Any]]


def rows(answers: Iterable[Answer]) -> dict[LegName, dict[str, Any]]:
    """What some answers tell of each leg, field by field."""
    return {
        name_of(leg): {field: leg.texts.get(field) for field in TOLD if field not in leg.silent}
        for each in answers
        for leg in each.legs
    }


def question_of(answer: Answer) -> NamedQuery:
    """What the vendor's PBX was asked by tag or by unique id: the method and its parameter."""
    value = answer.asked.value
    return (BY_TAG, (("tag", value),)) if answer.asked.kind == "tag" else (BY_UNIQUE_ID, (("uniqueId", value),))


def told_answers(subject: Subject, most: int) -> list[Answer]:
    """Some answers by unique id and by tag that bring legs: taken in turn, so that there are both."""
    by_unique_id = [subject.by_unique_id(unique_id) for unique_id in subject.unique_ids[:most]]
    by_tag = [subject.by_tag(tag) for tag in subject.tags[:most]]
    in_turn = (each for pair in zip_longest(by_unique_id, by_tag) for each in pair)
    return [each for each in in_turn if each is not None and each.legs][:most]


def asked_again(subject: Subject, answer: Answer) -> Answer:
    """The same question, asked once more as the pages say."""
    return subject.reread(answer.asked, ask(subject, answer.asked))


def check_same(subject: Subject, check: Check, first: Answer, exchange: Exchange, how: str) -> None:
    """Check that an exchange brings the legs of an earlier answer and tells the same of each. `how` it was asked."""
    other = subject.reread(first.asked, exchange)
    before, now = names(first.legs), names(other.legs)
    check(before == now, f"{asked(first)}, {how}: expected legs {before}, got {now} ({told(other)})", exchange)
    check_rows(check, rows([first]), other, how)


def check_rows(check: Check, expected: Rows, answer: Answer, how: str) -> None:
    """Check that each leg expected is in an answer, and tells the same there."""
    there = rows([answer])
    for name, row in expected.items():
        other = there.get(name)
        said = f"{asked(answer)}, {how}: {named(name)} is not listed ({told(answer)})"
        check(other is not None, said, answer.exchange)
        if other is not None:
            differ = ", ".join(
                f"{field} {other[field]!r} for {row[field]!r}" for field in row if other[field] != row[field]
            )
            check(not differ, f"{asked(answer)}, {how}: {named(name)} shows {differ}", answer.exchange)
