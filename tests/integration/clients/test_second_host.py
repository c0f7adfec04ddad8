"""A control API that points to another host: nothing is sent there. Both servers are on sockets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noojee_contract.cli.main import main


def answer_of(elsewhere: str) -> dict[str, object]:
    """What the control API says of a sandbox: its audio is on another host."""
    return {
        "sandboxes": 1, "sandbox": "1a", "path": "s/1a", "api_key": "k-1a", "user_key": "u", "profile": {},
        "dialects": ["njadmin"], "audio": {"njadmin": f"POST {elsewhere}/delete?id={{unique_id}}&leg={{leg}}"},
        "time_zone": "Australia/Melbourne", "clock": {"now": "2026-03-11T12:00:00Z"},
    }  # fmt: skip


def test_no_request_goes_to_another_host(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its audio template is refused before a request is made of it."""
    monkeypatch.chdir(tmp_path)
    with HTTPServer() as other:
        body = json.dumps(answer_of(other.url_for("").rstrip("/")))

        def answer(_: Request) -> Response:
            return Response(body, content_type="application/json")

        httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
        url = httpserver.url_for("").rstrip("/")
        code = main(
            ["verify", "--base-url", url, "--dialect", "njadmin", "--writable", "--smoke", "--only", "audio.fetched"]
        )
        assert other.log == []
    output = capsys.readouterr()
    assert code != 0
    assert "outside of" in " ".join((output.out + output.err).split())
    assert len(httpserver.log) > 0
