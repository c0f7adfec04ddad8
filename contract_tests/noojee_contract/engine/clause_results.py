"""The result of a clause that runs in a cell: which outcome, and what a failed check becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.clause_run import ClauseFunction, is_expected, run_clause
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.expectations import Expectations
from noojee_contract.engine.failures import FailureBuilder
from noojee_contract.engine.planner import Planner
from noojee_contract.engine.retry import Retrier
from noojee_contract.engine.second_run import run_again
from noojee_contract.engine.subject import Subject, SubjectPair
from noojee_contract.engine.subject_pool import SubjectPool
from noojee_contract.errors import LimitReached, NotRecorded
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.failure import Failure, FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.targets.applicability import needs_live_answers

BUG_HEADER = "x-noojee-fake-bug"
SAME_ANSWER = "needs a PBX: recorded traffic gives the same answer to the same question each time"


class ClauseResults:
    """Makes the results of clauses: runs them on the subjects of a cell, runs failed ones again, builds failures."""

    def __init__(
        self,
        config: RunnerConfig,
        planner: Planner,
        subjects: SubjectPool,
        retrier: Retrier,
        failures: FailureBuilder,
    ) -> None:
        self._config = config
        self._planner = planner
        self._subjects = subjects
        self._retrier = retrier
        self._failures = failures

    def result(self, clause: Clause, function: ClauseFunction, cell: Cell, check: Check) -> Result:
        """The result of a clause that nothing stops in a cell."""
        document: Mapping[str, Any] | None = None
        subject: Subject | SubjectPair | None = None
        expected: CheckFailed | None = None
        try:
            for subject in self._subjects.subjects(clause, cell):
                document = _document(subject)
                try:
                    run_clause(function, subject, check)
                except CheckFailed as shown:
                    if not is_expected(shown, check.expectations):
                        raise
                    expected = expected or shown
        except (Inconclusive, LimitReached) as stop:
            outcome = self._outcome_of_stop(cell, stop)
            return make_result(clause, cell, outcome, checks=check.checks, reason=str(stop))
        except (CheckFailed, TimeUnavailable) as error:
            failed = error if isinstance(error, CheckFailed) else _without_time(error)
            if cell.source == CallSource.OBSERVED:
                result = self._failed_on_read_only(clause, function, cell, check, failed, subject)
                if result is not None:
                    return result
            elif isinstance(error, TimeUnavailable) or failed.undecided:
                return self._failed(clause, cell, check, failed)
            else:
                return self._failed_on(clause, function, cell, check, failed, document)
        if expected is not None:
            return self._failed(clause, cell, check, expected)
        if self._is_replayed(cell) and needs_live_answers(clause):
            return make_result(clause, cell, Outcome.NOT_APPLICABLE, checks=check.checks, reason=SAME_ANSWER)
        if check.notes:
            seen = f"saw {'; '.join(check.notes)}"
            return make_result(clause, cell, Outcome.INFORMATIONAL, checks=check.checks, reason=seen)
        if check.checks == 0:
            return make_result(clause, cell, self._outcome_of_stop(cell), reason="there was nothing to check it on")
        return make_result(clause, cell, Outcome.PASSED, checks=check.checks)

    def _failed_on_read_only(
        self,
        clause: Clause,
        function: ClauseFunction,
        cell: Cell,
        check: Check,
        failed: CheckFailed,
        subject: Subject | SubjectPair | None,
    ) -> Result | None:
        """The result of a clause that failed on a read-only target, after it was run again; None if it passed then."""
        if subject is None:
            return self._failed(clause, cell, check, failed)
        again = None
        if self._config.shrink_seconds > 0:
            again = run_again(clause, function, failed, subject, check.expectations)
        if again is None:
            return self._failed(clause, cell, check, failed)
        if not again.counts:
            flaky = self._retrier.difference(cell, failed, again, self._failures.redactor(cell))
            return self._failed(clause, cell, check, failed, flaky=flaky)
        check.take(again.check)
        return None if again.failed is None else self._failed(clause, cell, check, again.failed)

    def _failed_on(
        self,
        clause: Clause,
        function: ClauseFunction,
        cell: Cell,
        check: Check,
        failed: CheckFailed,
        document: Mapping[str, Any] | None,
    ) -> Result:
        """The result of a clause that failed with an archive, after it was shrunk and retried."""
        generated = document if cell.source == CallSource.GENERATED else None
        if generated is not None:
            failed, generated = self._retrier.shrunk(function, cell, failed, generated, check.expectations)
        flaky = self._retrier.flaky(
            clause,
            function,
            cell,
            failed,
            generated or document,
            expectations=check.expectations,
            redactor=lambda: self._failures.redactor(cell),
        )
        return self._failed(clause, cell, check, failed, document=generated, flaky=flaky)

    def _failed(
        self,
        clause: Clause,
        cell: Cell,
        check: Check,
        failed: CheckFailed,
        *,
        document: Mapping[str, Any] | None = None,
        flaky: str | None = None,
    ) -> Result:
        bug = None if failed.exchange is None else failed.exchange.header(BUG_HEADER)
        if bug is not None:
            text = f"the fake has a bug of its own ({bug}); no contract is broken by it"
            return make_result(clause, cell, Outcome.ERROR, checks=check.checks, reason=text)
        outcome, reason = self._outcome_of(clause, cell, failed, check.expectations)
        if failed.undecided and outcome is not Outcome.EXPECTED_FAILURE:
            text = self._failures.redacted(cell, failed.message)
            return make_result(clause, cell, Outcome.INCONCLUSIVE, checks=check.checks, reason=text)
        failure = self._failures.build(clause, cell, failed, document=document, flaky=flaky)
        if outcome is Outcome.INFORMATIONAL:
            reason = failure.headline
        return make_result(clause, cell, outcome, checks=check.checks, reason=reason, failure=failure)

    def _outcome_of_stop(self, cell: Cell, stop: Exception | None = None) -> Outcome:
        """The outcome of a clause that could not be checked: not applicable if recorded traffic lacks what it needs."""
        is_limit = isinstance(stop, LimitReached) and not isinstance(stop, NotRecorded)
        return Outcome.NOT_APPLICABLE if self._is_replayed(cell) and not is_limit else Outcome.INCONCLUSIVE

    def _is_replayed(self, cell: Cell) -> bool:
        return any(self._planner.targets[name].is_replayed for name in cell.target_names)

    def _outcome_of(
        self, clause: Clause, cell: Cell, failed: CheckFailed, expectations: Expectations
    ) -> tuple[Outcome, str | None]:
        """The outcome of a failed check, with its reason."""
        if not self._planner.is_binding(clause, cell):
            return Outcome.INFORMATIONAL, None
        if is_expected(failed, expectations):
            rows = [row for said in failed.said if (row := expectations.row_for(*said)) is not None]
            reasons = dict.fromkeys(f"expected until {row.expires}: {row.reason}" for row in rows)
            return Outcome.EXPECTED_FAILURE, "; ".join(reasons)
        expired = [row for said in failed.said if (row := expectations.expired_row_for(*said)) is not None]
        if expired:
            return Outcome.FAILED, f"the expected failure expired on {expired[0].expires}: {expired[0].reason}"
        return Outcome.FAILED, "the target file makes this clause binding" if clause.severity == "may" else None


def make_result(
    clause: Clause,
    cell: Cell,
    outcome: Outcome,
    *,
    checks: int = 0,
    reason: str | None = None,
    failure: Failure | None = None,
) -> Result:
    """The result of a clause in a cell."""
    return Result(
        clause=clause.id,
        target=str(cell.target),
        source=str(cell.source),
        outcome=outcome,
        checks=checks,
        reason=reason,
        failure=failure,
    )


def _without_time(error: TimeUnavailable) -> CheckFailed:
    return CheckFailed(str(error), FailureKind.WRONG_TIME, exchange=error.exchange)


def _document(subject: Subject | SubjectPair) -> Mapping[str, Any] | None:
    archive = subject.sides[0].archive
    return None if archive is None else archive.document
