"""`ServerProcess`: starts `noojee-fake serve`, says where it answers, and ends it."""

from __future__ import annotations

import os
import re
import signal
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from noojee_fake.errors import StartError
from noojee_fake.testing.process import ServerProcess

ROOT = Path(__file__).parents[3]
START = re.compile(r'(?<!\{python\}", "-m", )"noojee_fake",\s*"serve"')
"""A command of a target file, which a run starts itself, begins with {python}."""


def answers(server: ServerProcess) -> bool:
    return httpx.post(f"{server.base_url}/servicemanager/rest/Time", trust_env=False).text.isdigit()


def test_server_answers_within_the_block() -> None:
    """It has a base URL and a process id; the log and the output can be read after the end."""
    with ServerProcess() as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.base_url)
        assert server.pid != os.getpid()
        assert answers(server)
        assert server.is_running
        assert server.ca_file is None
    assert not server.is_running
    assert "POST /servicemanager/rest/Time 200" in server.log
    assert server.base_url in server.output
    assert server.stop() == 0
    with pytest.raises(httpx.ConnectError):
        answers(server)


def test_certificate_authority_of_a_tls_server_is_given() -> None:
    """`ca_file` is what a client has to trust."""
    with ServerProcess("--tls-self-signed", "--quiet") as server:
        assert server.ca_file is not None
        trusted = ssl.create_default_context(cafile=server.ca_file)
        url = f"{server.base_url}/servicemanager/rest/Time"
        assert httpx.post(url, verify=trusted, trust_env=False).status_code == 200


def test_failed_start_reports_standard_error() -> None:
    """The exception has the exit code and the sentence of the server."""
    with pytest.raises(StartError, match="ended with 2: noojee-fake: there is no dialect 'soap'") as error:
        ServerProcess("--dialect", "soap").start()
    assert error.value.exit_code == 2
    assert error.value.log.startswith("noojee-fake: ")


def test_server_that_is_not_ready_in_time_is_ended() -> None:
    """The process does not outlive the deadline."""
    code = "import sys, time; sys.stderr.write('starting'); sys.stderr.flush(); time.sleep(60)"
    server = ServerProcess(command=(sys.executable, "-c", code), deadline_seconds=1)
    with pytest.raises(StartError, match=r"was not ready after 1 s: starting"):
        server.start()
    assert not server.is_running


def test_environment_and_folder_are_those_of_the_server(tmp_path: Path) -> None:
    """Files are named relative to the folder, keys by their variables."""
    (tmp_path / "profile.toml").write_text('unknown_recording = "failure-404"\n')
    flags = "--profile", "profile.toml", "--api-key-env", "PBX_KEY"
    with ServerProcess(*flags, folder=tmp_path, environment={**os.environ, "PBX_KEY": "the-key"}) as server:
        sandbox = httpx.get(f"{server.base_url}/__noojee/sandboxes/default", trust_env=False).json()
        assert sandbox["api_key"] == "the-key"
        assert sandbox["profile"]["unknown_recording"] == "failure-404"
    assert [path.name for path in tmp_path.iterdir()] == ["profile.toml"]


def test_server_can_be_killed_and_ended_by_any_signal() -> None:
    """A killed server has no exit code of its own; SIGINT ends one with 0."""
    server = ServerProcess().start()
    server.kill()
    assert not server.is_running
    assert server.stop() == -signal.SIGKILL
    assert ServerProcess().start().stop(signal.SIGINT) == 0
    assert ServerProcess().stop() == 0


def test_server_without_a_start_has_no_process_id() -> None:
    """Nothing runs before `start`."""
    server = ServerProcess()
    assert (server.base_url, server.log, server.is_running) == ("", "", False)
    with pytest.raises(StartError, match="not started"):
        _ = server.pid


def test_no_test_or_benchmark_starts_a_server_another_way() -> None:
    """Each start of `noojee-fake serve` is a ServerProcess; the test of the ready file has a ready file of its own."""
    files = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/*.py")]
    files = [path for path in files if path.name != "test_ready_file.py"]
    assert len(files) > 100
    assert [str(path.relative_to(ROOT)) for path in files if START.search(path.read_text(encoding="utf-8"))] == []
    assert START.search(", ".join(("sys.executable", '"-m"', '"noojee_fake"', '"serve"')))
