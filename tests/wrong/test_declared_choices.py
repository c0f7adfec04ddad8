"""A PBX that answers an open question otherwise, and declares it, honours the whole contract."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from noojee_contract._data import schemas
from noojee_contract.clauses import catalogue
from noojee_contract.runner import Bench
from noojee_contract.suite import checks
from noojee_contract.target import Target
from noojee_contract.verdict import Outcome

RIGHT = "noojee_fake.doors.transport:open"
TABLE = tomllib.loads(schemas("own", "unknowns.toml").read_text(encoding="utf-8"))
CHOICES = [(key, choice) for key, row in TABLE.items() for choice in row["alternatives"]]
ASKED = {clause.declares for clause in catalogue().values()}
ABOUT_HASHES = {clause.declares for clause in catalogue().values() if clause.proof == "hash"}


def target(dialect: str, key: str, choice: str) -> Target:
    """A target that declares a choice; one that knows both ways to prove who asks has the one that the key is about."""
    more: dict[str, Any] = {"rest_path": "/servicemanager/rest"} if (key, choice) == ("bare_rest", "absent") else {}
    return Target(
        name=dialect,
        dialect=dialect,
        transport=RIGHT,
        fillable=True,
        profile={key: choice},
        authentication="hash" if key in ABOUT_HASHES else "api-key",
        **(more if dialect != "njadmin" else {}),
    )


@pytest.mark.parametrize(("key", "choice"), CHOICES)
def test_each_declared_choice_holds(key: str, choice: str) -> None:
    """Every clause, in the dialects that the question is about and a migration between them, on the archives that ship."""
    dialects = TABLE[key]["dialects"]
    bench = Bench(
        [target(dialect, key, choice) for dialect in dialects],
        migrations=[("recording-api", "njadmin")],
        seed=1,
        examples=1,
        smoke=True,
    )
    asserted = key not in ASKED  # test_catalogue lists those
    try:
        for clause in catalogue().values():
            for lane in bench.lanes(clause):
                result = bench.result(clause, checks()[clause.id], lane)
                said = result.finding.message if result.finding is not None else result.reason
                assert result.outcome in (Outcome.HOLDS, Outcome.UNPROVED), f"{clause.id} in {lane}: {said}"
                asserted |= clause.declares == key and result.outcome is Outcome.HOLDS
    finally:
        bench.close()
    assert asserted
