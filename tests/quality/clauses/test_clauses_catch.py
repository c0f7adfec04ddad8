"""Each clause fails on the faulty server that it names, and passes on the fake."""

from __future__ import annotations

import pytest

from noojee_contract.catalogue.clauses import FILE, MIGRATION, Clause, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from support.faulty_servers import everything
from support.messages import repr_in
from support.running import run_clauses

FAKE = "noojee_fake.adapters.httpx_transport:open"
CLAUSES = {clause_id: clause for clause_id, clause in sorted(catalogue().items()) if clause.dialects != (FILE,)}
"""The clauses about the vendor's dialects; `test_faulty_replacements` has the others."""
SERVERS = {clause_id: clause.faulty_server for clause_id, clause in CLAUSES.items() if clause.faulty_server is not None}
"""The faulty server of each clause; `test_other_option_values` has servers for all clauses about options."""


def config_of(clause: Clause, transport: str) -> RunnerConfig:
    """A run whose targets are one server in process; for a migration, only the replacement is faulty."""
    if MIGRATION in clause.dialects:
        old = "njadmin" if clause.id == "migration.hours" else "recording-api"  # only njadmin has the by-hour method
        targets = [
            Target(name="old", dialect=old, transport=FAKE, writable=True),
            Target(name="new", dialect="njadmin", transport=transport, writable=True),
        ]
        return RunnerConfig(
            targets=targets, migrations=[MigrationPair("old", "new")], random_seed=1, examples=12, shrink_seconds=0
        )
    targets = [
        Target(name=name, dialect=name, transport=transport, writable=True, authentication=clause.scheme or "api-key")
        for name in clause.dialects
    ]
    return RunnerConfig(targets=targets, random_seed=1, examples=12, shrink_seconds=0)


def assert_plain(result: Result) -> None:
    """No text of a result contains the repr of a container, a time, a pattern or an object."""
    failure = result.failure
    texts = [result.reason] if failure is None else [result.reason, failure.message, failure.expected, failure.actual]
    assert [text for text in texts if repr_in(text) is not None] == []


def outcomes_of(clause: Clause, transport: str) -> set[Outcome]:
    """The outcomes of a clause on a server, over all its cells. None may be an error."""
    results = list(run_clauses(config_of(clause, transport), [clause]))
    for result in results:
        assert result.outcome is not Outcome.ERROR, result.reason
        assert_plain(result)
    return {result.outcome for result in results}


def test_each_clause_has_one_test_and_each_test_a_clause() -> None:
    """The catalogue and the suite name the same clauses."""
    assert set(clause_functions()) == set(catalogue())


def test_the_faulty_servers_that_clauses_name_exist() -> None:
    """A clause without a faulty server was never seen to fail."""
    assert set(SERVERS.values()) <= set(everything())


@pytest.mark.parametrize("clause_id", SERVERS)
def test_a_clause_fails_on_its_faulty_server(clause_id: str) -> None:
    """A clause that is only reported (may) is informational instead."""
    clause = catalogue()[clause_id]
    outcomes = outcomes_of(clause, f"support.faulty_servers.transports:{SERVERS[clause_id].replace('-', '_')}")
    expected = Outcome.INFORMATIONAL if clause.severity == "may" else Outcome.FAILED
    assert expected in outcomes


@pytest.mark.parametrize("clause_id", CLAUSES)
def test_a_clause_passes_on_the_fake(clause_id: str) -> None:
    """In each cell it passes or is inconclusive, and it passes in at least one."""
    outcomes = outcomes_of(catalogue()[clause_id], FAKE)
    assert Outcome.PASSED in outcomes
    assert outcomes <= {Outcome.PASSED, Outcome.INCONCLUSIVE}
