"""The suite tests an API that is not the vendor's through its dialect file.

Each faulty replacement fails the clause that it names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from noojee_contract.catalogue.clauses import FILE, catalogue
from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.targets.target import Target
from support.conformant_servers.replacement_variants import VARIANTS, Variant
from support.faulty_replacements import FAULTY, transport
from support.running import run_clauses

PLAIN = Variant()
Check = Callable[..., list[Result]]


@pytest.fixture
def results_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """The results of clauses on the replacement with some changes, over their cells; none is an error."""
    adapter = ModuleType("replacement_adapters")
    monkeypatch.setitem(sys.modules, adapter.__name__, adapter)

    def run(*ids: str, changes: Sequence[tuple[str, str]] = (), variant: str = "", smoke: bool = False) -> list[Result]:
        made = VARIANTS.get(variant, PLAIN)
        dialect = read_dialect(made.described(tmp_path / "described"))
        adapter.open = lambda: transport(tmp_path, *made.app, *changes)  # type: ignore[attr-defined]
        target = Target(
            name="records", dialect=dialect.name, described=dialect, capabilities=dialect.capabilities,
            transport="replacement_adapters:open", writable=True,
        )  # fmt: skip
        config = RunnerConfig(targets=[target], random_seed=1, examples=6, shrink_seconds=0, smoke=smoke)
        results = list(run_clauses(config, [catalogue()[clause_id] for clause_id in ids]))
        assert [result for result in results if result.outcome is Outcome.ERROR] == []
        return results

    return run


@pytest.mark.parametrize("name", sorted(FAULTY))
def test_a_faulty_replacement_fails_the_named_clause(name: str, results_of: Check) -> None:
    """The failure has the kind, field and option of the fault."""
    faulty = FAULTY[name]
    failed = [
        result
        for result in results_of(faulty.clause, changes=faulty.changes, variant=faulty.variant)
        if result.outcome is Outcome.FAILED
    ]
    assert failed
    for result in failed:
        assert result.failure is not None
        assert (result.failure.kind, result.failure.field, result.failure.option) == (
            faulty.kind,
            faulty.field,
            faulty.option,
        )


@pytest.mark.parametrize(
    ("clause_id", "variant"), sorted({(faulty.clause, faulty.variant) for faulty in FAULTY.values()})
)
def test_the_conformant_replacement_passes_that_clause(clause_id: str, variant: str, results_of: Check) -> None:
    """Otherwise it might fail for another reason."""
    outcomes = {result.outcome for result in results_of(clause_id, variant=variant)}
    assert Outcome.PASSED in outcomes
    assert outcomes <= {Outcome.PASSED, Outcome.INCONCLUSIVE}


NAMES = (
    "id", "callId", "legNumber", "startedAt", "endedAt", "seconds",
    "reference", "agent", "from", "to", "dialled", "direction",
)  # fmt: skip
LISTED = "    return jsonify(items=items, count=len(items))"


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (NAMES, "None"),
        (NAMES, "{'a': [1]}"),
        (NAMES, "'x' * 10_000"),
        (NAMES, "10**30"),
        (("seconds", "legNumber"), "10**17"),
        (("startedAt", "endedAt"), "'9999-12-31T23:59:59Z'"),
        (("startedAt",), "'0001-01-01T00:00:00+10:00'"),
    ],
    ids=["null", "object", "long", "huge", "ages", "last day", "first day"],
)
def test_a_strange_value_is_a_failure_and_no_error(names: tuple[str, ...], value: str, results_of: Check) -> None:
    """Every clause that applies to the dialect file, on the bundled archives."""
    change = (LISTED, f"    items = [item | dict.fromkeys({names!r}, {value}) for item in items]\n{LISTED}")
    ids = [clause.id for clause in catalogue().values() if clause.scope == "meaning" and clause.group != "migration"]
    assert Outcome.FAILED in {result.outcome for result in results_of(*ids, changes=[change], smoke=True)}


def test_each_dialect_file_clause_names_a_faulty_replacement() -> None:
    """A clause without a faulty replacement was never seen to fail."""
    own = [clause for clause in catalogue().values() if clause.dialects == (FILE,)]
    assert own
    assert all(FAULTY[clause.faulty_server].clause == clause.id for clause in own)
