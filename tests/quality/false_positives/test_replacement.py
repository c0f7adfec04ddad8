"""No false positives on an API that is not the vendor's.

The suite runs on the replacement of the documentation through its dialect file. Flask under waitress, a thread for each
request, an SQLite file for each sandbox. `NOOJEE_FALSE_POSITIVE_RUNS` as in
`test_conformant_servers`; each run has another random seed and other archives.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from noojee_contract.catalogue.clauses import FILE, MIGRATION, catalogue
from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.pytest_plugin.run_report import required_clauses
from noojee_contract.targets.applicability import applies_to
from noojee_contract.targets.target import Target
from quality.false_positives.runs import FIRST_SEED, RUNS, described, false_positives, results_of
from support.conformant_servers import hosts
from support.conformant_servers.pbx import OtherPbx
from support.conformant_servers.replacement import FOLDER, Replacement
from support.conformant_servers.sandbox import DEFAULTS

DIALECT = read_dialect(FOLDER / "dialect.toml")
OBSERVED = {"metadata.order"}
"""What the app does and no page says."""


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Target]]:
    """The replacement, and the two generations of a PBX that is left for it."""
    pbx, replacement = OtherPbx(DEFAULTS), Replacement(tmp_path_factory.mktemp("records"))
    with hosts.pool(pbx.handle) as old, hosts.wsgi(replacement) as new:
        yield [
            described(DIALECT, new),
            *(
                Target(name=name, dialect=name, base_url=old, writable=True, profile=DEFAULTS)
                for name in ("recording-api", "njadmin")
            ),
        ]  # fmt: skip
    replacement.close()


@pytest.mark.parametrize("run", range(RUNS))
def test_no_clause_fails_on_the_replacement(run: int, targets: list[Target]) -> None:
    """No failure, no error, every required clause passed, and each clause that applies passed."""
    moved = [MigrationPair(target.name, "records") for target in targets[1:]]
    results = results_of(targets, FIRST_SEED + run, migrations=moved, of="records")
    assert false_positives(results) == [], f"NOOJEE_FALSE_POSITIVE_RANDOM_SEED={FIRST_SEED + run}"
    assert required_clauses(targets[:1], RunOptions()).missing(results) == []
    passed = {(result.clause, result.target) for result in results if result.outcome is Outcome.PASSED}
    for clause in catalogue().values():
        if clause.dialects == (MIGRATION,):
            names = ("njadmin",) if "by_hour_on_both" in clause.needs else ("recording-api", "njadmin")
            assert {(clause.id, f"{name} > records") for name in names} <= passed
        elif applies_to(clause, targets[0]) and clause.id not in OBSERVED:
            assert (clause.id, "records") in passed
    silent = {result.clause: result.reason for result in results if result.outcome is Outcome.NOT_APPLICABLE}
    assert all(silent.values())
    assert {clause.id for clause in catalogue().values() if clause.dialects == (FILE,)}.isdisjoint(silent)
