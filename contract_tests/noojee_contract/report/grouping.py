"""Failures that have one cause, told as one. Pure.

The mark that most failures share makes the first group, nearest to the wire first; the rest is grouped again. What shows
nothing of its own joins the one large group that is about the same answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from noojee_contract.catalogue.clauses import REQUIRED_CLAUSES
from noojee_contract.model.outcome import WORST_FIRST
from noojee_contract.report.marks import (
    ALONE,
    DECLARED,
    ENVELOPE,
    FIELD,
    KIND,
    LEGS,
    OBJECT,
    REQUEST,
    SAYS,
    STATUS,
    TIME,
    WRONG_TIME,
    Mark,
    ReportRow,
    kind_of_answer,
    marks,
    method_of,
    named_fields,
    spoiled_fields,
)

SEVERITIES = ("must", "declared", "should", "may")
MOST_METHODS = 3
LONGEST_SAID = 240
# What tells which legs there are, and whether anything comes at all: where it breaks, other clauses follow.
ELEMENTARY = (*REQUIRED_CLAUSES, "by-hour.answered", "by-hour.ended-in-hour", "audio.fetched")
LARGE = 4  # clauses, of a group that others may follow from
# Clauses that hold two answers against each other say less of a fault than those that look at one.
COMPARES = re.compile(r"^migration\.|same|again|repeat|agree|apart|by-hour-whole|leaves-|progress|lasts")
OF_THE_FORM = re.compile(r"string|missing|null|required")
POINTED_LEGS = re.compile(r"(is|was) (missing|listed twice|not one of them)")

NAMES = (Mark(FIELD, "UniqueId"), Mark(FIELD, "Leg"))
Shown = list[tuple[ReportRow, frozenset[Mark]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """What some failures have in common. `shown` tells it best; `others` are told by their clause and sentence alone."""

    what: str
    shown: ReportRow
    others: tuple[ReportRow, ...] = ()

    @property
    def rows(self) -> tuple[ReportRow, ...]:
        """All of its failures."""
        return (self.shown, *self.others)

    @property
    def clauses(self) -> int:
        """How many clauses it breaks."""
        return len({told.clause.id for told in self.rows})


def groups(told: Sequence[ReportRow]) -> tuple[FailureGroup, ...]:
    """Failures by cause, worst first: by the worst clause of each, elementary ones before others, then by how many it breaks."""
    left = _with_names(_with_messages(_with_time([(row, marks(row)) for row in told])))
    groups: list[FailureGroup] = []
    for tier in range(ALONE + 1):
        while shared := Counter(mark for _, shows in left for mark in shows if mark.tier == tier):
            mark = min(shared, key=lambda each: (-shared[each], each.what))
            rows = [row for row, shows in left if mark in shows]
            left = [(row, shows) for row, shows in left if mark not in shows]
            large = _large(groups, rows) if tier == REQUEST else None
            if large is None:
                groups.append(_cause(mark, rows))
            else:
                others = sorted((*groups[large].others, *rows), key=rank)
                groups[large] = replace(groups[large], others=tuple(others))
    return tuple(sorted(groups, key=_rank_of_cause))


def shortened(said: str) -> str:
    """What was found, as far as it fits into a line or three."""
    line = " ".join(said.split())
    return line if len(line) <= LONGEST_SAID else line[: LONGEST_SAID - 3] + "..."


def rank(told: ReportRow) -> tuple[int, int, str]:
    """How bad a failure is by itself, worst first: outcome, severity of the clause, its id."""
    severity = told.clause.severity
    place = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return WORST_FIRST.index(told.outcome), place, told.clause.id


def _with_time(rows: Shown) -> Shown:
    """Where Time itself is wrong, hashes that are refused as expired are its consequence."""
    if not any(mark.tier == TIME for _, shows in rows for mark in shows):
        return rows
    return [(row, frozenset({WRONG_TIME}) if "Expired" in _kind(row) else shows) for row, shows in rows]


def _with_messages(rows: Shown) -> Shown:
    """What many failures show as a Message is the cause of those, too, that came upon it elsewhere or only quote it.

    An object that is too long to be shown whole has the Message that others of its method have.
    """
    often = Counter(mark for _, shows in rows for mark in shows if mark.tier in (STATUS, KIND) and SAYS in mark.what)
    many = [mark for mark, times in often.most_common() if times >= LARGE]
    by_method = {_asked(row): mark for mark in reversed(many) for row, shows in rows if mark in shows}
    found: Shown = []
    for row, shows in rows:
        kind = _kind(row)
        same = next((mark for mark in many if kind == mark.what or _quotes(row, mark)), None)
        if same is None and any(mark.what == OBJECT for mark in shows):
            same = by_method.get(_asked(row))
        nearer = any(mark.tier < ENVELOPE for mark in shows)
        found.append((row, shows if same is None or nearer else frozenset({same})))
    return found


def _quotes(row: ReportRow, mark: Mark) -> bool:
    """Whether a sentence quotes the Message of a mark; an empty one is in no sentence."""
    message = mark.what.partition(SAYS)[2]
    return len(message) > 2 and message in row.said


def _kind(row: ReportRow) -> str:
    """What kind of answer a failure came upon, whatever it says of it."""
    exchange = row.exchange
    if exchange is None or exchange["transport_error"] or exchange["response"] is None:
        return ""
    kind = kind_of_answer(exchange)
    return "" if kind is None else kind.what


def _with_names(rows: Shown) -> Shown:
    """Where legs have wrong names (unique id or number), what else differs in the same answers is of other legs."""
    for name in NAMES:
        asked = {_asked(row) for row, shows in rows if name in shows and row.clause.id in ELEMENTARY}
        if asked:
            return [
                (
                    row,
                    frozenset({name})
                    if _asked(row) in asked and any(mark.tier in (FIELD, LEGS) for mark in shows)
                    else shows,
                )
                for row, shows in rows
            ]
    return rows


def _large(groups: Sequence[FailureGroup], rows: Sequence[ReportRow]) -> int | None:
    """The place of the largest group that is about answers of the same methods; None where none is large or elementary."""
    asked = {_asked(row) for row in rows}
    fitting = [
        place for place, cause in enumerate(groups)
        if asked & {_asked(row) for row in cause.rows} and (cause.clauses >= LARGE or _is_elementary(cause.rows))
    ]  # fmt: skip
    return max(fitting, key=lambda place: groups[place].clauses, default=None)


def _asked(row: ReportRow) -> tuple[str, str] | None:
    return None if row.exchange is None else (row.exchange["request"]["method"], method_of(row.exchange))


def _cause(mark: Mark, rows: Sequence[ReportRow]) -> FailureGroup:
    repeated_only = mark.tier == LEGS and not _is_elementary(rows)
    shown = min(rows, key=lambda row: (*_nearness(row, mark, repeated_only=repeated_only), row.clause.id))
    others = sorted((row for row in rows if row is not shown), key=rank)
    return FailureGroup(what=_in_words(mark, rows), shown=shown, others=tuple(others))


def _is_elementary(rows: Sequence[ReportRow]) -> bool:
    return any(row.clause.id in ELEMENTARY for row in rows)


def _rank_of_cause(cause: FailureGroup) -> tuple[tuple[int, int], bool, int, str]:
    worst = min(rank(row)[:2] for row in cause.rows)
    return worst, not _is_elementary(cause.rows), -cause.clauses, cause.shown.clause.id


def _nearness(told: ReportRow, mark: Mark, *, repeated_only: bool) -> tuple[int, ...]:
    """How directly a failure tells a mark, the most direct first.

    Its own exchange is the wrong one; it compares no answers (unless only asking again shows the fault); where the form of the
    field is broken, it says so; it is no choice
    between several; it says that the field is so and so; it names little else; the clause is an elementary one.
    """
    said = told.said
    outcome, severity, _ = rank(told)
    elsewhere = mark == WRONG_TIME and marks(told) != {WRONG_TIME}
    compares = bool(COMPARES.search(told.clause.id)) != repeated_only
    name = re.escape(mark.what)
    pointed = POINTED_LEGS if mark.tier == LEGS else re.compile(rf"\b{name}\b(.{{0,3}} (is|says|are)\b|: )")
    formless = mark.tier == FIELD and told.exchange is not None and mark in spoiled_fields(told.exchange)
    form = formless and not OF_THE_FORM.search(said)
    says = 0 if pointed.search(said) else 1 if mark.what in said else 2
    elementary = ELEMENTARY.index(told.clause.id) if told.clause.id in ELEMENTARY else len(ELEMENTARY)
    chosen = DECLARED.search(said) is not None
    besides = len(named_fields(said)) if mark.tier == FIELD else 0
    return outcome, elsewhere, compares, form, chosen, says, besides, elementary, severity


def _in_words(mark: Mark, rows: Sequence[ReportRow]) -> str:
    """A mark with the methods it was seen in."""
    methods = sorted({method_of(row.exchange) for row in rows if row.exchange is not None} - {""})
    where = f" ({', '.join(methods)})" if 0 < len(methods) <= MOST_METHODS and mark.tier != REQUEST else ""
    return f"{mark.what}{where}"
