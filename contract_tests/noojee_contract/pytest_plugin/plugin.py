"""The pytest plugin of the contracts: flags, cells, outcomes. It imports nothing heavy before pytest collects a clause.

A clause's outcome becomes pytest's: failed and error fail, expected_failure is xfail, inconclusive and not_applicable
are skipped with the reason. Each report carries its `Result`, so that the controller gets the results of all workers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

from noojee_contract.pytest_plugin.answers_fixture import noojee_answers as noojee_answers
from noojee_contract.pytest_plugin.replay_fixture import noojee_replay as noojee_replay

if TYPE_CHECKING:
    from noojee_contract.model.cell import Cell
    from noojee_contract.model.failure import Failure

RESULT: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
MARK = "noojee_clause"
CHOOSING = (
    "noojee_config",
    "noojee_target",
    "noojee_base_url",
    "noojee_exchanges",
    "noojee_only",
    "noojee_replay_counterexample",
)
"""The options that are checked when a session starts, because a user gave them for the contracts."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flags of `noojee-contract verify` with the prefix --noojee-."""
    from noojee_contract.targets.flags import PYTEST_FLAGS, PYTEST_PREFIX, add_flag

    group = parser.getgroup("noojee-contract", "contracts of the Noojee recording APIs")
    for flag in PYTEST_FLAGS:
        add_flag(group.addoption, flag, prefix=PYTEST_PREFIX)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the plugin that collects results."""
    config.addinivalue_line("markers", f"{MARK}(id): the test of a clause of the catalogue")
    config.pluginmanager.register(ResultCollector(config), "noojee-contract-results")


class ResultCollector:
    """Collects results as reports arrive, on the controller and on a single process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the report of a contract test."""
        if hasattr(report, "noojee"):
            from noojee_contract.pytest_plugin.session import collected_of

            collected_of(self._config).take_report(report)

    def pytest_keyboard_interrupt(self) -> None:
        """Note for the report that the run was interrupted, and end the workers."""
        from noojee_contract.pytest_plugin.session import COLLECTED, collected_of
        from noojee_contract.pytest_plugin.shared import interrupt_workers

        if COLLECTED in self._config.stash:
            collected_of(self._config).interrupted = True
            for node in interrupt_workers(self._config):
                pytest_testnodedown(node)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a cell: each target of the clause's dialects, with each source of calls."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None or "noojee_cell" not in metafunc.fixturenames:
        return
    from noojee_contract.catalogue.clauses import catalogue
    from noojee_contract.pytest_plugin.session import runner_of

    cells = runner_of(metafunc.config).cells(catalogue()[mark.args[0]])
    metafunc.parametrize("noojee_cell", cells, ids=str, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the clauses without a cell, and the clauses that --noojee-only or --noojee-smoke leave out."""
    contract = [item for item in items if item.get_closest_marker(MARK)]
    if not contract:
        return
    from noojee_contract.pytest_plugin.session import collected_of

    chosen = _chosen_clauses(config)
    kept = [item for item in contract if _has_cell(item) and (chosen is None or _clause_id(item) in chosen)]
    dropped = set(contract) - set(kept)
    if dropped:
        config.hook.pytest_deselected(items=[item for item in contract if item in dropped])
        items[:] = [item for item in items if item not in dropped]
    _order(items)
    collected_of(config).expect(item.nodeid for item in kept)
    if not hasattr(config, "workerinput"):  # pytest-xdist gives a worker only some of them
        _expect(config, kept)


@pytest.fixture
def noojee_cell(request: pytest.FixtureRequest) -> Callable[[Callable[..., None]], None]:
    """Runs a clause function in the cell of this test, and ends the test with pytest's outcome for the result."""
    config, item = request.config, request.node

    def check(function: Callable[..., None]) -> None:
        from noojee_contract.catalogue.clauses import catalogue
        from noojee_contract.model.outcome import Outcome
        from noojee_contract.pytest_plugin.session import runner_of
        from noojee_contract.redaction.printable import escaped
        from noojee_contract.report.jsonlines import result_row

        clause = catalogue()[_clause_id(item)]
        result = runner_of(config).result(clause, function, request.param)
        item.stash[RESULT] = result_row(result)
        if result.outcome in (Outcome.ERROR, Outcome.FAILED):
            parts = (clause.sentence, _failure_text(result.failure), result.reason)
            pytest.fail(escaped("\n".join(filter(None, parts)), kept="\n\t"), pytrace=False)
        if result.outcome is Outcome.EXPECTED_FAILURE:
            pytest.xfail(escaped(result.reason or "expected failure"))
        if result.outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE):
            pytest.skip(escaped(f"{result.outcome}: {result.reason}"))

    return check


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Attach the result to the report, which pytest-xdist sends to the controller; None if it was lost."""
    report: Any = yield
    if item.get_closest_marker(MARK) is None:
        return report
    if report.when == "call" and RESULT in item.stash:
        report.noojee = item.stash[RESULT]
    elif report.failed:
        report.noojee = None
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Report wrong options before anything is collected."""
    if any(session.config.getoption(name) for name in CHOOSING):
        from noojee_contract.errors import ContractError
        from noojee_contract.pytest_plugin.options import RunOptions, chosen_targets

        try:
            chosen_targets(RunOptions.of_pytest(session.config))
        except ContractError as error:
            raise pytest.UsageError(str(error)) from error
        _chosen_clauses(session.config)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close the runner. On the controller, fail a session whose report has another exit code than 0."""
    from noojee_contract.pytest_plugin.session import COLLECTED, RUNNER, collected_of, report_of

    config = session.config
    if COLLECTED not in config.stash:
        return
    collected = collected_of(config)
    runner = config.stash.get(RUNNER, None)
    if runner is not None:
        collected.take_runner(runner)
        runner.close()
    if hasattr(config, "workeroutput"):
        config.workeroutput["noojee"] = json.dumps(collected.as_worker())
    elif collected.has_results and session.exitstatus == pytest.ExitCode.OK and report_of(config).exit_code:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the report at the end of plain pytest."""
    from noojee_contract.pytest_plugin.session import COLLECTED, collected_of, report_of

    if COLLECTED in config.stash and collected_of(config).has_results:
        from noojee_contract.report.terminal import render

        terminalreporter.section("noojee-contract")
        terminalreporter.write(render(report_of(config)) + "\n")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each worker the random seed of the run and the folder of its limits."""
    from noojee_contract.pytest_plugin.shared import share_with

    share_with(node)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker sends at its end: requests, time lines and the number of its results."""
    sent = getattr(node, "workeroutput", {}).get("noojee")
    if sent:
        from noojee_contract.pytest_plugin.session import collected_of

        collected_of(node.config).take_worker(json.loads(sent))


def _order(items: list[pytest.Item]) -> None:
    """Sort the clauses of read-only targets: the accepted key first, by-hour listings last."""
    from noojee_contract.catalogue.clauses import catalogue
    from noojee_contract.engine.planner import place_in_run

    def place(item: pytest.Item) -> int:
        if item.get_closest_marker(MARK) is None:
            return 0
        return place_in_run(catalogue()[_clause_id(item)], _cell(item))

    items.sort(key=place)


def _expect(config: pytest.Config, items: list[pytest.Item]) -> None:
    from noojee_contract.catalogue.clauses import catalogue
    from noojee_contract.engine.ahead import PlannedClause
    from noojee_contract.pytest_plugin.session import runner_of

    runner_of(config).expect(
        [
            PlannedClause(clause=catalogue()[_clause_id(item)], function=_function(item), cell=_cell(item))
            for item in items
        ]
    )


def _cell(item: pytest.Item) -> Cell:
    cell: Cell = item.callspec.params["noojee_cell"]  # type: ignore[attr-defined]  # of a parametrized function
    return cell


def _function(item: pytest.Item) -> Callable[..., None]:
    function: Callable[..., None] = item.obj.function  # type: ignore[attr-defined]  # see `suite.clause`
    return function


def _chosen_clauses(config: pytest.Config) -> frozenset[str] | None:
    from noojee_contract.errors import ContractError
    from noojee_contract.pytest_plugin.options import RunOptions, chosen_clauses

    try:
        return chosen_clauses(RunOptions.of_pytest(config))
    except ContractError as error:
        raise pytest.UsageError(str(error)) from error


def _clause_id(item: pytest.Item) -> str:
    mark = item.get_closest_marker(MARK)
    assert mark is not None
    return str(mark.args[0])


def _has_cell(item: pytest.Item) -> bool:
    from noojee_contract.model.cell import Cell

    callspec = getattr(item, "callspec", None)
    return callspec is not None and isinstance(callspec.params.get("noojee_cell"), Cell)


def _failure_text(failure: Failure | None) -> str | None:
    if failure is None:
        return None
    parts = [failure.headline]
    if failure.exchange is not None:
        parts.append(json.dumps(failure.exchange, indent=1, ensure_ascii=True))
    parts += [part for part in (failure.script, failure.command) if part]
    return "\n".join(parts)
