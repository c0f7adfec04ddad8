"""A failure comes with two ways to repeat it: a command of this tool, and a bash script with curl."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.schemas import violations
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target
from support.commands import needs_curl


def failure_of(
    dialect: str, server: str = "drops_last_leg", clause_id: str = "metadata.by-unique-id-answered"
) -> Failure:
    target = Target(name="new", dialect=dialect, transport=f"support.faulty_servers.transports:{server}", writable=True)
    runner = Runner(
        RunnerConfig(targets=[target], random_seed=5, examples=10, repeat_flags=["--config", "my targets.toml"])
    )
    try:
        result = runner.result(catalogue()[clause_id], clause_functions()[clause_id], Cell("new", CallSource.GENERATED))
    finally:
        runner.close()
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    return result.failure


@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_a_failure_shrinks_to_one_call_of_one_leg(dialect: str) -> None:
    """One leg is enough to show a dropped leg. The printed archive is a valid archive file."""
    document = failure_of(dialect).archive
    assert document is not None
    assert [len(call["legs"]) for call in document["calls"]] == [1]
    assert violations(document, "own/archive") == []


@needs_curl
@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_the_printed_script_repeats_the_request(dialect: str, server: str, tmp_path: Path) -> None:
    """Fill, fetch Time, hash, curl: run by bash against a server, it lists the legs of the small archive."""
    failure = failure_of(dialect)
    assert failure.script is not None
    (tmp_path / "repeat.sh").write_text(failure.script, encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        ["bash", "repeat.sh"],
        cwd=tmp_path,
        env={**environ, "BASE": server},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr + failure.script
    assert "200 OK" in done.stdout
    assert failure.archive is not None
    assert failure.archive["calls"][0]["unique_id"] in done.stdout


@needs_curl
def test_the_printed_script_survives_hostile_tags(server: str, tmp_path: Path) -> None:
    """Quotes, dollars and backticks of a tag are data, never shell."""
    from datetime import UTC, datetime

    from noojee_contract.engine.repeat import repeat_script
    from noojee_contract.model.exchange import Exchange, Request, Response
    from noojee_contract.redaction.redact import Redactor

    tag = '\'; touch pwned; "$(touch pwned2)" `touch pwned3` \\ SPEC\nSEED\n'
    leg = {"start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00", "tag": tag, "destination": "410"}
    document = {
        "format": "noojee-archive/1", "now": "2026-11-24T00:00:00+00:00",
        "calls": [{"unique_id": "1773190799.2", "direction": "internal", "source": "400", "legs": [leg]}],
    }  # fmt: skip
    from urllib.parse import quote

    url = f"{server}/w/abc/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey=x&tag={quote(tag, safe='')}"
    exchange = Exchange(request=Request(method="POST", url=url), response=Response(status=200), at=datetime.now(UTC))
    target = Target(name="new", dialect="njadmin", base_url=server)
    path = "/njadmin/rest/RecordingAPI/retrieveMetaData"
    script = repeat_script(target, exchange, document=document, redactor=Redactor(), path=path)
    assert script is not None
    (tmp_path / "repeat.sh").write_text(script, encoding="utf-8")
    done = subprocess.run(["bash", "repeat.sh"], cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr + script
    assert "1773190799.2" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["repeat.sh"]


def test_the_printed_command_names_clause_random_seed_and_target(contract: Callable[..., Any], tmp_path: Path) -> None:
    """The command, pasted into a shell, gives the same failure."""
    words = shlex.split(failure_of("njadmin").command or "")
    assert words[:3] == ["noojee-contract", "verify", "new"]
    assert {
        "--only",
        "metadata.by-unique-id-answered",
        "--random-seed",
        "5",
        "--examples",
        "10",
        "my targets.toml",
    } <= set(words)
    (tmp_path / "my targets.toml").write_text(
        '[targets.new]\ndialect = "njadmin"\ntransport = "support.faulty_servers.transports:drops_last_leg"\n'
        "writable = true\n"
    )
    again = contract(*words[1:], PYTHONPATH=str(Path(__file__).parents[2]))
    assert again.code == 1, again.out + again.err
