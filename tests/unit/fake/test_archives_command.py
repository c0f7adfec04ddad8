"""`noojee-fake archives`: what the bundled archives hold. Each request that it shows has an answer."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urlsplit

import httpx
import pytest

from noojee_fake import resources
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.cli.archives import bundled_archives
from noojee_fake.cli.main import main
from noojee_fake.server.sandboxes import Sandboxes, ServerConfig


@pytest.mark.parametrize("name", sorted(resources.archives()))
def test_each_shown_request_lists_recordings(name: str) -> None:
    """A tag or a unique id, and an hour of local time."""
    [archive] = [each for each in bundled_archives() if each.name == name]
    document = json.loads(resources.archives()[name].read_text(encoding="utf-8"))
    server = Transport(Sandboxes(ServerConfig(archive=document)))
    with httpx.Client(transport=server, base_url="http://pbx.example") as client:
        answers = [client.post(_path(command)).json() for command in archive.requests]
    assert len(answers) == 2
    assert all(isinstance(answer, list) and answer for answer in answers)


def _path(command: str) -> str:
    url = urlsplit(shlex.split(command)[-1])
    return f"{url.path}?{url.query}"


def test_the_list_names_every_archive(capsys: pytest.CaptureFixture[str]) -> None:
    """Each name that `serve --archive` takes, in its order."""
    assert main(["archives"]) == 0
    out = capsys.readouterr().out
    starts = [line.partition(":")[0] for line in out.splitlines() if line and not line.startswith(" ")]
    assert starts == list(resources.archives())


def test_one_archive_is_shown_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts, tags, hours and the time of the clock."""
    assert main(["archives", "tags"]) == 0
    out = capsys.readouterr().out
    for line in (
        "tags: 7 calls, 12 legs",
        "  tags: CASE-77, CRM-5, case-77, GONE-1, SYS-1",
        "  legs ended: 2026/05/04 hour 9, 10, 11",
        "  clock: starts at 2026-11-24T00:00:00+00:00",
    ):
        assert line in out.splitlines()


@pytest.mark.parametrize(
    ("name", "says"), [("call-flow", "did you mean call-flows?"), ("zzz", "the archives are example")]
)
def test_an_unknown_name_is_refused(name: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, with exit code 2."""
    assert main(["archives", name]) == 2
    err = capsys.readouterr().err
    assert (err.count("\n"), says in err) == (1, True)
