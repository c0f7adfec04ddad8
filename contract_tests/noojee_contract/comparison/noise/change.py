"""What an upgrade changed: a change, what it means for clients, and the verdict. Values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum


class ChangeKind(Enum):
    """What a change means, worst first."""

    BREAKS = "breaks clients"
    DOCUMENTED = "changes what is documented"
    INCONCLUSIVE = "inconclusive"
    UNDOCUMENTED = "changes what is not documented"
    NOISE = "noise"


NO_GO = (ChangeKind.BREAKS, ChangeKind.DOCUMENTED)


class ClientReading(Enum):
    """How a client reads an answer: the reading that fails after a change that breaks clients."""

    STRICT_JSON = "strict JSON"
    KEY_NAME = "key name"
    DIGIT_OR_WORD = "digit or word"
    DATE_FORMAT = "date format"
    ZONE = "zone"
    STATUS = "status"
    CONTENT_TYPE = "content type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between old and new, or a group of equal ones: `count` says how many.

    `about` is the place in words, such as "Start of a leg by tag". `reading` is the reading that fails, `rule` the rule
    of noise. `example` names a question that shows it.
    """

    kind: ChangeKind
    about: str
    old: str = ""
    new: str = ""
    reading: ClientReading | None = None
    rule: str | None = None
    example: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeResult:
    """The result of an upgrade check.

    `compared` are counts by name: answers, legs, sounds, options, clauses. `notes` say what could not be compared, and
    why. `gaps` are the notes that forbid a go. `about` says what was checked, and when.
    """

    target: str
    changes: Sequence[Change]
    compared: Sequence[tuple[str, int]]
    notes: Sequence[str] = ()
    gaps: Sequence[str] = ()
    about: str = ""

    @property
    def verdict(self) -> str:
        """go, no-go, or inconclusive if too little was compared: an answer said nothing, or there are gaps."""
        if any(change.kind in NO_GO for change in self.changes):
            return "no-go"
        busy = any(
            each.kind is ChangeKind.INCONCLUSIVE and each.reading is ClientReading.STATUS for each in self.changes
        )
        return "inconclusive" if busy or self.gaps or not dict(self.compared).get("answers") else "go"

    def of_kind(self, kind: ChangeKind) -> list[Change]:
        """The changes of a kind, most frequent first."""
        return sorted((each for each in self.changes if each.kind is kind), key=lambda each: -each.count)


def shown(result: UpgradeResult, hide: Callable[[str], str]) -> UpgradeResult:
    """The result for a report: `hide` takes the credentials out of each text: a server may repeat them."""
    changes = [
        replace(each, about=hide(each.about), old=hide(each.old), new=hide(each.new), example=hide(each.example))
        for each in result.changes
    ]
    return replace(
        result,
        changes=changes,
        about=hide(result.about),
        notes=tuple(hide(note) for note in result.notes),
        gaps=tuple(hide(gap) for gap in result.gaps),
    )


def grouped(changes: Sequence[Change]) -> list[Change]:
    """The changes, with equal ones as one: same kind, place, reading and rule. The first is the example."""
    found: dict[tuple[ChangeKind, str, ClientReading | None, str | None], Change] = {}
    for each in changes:
        key = (each.kind, each.about, each.reading, each.rule)
        before = found.get(key)
        found[key] = each if before is None else replace(before, count=before.count + each.count)
    order = list(ChangeKind)
    return sorted(found.values(), key=lambda each: (order.index(each.kind), -each.count))
