"""Runs a failed clause again: on smaller archives, and once more on the same archive to see whether it is flaky."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.clause_run import ClauseFunction, is_expected, run_clause
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.expectations import Expectations
from noojee_contract.engine.filled_subject import FilledSubject
from noojee_contract.engine.rerun import difference
from noojee_contract.engine.second_run import SecondRun
from noojee_contract.engine.subject_pool import SubjectPool
from noojee_contract.errors import ContractError
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.exchange import Exchange
from noojee_contract.redaction.redact import Redactor


class Retrier:
    """Shrinks and retries the failures of a run."""

    def __init__(self, config: RunnerConfig, target_clients: Mapping[str, TargetClient], subjects: SubjectPool) -> None:
        self._config = config
        self._target_clients = target_clients
        self._subjects = subjects

    def shrunk(
        self,
        function: ClauseFunction,
        cell: Cell,
        failed: CheckFailed,
        document: Mapping[str, Any],
        expectations: Expectations,
    ) -> tuple[CheckFailed, Mapping[str, Any]]:
        """The smallest archive that still makes the clause fail, found within `shrink_seconds`, and its failed check.

        An archive with only expected failures does not show the failure.
        """
        if self._config.shrink_seconds <= 0 or self._config.replay_archive is not None:
            return failed, document
        from noojee_contract.engine.shrink import smallest  # Hypothesis takes long to import

        def shows(candidate: Mapping[str, Any]) -> CheckFailed | None:
            subject = self._subjects.filled(cell, candidate)
            try:
                run_clause(function, subject, Check(expectations))
            except CheckFailed as shown:
                return None if is_expected(shown, expectations) else shown
            except (Inconclusive, ContractError, TimeUnavailable):
                return None
            finally:
                for side in subject.sides:
                    if isinstance(side, FilledSubject):
                        side.drop()
            return None

        return smallest(
            document,
            failed,
            shows,
            examples=self._config.examples,
            random_seed=self._config.random_seed,
            seconds=self._config.shrink_seconds,
        )

    def flaky(
        self,
        clause: Clause,
        function: ClauseFunction,
        cell: Cell,
        failed: CheckFailed,
        document: Mapping[str, Any] | None,
        *,
        expectations: Expectations,
        redactor: Callable[[], Redactor],
    ) -> str | None:
        """Run a failed clause once more in new sandboxes, and say what differed.

        None if nothing differed, if the second run was inconclusive, or on a read-only target: see `second_run`.
        """
        if cell.source == CallSource.OBSERVED or document is None or self._config.shrink_seconds <= 0:
            return None
        exchanges: list[Exchange] = []
        again: CheckFailed | None = None
        subject = self._subjects.for_retry(clause, cell, document)
        for side in subject.sides:
            side.client.sender.on_exchange = exchanges.append
        try:
            run_clause(function, subject, Check(expectations))
        except CheckFailed as shown:
            again = shown
        except (Inconclusive, ContractError, TimeUnavailable):
            return None
        finally:
            for side in subject.sides:
                side.client.sender.on_exchange = None
        return self._difference(cell, failed, again, exchanges, redactor())

    def difference(self, cell: Cell, failed: CheckFailed, again: SecondRun, redactor: Redactor) -> str | None:
        """What differed between a clause that failed on a read-only target and its second run; None if nothing did."""
        return self._difference(cell, failed, again.failed, again.exchanges, redactor)

    def _difference(
        self,
        cell: Cell,
        failed: CheckFailed,
        again: CheckFailed | None,
        exchanges: Sequence[Exchange],
        redactor: Redactor,
    ) -> str | None:
        """What differed between two runs of a clause; None if both failed in the same way."""
        clients = [self._target_clients[name] for name in cell.target_names]

        def below(url: str) -> str:
            return min((client.below_root(url) for client in clients), key=len)

        return difference(failed, again, exchanges, redactor, below=below)
