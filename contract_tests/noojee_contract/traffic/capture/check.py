"""Compares a capture with a later one of the same PBX: answers, sounds, options and clauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

from noojee_contract.comparison.noise.answer import AnswerParts
from noojee_contract.comparison.noise.change import Change, UpgradeResult, grouped
from noojee_contract.comparison.noise.rules import NoiseRules, changes, learnt
from noojee_contract.dialects.vendor_dialect import BY_HOUR_METHOD, BY_TAG, BY_UNIQUE_ID
from noojee_contract.errors import TargetError
from noojee_contract.traffic.capture.answers import METHODS, read_answers
from noojee_contract.traffic.capture.contract import (
    ClauseOutcome,
    Outcomes,
    contract_changes,
    failed,
    other_changes,
    profile_changes,
    tested,
)
from noojee_contract.traffic.capture.folder import Capture, read_json
from noojee_contract.traffic.capture.sounds import SoundSummary, kept_sound_change, no_sound, sound_change

Answers = Mapping[str, AnswerParts]
Sounds = Mapping[str, SoundSummary]
LISTINGS = (METHODS[BY_TAG], METHODS[BY_HOUR_METHOD])
"""Answers that lead to calls and sounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedSide:
    """What is compared of one side.

    A part that was not captured, or is left out on both sides, is empty. `evidence` is an exchange in words that shows
    an option. `kept` are the files of sound that were kept,
    `other` is behaviour that no option covers, in words, with the option that it is about.
    """

    answers: Answers
    sounds: Sounds = field(default_factory=dict)
    kept: Mapping[str, bytes] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    other: Mapping[str, str | None] = field(default_factory=dict)
    clauses: Outcomes = field(default_factory=dict)


def read_sounds(capture: Capture, number: int, answers: Answers) -> dict[str, SoundSummary]:
    """The sounds of a run by question. Raises TargetError if the file is broken, or not of these answers."""
    path = capture.sounds(number)
    document = read_json(path, "list of sounds")
    if not document.keys() <= answers.keys():
        raise TargetError(
            f"{path}: the list of sounds is of other questions than the answers: capture again into another folder"
        )
    try:
        return {name: SoundSummary.of(row) for name, row in document.items()}
    except (TypeError, KeyError, ValueError):
        raise TargetError(f"{path}: the list of sounds is broken: capture again into another folder") from None


def read_outcomes(capture: Capture) -> dict[str, ClauseOutcome]:
    """The outcomes of the clauses; empty if the contract was not captured. Raises TargetError."""
    if not capture.contract.is_file():
        return {}
    document = read_json(capture.contract, "list of outcomes")
    try:
        return {name: ClauseOutcome(**row) for name, row in document.items()}
    except TypeError:
        raise TargetError(f"{capture.contract}: the list of outcomes is broken: capture again") from None


def noise_of(capture: Capture, credentials: Collection[str] | None = None) -> NoiseRules:
    """The noise that the runs of a capture show, each run against the one before. See `read_answers`."""
    rules = NoiseRules()
    runs = [read_answers(capture.answers(run.number), credentials) for run in capture.runs]
    for before, after in pairwise(runs):
        for place, counts in learnt(before, after).seen.items():
            rules.seen.setdefault(place, Counter()).update(counts)
    return rules


def compare(
    target: str, old: CapturedSide, new: CapturedSide, rules: NoiseRules, *, notes: tuple[str, ...] = ()
) -> UpgradeResult:
    """What changed between two sides. Noise is left out by its rules, and counted."""
    both = [question for question in old.answers if question in new.answers]
    heard = [question for question in old.sounds if question in new.answers]
    found = [
        *changes(old.answers, new.answers, rules),
        *_sound_changes(old, new),
        *_option_changes(old, new),
        *other_changes(old.options, old.other, new.other),
        *contract_changes(old.clauses, new.clauses),
    ]
    compared = (
        ("answers", sum(new.answers[question].status is not None for question in both)),
        ("legs", sum(len(old.answers[question].legs) for question in both)),
        ("sounds", len(heard)),
        ("options", len(set(old.options) & set(new.options))),
        ("clauses", len(tested(old.clauses) & set(new.clauses))),
    )
    return UpgradeResult(
        target=target,
        changes=grouped(found),
        compared=compared,
        notes=(*notes, *_notes(old, new)),
        gaps=tuple(_gaps(old, new, has_legs=bool(dict(compared)["legs"]))),
    )


def _option_changes(old: CapturedSide, new: CapturedSide) -> Iterator[Change]:
    """The options that changed, each with an exchange that shows it before and after."""
    for option, change in profile_changes(old.options, new.options):
        seen = {"before": old.evidence.get(option), "after": new.evidence.get(option)}
        yield replace(change, example="; ".join(f"{when}: {text}" for when, text in seen.items() if text))


def _sound_changes(old: CapturedSide, new: CapturedSide) -> Iterator[Change]:
    for question, before in old.sounds.items():
        after, answer = new.sounds.get(question), new.answers.get(question)
        if after is not None:
            change = sound_change(before, after, example=question)
            if change is not None and question in old.kept and question in new.kept:
                change = kept_sound_change(old.kept[question], new.kept[question], example=question)
            if change is not None:
                yield change
        elif answer is not None and answer.status == old.answers[question].status:  # another status is a change itself
            yield no_sound(before, example=question)


def _gaps(old: CapturedSide, new: CapturedSide, *, has_legs: bool) -> Iterator[str]:
    """What forbids a go. Calls and sounds are drawn within limits, which later calls may use up."""
    lost, drawn = _lost(old, new)
    if len(lost) > len(drawn) or len(lost) * 2 > len(old.answers):
        yield f"{len(lost)} of {len(old.answers)} questions were not asked again"
    if not has_legs:
        yield "the capture lists no leg: its recordings file names nothing that the PBX has"
    if old.options and not new.options:
        yield "no option was learnt again"
    if tested(old.clauses) and not tested(new.clauses) | failed(new.clauses):
        yield "no clause was tested again"


def _lost(old: CapturedSide, new: CapturedSide) -> tuple[list[AnswerParts], list[AnswerParts]]:
    """The answers to questions that were not asked again, and those of them that a listing led to."""
    lost = [answer for question, answer in old.answers.items() if question not in new.answers]
    listed = {key[0] for answer in old.answers.values() if answer.method in LISTINGS for key in answer.legs}
    return lost, [answer for answer in lost if _is_drawn(answer, listed)]


def _is_drawn(answer: AnswerParts, listed: Collection[str]) -> bool:
    """Whether a listing led to an answer: a sound, or a call that is listed. The recordings file named the others."""
    if answer.method == METHODS["retrieve"]:
        return True
    calls = {key[0] for key in answer.legs}
    return answer.method == METHODS[BY_UNIQUE_ID] and bool(calls) and all(call and call in listed for call in calls)


def _notes(old: CapturedSide, new: CapturedSide) -> Iterator[str]:
    drawn = len(_lost(old, new)[1])
    if drawn:
        yield (
            f"{drawn} of {len(old.answers)} questions were not asked again (the limits sounds and calls of the target)"
        )
    lost = sorted(set(old.options) - set(new.options))
    if lost and new.options:
        yield f"options that were not learnt again: {', '.join(lost)}"
    untested = sorted(tested(old.clauses) - tested(new.clauses) - failed(new.clauses))
    if untested and new.clauses:
        yield f"clauses that were not tested again: {', '.join(untested)}"
