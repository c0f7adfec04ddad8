"""No false positives on variants of the replacement.

The whole suite runs on each over a socket, through its dialect file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from noojee_contract.catalogue.clauses import FILE, catalogue
from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.pytest_plugin.run_report import required_clauses
from noojee_contract.targets.applicability import reason_not_applicable
from noojee_contract.targets.target import Target
from quality.false_positives.runs import FIRST_SEED, described, false_positives, results_of
from quality.false_positives.test_replacement import OBSERVED
from support.conformant_servers import hosts
from support.conformant_servers.pbx import DEFAULTS, OtherPbx
from support.conformant_servers.replacement import Replacement, load_app
from support.conformant_servers.replacement_variants import VARIANTS


@pytest.fixture(params=sorted(VARIANTS))
def variant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, list[Target]]]:
    """A variant on a socket, with its name; and the PBX that is left for it."""
    made = VARIANTS[request.param]
    dialect = read_dialect(made.described(tmp_path / "described"))
    pbx, replacement = OtherPbx(DEFAULTS), Replacement(tmp_path, load_app(*made.app))
    with hosts.pool(pbx.handle) as old, hosts.wsgi(replacement) as new:
        yield request.param, [
            described(dialect, new),
            Target(name="old", dialect="recording-api", base_url=old, writable=True, profile=DEFAULTS),
        ]  # fmt: skip
    replacement.close()


def test_no_clause_fails_on_a_variant(variant: tuple[str, list[Target]]) -> None:
    """No failure, no error, every required clause passed, and each clause that applies passed."""
    name, (target, old) = variant
    results = results_of([target, old], FIRST_SEED, migrations=[MigrationPair("old", "records")], of="records")
    assert false_positives(results) == []
    assert required_clauses([target], RunOptions()).missing(results) == []
    passed = {result.clause for result in results if result.outcome is Outcome.PASSED}
    due = {
        clause.id
        for clause in catalogue().values()
        if reason_not_applicable(clause, target) is None
        and "by_hour_on_both" not in clause.needs  # the old side has no method by hour
    }
    assert due - passed == OBSERVED | VARIANTS[name].silent
    assert {clause.id for clause in catalogue().values() if clause.dialects == (FILE,)} & due <= passed
