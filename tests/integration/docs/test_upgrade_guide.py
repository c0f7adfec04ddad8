"""The guide to upgrades is correct: its commands run unchanged on a fake before an upgrade, and on another after it."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from noojee_fake.testing.process import ServerProcess
from support.builders import KEY, archive
from support.commands import PATH, environment, needs_curl
from support.probing import CALLS, RECORDINGS

PAGE = (Path(__file__).parents[3] / "docs" / "guides" / "upgrade.md").read_text(encoding="utf-8")
ADDRESS, RATE = "https://pbx.example.com", "requests_per_second = 10\n"
Serve = Callable[..., str]
pytestmark = needs_curl  # the commands need bash; openssl comes with curl


def section(heading: str) -> str:
    """A part of the page: from its heading to the next one."""
    return re.split(r"^##+ ", PAGE.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def commands(heading: str) -> str:
    """The commands of a part of the page, as a script that ends at the first failure."""
    found = re.findall(r"^```sh\n(.*?)^```", section(heading), re.S | re.M)
    assert found
    return "".join(found)


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script that ended, in the folder of a user with the API key in the environment."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=environment(PATH=PATH, PBX_KEY=KEY, **variables),
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def point_at(url: str, folder: Path) -> None:
    """Write the target file of the page with the address and the higher rate of a fake."""
    (text,) = re.findall(r"^```toml\n# noojee-contract.toml\n(.*?)^```", PAGE, re.S | re.M)
    assert (ADDRESS in text, RATE in text) == (True, True)
    there = text.replace(ADDRESS, url).replace(RATE, "requests_per_second = 100\n")
    (folder / "noojee-contract.toml").write_text(there, encoding="utf-8")


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves the same calls with other options; the base URL."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "calls.json").write_text(json.dumps(archive(*CALLS)), encoding="utf-8")
    started: list[ServerProcess] = []

    def start(options: Mapping[str, str]) -> str:
        profile = folder / f"options{len(started)}.json"
        profile.write_text(json.dumps(options), encoding="utf-8")
        flags = ("--quiet", "--archive", "calls.json", "--profile", str(profile))
        started.append(ServerProcess(*flags, folder=folder, environment=environment()).start())
        return started[-1].base_url

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Path:
    """The folder of a user who has followed the guide until the night."""
    folder = tmp_path_factory.mktemp("user")
    rows = "".join(f"{known.kind},{known.value}\n" for known in RECORDINGS)
    (folder / "recordings.csv").write_text("kind,value\n" + rows, encoding="utf-8")
    point_at(serve({}), folder)
    done = run(commands("The day before"), folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "run 2 of production" in done.stdout
    assert "\nGO for production" in done.stdout
    return folder


def morning(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    """The commands of the morning after, when the PBX answers at an address."""
    point_at(url, folder)
    return run(commands("The morning after"), folder)


def test_upgrade_that_breaks_clients_is_no_go_until_accepted(evening: Path, serve: Serve) -> None:
    """Exit code 1 that names the reading; a capture of the upgraded PBX is the new side to compare with."""
    done = morning(evening, serve({"start_fraction": "milliseconds"}))
    assert (done.returncode, "[date format]" in done.stdout) == (1, True), done.stdout + done.stderr
    key = (evening / "redaction.key").read_text(encoding="utf-8").strip()
    accepted = run(commands("No-go"), evening, REDACTION_KEY=key)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr


def test_pbx_that_still_starts_is_inconclusive_then_go(evening: Path, serve: Serve) -> None:
    """503 everywhere is exit code 3. The same commands later are go, with the three reports: nothing has changed."""
    with HTTPServer() as starting:
        starting.expect_request(re.compile(".*")).respond_with_data("", status=503)
        done = morning(evening, starting.url_for(""))
    assert done.returncode == 3, done.stdout + done.stderr
    done = morning(evening, serve({}))
    assert done.returncode == 0, done.stdout + done.stderr
    texts = [(evening / f"upgrade.{suffix}").read_text(encoding="utf-8") for suffix in ("md", "html")]
    assert ["GO for production" in text for text in texts] == [True, True]
    assert ET.parse(evening / "upgrade.xml").getroot()[0].get("failures") == "0"
