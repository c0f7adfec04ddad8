"""Builds failures from failed checks: redaction, commands and script that repeat them, and kept counterexamples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.comparison.difference import Difference
from noojee_contract.engine.check import Check, CheckFailed
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.repeat import repeat_commands, repeat_script
from noojee_contract.model.cell import Cell, MigrationPair
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import Outcome
from noojee_contract.redaction.finder import can_be_found
from noojee_contract.redaction.redact import Redactor
from noojee_contract.redaction.reports import redacted_failure
from noojee_contract.report.differences import DifferenceRow


class FailureBuilder:
    """Builds the failures of a run."""

    def __init__(self, config: RunnerConfig, target_clients: Mapping[str, TargetClient]) -> None:
        self._config = config
        self._target_clients = target_clients
        self._redactor: tuple[frozenset[str], frozenset[str], Redactor] | None = None  # the last one, with its secrets

    def redactor(self, cell: Cell) -> Redactor:
        """A redactor of all credentials that were sent to the targets of a cell."""
        clients = [self._target_clients[name] for name in cell.target_names]
        secrets = frozenset(filter(can_be_found, (secret for client in clients for secret in client.secrets())))
        names = frozenset(name for client in clients for name in client.target.api.scheme.names)
        if self._redactor is None or self._redactor[:2] != (secrets, names):
            self._redactor = (secrets, names, Redactor(sorted(secrets), names=names))
        return self._redactor[2]

    def redacted(self, cell: Cell, text: str) -> str:
        """A text that may repeat what a server of a cell said, without credentials."""
        return self.redactor(cell).text(text)

    def build(
        self,
        clause: Clause,
        cell: Cell,
        failed: CheckFailed,
        *,
        document: Mapping[str, Any] | None = None,
        flaky: str | None = None,
    ) -> Failure:
        """A clause's failure in a cell. Keeps `document`, the smallest archive that shows it, unless for a *may*."""
        redactor = self.redactor(cell)
        kept = None if document is None or clause.severity == "may" else self._keep(clause, document)
        commands = repeat_commands(
            clause.id,
            cell.target_names,
            self._config.repeat_flags,
            random_seed=self._config.random_seed,
            examples=self._config.examples,
            counterexample=kept,
        )
        failure = Failure(
            message=failed.message,
            kind=failed.kind,
            field=failed.field,
            header=failed.header,
            option=failed.option,
            expected=failed.expected,
            actual=failed.actual,
            exchange=None if failed.exchange is None else redactor.exchange(failed.exchange),
            archive=document,
            script=self._script(clause, cell, failed.exchange, document, redactor),
            command=commands.command,
            on_the_fake=commands.on_the_fake,
            elsewhere=commands.elsewhere,
            flaky=flaky,
            extent=failed.extent,
        )
        return redacted_failure(failure, redactor)

    def differences(self, clause: Clause, cell: Cell, check: Check, *, binding: bool) -> list[DifferenceRow]:
        """All differences that a clause collected, also the expected ones."""
        redactor = self.redactor(cell)
        return [
            DifferenceRow(
                migration=str(cell.target),
                clause=clause.id,
                outcome=str(_outcome_of(each, check, binding=binding)),
                kind=str(each.kind),
                unique_id=redactor.text(each.pair.leg.unique_id),
                leg=each.pair.leg.number,
                field=redactor.text(each.field or ""),
                old=redactor.text(each.old or ""),
                new=redactor.text(each.new or ""),
            )
            for each in check.comparison.differences
        ]

    def _keep(self, clause: Clause, document: Mapping[str, Any]) -> tuple[str, str] | None:
        """Keep a counterexample; its id and its folder, None if it cannot be kept."""
        store = self._config.counterexamples
        counterexample_id = None if store is None else store.keep(clause.id, document)
        return None if store is None or counterexample_id is None else (counterexample_id, str(store.folder))

    def _script(
        self,
        clause: Clause,
        cell: Cell,
        exchange: Exchange | None,
        document: Mapping[str, Any] | None,
        redactor: Redactor,
    ) -> str | None:
        if isinstance(cell.target, MigrationPair) or exchange is None or clause.over != "archive":
            return None
        client = self._target_clients[cell.target]
        path = client.below_root(exchange.request.url)
        return repeat_script(client.target, exchange, document=document, redactor=redactor, path=path)


def _outcome_of(difference: Difference, check: Check, *, binding: bool) -> Outcome:
    if not binding:
        return Outcome.INFORMATIONAL
    is_expected = check.expectations.row_for(difference.field, difference.message) is not None
    return Outcome.EXPECTED_FAILURE if is_expected else Outcome.FAILED
