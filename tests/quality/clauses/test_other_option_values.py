"""A clause about an option fails on each server that has another value of the option than the profile declares."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.target import Target
from support.faulty_servers.other_values import OtherValueTransport, pairs_of
from support.running import run_clauses

DECLARED = [clause for clause in catalogue().values() if clause.declares is not None]
PAIRS = [
    pytest.param(clause.id, declared, actual, id=f"{clause.id}-{declared}-{actual}")
    for clause in DECLARED
    for declared, actual in pairs_of(clause.declares or "")
]


@pytest.mark.parametrize(("clause_id", "declared", "actual"), PAIRS)
def test_another_value_than_the_declared_one_fails(
    clause_id: str, declared: str, actual: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each dialect of the clause, as a failure of this option."""
    clause = catalogue()[clause_id]
    key = clause.declares or ""
    module = ModuleType("other_value_adapter")
    vars(module)["open"] = lambda: OtherValueTransport(key, actual)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    targets = [
        Target(
            name=dialect,
            dialect=dialect,
            transport=f"{module.__name__}:open",
            writable=True,
            authentication=clause.scheme or "api-key",
            profile={key: declared},
        )
        for dialect in clause.dialects
    ]
    config = RunnerConfig(targets=targets, random_seed=1, examples=12, shrink_seconds=0)
    results = list(run_clauses(config, [clause]))
    failures = {result.target: result.failure for result in results if result.outcome is Outcome.FAILED}
    assert set(failures) == {target.name for target in targets}
    kinds = {failure.kind for failure in failures.values() if failure is not None}
    assert kinds == {FailureKind.OPTION_DIFFERS}
