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
    for question, old in first.items():
        if question not in second:
            continue
        new = second[question]
        passed = _passed(first, second, old, new)
        for each in differences(old, new, since=captured_at(first)):
            relation = each.relation or relation_of(each.old, each.new, passed=passed)
            if relation is not None and each.place[0] in ("header", "leg", "legs", "object"):
                rules.add(each.place, relation)
    return rules


def captured_at(answers: Answers) -> float:
    """The PBX's time of a capture, in seconds since 1970: by its Time, or else no later than its newest call.

    The clock of a PBX may differ from that of the machine that asked.
    """
    clock = _pbx_clock(answers)
    if clock is not None:
        return clock
    starts = [start for answer in answers.values() for key in answer.legs if (start := began(key[0])) is not None]
    moments = [answer.at.timestamp() for answer in answers.values()]
    return min(max(starts, default=inf), min(moments, default=inf))


def _pbx_clock(answers: Answers) -> float | None:
    stamps = [
        instant(atom.text) for answer in answers.values() if answer.body == "digits" for atom in answer.fields.values()
    ]
    return min((stamp for stamp in stamps if stamp is not None), default=None)


def _passed(first: Answers, second: Answers, old: AnswerParts, new: AnswerParts) -> Passed:
    """The seconds between two answers, by the machine's clock and by the PBX's."""
    machine = (new.at - old.at).total_seconds()
    before, after = _pbx_clock(first), _pbx_clock(second)
    return (machine,) if before is None or after is None else (machine, after - before)


def changes(old: Answers, new: Answers, rules: NoiseRules) -> list[Change]:
    """What changed in the answers to the questions that both captures have."""
    return list(_changes(old, new, rules))


def _changes(old: Answers, new: Answers, rules: NoiseRules) -> Iterator[Change]:
    since = captured_at(old)
    for question, before in old.items():
        after = new.get(question)
        if after is None:
            continue
        passed = _passed(old, new, before, after)
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
