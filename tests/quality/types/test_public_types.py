"""A user's file that uses the public names type-checks under mypy strict and basedpyright strict."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import noojee_contract
import noojee_fake

FAKE = """
from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from noojee_fake import (
    AsyncSandbox, ControlClient, ControlError, EmbeddedPbx, PbxServer, Sandbox, ServerProcess, StartError,
    pbx_fixture, server_fixture,
)

shared_pbx = pbx_fixture(scope="session", version="6.0.1", profile={"tag_match": "ignore-case"})
shared_server = server_fixture(tls=True, archive="calls.json")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    try:
        with ServerProcess("--tls-self-signed", folder=tmp_path_factory.mktemp("pbx"), deadline_seconds=30) as server:
            yield server
    except StartError as error:
        pytest.fail(f"{error.exit_code} {error.output} {error.log}")


def legs(client: httpx.Client, key: str, tag: str) -> list[dict[str, str]]:
    answer: list[dict[str, str]] = client.post("/rest/RecordingAPI", params={"apiKey": key, "tag": tag}).json()
    return answer


def test_in_process(noojee_pbx: EmbeddedPbx) -> None:
    sandbox: Sandbox = noojee_pbx.sandbox
    played = sandbox.play({"do": "inbound", "did": "1", "as": "a"}, {"do": "wait", "seconds": 5})
    number: int = played["a"]["legs"][0]["leg"]
    end: str | None = played["a"]["legs"][0]["end"]
    now: datetime = sandbox.freeze("2026-03-02T10:00:00Z")
    assert sandbox.step(5.5) > now
    assert (number, end) == (1, None)
    assert legs(noojee_pbx.client, noojee_pbx.api_key, "T") == []
    for entry in sandbox.journal(unmatched=True, limit=5):
        miss = entry["near_miss"]
        assert entry["answer"]["status"] == 401
        assert miss is None or miss["differs"]
    sandbox.set_profile(tag_match="ignore-case")
    sandbox.set_retention(mid_term_days=90)
    sandbox.restore(sandbox.snapshot())
    with httpx.Client(transport=noojee_pbx.transport) as other:
        assert other.get(noojee_pbx.base_url).status_code == 404


def test_on_a_socket(noojee_server: PbxServer, noojee_tls_server: PbxServer) -> None:
    noojee_server.expect_oneshot_request("/x").respond_with_data("busy", status=503)
    ca_file: Path | None = noojee_tls_server.ca_file
    assert noojee_server.base_url != noojee_tls_server.base_url
    assert ca_file is not None and noojee_server.sandbox.calls() == []


def test_served(served: ServerProcess) -> None:
    context = ssl.create_default_context(cafile=served.ca_file)
    with ControlClient(served.base_url, verify=context, timeout_seconds=5) as control:
        with control.make_sandbox(version="6.0.1", time_zone="UTC", now=datetime.now().astimezone()) as sandbox:
            try:
                sandbox.set_directory({"users": 5})
            except ControlError as error:
                assert (error.status, error.path) == (400, "$.users")
        names: list[str] = control.names()
        assert names == ["default"]
    assert (served.pid > 0, served.is_running, served.stop()) == (True, True, 0)
    assert served.log is not None and served.output


async def test_async(shared_pbx: EmbeddedPbx) -> None:
    async with shared_pbx.async_control as control:
        async with await control.make_sandbox(version="4.8") as sandbox:
            other: AsyncSandbox = sandbox
            played = await other.play({"do": "inbound", "did": "1", "as": "a"}, {"do": "wait", "seconds": 5})
            end: str | None = played["a"]["legs"][0]["end"]
            options = await other.profile()
            assert (end, options.get("tag_match")) == (None, "exact")


def test_embedded() -> None:
    with EmbeddedPbx() as pbx:
        pbx.check()
"""
CONTRACT = """
from __future__ import annotations

from pathlib import Path

from noojee_contract import Outcome, Report, TargetError, verify


def failed(folder: Path) -> list[str]:
    report: Report = verify(config=folder / "noojee-contract.toml", smoke=True)
    return [result.clause for result in report.results if result.outcome is Outcome.FAILED]


def check() -> int:
    try:
        return verify({"staging": {"base_url": "https://pbx.example"}}, only=["metadata.*"]).exit_code
    except TargetError as error:
        print(error)
        return 2
"""
FILES = {"fake.py": FAKE, "contract.py": CONTRACT}
CHECKERS = {
    "mypy": ("-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir=cache"),
    "basedpyright": ("-m", "basedpyright", "--pythonpath", sys.executable),
}


def source_folders() -> list[str]:
    """The folders of the packages, unless they are installed as a user installs them."""
    folders = [Path(str(package.__file__)).parents[1] for package in (noojee_fake, noojee_contract)]
    return [str(folder) for folder in folders if "site-packages" not in folder.parts]


def check(checker: str, name: str, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a checker in strict mode on a file in a folder of its own."""
    if importlib.util.find_spec(checker) is None:
        reason = f"{checker} is not installed: pip install --group type"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    (folder / name).write_text(text, encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "include": [name], "extraPaths": source_folders()}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    return subprocess.run(
        [sys.executable, *CHECKERS[checker], name],
        cwd=folder, env=environment | {"MYPYPATH": os.pathsep.join(source_folders())},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("checker", CHECKERS)
def test_users_file_type_checks_in_strict_mode(checker: str, name: str, tmp_path: Path) -> None:
    """The packages have py.typed, and their public signatures are complete."""
    done = check(checker, name, FILES[name], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", CHECKERS)
def test_wrong_use_is_reported(checker: str, tmp_path: Path) -> None:
    """The checkers see the types: a wrong argument and an unknown name are errors."""
    wrong = (
        "from noojee_fake import ControlClient\n\nsandbox = ControlClient(5).sandbox(name=None)\n"
        "sandbox.step('a')\nsandbox.set_profile(tag_match='maybe')\nsandbox.set_version('6')\n"
    )
    done = check(checker, "wrong.py", wrong, tmp_path)
    assert done.returncode == 1
    assert done.stdout.count("error:") == 5, done.stdout
