"""Counterexamples are kept, run first, and replayed by the commands in the report."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.bundled import small
from noojee_contract.engine.check import Check
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.counterexamples import MOST_COUNTEREXAMPLES, CounterexampleStore
from noojee_contract.engine.runner import Runner
from noojee_contract.engine.subject import Subject
from noojee_contract.errors import TargetError
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from support.faulty_servers import FaultyServer, FaultyTransport, Send, with_legs

CLAUSE = catalogue()["metadata.by-unique-id-answered"]
CONFIG = """
[targets.pbx]
transport = "support.faulty_servers.transports:drops_last_leg"
dialect = "njadmin"
writable = true

[targets.conformant]
transport = "noojee_fake.adapters.httpx_transport:open"
dialect = "njadmin"
writable = true
"""
CONFORMANT = Target(name="pbx", dialect="njadmin", transport="noojee_fake.adapters.httpx_transport:open", writable=True)


def test_the_printed_commands_repeat_a_failure(contract: Callable[..., Any], tmp_path: Path) -> None:
    """The clause fails on the same target with the same message. It passes on the fake and on a conformant target."""
    (tmp_path / "pbx.toml").write_text(CONFIG)
    tests = str(Path(__file__).parents[2])
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, (tests, os.environ.get("PYTHONPATH"))))}
    ran = contract(
        "verify", "pbx", "--config", "pbx.toml", "--only", CLAUSE.id, "--examples", "5", "--json", "run.jsonl", **paths
    )
    assert ran.code == 1, ran.out + ran.err
    rows = [json.loads(line) for line in (tmp_path / "run.jsonl").read_text().splitlines()]
    (failure,) = [row["failure"] for row in rows if row.get("source") == CallSource.GENERATED]
    assert failure["command"] in ran.out
    assert failure["flaky"] is None

    def again(command: str) -> Any:
        assert shlex.split(command)[0] == "noojee-contract"
        return contract(*shlex.split(command)[1:], **paths)

    same = again(failure["command"])
    assert same.code == 1
    assert failure["message"] in " ".join(same.out.split())
    assert "only the counterexample" in same.out
    assert again(failure["on_the_fake"]).code == 0
    assert again(failure["elsewhere"].replace("OTHER", "conformant")).code == 0


def run_clause(
    target: Target, check: Callable[..., None], store: CounterexampleStore, *, source: CallSource = CallSource.GENERATED
) -> Result:
    runner = Runner(RunnerConfig(targets=[target], random_seed=1, examples=1, counterexamples=store))
    try:
        return runner.result(CLAUSE, check, Cell(target.name, source))
    finally:
        runner.close()


def test_a_kept_counterexample_runs_first(tmp_path: Path) -> None:
    """An archive that no later run would generate makes the clause fail again."""
    document = {**small().document, "default_account": "Rare Account"}
    store = CounterexampleStore(tmp_path / "kept")
    counterexample = store.keep(CLAUSE.id, document)
    assert counterexample is not None
    assert store.load(counterexample) == (CLAUSE.id, document)

    def function(subject: Subject, check: Check) -> None:
        assert subject.archive is not None
        check("Rare Account" not in json.dumps(subject.archive.document), "it is rare", kind=FailureKind.WRONG_VALUE)

    assert run_clause(CONFORMANT, function, store).outcome is Outcome.FAILED
    assert run_clause(CONFORMANT, function, CounterexampleStore(tmp_path / "none")).outcome is Outcome.PASSED


def test_foreign_files_in_the_folder_are_ignored(tmp_path: Path) -> None:
    """Files of another format are ignored, an unknown or hostile id is wrong use, and the oldest files are deleted."""
    store = CounterexampleStore(tmp_path)
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text('{"format": "noojee-counterexample/1", "clause": 3, "archive": {}}')
    (tmp_path / "c.json").write_text('{"format": "noojee-counterexample/1", "clause": "x", "archive": {"calls": 3}}')
    assert store.of("x") == []
    for unknown in ("0123456789", "../secret", ""):
        with pytest.raises(TargetError, match="there is no counterexample"):
            store.load(unknown)
    kept = [
        store.keep("x", {**small().document, "description": str(number)}) for number in range(MOST_COUNTEREXAMPLES + 5)
    ]
    assert len(list(tmp_path.glob("*.json"))) == MOST_COUNTEREXAMPLES
    assert store.load(str(kept[-1]))[0] == "x"


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    """The failure is reported with its archive."""
    (tmp_path / "file").write_text("")

    def function(subject: Subject, check: Check) -> None:
        check(False, "a wrong value", kind=FailureKind.WRONG_VALUE)

    result = run_clause(CONFORMANT, function, CounterexampleStore(tmp_path / "file" / "kept"))
    assert result.failure is not None
    assert result.failure.command is not None
    assert "--only" in result.failure.command


@pytest.mark.parametrize("source", [CallSource.BUNDLED, CallSource.GENERATED])
def test_a_flaky_failure_says_what_differed(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last leg is missing in the first answer only, so the report says that the body differs."""
    seen: dict[str, int] = {}

    def lags(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        if request.url.path.endswith("retrieveMetaDataByUniqueId"):
            seen["asked"] = seen.get("asked", 0) + 1
            if seen["asked"] == 1:
                return with_legs(answer, lambda legs: legs[:-1])
        return answer

    module = ModuleType("flaky_transports")
    server = FaultyServer("lags", "A replica that lags.", lags)
    module.lags = lambda: FaultyTransport(server)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    target = Target(name="pbx", dialect="njadmin", transport="flaky_transports:lags", writable=True)
    monkeypatch.setattr("noojee_contract.engine.shrink.smallest", lambda document, found, *_, **__: (found, document))
    result = run_clause(target, clause_functions()[CLAUSE.id], CounterexampleStore(tmp_path), source=source)
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    assert result.failure.flaky is not None
    assert result.failure.flaky.startswith("flaky: on a second run with the same calls it passed; ")
    assert "the body from byte" in result.failure.flaky


def test_a_steady_failure_is_not_called_flaky(tmp_path: Path) -> None:
    """The second run fails with the same message in another sandbox."""
    target = Target(
        name="pbx", dialect="njadmin", transport="support.faulty_servers.transports:drops_last_leg", writable=True
    )
    for source in (CallSource.BUNDLED, CallSource.GENERATED):
        failure: Any = run_clause(
            target, clause_functions()[CLAUSE.id], CounterexampleStore(tmp_path), source=source
        ).failure
        assert failure.flaky is None


def test_the_commands_name_the_same_target(tmp_path: Path) -> None:
    """The commands keep the flags of the run. The last command names another target."""
    from noojee_contract.engine.repeat import repeat_commands

    again = repeat_commands("audio.whole", ["pbx"], ["--config", "my targets.toml"], random_seed=7, examples=25)
    assert again.command == (
        "noojee-contract verify pbx --only audio.whole --config 'my targets.toml' --random-seed 7 --examples 25"
    )
    assert (
        again.on_the_fake == "noojee-contract verify --config embedded --only audio.whole --random-seed 7 --examples 25"
    )
    assert again.elsewhere == (
        "noojee-contract verify OTHER --only audio.whole --config 'my targets.toml' --random-seed 7 --examples 25"
    )
