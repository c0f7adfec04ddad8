"""A PBX that answers an open question otherwise, and declares it, honours the whole contract."""

from __future__ import annotations

import tomllib

import pytest

from noojee_contract._data import schemas
from noojee_contract.clauses import DIALECTS, catalogue
from noojee_contract.runner import Bench
from noojee_contract.suite import checks
from noojee_contract.target import Target
from noojee_contract.verdict import Outcome

RIGHT = "noojee_fake.doors.transport:open"
TABLE = tomllib.loads(schemas("own", "unknowns.toml").read_text(encoding="utf-8"))
CHOICES = [(key, choice) for key, row in TABLE.items() for choice in row["alternatives"]]


@pytest.mark.parametrize(("key", "choice"), CHOICES)
def test_each_declared_choice_holds(key: str, choice: str) -> None:
    """Every clause, in both dialects and the migration between them, on the archives that ship."""
    legacy_path = "/servicemanager/rest" if (key, choice) == ("bare_rest", "absent") else None
    targets = [
        Target(
            name=dialect,
            dialect=dialect,
            transport=RIGHT,
            fillable=True,
            profile={key: choice} if dialect in TABLE[key]["dialects"] else {},
            rest_path=legacy_path if dialect == "recording-api" else None,
        )
        for dialect in DIALECTS
    ]
    bench = Bench(targets, migrations=[DIALECTS], seed=1, examples=1, smoke=True)
    try:
        for clause in catalogue().values():
            for lane in bench.lanes(clause):
                result = bench.result(clause, checks()[clause.id], lane)
                said = result.finding.message if result.finding is not None else result.reason
                assert result.outcome in (Outcome.HOLDS, Outcome.UNPROVED), f"{clause.id} in {lane}: {said}"
    finally:
        bench.close()
