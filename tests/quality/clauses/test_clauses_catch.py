"""Each clause turns red on the wrong server that it names, and on the right server it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from noojee_contract.catalogue.clauses import FILE, MIGRATION, Clause, catalogue
from noojee_contract.engine.runner import Bench
from noojee_contract.model.outcome import Outcome
from noojee_contract.suite import checks
from noojee_contract.targets.target import Target
from support.faulty_servers import catalogue as wrong_catalogue

RIGHT = "noojee_fake.adapters.httpx_transport:open"
CLAUSES = {clause_id: clause for clause_id, clause in sorted(catalogue().items()) if clause.dialects != (FILE,)}
"""Those about the vendor's dialects; the others are in `test_wrong_replacements`."""


def bench(clause: Clause, transport: str) -> Bench:
    """A bench whose targets are one server in process; for a migration, only the replacement is wrong."""
    if MIGRATION in clause.dialects:
        targets = [
            Target(name="old", dialect="recording-api", transport=RIGHT, fillable=True),
            Target(name="new", dialect="njadmin", transport=transport, fillable=True),
        ]
        return Bench(targets, migrations=[("old", "new")], seed=1, examples=12, shrink_seconds=0)
    targets = [
        Target(name=name, dialect=name, transport=transport, fillable=True, authentication=clause.proof or "api-key")
        for name in clause.dialects
    ]
    return Bench(targets, seed=1, examples=12, shrink_seconds=0)


@pytest.fixture
def judged() -> Iterator[Callable[[Clause, str], set[Outcome]]]:
    """The outcomes of a clause on a server, over all its lanes."""
    opened: list[Bench] = []

    def judge(clause: Clause, transport: str) -> set[Outcome]:
        made = bench(clause, transport)
        opened.append(made)
        results = [made.result(clause, checks()[clause.id], lane) for lane in made.lanes(clause)]
        for result in results:
            assert result.outcome is not Outcome.ERROR, result.reason
        return {result.outcome for result in results}

    yield judge
    for made in opened:
        made.close()


def test_each_clause_has_one_test_and_each_test_a_clause() -> None:
    """The catalogue and the suite name the same clauses."""
    assert set(checks()) == set(catalogue())


def test_the_wrong_servers_that_clauses_name_exist() -> None:
    """A clause without its wrong server is a clause that nobody saw red."""
    assert {clause.wrong for clause in CLAUSES.values()} <= set(wrong_catalogue())


@pytest.mark.parametrize("clause_id", CLAUSES)
def test_a_clause_turns_red_on_its_wrong_server(clause_id: str, judged: Callable[[Clause, str], set[Outcome]]) -> None:
    """The named wrong answer breaks the clause (or, where it only reports, shows as observed)."""
    clause = catalogue()[clause_id]
    outcomes = judged(clause, f"support.faulty_servers.transports:{clause.wrong.replace('-', '_')}")
    expected = Outcome.OBSERVED if clause.severity == "may" else Outcome.BROKEN
    assert expected in outcomes


@pytest.mark.parametrize("clause_id", CLAUSES)
def test_a_clause_holds_on_the_right_server(clause_id: str, judged: Callable[[Clause, str], set[Outcome]]) -> None:
    """The fake holds every clause, in each lane, and each judged something somewhere."""
    outcomes = judged(catalogue()[clause_id], RIGHT)
    assert Outcome.HOLDS in outcomes
    assert outcomes <= {Outcome.HOLDS, Outcome.UNPROVED}
