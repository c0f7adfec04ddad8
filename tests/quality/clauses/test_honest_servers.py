"""The clauses about transport, authentication and relations turn red on no PBX that is merely different."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from noojee_contract.catalogue.clauses import LISTING, Clause, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.outcome import Outcome
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from support.faulty_servers import FaultyTransport
from support.faulty_servers.honest import HONEST

CLAUSES = [
    clause
    for clause in catalogue().values()
    if clause.group in ("transport", "authentication", "relations", "recording")
]


def outcomes(target: Target) -> Iterator[tuple[Clause, Outcome, str]]:
    """What becomes of each clause on a target, with what was said."""
    runner = Runner(RunnerConfig(targets=[target], random_seed=1, examples=1))
    try:
        for clause in CLAUSES:
            for cell in runner.cells(clause):
                result = runner.result(clause, clause_functions()[clause.id], cell)
                said = result.failure.message if result.failure is not None else result.reason
                yield clause, result.outcome, f"{clause.id}: {said}"
    finally:
        runner.close()


@pytest.fixture
def honest_door(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module whose functions open the honest servers."""
    module = ModuleType("honest_doors")
    for name, server in HONEST.items():
        setattr(module, name, lambda server=server: FaultyTransport(server))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


@pytest.mark.parametrize("name", sorted(HONEST))
@pytest.mark.parametrize("dialect", LISTING)
def test_an_honest_difference_breaks_nothing(dialect: str, name: str, honest_door: str) -> None:
    """What no page settles, and HTTP leaves open, is not judged; what a profile declares wrongly is left out here."""
    target = Target(name="honest", dialect=dialect, transport=f"{honest_door}:{name}", writable=True)
    for clause, outcome, said in outcomes(target):
        if clause.severity != "declared":
            assert outcome in (Outcome.PASSED, Outcome.INFORMATIONAL, Outcome.INCONCLUSIVE), said
