"""Rules of legs that only one side lists: whole calls, leg numbers, the first or last leg, other unique ids. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from noojee_contract.comparison.patterns.evidence import LEAST, SHARE, Evidence

Numbers = tuple[int, ...]
MOST_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Call:
    """The leg numbers that both sides list for a call, sorted."""

    old: Numbers
    new: Numbers


def presence(evidence: Evidence) -> str | None:
    """What nearly all calls with a missing or an additional leg have in common."""
    calls = _calls(evidence)
    differing = [call for call in calls if call.old != call.new]
    for words, follows in RULES:
        found = [call for call in differing if follows(call)]
        if len(found) >= LEAST and len(found) >= SHARE * len(differing):
            of_each = len(found) == sum(len(call.old) > 1 for call in calls)
            said = words(found) if of_each else words(found).replace("each call", "a call")
            return f"{said} ({len(found):,} of {len(differing):,} calls that differ)"
    return None


def same_leg(evidence: Evidence) -> str | None:
    """Nearly all values that came are those of one leg of the call, or of a leg next to it."""
    numbered = [each for each in evidence.differences if each.same_as is not None]
    to_one = evidence.most_common(lambda each: each.same_as)
    what = "sound" if evidence.about.endswith("audio") else evidence.about
    if to_one is not None:
        return evidence.stated(f"every leg has the {what} of leg {to_one[0]}", to_one[1])
    for step, words in ((-1, "before"), (1, "after")):
        count = sum(each.same_as == each.pair.leg.number + step for each in numbered)
        if evidence.is_strong(count):
            return evidence.stated(f"each leg has the {what} of the leg {words} it", count)
    return None


def _calls(evidence: Evidence) -> list[Call]:
    """The calls that were compared. A leg without a difference counts as listed by both sides."""
    old: dict[str, set[int]] = {}
    new: dict[str, set[int]] = {}
    missing = {each.name: each.pair for each in evidence.differences}
    for (unique_id, number), pair in (evidence.pairs | missing).items():
        differs = (unique_id, number) in missing
        for leg, numbers in ((pair.old, old), (pair.new, new)):
            numbers.setdefault(unique_id, set())
            if leg is not None or not differs:
                numbers[unique_id].add(number)
    return [Call(tuple(sorted(old[name])), tuple(sorted(new[name]))) for name in old]


def _shift(call: Call) -> int:
    """By how much the leg numbers of a call are shifted; 0 where they are not."""
    if not call.old or len(call.old) != len(call.new):
        return 0
    steps = {new - old for old, new in zip(call.old, call.new, strict=True)}
    return steps.pop() if len(steps) == 1 else 0


def _shifted_in_words(calls: list[Call]) -> str:
    longest = max(calls, key=lambda call: len(call.old))
    by = abs(_shift(longest))
    amount = "one" if by == 1 else str(by)
    return f"leg numbers shifted by {amount}: {_listed(longest.old)} became {_listed(longest.new)}"


def _listed(numbers: Iterable[int]) -> str:
    shown = [str(number) for number in numbers]
    return ", ".join(shown[:MOST_SHOWN]) + (", ..." if len(shown) > MOST_SHOWN else "")


def _always(words: str) -> Callable[[list[Call]], str]:
    return lambda _: words


RULES: tuple[tuple[Callable[[list[Call]], str], Callable[[Call], bool]], ...] = (
    (_shifted_in_words, lambda call: _shift(call) != 0),
    (_always("whole calls are missing"), lambda call: bool(call.old) and not call.new),
    (_always("whole calls are only on the new side"), lambda call: bool(call.new) and not call.old),
    (_always("only leg 1 of each call is there"), lambda call: len(call.old) > LEAST and call.new == call.old[:1]),
    (_always("the last leg of each call is missing"), lambda call: len(call.old) > 1 and call.new == call.old[:-1]),
    (_always("the first leg of each call is missing"), lambda call: len(call.old) > 1 and call.new == call.old[1:]),
    (
        _always("only the last leg of each call is there"),
        lambda call: len(call.old) > LEAST and call.new == call.old[-1:],
    ),
)
"""What can happen to the legs of a call, the most certain rule first: in words, and whether a call follows it."""
