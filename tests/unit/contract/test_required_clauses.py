"""--require makes a clause of any severity required, on targets and on migrations."""

from __future__ import annotations

from noojee_contract.model.cell import MigrationPair
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.pytest_plugin.run_report import required_clauses
from noojee_contract.targets.target import Target

INFORMATIONAL = "transport.json-content-type"
OLD = Target(name="old", dialect="recording-api", base_url="http://old.invalid", api_key_env="OLD_KEY")
NEW = Target(name="new", dialect="njadmin", base_url="http://new.invalid", api_key_env="NEW_KEY")


def test_require_names_an_informational_clause() -> None:
    required = required_clauses([NEW], RunOptions(require=[INFORMATIONAL]))
    assert INFORMATIONAL in required.needed["new"]


def test_only_does_not_require_an_informational_clause() -> None:
    """It would make a run inconclusive for an observation that no fact binds."""
    required = required_clauses([NEW], RunOptions(only=[INFORMATIONAL]))
    assert required.needed["new"] == []


def test_a_migration_clause_is_required_of_the_pair() -> None:
    required = required_clauses([OLD, NEW], RunOptions(require=["migration.sound"]), [MigrationPair("old", "new")])
    assert required.needed["old > new"] == ["migration.calls", "migration.legs", "migration.sound"]
    required = required_clauses([OLD, NEW], RunOptions(require=["migration.by-hour"]), [MigrationPair("old", "new")])
    assert "migration.by-hour" in required.needed["old > new"]


def test_a_pair_without_both_targets_requires_nothing() -> None:
    required = required_clauses([NEW], RunOptions(require=["migration.sound"]), [MigrationPair("old", "new")])
    assert "old > new" not in required.needed
