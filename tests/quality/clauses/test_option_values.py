"""A PBX with another option value passes the whole contract where its profile sets that value."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping

import pytest

from noojee_contract.catalogue.clauses import DIALECTS, Clause, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.resources import schemas
from noojee_contract.targets.target import Target
from support.running import run_clauses


def table(name: str) -> dict[str, dict[str, object]]:
    return tomllib.loads(schemas("own", name).read_text(encoding="utf-8"))


OPTIONS = table("options.toml")
PROFILES = table("profiles.toml")
VALUES = [(key, value) for key, row in OPTIONS.items() for value in row["alternatives"]]  # type: ignore[attr-defined]
TAKEN = VALUES if os.environ.get("NOOJEE_OPTION_VALUES") == "all" else VALUES[::3]
"""A value takes some seconds: a usual run takes every third, `tox -e false-positives` takes all."""
NOT_FAILED = (Outcome.PASSED, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE)
ABOUT_HASHES = {clause.declares for clause in catalogue().values() if clause.scheme == "hash"}


def target(dialect: str, profile: Mapping[str, str], authentication: str = "api-key") -> Target:
    """A target with a profile."""
    return Target(
        name=f"{dialect} by {authentication}",
        dialect=dialect,
        transport="noojee_fake.adapters.httpx_transport:open",
        writable=True,
        profile=profile,
        authentication=authentication,
    )


def passed(targets: Iterable[Target]) -> Iterator[Clause]:
    """The clauses that pass, on the bundled archives and in a migration; none may fail."""
    config = RunnerConfig(
        targets=list(targets),
        migrations=[MigrationPair("recording-api by api-key", "njadmin by api-key")],
        random_seed=1,
        examples=1,
        smoke=True,
    )
    for result in run_clauses(config):
        message = result.failure.message if result.failure is not None else result.reason
        place = f"{result.clause} in {result.target} {result.source}"
        assert result.outcome in NOT_FAILED, f"{place}: {message}"
        if result.outcome is Outcome.PASSED:
            yield catalogue()[result.clause]


@pytest.mark.parametrize(("key", "value"), TAKEN)
def test_each_value_of_each_option_passes(key: str, value: str) -> None:
    """In the dialects of the option; a clause asserts the value there."""
    authentication = "hash" if key in ABOUT_HASHES else "api-key"
    dialects: Iterable[str] = OPTIONS[key]["dialects"]  # type: ignore[assignment]
    targets = [target(dialect, {key: value}, authentication) for dialect in dialects]
    assert key in {clause.declares for clause in passed(targets)}


@pytest.mark.parametrize("name", PROFILES)
def test_each_bundled_profile_passes(name: str) -> None:
    """Several options at once, in every dialect."""
    choices: Mapping[str, str] = PROFILES[name]["values"]  # type: ignore[assignment]
    targets = [target(dialect, choices) for dialect in DIALECTS] + [target("call-management", choices, "hash")]
    assert set(choices) <= {clause.declares for clause in passed(targets)}
