"""The clauses about transport and authentication turn red on no PBX that is merely different."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from noojee_contract.clauses import Clause, catalogue
from noojee_contract.runner import Bench
from noojee_contract.suite import checks
from noojee_contract.target import Target
from noojee_contract.verdict import Outcome
from wrong_servers import WrongTransport
from wrong_servers.honest import HONEST

RIGHT = "noojee_fake.doors.transport:open"
TABLE = tomllib.loads((Path(__file__).parents[2] / "schemas" / "own" / "unknowns.toml").read_text(encoding="utf-8"))
CLAUSES = [clause for clause in catalogue().values() if clause.group in ("transport", "authentication")]
ASKED = {clause.declares for clause in CLAUSES} - {None}
CHOICES = [
    (dialect, key, choice)
    for key in sorted(map(str, ASKED))
    for dialect in TABLE[key]["dialects"]
    for choice in TABLE[key]["alternatives"]
]


def outcomes(target: Target) -> Iterator[tuple[Clause, Outcome, str]]:
    """What becomes of each clause on a target, with what was said."""
    bench = Bench([target], seed=1, examples=1)
    try:
        for clause in CLAUSES:
            for lane in bench.lanes(clause):
                result = bench.result(clause, checks()[clause.id], lane)
                said = result.finding.message if result.finding is not None else result.reason
                yield clause, result.outcome, f"{clause.id}: {said}"
    finally:
        bench.close()


@pytest.mark.parametrize(("dialect", "key", "choice"), CHOICES)
def test_each_declared_choice_holds(dialect: str, key: str, choice: str) -> None:
    """A PBX that makes another choice and declares it honours the contract."""
    path = "/servicemanager/rest" if (key, choice) == ("bare_rest", "absent") else None
    target = Target(
        name="other", dialect=dialect, transport=RIGHT, fillable=True, profile={key: choice}, rest_path=path
    )
    for _, outcome, said in outcomes(target):
        assert outcome in (Outcome.HOLDS, Outcome.UNPROVED), said


@pytest.fixture
def honest_door(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module whose functions open the honest servers."""
    module = ModuleType("honest_doors")
    for name, server in HONEST.items():
        setattr(module, name, lambda server=server: WrongTransport(server))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


@pytest.mark.parametrize("name", sorted(HONEST))
@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_an_honest_difference_breaks_nothing(dialect: str, name: str, honest_door: str) -> None:
    """What no page settles, and HTTP leaves open, is not judged; what a profile declares wrongly is left out here."""
    target = Target(name="honest", dialect=dialect, transport=f"{honest_door}:{name}", fillable=True)
    for clause, outcome, said in outcomes(target):
        if clause.severity != "declared":
            assert outcome in (Outcome.HOLDS, Outcome.OBSERVED, Outcome.UNPROVED), said
