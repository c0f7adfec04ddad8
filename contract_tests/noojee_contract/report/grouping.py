"""Groups failures that have one cause. Pure.

The mark that most failures share makes the first group. A failure without a mark of its own joins the largest group
about the same method.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from noojee_contract.catalogue.clauses import REQUIRED_CLAUSES
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import WORST_FIRST, Outcome
from noojee_contract.model.result import ClauseRow
from noojee_contract.report.marks import (
    NAMES,
    NOTHING,
    UNREAD_OBJECT,
    WRONG_TIME,
    Mark,
    Tier,
    marks_of,
    method_of,
    spoiled_fields,
    unusual_answer,
)

SEVERITIES = ("must", "declared", "should", "may")
# These clauses check that legs and audio come at all. If one of them fails, others fail as a consequence.
ELEMENTARY = (*REQUIRED_CLAUSES, "by-hour.answered", "by-hour.ended-in-hour", "audio.fetched")
CREDENTIALS = "authentication"  # the group of clauses about credentials
SIMPLE_FIRST = (CREDENTIALS, "metadata", "by-hour", "audio", "transport", "live-calls", "relations", "migration")
LARGE = 4  # clauses of a group that others may follow from
MOST_METHODS = 3
LONGEST_MESSAGE = 240
SHORTEST_QUOTE = 2
ABSORBED = (Tier.LEGS, Tier.REQUEST)
"""Tiers whose failures join a large group about the same method."""
DURATION = Mark(Tier.FIELD, "Duration")
ENDS = (Mark(Tier.FIELD, "Start"), Mark(Tier.FIELD, "callend"))
"""The times that a Duration is checked against."""
TIMES = (*ENDS, Mark(Tier.FIELD, "End"), DURATION)
"""The times that decide in which hour a leg is listed; dialect files name its end End."""
LISTED_IN_HOURS = frozenset(
    {
        "by-hour.ended-in-hour",
        "by-hour.spanning-call",
        "relations.call-over-hours",
        "relations.hour-within-call",
        "migration.by-hour",
        "migration.by-hour-whole",
        "migration.hours",
    }
)
"""The clauses that check in which hour a leg is listed, as its times say."""
DIRECT_KINDS: Mapping[Tier, frozenset[FailureKind]] = {
    Tier.TIME: frozenset({FailureKind.WRONG_TIME}),
    Tier.ERROR_BODY: frozenset({FailureKind.INVALID_ERROR_BODY, FailureKind.LEAKED_CREDENTIAL}),
    Tier.UNUSUAL_ANSWER: frozenset(
        {FailureKind.UNEXPECTED_STATUS, FailureKind.REFUSED, FailureKind.INVALID_BODY, FailureKind.INVALID_AUDIO}
    ),
    Tier.SERVED: frozenset({FailureKind.NOT_REFUSED, FailureKind.LIMIT_NOT_HELD}),
    Tier.FIELD: frozenset({FailureKind.MISSING_FIELD, FailureKind.INVALID_FIELD, FailureKind.WRONG_VALUE}),
    Tier.HEADER: frozenset({FailureKind.WRONG_HEADER}),
    Tier.LEGS: frozenset({FailureKind.MISSING_LEG, FailureKind.UNEXPECTED_LEG, FailureKind.REPEATED_LEG}),
}
"""The kinds of failures that state a mark of a tier directly."""
FORM_KINDS = frozenset({FailureKind.MISSING_FIELD, FailureKind.INVALID_FIELD})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A clause with one outcome and one message, and the cells that it was seen in."""

    clause: ClauseRow
    outcome: Outcome
    cells: tuple[str, ...]
    reason: str | None
    failure: Failure | None

    @property
    def message(self) -> str:
        """The failure's headline, else the reason of the outcome."""
        return self.failure.headline if self.failure is not None else self.reason or ""

    @property
    def exchange(self) -> Mapping[str, Any] | None:
        """The exchange that shows the failure, if there is one."""
        return None if self.failure is None else self.failure.exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """Failures that have something in common: the failure that shows it most directly, and the others, worst first."""

    common: str
    example: ReportRow
    others: tuple[ReportRow, ...] = ()

    @property
    def rows(self) -> tuple[ReportRow, ...]:
        """All failures of the group, the example first."""
        return (self.example, *self.others)

    @property
    def clauses(self) -> int:
        """How many clauses failed."""
        return len({row.clause.id for row in self.rows})


Marked = list[tuple[ReportRow, frozenset[Mark]]]


def group_failures(rows: Sequence[ReportRow]) -> tuple[FailureGroup, ...]:
    """Group failures by cause, worst first: by the worst clause, elementary clauses first, then by size."""
    remaining = _with_consequences([(row, _marks(row)) for row in rows])
    groups: list[FailureGroup] = []
    for tier in Tier:
        while shared := Counter(mark for _, shown in remaining for mark in shown if mark.tier is tier):
            mark = min(shared, key=lambda each: (-shared[each], each.text))
            members = [row for row, shown in remaining if mark in shown]
            remaining = [(row, shown) for row, shown in remaining if mark not in shown]
            place = _absorbing(groups, members) if tier in ABSORBED else None
            if place is None:
                groups.append(_group(mark, members))
            else:
                others = sorted((*groups[place].others, *members), key=rank)
                groups[place] = replace(groups[place], others=tuple(others))
    return tuple(sorted(groups, key=_rank_of_group))


def rank(row: ReportRow) -> tuple[int, int, str]:
    """Return the sort key of a failure, worst first: outcome, severity of the clause, its id."""
    severity = row.clause.severity
    place = SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
    return WORST_FIRST.index(row.outcome), place, row.clause.id


def shortened(message: str) -> str:
    """Return a message on one line, at most as long as three lines of a terminal."""
    line = " ".join(message.split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 3] + "..."


def _marks(row: ReportRow) -> frozenset[Mark]:
    """The marks of a failure. An internal error, and a failure without a mark, are alone in their group."""
    if row.outcome is Outcome.ERROR or row.failure is None:
        lines = (row.reason or row.clause.id).strip().splitlines()
        return frozenset({Mark(Tier.ALONE, lines[-1])})
    return marks_of(row.failure) or frozenset({Mark(Tier.ALONE, row.clause.id)})


def _answer_of(row: ReportRow) -> Mark | None:
    """What is unusual about the answer, regardless of what the failure is about."""
    exchange = row.exchange
    if exchange is None or exchange["transport_error"] or exchange["response"] is None:
        return None
    return unusual_answer(exchange)


def _with_consequences(rows: Marked) -> Marked:
    """Give failures that follow from other failures the marks of the other failures."""
    for follow in (_follow_time, _follow_messages, _follow_names, _follow_ends, _follow_hours):
        rows = follow(rows)
    return rows


def _follow_time(rows: Marked) -> Marked:
    """If Time itself is wrong, hashes that are refused as expired are a consequence."""
    if not any(mark.tier is Tier.TIME for _, shown in rows for mark in shown):
        return rows
    return [(row, frozenset({WRONG_TIME}) if _is_expired(_answer_of(row)) else shown) for row, shown in rows]


def _is_expired(mark: Mark | None) -> bool:
    return mark is not None and "Expired" in (mark.message or "")


def _follow_messages(rows: Marked) -> Marked:
    """If many failures show a Message, other failures whose answer has it are a consequence.

    A body that is too long to be shown whole is assumed to have the Message of other answers of its method.
    """
    often = Counter(mark for _, shown in rows for mark in shown if mark.message is not None)
    many = [mark for mark, times in often.most_common() if times >= LARGE]
    by_method = {_method(row): mark for mark in reversed(many) for row, shown in rows if mark in shown}
    found: Marked = []
    for row, shown in rows:
        answer = _answer_of(row)
        same = next((mark for mark in many if answer == mark or _quotes(row, mark)), None)
        if same is None and UNREAD_OBJECT in shown:
            same = by_method.get(_method(row))
        closer = any(mark.tier < Tier.ERROR_BODY for mark in shown)
        found.append((row, shown if same is None or closer else frozenset({same})))
    return found


def _quotes(row: ReportRow, mark: Mark) -> bool:
    """Whether the actual value of a failure contains the Message of a mark. Very short Messages are in any text."""
    actual = "" if row.failure is None else row.failure.actual or ""
    return mark.message is not None and len(mark.message) > SHORTEST_QUOTE and mark.message in actual


def _follow_names(rows: Marked) -> Marked:
    """If legs have wrong names (unique id or number), other differences in the same answers are a consequence."""
    for name in NAMES:
        methods = {_method(row) for row, shown in rows if name in shown and row.clause.id in ELEMENTARY}
        if methods:
            return [(row, frozenset({name}) if _follows(row, shown, methods) else shown) for row, shown in rows]
    return rows


def _follows(row: ReportRow, shown: frozenset[Mark], methods: set[tuple[str, str] | None]) -> bool:
    return _method(row) in methods and any(mark.tier in (Tier.FIELD, Tier.LEGS) for mark in shown)


def _follow_ends(rows: Marked) -> Marked:
    """If more failures are about Start or callend than about Duration, wrong Durations are a consequence."""
    times = Counter(mark for _, shown in rows for mark in shown)
    end = max(ENDS, key=lambda mark: times[mark])
    methods = {_method(row) for row, shown in rows if end in shown}
    if times[end] <= times[DURATION]:
        return rows
    return [(row, frozenset({end}) if DURATION in shown and _method(row) in methods else shown) for row, shown in rows]


def _follow_hours(rows: Marked) -> Marked:
    """If times of legs are wrong by tag or unique id, missing or unexpected legs in an hour follow from it.

    Times that only the answer to the hour has wrong say nothing about the hour in which a leg belongs.
    """
    of_hours = {_method(row) for row, _ in rows if _is_misplaced(row)}
    times = Counter(mark for row, shown in rows if _method(row) not in of_hours for mark in shown if mark in TIMES)
    if not times:
        return rows
    mark = min(times, key=lambda each: (-times[each], each.text))
    return [(row, frozenset({mark}) if _is_misplaced(row) else shown) for row, shown in rows]


def _is_misplaced(row: ReportRow) -> bool:
    """Whether a leg is missing or unexpected in an hour."""
    kinds = (FailureKind.MISSING_LEG, FailureKind.UNEXPECTED_LEG)
    return row.clause.id in LISTED_IN_HOURS and row.failure is not None and row.failure.kind in kinds


def _method(row: ReportRow) -> tuple[str, str] | None:
    """The HTTP method and the API method of a failure's exchange."""
    return None if row.exchange is None else (row.exchange["request"]["method"], method_of(row.exchange))


def _absorbing(groups: Sequence[FailureGroup], rows: Sequence[ReportRow]) -> int | None:
    """The index of the largest group of the same methods that is large or elementary; None for elementary clauses."""
    if _is_elementary(rows):
        return None
    methods = {_method(row) for row in rows}
    fitting = [
        place for place, group in enumerate(groups)
        if methods & {_method(row) for row in group.rows} and (group.clauses >= LARGE or _is_elementary(group.rows))
    ]  # fmt: skip
    return max(fitting, key=lambda place: groups[place].clauses, default=None)


def _group(mark: Mark, rows: Sequence[ReportRow]) -> FailureGroup:
    repeated_only = mark.tier is Tier.LEGS and not _is_elementary(rows)
    example = min(rows, key=lambda row: (*_directness(row, mark, repeated_only=repeated_only), row.clause.id))
    others = sorted((row for row in rows if row is not example), key=rank)
    return FailureGroup(common=_common(mark, rows), example=example, others=tuple(others))


def _is_elementary(rows: Sequence[ReportRow]) -> bool:
    return any(row.clause.id in ELEMENTARY for row in rows)


def _rank_of_group(group: FailureGroup) -> tuple[tuple[int, int], bool, int, str]:
    worst = min(rank(row)[:2] for row in group.rows)
    return worst, not _is_elementary(group.rows), -group.clauses, group.example.clause.id


def _directness(row: ReportRow, mark: Mark, *, repeated_only: bool) -> tuple[int, ...]:
    """Return the sort key of an example, the most direct failure first.

    These make a failure direct, the most important first:

    - its own exchange is wrong, and it is not a consequence of a wrong time, such as the wrong hour;
    - it does not compare two answers, unless only a repeated request shows the fault;
    - it reports the form of a field if that form is broken;
    - it is not about an option;
    - its field or header, and its kind, are those of the mark;
    - a clause about credentials does not report missing legs;
    - its clause is elementary, and the group of its clause is a simple one.
    """
    outcome, severity, _ = rank(row)
    kind = None if row.failure is None else row.failure.kind
    elsewhere = mark == WRONG_TIME and _marks(row) != {WRONG_TIME}
    compares = (kind is FailureKind.ANSWERS_DIFFER) != repeated_only
    spoiled = mark.tier is Tier.FIELD and row.exchange is not None and mark in _spoiled_of(row)
    other_form = spoiled and kind not in FORM_KINDS
    is_option = kind is FailureKind.OPTION_DIFFERS
    other_kind = mark.tier in DIRECT_KINDS and kind not in DIRECT_KINDS[mark.tier]
    names = () if row.failure is None else (row.failure.field, row.failure.header)
    other_name = mark.tier in (Tier.FIELD, Tier.HEADER) and mark.text not in names
    other_group = mark.tier is Tier.LEGS and row.clause.group == CREDENTIALS
    misplaced = mark in TIMES and _is_misplaced(row)
    elementary = ELEMENTARY.index(row.clause.id) if row.clause.id in ELEMENTARY else len(ELEMENTARY)
    group = SIMPLE_FIRST.index(row.clause.group) if row.clause.group in SIMPLE_FIRST else len(SIMPLE_FIRST)
    unlike = (elsewhere, misplaced, compares, other_form, is_option, other_name, other_kind, other_group)
    return outcome, *unlike, elementary, severity, group


def _spoiled_of(row: ReportRow) -> frozenset[Mark]:
    exchange = row.exchange
    return NOTHING if exchange is None or exchange["response"] is None else spoiled_fields(exchange)


def _common(mark: Mark, rows: Sequence[ReportRow]) -> str:
    """The text of a mark, with the API methods that it was seen in."""
    methods = sorted({method_of(row.exchange) for row in rows if row.exchange is not None} - {""})
    if mark.tier is Tier.REQUEST or not 0 < len(methods) <= MOST_METHODS:
        return mark.text
    return f"{mark.text} ({', '.join(methods)})"
