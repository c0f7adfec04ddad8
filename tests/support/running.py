"""Runs clauses of the shipped suite in this process."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable

from noojee_contract.catalogue.clauses import Clause, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.cell import Cell
from noojee_contract.model.result import Result
from noojee_contract.suite import clause_functions


def run_clauses(
    config: RunnerConfig, clauses: Iterable[Clause] | None = None, *, wanted: Callable[[Cell], bool] = lambda cell: True
) -> Generator[Result]:
    """The result of each clause (default: of the whole catalogue) in each of its wanted cells, as soon as there is one.

    The runner is closed after the last result, or when the generator is closed.
    """
    with Runner(config) as runner:
        for clause in catalogue().values() if clauses is None else clauses:
            for cell in runner.cells(clause):
                if wanted(cell):
                    yield runner.result(clause, clause_functions()[clause.id], cell)
