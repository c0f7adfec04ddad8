"""Answers in a form that only a change of the PBX changes, for snapshots: noise is replaced by its rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from noojee_contract.comparison.noise.answer import AnswerParts, Atom
from noojee_contract.comparison.noise.differences import DERIVED_HEADERS, Place
from noojee_contract.comparison.noise.relations import Relation, instant, shape_of
from noojee_contract.comparison.noise.rules import Answers, NoiseRules

StableAnswer = Mapping[str, object]
"""An answer as texts: its status, headers, kind of body, and the values of its legs or of another document."""
CLOCK_PLACES: tuple[Place, ...] = (("header", "date"), ("object", ""))
"""Where a time is the time of the answer, whatever was learnt: the header Date, and the answer of Time."""
CLOCK = f"<{Relation.CLOCK.value}>"


def stable_answers(answers: Answers, rules: NoiseRules) -> dict[str, StableAnswer]:
    """The answers by question. A value that follows no learnt rule is as it was recorded."""
    return {question: _stable(answer, rules) for question, answer in answers.items()}


def _stable(answer: AnswerParts, rules: NoiseRules) -> StableAnswer:
    if answer.status is None:
        return {"transport error": answer.transport_error}
    headers = {
        name: _value(("header", name), text, rules)
        for name, text in answer.headers.items()
        if name not in DERIVED_HEADERS
    }
    found: dict[str, object] = {"status": answer.status, "headers": headers, "body": answer.broken or answer.body}
    legs = list(answer.legs.items())
    if Relation.ORDER in rules.seen.get(("legs", "order"), ()):
        legs.sort(key=lambda row: row[0])
    if legs:
        found["legs"] = [_atoms(("leg",), leg, rules) for _, leg in legs]
    if answer.fields:
        found["values"] = _atoms(("object",), answer.fields, rules)
    return found


def _atoms(place: Place, atoms: Mapping[str, Atom], rules: NoiseRules) -> dict[str, str]:
    return {name: f"{atom.type} {_value((*place, name), atom.text, rules)}".strip() for name, atom in atoms.items()}


def _value(place: Place, text: str, rules: NoiseRules) -> str:
    """A value, or the rule that it follows. A token keeps its shape; a word in place of a token or a time is shown."""
    relations, is_time = rules.seen.get(place, ()), instant(text) is not None
    if place in CLOCK_PLACES and is_time:
        return CLOCK
    if Relation.CLOCK in relations and (is_time or text.isdigit()):
        return CLOCK
    shape = shape_of(text) if Relation.OPAQUE in relations else None
    return text if shape is None else shape
