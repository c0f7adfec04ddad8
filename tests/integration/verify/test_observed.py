"""A read-only target: requests for known recordings only, no writes, and limits that hold over all workers."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Contract = Callable[..., Any]


def config(folder: Path, served: Any, url: str, *, extra: str = "", dialect: str = "njadmin") -> Path:
    path = folder / "noojee-contract.toml"
    path.write_text(
        f'[targets.pbx]\nbase_url = "{url}"\ndialect = "{dialect}"\napi_key_env = "PBX_KEY"\n'
        f'recordings = "{served.recordings_file}"\ntime_zone = "Australia/Melbourne"\n'
        f'audio = "POST {{base}}/retrieveByUniqueId?uniqueId={{unique_id}}&leg={{leg}}"\n{extra}\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("dialect", ["recording-api", "call-management", "njadmin"])
def test_a_read_only_target_is_checked_with_its_recordings(
    dialect: str, tmp_path: Path, counted: Any, served: Any, contract: Contract
) -> None:
    """All required clauses pass and nothing is written; clauses that need a writable target are inconclusive."""
    config(tmp_path, served, counted.url, extra='negative_tests = "allowed"', dialect=dialect)
    ran = contract("verify", "pbx", "--json", "r.jsonl", PBX_KEY=served.key)
    assert ran.code == 0, ran.out + ran.err
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    outcomes = {row["clause"]: row["outcome"] for row in rows if row["kind"] == "result"}
    assert outcomes["metadata.several-legs"] == "passed"
    assert outcomes["authentication.wrong-refused"] == "passed"
    assert "inconclusive" in outcomes.values()
    assert not [path for _, _, path in counted.asked if "__noojee" in path]
    said = next(line for line in ran.err.splitlines() if "requests" in line)
    most = int(next(word for word in said.split() if word.isdigit()))
    assert len(counted.asked) <= most


def test_without_negative_tests_a_required_clause_is_missing(tmp_path: Path, served: Any, contract: Contract) -> None:
    """Exit code 3: a required clause needs a refusal, and the target file allows no wrong key."""
    config(tmp_path, served, served.url)
    ran = contract("verify", "pbx", PBX_KEY=served.key)
    assert ran.code == 3, ran.out + ran.err
    assert "authentication.wrong-refused" in ran.out


def test_live_calls_of_a_read_only_target_are_left_alone(
    tmp_path: Path, counted: Any, served: Any, contract: Contract
) -> None:
    """No call is dialled, recorded or hung up: those clauses are inconclusive, so nothing of `services` is tested."""
    for dialect, code in (("call-management", 0), ("services", 3)):
        config(tmp_path, served, counted.url, extra='negative_tests = "allowed"', dialect=dialect)
        ran = contract("verify", "pbx", "--json", "r.jsonl", PBX_KEY=served.key)
        assert ran.code == code, ran.out + ran.err
        rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
        live = [row for row in rows if row["kind"] == "result" and row["clause"].startswith("live-calls.")]
        assert {row["outcome"] for row in live} == {"inconclusive"}
        assert all("needs a writable target" in row["reason"] for row in live)
    commands = ("/start", "/stop", "/dial", "/hangup", "/answer", "/subscribe", "method=start", "method=stop")
    assert not [path for _, _, path in counted.asked if any(command in path for command in commands)]


def test_a_wrong_key_fails(tmp_path: Path, served: Any, contract: Contract) -> None:
    """Exit 1, and the key is not shown."""
    config(tmp_path, served, served.url)
    ran = contract("verify", "pbx", PBX_KEY="wr0ng-key-9c1d")
    assert ran.code == 1, ran.out + ran.err
    assert "authentication.accepted" in ran.out
    assert "wr0ng-key-9c1d" not in ran.out + ran.err


def test_rate_and_budget_hold_over_two_workers(tmp_path: Path, counted: Any, served: Any, contract: Contract) -> None:
    """A counting server sees no more than the budget, and no two requests closer than the rate."""
    config(
        tmp_path, served, counted.url, extra='requests_per_second = 20\nrequest_budget = 30\nnegative_tests = "allowed"'
    )
    ran = contract("verify", "pbx", "-n", "2", PBX_KEY=served.key)
    assert ran.code in (0, 3), ran.out + ran.err
    assert "budget of 30 is spent" in ran.out
    assert len(counted.asked) == 30
    times = sorted(at for at, _, _ in counted.asked)
    assert times[-1] - times[0] >= 29 / 20 * 0.9


def test_by_hour_is_requested_once_a_minute_by_two_workers(
    tmp_path: Path, counted: Any, served: Any, contract: Contract
) -> None:
    """One by-hour request in a run that allows no wait, although many clauses need one."""
    config(tmp_path, served, counted.url)
    ran = contract("verify", "pbx", "-n", "2", "--only", "by-hour.*", PBX_KEY=served.key)
    assert ran.code in (0, 3), ran.out + ran.err
    assert len([path for _, _, path in counted.asked if "retrieveMetaDataByHour" in path and served.key in path]) == 1


def test_proxies_of_the_environment_are_not_used_for_loopback(tmp_path: Path, served: Any, contract: Contract) -> None:
    """A company's proxy cannot reach this machine's loopback."""
    config(tmp_path, served, served.url)
    dead = "http://127.0.0.1:9"
    ran = contract(
        "verify", "pbx", "--only", "authentication.accepted", PBX_KEY=served.key, HTTP_PROXY=dead, http_proxy=dead,
        ALL_PROXY=dead, HTTPS_PROXY=dead,
    )  # fmt: skip
    assert ran.code == 0, ran.out + ran.err


def test_a_target_on_the_command_line_needs_no_file(served: Any, contract: Contract) -> None:
    """Base URL, dialect, key and known recordings."""
    ran = contract(
        "verify", "--base-url", served.url, "--dialect", "njadmin", "--api-key-env", "PBX_KEY",
        "--recordings", str(served.recordings_file), "--negative-tests", "--only", "metadata.*", PBX_KEY=served.key,
    )  # fmt: skip
    assert ran.code == 0, ran.out + ran.err


def test_the_repeat_command_keeps_the_limits(tmp_path: Path, counted: Any, served: Any, contract: Contract) -> None:
    """The printed command sends its requests to a staging PBX no faster than the first run, and within the budget."""
    ran = contract(
        "verify", "--base-url", counted.url, "--dialect", "njadmin", "--api-key-env", "PBX_KEY",
        "--recordings", str(served.recordings_file), "--requests-per-second", "5", "--request-budget", "9",
        "--timeout", "20", "--negative-tests", "--max-wait", "1", "--only", "authentication.accepted",
        "--json", "r.jsonl", PBX_KEY="wr0ng-key-9c1d",
    )  # fmt: skip
    assert ran.code == 1, ran.out + ran.err
    rows = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    (command,) = {row["failure"]["command"] for row in rows if row.get("failure")}
    assert "wr0ng-key-9c1d" not in command
    counted.asked.clear()
    again = contract(*shlex.split(command)[1:], PBX_KEY=served.key)
    assert again.code in (0, 3), again.out + again.err
    times = sorted(at for at, _, _ in counted.asked)
    assert 2 <= len(times) <= 9
    assert times[-1] - times[0] >= (len(times) - 1) / 5 * 0.9


def test_an_expected_failure_expires_and_must_still_fail(tmp_path: Path, served: Any, contract: Contract) -> None:
    """A failure with reason and expiry passes; an expired one fails, as does a clause that passes again."""
    row = "[[targets.pbx.expected_failures]]\nclause = 'authentication.accepted'\nreason = 'ticket 12'\nexpires = {}\n"
    config(tmp_path, served, served.url, extra=row.format("2999-01-01"))
    wrong = contract("verify", "pbx", "--only", "authentication.accepted", PBX_KEY="wr0ng-key-9c1d")
    assert wrong.code == 0, wrong.out
    assert "ticket 12" in wrong.out
    passing = contract("verify", "pbx", "--only", "authentication.accepted", PBX_KEY=served.key)
    assert passing.code == 1
    assert "remove it from the target file" in " ".join(passing.out.split())
    config(tmp_path, served, served.url, extra=row.format("2001-01-01"))
    expired = contract("verify", "pbx", "--only", "authentication.accepted", PBX_KEY="wr0ng-key-9c1d")
    assert expired.code == 1
    assert "expired" in expired.out


def test_a_known_hour_is_enough_to_start(tmp_path: Path, served: Any, contract: Contract) -> None:
    """The calls of a known hour are requested by unique id."""
    served.recordings_file.write_text("kind,value\nhour,2026/03/11 9\n", encoding="utf-8")
    config(tmp_path, served, served.url, extra='negative_tests = "allowed"')
    ran = contract(
        "verify",
        "pbx",
        "--only",
        "metadata.by-unique-id-answered",
        "--only",
        "metadata.several-legs",
        PBX_KEY=served.key,
    )
    assert ran.code == 0, ran.out + ran.err


def test_without_known_recordings_the_report_says_so(tmp_path: Path, served: Any, contract: Contract) -> None:
    """No leg can be requested, so the run is inconclusive."""
    ran = contract(
        "verify", "--base-url", served.url, "--dialect", "njadmin", "--api-key-env", "PBX_KEY", PBX_KEY=served.key
    )
    assert ran.code == 3
    assert "no known recordings are given" in ran.out


def test_require_adds_a_required_clause(tmp_path: Path, served: Any, contract: Contract) -> None:
    """The run is inconclusive if the clause is."""
    config(tmp_path, served, served.url, extra='negative_tests = "allowed"')
    ran = contract("verify", "pbx", PBX_KEY=served.key)
    assert ran.code == 0, ran.out + ran.err
    ran = contract("verify", "pbx", "--require", "metadata.dates", PBX_KEY=served.key)
    assert ran.code == 3
    assert "! metadata.dates on pbx" in ran.out


def test_a_pipe_without_utf_8_changes_no_exit_code(tmp_path: Path, served: Any, contract: Contract) -> None:
    """A pipe on Windows has another encoding: the report escapes what it lacks."""
    config(tmp_path, served, served.url)
    ran = contract("verify", "pbx", "--only", "metadata.by-tag-answered", PBX_KEY=served.key, PYTHONIOENCODING="ascii")
    assert ran.code == 0, ran.out + ran.err
    assert "\\u2713 1 passed" in ran.out
