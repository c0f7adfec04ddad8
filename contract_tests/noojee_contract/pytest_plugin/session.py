"""The runner, the results and the report of one pytest session, each made on first use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from noojee_contract.pytest_plugin.shared import end_on_signal, limits_folder_of, random_seed_of, until_of

if TYPE_CHECKING:
    from noojee_contract.engine.runner import Runner
    from noojee_contract.model.result import Report
    from noojee_contract.pytest_plugin.collected import Collected

RUNNER: pytest.StashKey[Runner] = pytest.StashKey()
COLLECTED: pytest.StashKey[Collected] = pytest.StashKey()
REPORT: pytest.StashKey[Report] = pytest.StashKey()


def runner_of(config: pytest.Config) -> Runner:
    """The runner of this process. Raises UsageError for wrong options."""
    if RUNNER not in config.stash:
        from noojee_contract.errors import ContractError

        end_on_signal(config)
        try:
            config.stash[RUNNER] = _open_runner(config)
        except ContractError as error:
            raise pytest.UsageError(str(error)) from error
    return config.stash[RUNNER]


def collected_of(config: pytest.Config) -> Collected:
    """The results of the session so far."""
    if COLLECTED not in config.stash:
        from noojee_contract.pytest_plugin.collected import Collected

        config.stash[COLLECTED] = Collected()
    return config.stash[COLLECTED]


def report_of(config: pytest.Config) -> Report:
    """The report of the session. The first call ends the collection of results."""
    if REPORT not in config.stash:
        from noojee_contract.pytest_plugin.options import RunOptions, chosen_targets
        from noojee_contract.pytest_plugin.run_report import Run, run_report

        options = RunOptions.of_pytest(config)
        targets, migrations = chosen_targets(options)
        run = Run(
            options=options,
            targets=targets,
            migrations=migrations,
            random_seed=random_seed_of(config),
            environ=os.environ,
        )
        config.stash[REPORT] = run_report(collected_of(config), run)
    return config.stash[REPORT]


def _open_runner(config: pytest.Config) -> Runner:
    """The runner that the options describe; it connects later."""
    from noojee_contract.catalogue.clauses import choose
    from noojee_contract.engine.config import RunnerConfig, Timing
    from noojee_contract.engine.runner import Runner
    from noojee_contract.pytest_plugin.options import RunOptions, chosen_targets, counterexample_archive

    options = RunOptions.of_pytest(config)
    targets, migrations = chosen_targets(options)
    for target in targets:
        choose([*target.binding, *(expected.clause for expected in target.expected_failures)])
    return Runner(
        RunnerConfig(
            targets=targets,
            migrations=migrations,
            random_seed=random_seed_of(config),
            examples=options.examples,
            smoke=options.smoke,
            repeat_flags=options.repeat_words,
            limits_folder=limits_folder_of(config),
            counterexamples=options.store,
            replay_archive=counterexample_archive(options),
            timing=Timing(until=until_of(config), on_wait=collected_of(config).wait),
        )
    )
