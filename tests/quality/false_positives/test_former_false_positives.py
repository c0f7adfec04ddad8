"""Clauses that once failed on a conformant server, each on that server."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.cell import CallSource, Cell, MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from support.conformant_servers import hosts
from support.conformant_servers.live_calls import Variations
from support.conformant_servers.pbx import OtherPbx
from support.conformant_servers.sandbox import DEFAULTS

OLD, HASH, KEY = "services", "recording-api", "call-management"
FORMER_FALSE_POSITIVES: tuple[tuple[str, str, Mapping[str, str], Variations], ...] = (
    ("live-calls.subscribe-several", KEY, {}, Variations(lists_ended_calls=True)),
    ("live-calls.dial-records", KEY, {"tag_inherited": "start-only"}, Variations(dial_from_pick_up=True)),
    ("live-calls.by-channel", KEY, {}, Variations(named_user_owns=False)),
    ("live-calls.stopped", HASH, {"stop_without_agent": "refused"}, Variations(named_user_owns=False)),
    ("live-calls.several-calls", KEY, {}, Variations(rings_again=False)),
    ("live-calls.several-calls", KEY, {"several_calls": "oldest"}, Variations(records_ringing=False)),
    ("live-calls.extension-or-id", KEY, {"extension_or_unique_id": "by-lookup"}, Variations(records_ringing=False)),
    ("live-calls.message", OLD, {}, Variations(services_in_xml=True)),
    ("relations.one-transfer-more", KEY, {}, Variations(transfers_split_at_once=False)),
)


def targets_of(base_url: str, profile: Mapping[str, str]) -> list[Target]:
    """A PBX in its older generations."""
    return [
        Target(name=each, dialect=each, base_url=base_url, writable=True, profile={**DEFAULTS, **profile})
        for each in (OLD, HASH, KEY)
    ]


@pytest.mark.parametrize(("clause", "dialect", "profile", "variations"), FORMER_FALSE_POSITIVES)
def test_a_former_false_positive_passes(
    clause: str, dialect: str, profile: Mapping[str, str], variations: Variations
) -> None:
    """Points that neither the reference nor an option settles do not matter."""
    with hosts.pool(OtherPbx(profile, variations=variations).handle) as url:
        runner = Runner(RunnerConfig(targets=targets_of(url, profile), random_seed=1, examples=1, shrink_seconds=0))
        result = runner.result(catalogue()[clause], clause_functions()[clause], Cell(dialect, CallSource.BUNDLED))
        runner.close()
    assert result.outcome is Outcome.PASSED, result


def test_a_migration_to_an_api_without_by_hour_is_not_applicable() -> None:
    """CallManagementAPI has no such method on any page."""
    with hosts.pool(OtherPbx().handle) as url:
        runner = Runner(
            RunnerConfig(
                targets=targets_of(url, {}),
                migrations=[MigrationPair(HASH, KEY)],
                random_seed=1,
                examples=1,
                shrink_seconds=0,
            )
        )
        name = "migration.by-hour-whole"
        result = runner.result(
            catalogue()[name], clause_functions()[name], Cell(MigrationPair(HASH, KEY), CallSource.BUNDLED)
        )
        runner.close()
    assert (result.outcome, result.reason) == (
        Outcome.NOT_APPLICABLE,
        "the dialect call-management has no method by hour",
    )
