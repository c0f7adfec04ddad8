"""The checks that a clause function makes, and what a failed one raises or records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, Self

from noojee_contract.comparison.difference import Comparison, Difference, LegPair
from noojee_contract.engine.expectations import Expectations
from noojee_contract.engine.unanswered import UnansweredQuestion, reason
from noojee_contract.model.coverage import Coverage, Covered
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.extent import Extent
from noojee_contract.model.failure import FailureKind


class HasProfile(Protocol):
    """What declares options: a subject."""

    @property
    def profile(self) -> Mapping[str, str]:
        """The option values that the target declares."""
        ...


class CheckFailed(AssertionError):
    """A check that failed: its kind, what was expected, what came, and the exchange that shows it.

    If the clause collected differences, the check is the first of `differences`, and `extent` says how far they reach.
    `undecided` says that the answer does not show whether the check passed, so that the clause is inconclusive.
    """

    def __init__(
        self,
        message: str,
        kind: FailureKind,
        *,
        field: str | None = None,
        header: str | None = None,
        option: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.field = field
        self.header = header
        self.option = option
        self.expected = expected
        self.actual = actual
        self.exchange = exchange
        self.differences: Sequence[Difference] = ()
        self.extent: Extent | None = None
        self.undecided = False

    @classmethod
    def of(cls, differences: Sequence[Difference], extent: Extent) -> Self:
        """The failed check of a clause that collected differences: the first of them."""
        first = differences[0]
        failed = cls(
            first.message,
            first.kind,
            field=first.field,
            expected=first.old,
            actual=first.new,
            exchange=first.exchange,
        )
        failed.differences, failed.extent = tuple(differences), extent
        return failed

    @classmethod
    def without_answers(cls, questions: Sequence[UnansweredQuestion]) -> Self:
        """The check of a clause that needs answers that did not come."""
        exchange = next((each.exchange for each in questions if each.exchange is not None), None)
        failed = cls(reason(questions), FailureKind.NO_ANSWER, exchange=exchange)
        failed.undecided = True
        return failed

    @property
    def said(self) -> list[tuple[str | None, str]]:
        """The field and the message of every failed check that it stands for."""
        return [(each.field, each.message) for each in self.differences] or [(self.field, self.message)]


class Inconclusive(Exception):
    """A clause could not be tested here; the text is the reason."""


class Check:
    """Counts the checks of a clause function.

    The first failed check ends the clause, unless it is collected, or a target file expects it by its field or message:
    then it is kept in `tolerated`, so that it does not hide other failures. An answer that decides nothing is kept in
    `undecided`: the clause is inconclusive, unless a later check fails. So it is if a question of `unanswered` has no
    answer.
    """

    def __init__(self, expectations: Expectations | None = None) -> None:
        self.expectations = expectations or Expectations()
        self.tolerated: list[CheckFailed] = []
        self.undecided: list[CheckFailed] = []
        self.unanswered: dict[object, UnansweredQuestion] = {}
        self.checks = 0
        self.notes: list[str] = []
        self.options: dict[str, list[str]] = {}
        self.coverage: dict[Covered, Coverage] = {}
        self.comparison = Comparison()

    def __call__(
        self,
        passed: bool,
        message: str,
        exchange: Exchange | None = None,
        *,
        kind: FailureKind,
        field: str | None = None,
        header: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
    ) -> None:
        """Make one check. `message` says what was expected and what came. Raises CheckFailed if it did not pass.

        No check of an exchange passes without an answer: a missing answer has no leg, no audio and no credential.
        """
        self.checks += 1
        if passed and exchange is not None and exchange.response is None:
            passed, kind, expected, actual = False, FailureKind.NO_ANSWER, "an answer", "no answer"
            message = f"expected an answer, got no answer ({exchange.transport_error})"
        if not passed:
            self._fail(
                CheckFailed(
                    message, kind, field=field, header=header, expected=expected, actual=actual, exchange=exchange
                )
            )

    def undecide(self, message: str, exchange: Exchange, *, kind: FailureKind, expected: str, actual: str) -> None:
        """Keep an answer that does not show whether a check passed, such as 503 to a wrong key."""
        failed = CheckFailed(message, kind, expected=expected, actual=actual, exchange=exchange)
        failed.undecided = True
        self.undecided.append(failed)

    def lack(self, question: UnansweredQuestion) -> None:
        """Take a question that the clause needs and that was not answered."""
        self.unanswered.setdefault(question.key, question)

    def take(self, other: Check) -> None:
        """Take everything that another run of the same clause counted and noted."""
        self.checks, self.notes, self.coverage = other.checks, other.notes, other.coverage
        self.comparison, self.tolerated, self.options = other.comparison, other.tolerated, other.options
        self.undecided, self.unanswered = other.undecided, other.unanswered

    def _fail(self, failed: CheckFailed) -> None:
        if self.expectations.narrow_row_for(failed.field, failed.message) is None:
            raise failed
        self.tolerated.append(failed)

    def collect(
        self,
        passed: bool,
        message: str,
        exchange: Exchange | None = None,
        *,
        pair: LegPair,
        kind: FailureKind,
        field: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
        same_as: int | None = None,
    ) -> None:
        """Make one check of a leg of two sides. A failed one is recorded as a difference, and the clause goes on.

        `expected` is the value of the old side, `actual` that of the new side. `same_as` is the number of the leg of
        the same call whose value came instead, where the clause knows it.
        The runner makes one failure of all differences.
        """
        self.checks += 1
        self.comparison.compare(pair)
        if not passed:
            self.comparison.differences.append(
                Difference(
                    pair=pair,
                    message=message,
                    kind=kind,
                    field=field,
                    old=expected,
                    new=actual,
                    same_as=same_as,
                    exchange=exchange,
                )
            )

    def note(self, what: str) -> None:
        """Note an observation that no fact binds. The report shows it; it never fails."""
        self.checks += 1
        if what not in self.notes:
            self.notes.append(what)

    def cover(
        self, what: Covered, *, known: int = 0, compared: int = 0, not_compared: Mapping[str, int] | None = None
    ) -> None:
        """Add to the coverage of this clause: how many are known, were compared, or were left out and why.

        State what is known before the first request. A clause that ends early then shows what it did not reach.
        """
        more = Coverage(what=what, known=known, compared=compared, not_compared=not_compared or {})
        self.coverage[what] = self.coverage[what] + more if what in self.coverage else more

    def option(
        self,
        subject: HasProfile,
        key: str,
        actual: str,
        exchange: Exchange | None = None,
        *,
        field: str | None = None,
        header: str | None = None,
        declared: str | None = None,
    ) -> None:
        """Check an option. `actual` is what the target does; it must be what its profile declares, if it declares it.

        `declared` replaces the value of the profile.
        """
        seen = self.options.setdefault(key, [])
        if actual not in seen:
            seen.append(actual)
        declared = subject.profile.get(key) if declared is None else declared
        if declared is None:
            self.note(f"{key} = {actual!r}")
            return
        self.checks += 1
        if actual != declared:
            self._fail(
                CheckFailed(
                    f"the profile declares {key} = {declared!r}; the answer shows {actual!r}",
                    FailureKind.OPTION_DIFFERS,
                    field=field,
                    header=header,
                    option=key,
                    expected=declared,
                    actual=actual,
                    exchange=exchange,
                )
            )
