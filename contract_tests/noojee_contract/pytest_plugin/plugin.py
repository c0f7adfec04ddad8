"""pytest glue of the contracts: options, cells, outcomes. Imports nothing heavy until a contract test is collected.

A clause's outcome becomes pytest's: broken fails, known is xfail, unproved and unsupported are skipped with the reason.
Each report carries its `Result`, so that the controller has them all, whichever worker checks.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from noojee_contract.engine.runner import Runner
    from noojee_contract.pytest_plugin.session import Collected

RUNNER: pytest.StashKey[Any] = pytest.StashKey()
COLLECTED: pytest.StashKey[Any] = pytest.StashKey()
RESULT: pytest.StashKey[dict[str, Any]] = pytest.StashKey()
RANDOM_SEED: pytest.StashKey[int] = pytest.StashKey()
LIMITS: pytest.StashKey[Any] = pytest.StashKey()
MARK = "noojee_clause"
OPTIONS = (
    ("--noojee-config", {"metavar": "FILE", "help": "target file (TOML); without one the embedded PBX is judged"}),
    ("--noojee-target", {"metavar": "NAME", "action": "append", "help": "a target of the file; repeat for more"}),
    ("--noojee-only", {"metavar": "ID", "action": "append", "help": "check only this clause, or a pattern (audio.*)"}),
    ("--noojee-require", {"metavar": "ID", "action": "append", "help": "a clause that must be proved as well"}),
    ("--noojee-examples", {"metavar": "N", "type": int, "help": "how many archives Hypothesis makes (default 25)"}),
    (
        "--noojee-random-seed",
        {"metavar": "N", "type": int, "help": "the random seed they are made from (default: drawn, printed)"},
    ),
    (
        "--noojee-counterexamples",
        {"metavar": "DIR", "help": "where finds are kept, and tried first (default .noojee-contract/counterexamples)"},
    ),
    ("--noojee-replay-counterexample", {"metavar": "ID", "help": "check only the clause of this find, on its archive"}),
    ("--noojee-smoke", {"action": "store_true", "help": "must and should only, on the archives that ship, over http"}),
    ("--noojee-base-url", {"metavar": "URL", "help": "a target without a file: where it is"}),
    ("--noojee-dialect", {"metavar": "NAME", "help": "... its dialect, or a dialect file"}),
    ("--noojee-api-key-env", {"metavar": "NAME", "help": "... the variable that holds its key"}),
    ("--noojee-recordings", {"metavar": "FILE", "help": "... known recordings, a CSV with kind,value"}),
    ("--noojee-time-zone", {"metavar": "ZONE", "help": "... the time zone it writes dates in"}),
    ("--noojee-audio", {"metavar": "TEMPLATE", "help": "... how the sound of a leg is asked for"}),
    ("--noojee-authentication", {"metavar": "HOW", "help": "... hash or api-key, where it knows both"}),
    ("--noojee-allow", {"metavar": "WHAT", "action": "append", "help": "... provoke, or wait:SECONDSs"}),
    ("--noojee-ca-file", {"metavar": "FILE", "help": "... the CA that its certificate is from"}),
    ("--noojee-writable", {"action": "store_true", "help": "... it may be filled through its control API"}),
    ("--noojee-control-url", {"metavar": "URL", "help": "... where its control API is"}),
    ("--noojee-control-token-env", {"metavar": "NAME", "help": "... the variable that holds the control API's token"}),
    ("--noojee-requests-per-second", {"metavar": "N", "type": float, "help": "... how fast it may be asked"}),
    ("--noojee-request-budget", {"metavar": "N", "type": int, "help": "... how often it may be asked in this run"}),
    ("--noojee-timeout", {"metavar": "SECONDS", "type": float, "help": "... how long an answer may take"}),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of plain pytest; `noojee-contract verify` has the same without the prefix."""
    group = parser.getgroup("noojee-contract", "contracts of the Noojee recording APIs")
    for name, how in OPTIONS:
        group.addoption(name, **how)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; nothing else happens before a contract test is collected."""
    config.addinivalue_line("markers", f"{MARK}(id): the test of a clause of the catalogue")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a cell: each target of the clause's dialects, each source of calls."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None or "noojee_cell" not in metafunc.fixturenames:
        return
    from noojee_contract.catalogue.clauses import catalogue

    cells = runner_of(metafunc.config).cells(catalogue()[mark.args[0]])
    metafunc.parametrize("noojee_cell", cells, ids=str, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop clauses that no chosen target speaks, and those that --noojee-only or --noojee-smoke leave out."""
    contract = [item for item in items if item.get_closest_marker(MARK)]
    if not contract:
        return
    from noojee_contract.pytest_plugin.session import chosen_ids

    chosen = chosen_ids(config)
    gone = [item for item in contract if not _has_cell(item) or (chosen is not None and _clause_id(item) not in chosen)]
    if gone:
        config.hook.pytest_deselected(items=gone)
        dropped = set(map(id, gone))
        items[:] = [item for item in items if id(item) not in dropped]
    collected_of(config).expect(item.nodeid for item in contract if item not in gone)


@pytest.fixture
def noojee_cell(request: pytest.FixtureRequest) -> Callable[[Callable[..., None]], None]:
    """Runs a function in this test's cell, and ends the test with pytest's word for the outcome."""
    config, item = request.config, request.node

    def check(function: Callable[..., None]) -> None:
        from noojee_contract.catalogue.clauses import catalogue
        from noojee_contract.model.outcome import Outcome
        from noojee_contract.report.jsonlines import result_row

        clause = catalogue()[_clause_id(item)]
        result = runner_of(config).result(clause, function, request.param)
        item.stash[RESULT] = result_row(result)
        saying = "\n".join(filter(None, (clause.sentence, _said(result.failure), result.reason)))
        if result.outcome in (Outcome.ERROR, Outcome.FAILED):
            pytest.fail(saying, pytrace=False)
        if result.outcome is Outcome.EXPECTED_FAILURE:
            pytest.xfail(result.reason or "known")
        if result.outcome in (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE):
            pytest.skip(f"{result.outcome}: {result.reason}")

    return check


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let each report carry its result, through xdist too."""
    report: Any = yield
    if report.when == "call" and RESULT in item.stash:
        report.noojee = item.stash[RESULT]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember which run reports belong to; say at once where options of ours are wrong."""
    global _config
    _config = session.config
    if any(
        session.config.getoption(name)
        for name in ("noojee_config", "noojee_target", "noojee_base_url", "noojee_only", "noojee_replay_counterexample")
    ):
        from noojee_contract.errors import ContractError
        from noojee_contract.pytest_plugin.session import chosen_ids, targets_of

        try:
            targets_of(session.config)
        except ContractError as error:
            raise pytest.UsageError(str(error)) from error
        chosen_ids(session.config)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Where results arrive, on the controller as on a lone process."""
    ours = hasattr(report, "noojee") or (report.failed and "noojee_contract/suite" in report.nodeid)
    if _config is not None and ours:
        collected_of(_config).report(report)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close the lines; on the controller, a run below its floor fails."""
    config = session.config
    if COLLECTED not in config.stash:
        return
    collected = collected_of(config)
    runner = config.stash.get(RUNNER, None)
    if runner is not None:
        collected.take(runner)
        runner.close()
    if hasattr(config, "workeroutput"):
        config.workeroutput["noojee"] = json.dumps(collected.as_worker())
    elif collected.has_results and session.exitstatus == pytest.ExitCode.OK and collected.finish(config).exit_code:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Under plain pytest: the verdict, and what was not proved."""
    if COLLECTED in config.stash and collected_of(config).has_results:
        from noojee_contract.report.terminal import render

        terminalreporter.section("noojee-contract")
        terminalreporter.write(render(collected_of(config).finish(config)) + "\n")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give each worker the random seed of the run, so that all draw the same archives, and the folder of its limits."""
    node.workerinput["noojee_random_seed"] = random_seed_of(node.config)
    node.workerinput["noojee_limits"] = str(limits_folder_of(node.config))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """How many results are to come, which the controller does not collect itself."""
    collected_of(node.config).expect(ids)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker knows at its end: requests, time lines."""
    sent = getattr(node, "workeroutput", {}).get("noojee")
    if sent:
        collected_of(node.config).from_worker(json.loads(sent))


def random_seed_of(config: pytest.Config) -> int:
    """The random_seed of the run: given, or drawn once and handed to all workers."""
    given = config.getoption("noojee_random_seed")
    if given is not None:
        return int(given)
    if hasattr(config, "workerinput"):
        return int(config.workerinput["noojee_random_seed"])
    return config.stash.setdefault(RANDOM_SEED, secrets.randbelow(2**32))


def limits_folder_of(config: pytest.Config) -> Path:
    """The folder in which all workers of the run keep what was asked of a target; gone when pytest ends."""
    if hasattr(config, "workerinput"):
        return Path(config.workerinput["noojee_limits"])
    if LIMITS not in config.stash:
        import tempfile

        folder = tempfile.TemporaryDirectory(prefix="noojee-contract-")
        config.add_cleanup(folder.cleanup)
        config.stash[LIMITS] = Path(folder.name)
    made: Path = config.stash[LIMITS]
    return made


def runner_of(config: pytest.Config) -> Runner:
    """The runner of this process, made on first use."""
    if RUNNER not in config.stash:
        from noojee_contract.errors import ContractError
        from noojee_contract.pytest_plugin.session import open_runner

        try:
            config.stash[RUNNER] = open_runner(config)
        except ContractError as error:
            raise pytest.UsageError(str(error)) from error
    runner: Runner = config.stash[RUNNER]
    return runner


def collected_of(config: pytest.Config) -> Collected:
    """What the run has brought so far."""
    if COLLECTED not in config.stash:
        from noojee_contract.pytest_plugin.session import Collected

        config.stash[COLLECTED] = Collected()
    collected: Collected = config.stash[COLLECTED]
    return collected


_config: pytest.Config | None = None


def _clause_id(item: pytest.Item) -> str:
    mark = item.get_closest_marker(MARK)
    assert mark is not None
    return str(mark.args[0])


def _has_cell(item: pytest.Item) -> bool:
    from noojee_contract.model.cell import Cell

    callspec = getattr(item, "callspec", None)
    return callspec is not None and isinstance(callspec.params.get("noojee_cell"), Cell)


def _said(failure: Any) -> str | None:
    if failure is None:
        return None
    parts = [failure.message]
    if failure.exchange is not None:
        parts.append(json.dumps(failure.exchange, indent=1, ensure_ascii=True))
    parts += [part for part in (failure.script, failure.command) if part]
    return "\n".join(parts)
