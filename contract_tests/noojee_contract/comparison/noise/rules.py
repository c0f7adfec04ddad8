"""Learns noise from two captures of one PBX, and reports the changes between a capture and a later one. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from noojee_contract.comparison.noise.answer import AnswerParts
from noojee_contract.comparison.noise.change import Change, ChangeKind
from noojee_contract.comparison.noise.differences import AnswerDifference, Place, differences
from noojee_contract.comparison.noise.relations import Passed, Relation, began, holds, instant, relation_of

Answers = Mapping[str, AnswerParts]
"""The answers of a capture by question."""
LONGEST_VALUE = 120
BY_ITSELF = (Relation.GREW,)
"""Relations that need not be learnt: a call that began later cannot have been listed before."""


@dataclass(slots=True)
class NoiseRules:
    """The relations that were seen at each place, each with how often."""

    seen: dict[Place, Counter[Relation]] = field(default_factory=dict)

    def add(self, place: Place, relation: Relation) -> None:
        """Note that a relation held at a place."""
        self.seen.setdefault(place, Counter())[relation] += 1

    def explains(self, difference: AnswerDifference, passed: Passed) -> Relation | None:
        """The learnt relation that a new difference follows; None if it follows none."""
        if difference.relation in BY_ITSELF:
            return difference.relation
        for relation in self.seen.get(difference.place, ()):
            if difference.relation is relation:
                return relation
            if holds(relation, difference.old, difference.new, passed=passed):
                return relation
        return None


def learnt(first: Answers, second: Answers) -> NoiseRules:
    """The noise between two captures of a PBX that did not change."""
    rules = NoiseRules()
    since, drift = captured_at(first), _drift(first, second)
    for question, old in first.items():
        if question not in second:
            continue
        new = second[question]
        passed = _passed(old, new, drift)
        for each in differences(old, new, since=since):
            relation = each.relation or relation_of(each.old, each.new, passed=passed)
            if relation is not None and each.place[0] in ("header", "leg", "legs", "object"):
                rules.add(each.place, relation)
    return rules


def captured_at(answers: Answers) -> float:
    """The PBX's time of the first answer of a capture, in seconds since 1970.

    Without the clock of the PBX, it is no later than its newest call. The clock of a PBX may differ from that of the
    machine that asked. A call that began while a capture was recorded may be missing in its first answers.
    """
    first = min((answer.at.timestamp() for answer in answers.values()), default=inf)
    ahead = _seconds_ahead(answers)
    if ahead is not None:
        return first + ahead
    starts = [start for answer in answers.values() for key in answer.legs if (start := began(key[0])) is not None]
    return min(max(starts, default=inf), first)


def _seconds_ahead(answers: Answers) -> float | None:
    """How far the PBX's clock is ahead of the machine that asked, by the Time that it answered; None if unknown."""
    for answer in answers.values():
        stamps = [instant(atom.text) for atom in answer.fields.values()] if answer.body == "digits" else []
        for stamp in stamps:
            if stamp is not None:
                return stamp - answer.at.timestamp()
    return None


def _drift(first: Answers, second: Answers) -> float | None:
    """How much the clock of the PBX moved against that of the machine between two captures; None if unknown."""
    before, after = _seconds_ahead(first), _seconds_ahead(second)
    return None if before is None or after is None else after - before


def _passed(old: AnswerParts, new: AnswerParts, drift: float | None) -> Passed:
    """The seconds between two answers, by the machine's clock and by the PBX's."""
    machine = (new.at - old.at).total_seconds()
    return (machine,) if drift is None else (machine, machine + drift)


def changes(old: Answers, new: Answers, rules: NoiseRules) -> list[Change]:
    """What changed in the answers to the questions that both captures have."""
    return list(_changes(old, new, rules))


def _changes(old: Answers, new: Answers, rules: NoiseRules) -> Iterator[Change]:
    since, drift = captured_at(old), _drift(old, new)
    for question, before in old.items():
        after = new.get(question)
        if after is None:
            continue
        passed = _passed(before, after, drift)
        for each in differences(before, after, since=since):
            relation = rules.explains(each, passed)
            yield Change(
                kind=each.kind if relation is None else ChangeKind.NOISE,
                about=each.about,
                old=_shown(each.old),
                new=_shown(each.new),
                reading=each.reading if relation is None else None,
                rule=None if relation is None else relation.value,
                example=question,
            )


def missing_questions(old: Answers, new: Answers) -> Iterable[str]:
    """The questions of the old capture that the new one does not have."""
    return [question for question in old if question not in new]


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
