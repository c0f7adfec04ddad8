"""The time of an operator: a plan before the run, a time limit, and Ctrl-C that ends a run in order."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.commands import environment

Contract = Callable[..., Any]
CONFIG = """
[targets.pbx]
base_url = "{url}"
dialect = "njadmin"
api_key_env = "PBX_KEY"
recordings = "{recordings}"
requests_per_second = {rate}
request_budget = 400
negative_tests = "allowed"
max_wait_seconds = 61
"""


@pytest.fixture
def config(tmp_path: Path, counted: Any, served: Any) -> Callable[..., Path]:
    """Writes a target file for the counted server."""

    def write(rate: int = 1000) -> Path:
        path = tmp_path / "noojee-contract.toml"
        path.write_text(CONFIG.format(url=counted.url, recordings=served.recordings_file, rate=rate), encoding="utf-8")
        return path

    return write


def test_a_plan_sends_nothing(config: Callable[..., Path], counted: Any, served: Any, contract: Contract) -> None:
    """It names requests, retries, waits and the time."""
    config(rate=2)
    ran = contract("verify", "--plan", PBX_KEY=served.key)
    assert ran.code == 0, ran.err
    assert counted.asked == []
    words = [line.split()[0] for line in ran.out.splitlines() if line.startswith("  ")]
    assert words == ["requests", "rate", "retries", "waits"]
    assert "2 of 61 s for the by-hour limit" in ran.out
    assert "min." in ran.out


def test_a_wrong_time_limit_is_refused(config: Callable[..., Path], served: Any, contract: Contract) -> None:
    config()
    ran = contract("verify", "--time-limit", "soon", PBX_KEY=served.key)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "90s, 30m or 1h" in ran.err


def test_a_time_limit_ends_a_run_with_a_report(
    config: Callable[..., Path], served: Any, contract: Contract, tmp_path: Path
) -> None:
    """The report names what was dropped."""
    config()
    ran = contract("verify", "--time-limit", "1s", "--json", "r.jsonl", PBX_KEY=served.key)
    assert ran.code == 3, ran.out + ran.err
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    dropped = [row for row in rows if row["kind"] == "result" and "time limit" in (row["reason"] or "")]
    assert dropped
    assert {row["outcome"] for row in dropped} == {"inconclusive"}
    assert "time limit of 1s" in " ".join(ran.out.split())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_run_with_a_report(
    config: Callable[..., Path], counted: Any, served: Any, tmp_path: Path
) -> None:
    """What was done is reported; the run is not complete."""
    config(rate=5)
    command = [sys.executable, "-m", "noojee_contract", "verify", "--json", "r.jsonl"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(PBX_KEY=served.key), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        deadline = time.monotonic() + 60
        while len(counted.asked) < 20 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 3, (out, err)
    assert b"Traceback" not in err
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert rows[-1]["complete"] is False
    assert any(row["kind"] == "result" for row in rows)
