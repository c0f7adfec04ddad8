"""Clauses about transport, authentication, relations and live calls pass on a PBX that differs from the fake.

Each difference is one that the vendor's pages and HTTP allow.
"""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from noojee_contract.catalogue.clauses import LISTING, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.target import Target
from support.faulty_servers import FaultyTransport
from support.faulty_servers.conformant import CONFORMANT
from support.running import run_clauses

GROUPS = ("transport", "authentication", "relations", "live-calls")
CLAUSES = [clause for clause in catalogue().values() if clause.group in GROUPS]


@pytest.fixture
def adapters(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module whose functions open the conformant servers."""
    module = ModuleType("conformant_adapters")
    for name, server in CONFORMANT.items():
        setattr(module, name, lambda server=server: FaultyTransport(server))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


def test_each_group_has_clauses() -> None:
    """A group that was renamed would be left out silently."""
    assert {clause.group for clause in CLAUSES} == set(GROUPS)


@pytest.mark.parametrize("name", sorted(CONFORMANT))
@pytest.mark.parametrize("dialect", LISTING)
def test_a_conformant_difference_fails_no_clause(dialect: str, name: str, adapters: str) -> None:
    """Points that no page settles and HTTP leaves open. Clauses about options are left out: no profile is set."""
    target = Target(name="different", dialect=dialect, transport=f"{adapters}:{name}", writable=True)
    results = list(run_clauses(RunnerConfig(targets=[target], random_seed=1, examples=1), CLAUSES))
    assert results
    for result in results:
        if catalogue()[result.clause].severity != "declared":
            message = result.failure.message if result.failure is not None else result.reason
            allowed = (Outcome.PASSED, Outcome.INFORMATIONAL, Outcome.INCONCLUSIVE)
            assert result.outcome in allowed, f"{result.clause}: {message}"
