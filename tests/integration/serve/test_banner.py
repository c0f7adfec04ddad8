"""What `noojee-fake serve` prints first: a curl line that works as it is, also with a key of the user and over TLS."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from noojee_fake import resources
from noojee_fake.testing.process import ServerProcess
from support.commands import environment, needs_curl


def line(process: ServerProcess) -> str:
    """The command of the banner."""
    (found,) = re.findall(r"^  try: (.*)$", process.output, re.M)
    return str(found)


@needs_curl
@pytest.mark.parametrize(
    "words", [("--archive", "example"), ("--archive", "names", "--tls-self-signed"), ("--archive", "edges")]
)
def test_the_curl_line_finds_a_recording(words: tuple[str, ...], serve: Callable[..., ServerProcess]) -> None:
    process = serve(*words)
    command = line(process)
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, timeout=20)
    assert json.loads(done.stdout)[0]["Leg"] == "1"


@needs_curl
def test_the_curl_line_names_the_variable_of_a_key(
    serve: Callable[..., ServerProcess],
) -> None:
    """The key itself is not printed."""
    process = serve("--archive", "example", "--api-key-env", "PBX_KEY", PBX_KEY="own-key")
    command = line(process)
    assert "apiKey=$PBX_KEY" in command
    assert "own-key" not in process.output
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment(PBX_KEY="own-key"),
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert len(json.loads(done.stdout)) == 1


@pytest.mark.parametrize("words", [("--version", "2.7.14"), ("--allow-address", "192.0.2.1"), ("--strict-transport",)])
def test_there_is_no_curl_line_where_none_would_work(
    words: tuple[str, ...], serve: Callable[..., ServerProcess]
) -> None:
    process = serve(*words)
    process.stop()
    assert "listens on" in process.output
    assert "try:" not in process.output


def test_a_name_that_is_not_bundled_is_refused(refused: Callable[..., str]) -> None:
    """The message lists the bundled names, and says how to write a file without a dot."""
    message = refused("--archive", "no-such")
    assert "example, " in message
    assert "./no-such" in message


@pytest.mark.parametrize("name", sorted(resources.archives()))
def test_a_bundled_archive_is_an_archive(name: str) -> None:
    assert json.loads(resources.archives()[name].read_text(encoding="utf-8"))["calls"]


def test_there_is_no_curl_line_for_http_that_the_profile_refuses(
    serve: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "profile.toml").write_text('plain_http = "refused"', encoding="utf-8")
    process = serve("--profile", str(tmp_path / "profile.toml"))
    process.stop()
    assert "listens on" in process.output
    assert "  try: " not in process.output
