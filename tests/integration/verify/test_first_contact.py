"""A run that cannot work ends after at most ten requests, and says what to change. Each server is on a socket."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noojee_contract.cli import first_contact
from noojee_contract.cli.main import main
from support.hostile_answers import legs, with_length

KEY = "wr0ng-key-9c1d-4f2a"
RECORDINGS = "kind,value\nunique_id,1392271611.238\ntag,INV-1042\n"
TARGET = (
    '[targets.other]\nbase_url = "https://other.invalid"\ndialect = "njadmin"\n\n'
    '[targets.pbx]\nbase_url = "{url}"\ndialect = "{dialect}"\n{more}api_key_env = "PBX_KEY"\n'
    'recordings = "recordings.csv"\n'
)
BASE_URL_LINE = 6
Answer = Callable[[Request], Response]


class Verify:
    """Runs `verify` on one read-only target, and reads what it printed and wrote."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys
        self.out = ""

    def __call__(
        self, url: str, *words: str, dialect: str = "njadmin", more: str = "", recordings: str = RECORDINGS
    ) -> int:
        text = TARGET.format(url=url, dialect=dialect, more=more)
        if not recordings:
            text = text.replace('recordings = "recordings.csv"\n', "")
        (self._folder / "noojee-contract.toml").write_text(text)
        (self._folder / "recordings.csv").write_text(recordings)
        code = main(["verify", "pbx", "--json", "r.jsonl", *words])
        captured = self._capsys.readouterr()
        self.out = captured.out + captured.err
        return code

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self._folder / "r.jsonl").read_text().splitlines()]


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verify:
    """Runs in an empty folder, with a key in the environment, and without pauses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PBX_KEY", KEY)
    monkeypatch.setattr(first_contact, "PAUSES_SECONDS", (0.0, 0.0, 0.0))
    return Verify(tmp_path, capsys)


@pytest.fixture
def serve(httpserver: HTTPServer) -> Callable[[Answer], str]:
    """Lets the HTTP server answer every request in one way; gives its URL."""

    def answer_all(answer: Answer) -> str:
        httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
        return httpserver.url_for("").rstrip("/")

    return answer_all


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_sent_once(status: int, verify: Verify, serve: Callable[[Answer], str]) -> None:
    """A failure of authentication.accepted, exit 1. An account that locks after a few attempts stays open."""
    asked: list[str] = []

    def refuse(request: Request) -> Response:
        asked.append(request.full_path)
        return Response("", status=status)

    assert verify(serve(refuse)) == 1, verify.out
    assert len([path for path in asked if KEY in path]) == len(asked) == 1
    _, *results, footer = verify.rows
    assert [(row["clause"], row["outcome"]) for row in results] == [("authentication.accepted", "failed")]
    assert (footer["verdict"], footer["requests"]) == ("failed", 1)
    assert KEY not in verify.out


@pytest.mark.parametrize("dialect", ["recording-api", "call-management", "njadmin"])
def test_a_wrong_key_of_the_fake_is_found(dialect: str, verify: Verify, served: Any) -> None:
    """Each generation refuses a key in its own way: a status, or HTTP 200 with a negative Code."""
    assert verify(served.url, dialect=dialect) == 1, verify.out
    header, *results, footer = verify.rows
    assert [(row["clause"], row["outcome"]) for row in results] == [("authentication.accepted", "failed")]
    assert footer["requests"] <= 2
    assert header["targets"][0]["requests"] == footer["requests"]


def test_an_error_about_a_recording_does_not_end_a_run(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """A known recording may be gone: the errors differ by their question, so they are not about the key."""

    def unknown(request: Request) -> Response:
        value = request.args.get("tag") or request.args.get("uniqueId")
        return Response(json.dumps({"Message": f"No recording {value}", "Code": -1}), content_type="application/json")

    verify(serve(unknown), "--only", "metadata.by-tag-answered")
    assert [row["clause"] for row in verify.rows[1:-1]] == ["metadata.by-tag-answered"]


def _error(message: str, status: int = 200) -> Response:
    body = json.dumps({"Message": message, "Code": -1})
    return Response(body, status=status, content_type="application/json")


@pytest.mark.parametrize(
    ("message", "status"), [("Recording not found", 200), ("No matching calls", 400), ("Error", 404)]
)
def test_equal_errors_about_recordings_do_not_end_a_run(
    message: str, status: int, verify: Verify, serve: Callable[[Answer], str]
) -> None:
    """Each known recording may be gone. An error with one text for every recording is then no refusal of the key."""
    verify(serve(lambda _: _error(message, status)), "--only", "metadata.by-tag-answered")
    assert [row["clause"] for row in verify.rows[1:-1]] == ["metadata.by-tag-answered"]


def test_equal_errors_without_a_reason_are_a_refused_key(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """Two known recordings and an unknown one give the same error."""
    assert verify(serve(lambda _: _error("Failure -1")), "--only", "metadata.by-tag-answered") == 1
    assert [row["clause"] for row in verify.rows[1:-1]] == ["authentication.accepted"]


def test_the_words_of_a_tag_are_not_about_the_key(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """An error repeats the value that was asked for."""
    url = serve(lambda request: _error(f"No recording {request.args.get('tag')}"))
    verify(url, "--only", "metadata.by-tag-answered", recordings="kind,value\ntag,password-reset\n")
    assert [row["clause"] for row in verify.rows[1:-1]] == ["metadata.by-tag-answered"]


@pytest.mark.parametrize(("status", "clause"), [(403, "by-hour.answered"), (401, "authentication.accepted")])
def test_an_unknown_recording_may_be_forbidden(
    status: int, clause: str, verify: Verify, serve: Callable[[Answer], str]
) -> None:
    """Without known recordings, the first question is for a recording that no PBX has. Its error is an option."""
    url = serve(lambda request: Response("", status=status) if "ByHour" not in request.path else Response("[]"))
    verify(url, "--only", "by-hour.answered", recordings="")
    assert [row["clause"] for row in verify.rows[1:-1]] == [clause]


@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_a_redirect_of_everything(dialect: str, verify: Verify, serve: Callable[[Answer], str]) -> None:
    """Exit 2, with the line of the target file and the address that the redirects lead to."""
    asked: list[str] = []

    def redirect(request: Request) -> Response:
        asked.append(request.full_path)
        return Response("", status=301, headers={"Location": f"https://new.example.com/x{request.path}"})

    assert verify(serve(redirect), dialect=dialect) == 2, verify.out
    assert f"noojee-contract.toml, line {BASE_URL_LINE}: " in verify.out
    assert 'write base_url = "https://new.example.com/x"' in verify.out
    assert len(asked) <= 10
    assert KEY not in verify.out


def test_a_redirect_to_a_login(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """No other base URL is proposed."""
    assert verify(serve(lambda _: Response("", status=302, headers={"Location": "/login?next=x"}))) == 2
    assert f"line {BASE_URL_LINE}: " in verify.out
    assert "/login" in verify.out
    assert "write base_url" not in verify.out


@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_a_login_page(dialect: str, verify: Verify, serve: Callable[[Answer], str]) -> None:
    """HTTP 200 with a page in place of every answer."""
    page = "\n<!DOCTYPE html><html><head><title>Sign in \x1b[31m</title></head></html>"
    asked: list[str] = []

    def login(request: Request) -> Response:
        asked.append(request.path)
        return Response(page, content_type="text/html")

    assert verify(serve(login), dialect=dialect) == 2, verify.out
    assert f"line {BASE_URL_LINE}: " in verify.out
    assert "Sign in" in verify.out
    assert "\x1b" not in verify.out
    assert len(asked) <= 10


def _only(prefix: str, asked: list[str]) -> Answer:
    """A server that has one API, and refuses every key."""

    def answer(request: Request) -> Response:
        asked.append(request.path)
        if request.path.startswith(prefix) and request.path.count("/") == prefix.count("/"):
            return Response('{"Message":"missing parameter","Code":-1}', status=400, content_type="application/json")
        return Response("<html>not found</html>", status=404, content_type="text/html")

    return answer


@pytest.mark.parametrize(
    ("dialect", "served", "key", "value"),
    [
        ("recording-api", "/njadmin/rest/RecordingAPI/", "dialect", "njadmin"),
        ("call-management", "/njadmin/rest/RecordingAPI/", "dialect", "njadmin"),
        ("njadmin", "/servicemanager/rest/CallManagementAPI/", "dialect", "call-management"),
        ("njadmin", "/rest/RecordingAPI/", "dialect", "recording-api"),
        ("call-management", "/rest/CallManagementAPI/", "rest_path", "/rest"),
    ],
)
def test_a_wrong_dialect(
    dialect: str, served: str, key: str, value: str, verify: Verify, serve: Callable[[Answer], str]
) -> None:
    """404 for each method of the dialect, while another dialect's path is known."""
    asked: list[str] = []
    assert verify(serve(_only(served, asked)), dialect=dialect) == 2, verify.out
    assert f'write {key} = "{value}"' in verify.out
    assert len(asked) <= 10


@pytest.mark.parametrize(
    "path", ["/njadmin/rest/RecordingAPI", "/njadmin", "/njadmin/rest/RecordingAPI/retrieveMetaData"]
)
def test_an_api_path_in_the_base_url(path: str, verify: Verify, serve: Callable[[Answer], str]) -> None:
    """The base URL ends where the paths of the API start."""
    asked: list[str] = []
    url = serve(_only("/njadmin/rest/RecordingAPI/", asked))
    assert verify(url + path) == 2, verify.out
    assert f"line {BASE_URL_LINE}: " in verify.out
    assert f'write base_url = "{url}"' in verify.out
    assert len(asked) <= 10


def test_an_address_without_the_api(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """Every path is unknown: the base URL or the dialect is wrong, and nothing is proposed."""
    asked: list[str] = []
    assert verify(serve(_only("/nowhere", asked))) == 2, verify.out
    assert f"line {BASE_URL_LINE}: " in verify.out
    assert len(asked) <= 10


def test_a_recording_that_is_gone_is_no_wrong_dialect(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """404 without a body for unknown recordings is an answer of some servers; they refuse a request without a key."""

    def gone(request: Request) -> Response:
        return Response("", status=404 if "apiKey" in request.args else 401)

    verify(serve(gone), "--only", "metadata.by-tag-answered")
    assert [row["clause"] for row in verify.rows[1:-1]] == ["metadata.by-tag-answered"]


def test_a_server_that_closes_without_a_key_is_reached(
    verify: Verify, raw_server: Callable[[Callable[[bytes, socket.socket], None]], Any]
) -> None:
    """The first request carries the key."""

    def answer(request: bytes, connection: socket.socket) -> None:
        if f"apiKey={KEY}".encode() in request:
            connection.sendall(with_length(legs(1)))

    verify(raw_server(answer).url, "--only", "metadata.by-tag-answered")
    assert [(row["clause"], row["outcome"]) for row in verify.rows[1:-1]] == [("metadata.by-tag-answered", "passed")]


def test_http_on_an_https_port(verify: Verify, noojee_tls_server: Any) -> None:
    """The port answers a TLS handshake."""
    url = noojee_tls_server.base_url.replace("https:", "http:")
    assert verify(url) == 2, verify.out
    assert f"line {BASE_URL_LINE}: " in verify.out
    assert f'write base_url = "https:{url.removeprefix("http:")}"' in verify.out


def test_https_on_an_http_port(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """The port answers plain HTTP."""
    url = serve(lambda _: Response("", status=404))
    assert verify(url.replace("http:", "https:").replace("localhost", "127.0.0.1")) == 2, verify.out
    assert f'write base_url = "http://127.0.0.1:{urlsplit(url).port}"' in verify.out


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_is_always_busy(status: int, verify: Verify, serve: Callable[[Answer], str]) -> None:
    """Exit 3 and a report: the rate is too high, or the server is down; neither says anything about its answers."""
    asked: list[str] = []

    def busy(request: Request) -> Response:
        asked.append(request.path)
        return Response("", status=status)

    assert verify(serve(busy), more="requests_per_second = 40\n") == 3, verify.out
    assert "set a lower requests_per_second than 40" in " ".join(verify.out.split())
    assert 1 < len(asked) <= 10
    assert verify.rows[-1]["requests"] == len(asked)


def test_a_server_that_is_busy_for_a_moment(verify: Verify, serve: Callable[[Answer], str]) -> None:
    """Two answers with 503 do not end a run."""
    asked: list[str] = []

    def busy(request: Request) -> Response:
        asked.append(request.path)
        return Response("[]" if len(asked) > 2 else "", status=200 if len(asked) > 2 else 503)

    verify(serve(busy), "--only", "metadata.by-tag-answered")
    header, *results, footer = verify.rows
    assert [row["clause"] for row in results] == ["metadata.by-tag-answered"]
    assert header["targets"][0]["unavailable"] == {"503": 2}
    assert any(caveat.startswith(f"2 of {len(asked)} answers of pbx were 503") for caveat in footer["caveats"])


def test_the_number_of_requests_is_the_number_sent(
    tmp_path: Path, counted: Any, served: Any, contract: Callable[..., Any]
) -> None:
    """The first contact is counted, as are the requests for time stamps."""
    (tmp_path / "noojee-contract.toml").write_text(
        f'[targets.pbx]\nbase_url = "{counted.url}"\ndialect = "recording-api"\napi_key_env = "PBX_KEY"\n'
        f'recordings = "{served.recordings_file}"\n'
    )
    contract("verify", "pbx", "--only", "metadata.*", "--json", "r.jsonl", PBX_KEY=served.key)
    footer = json.loads((tmp_path / "r.jsonl").read_text().splitlines()[-1])
    assert footer["requests"] == len(counted.asked)
