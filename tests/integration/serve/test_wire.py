"""The wire server of `noojee-fake serve`: malformed requests leave a trace, and clients learn how long it waits."""

from __future__ import annotations

import io
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy
import pytest
import soundfile

from noojee_fake.adapters.service import Service
from noojee_fake.messages import Request
from noojee_fake.server.sandboxes import build
from noojee_fake.testing.process import ServerProcess

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
BY_TAG = "/njadmin/rest/RecordingAPI/retrieveMetaData"
Serve = Callable[..., ServerProcess]


def ask(server: ServerProcess, raw: bytes) -> bytes:
    """All bytes that come for these bytes until the server closes the connection."""
    port = int(server.base_url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        connection.sendall(raw)
        received = b""
        while part := connection.recv(65536):
            received += part
        return received


def journal(server: ServerProcess) -> list[dict[str, Any]]:
    """The journal of the default sandbox."""
    entries: list[dict[str, Any]] = httpx.get(
        f"{server.base_url}/__noojee/sandboxes/default/journal", trust_env=False
    ).json()["entries"]
    return entries


def test_malformed_request_is_in_log_and_journal(serve: Serve) -> None:
    """The vendor's Java client sends a space in a tag without percent-encoding. Source: C-J (CLIENT)."""
    server = serve()
    target = f"{BY_TAG}?apiKey={KEY}&tag=two words"
    answer = ask(server, f"POST {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"contains a space" in answer
    [entry] = journal(server)
    assert entry["path"] == BY_TAG
    assert entry["query"] == "apiKey=[redacted]&tag=two words"
    assert "contains a space" in str(entry["malformed"])
    assert f"POST {BY_TAG}?apiKey=[redacted]&tag=two words 400" in server.log
    assert KEY not in server.log.replace(server.output, "")


def test_malformed_request_is_in_the_journal_of_its_sandbox(serve: Serve) -> None:
    """The path names the sandbox."""
    server = serve()
    with httpx.Client(base_url=server.base_url, trust_env=False) as client:
        made = client.post("/__noojee/sandboxes", json={}).json()
        ask(server, f"GET /{made['path']}/x y HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        [entry] = client.get(f"/__noojee/sandboxes/{made['sandbox']}/journal").json()["entries"]
    assert entry["path"] == f"/{made['path']}/x y"
    assert journal(server) == []


def test_keep_alive_time_is_announced(serve: Serve) -> None:
    """A client that knows the time does not send a request on a connection that is about to close."""
    server = serve()
    kept = httpx.get(f"{server.base_url}/", trust_env=False)
    assert kept.headers["keep-alive"] == "timeout=75"
    closed = httpx.get(f"{server.base_url}/", headers={"connection": "close"}, trust_env=False)
    assert closed.headers["connection"] == "close"
    assert "keep-alive" not in closed.headers


def test_forwarded_headers_do_not_change_the_peer(serve: Serve) -> None:
    """The peer is the socket's, whatever a header or FORWARDED_ALLOW_IPS says."""
    server = serve("--allow-address", "192.0.2.0/24", FORWARDED_ALLOW_IPS="*")
    forged = {"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}
    answer = httpx.post(f"{server.base_url}{BY_TAG}?apiKey={KEY}&tag=1", headers=forged, trust_env=False)
    assert answer.status_code == 403
    assert "127.0.0.1 POST" in server.log
    assert "192.0.2.7" not in server.log


def test_forwarded_proto_is_no_tls(serve: Serve) -> None:
    """--strict-transport refuses http, also with a header that claims https."""
    server = serve("--strict-transport", FORWARDED_ALLOW_IPS="*")
    raw = f"POST {BY_TAG}?apiKey={KEY}&tag=1 HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\n\r\n"
    assert ask(server, raw.encode()) == b""


def test_control_api_refuses_the_host_of_another_site(serve: Serve) -> None:
    """A page that rebinds its own name to the loopback sends that name as Host. The PBX does not check it."""
    server = serve("--allow-host", "Fake.Example.Com")
    with httpx.Client(base_url=server.base_url, trust_env=False) as client:

        def status(path: str, **headers: str) -> int:
            return client.get(
                path, headers={name.replace("_", "-"): value for name, value in headers.items()}
            ).status_code

        control = "/__noojee/sandboxes"
        assert status(control, host="attacker.example:8000") == 403
        assert status(control, host="127.0.0.1.attacker.example") == 403
        for host in ("localhost:80", "127.0.0.1", "[::1]:8000", "fake.example.com:8000", "fake.example.com"):
            assert status(control, host=host) == 200, host
        assert status(control, sec_fetch_site="cross-site") == 403
        assert status(control, sec_fetch_site="same-site") == 403
        assert status(control, sec_fetch_site="none") == 200
        assert client.post(f"{BY_TAG}?apiKey={KEY}&tag=1", headers={"host": "pbx.example"}).status_code == 200


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        *((host, True) for host in ("LocalHost.:80", "a.localhost", "127.8.8.8:1", "[::ffff:127.0.0.1]")),
        *((host, True) for host in ("[fd00::1]:8000", "Fake.Example.", "fake.example:")),
        *((host, False) for host in ("", "localhost.attacker.example", "0.0.0.0", "127.0.0.1%.attacker.example")),
        *(
            (host, False)
            for host in ("[::1].attacker.example", "[::1", "127.0.0.1:80:90", "127.0.0.1@attacker.example")
        ),
        *((host, False) for host in ("attacker.example:127.0.0.1", "fake.example.attacker.example", "[127.0.0.1]")),
    ],
)
def test_host_of_a_rebound_name_has_no_access(host: str, is_local: bool) -> None:
    """The whole header must be a host with a port. Bytes that no browser sends are refused too."""
    head = Request(method="GET", path="/__noojee/", client="127.0.0.1", headers=(("host", host),))
    refusal = build(control_hosts=("fake.example", "fd00::1")).refusal(head)
    assert (refusal is None) == is_local


def test_token_gives_access_under_any_host(serve: Serve) -> None:
    """A page of another site does not know the token."""
    server = serve("--control-token-env", "TOKEN", TOKEN="sesame")
    headers = {"host": "pbx.example", "authorization": "Bearer sesame"}
    assert httpx.get(f"{server.base_url}/__noojee/", headers=headers, trust_env=False).status_code == 200


def test_health_is_open_to_all_clients(serve: Serve) -> None:
    """It says that the server is ready, and nothing else."""
    server = serve()
    forwarded = {"host": "pbx.example", "x-forwarded-for": "203.0.113.9"}
    answer = httpx.get(f"{server.base_url}/__noojee/health", headers=forwarded, trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"ready": True})
    assert httpx.get(f"{server.base_url}/__noojee/", headers=forwarded, trust_env=False).status_code == 403


def test_health_keeps_no_body() -> None:
    """All clients may ask for it, also those without access to the rest."""
    assert Service(build()).kept_bytes(Request(method="POST", path="/__noojee/health", client="203.0.113.9")) == 0


def test_request_without_access_is_refused_before_its_body(serve: Serve) -> None:
    """The server answers the head: it neither waits for the body nor keeps it."""
    server = serve()
    head = b"POST /__noojee/sandboxes HTTP/1.1\r\nHost: attacker.example\r\nContent-Length: 200000000\r\n\r\n"
    assert ask(server, head).startswith(b"HTTP/1.1 403 ")
    assert ask(server, head + b"x" * 100_000).startswith(b"HTTP/1.1 403 ")


def peak_bytes(server: ServerProcess) -> int:
    """The peak memory of the server."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def call_of(seconds: int, unique_id: str = "1773190799.2") -> dict[str, object]:
    """A call with one leg of so many seconds."""
    hours, rest = divmod(seconds, 3600)
    leg = {
        "start": "2026-03-11T00:00:00+11:00",
        "end": f"2026-03-11T{hours:02}:{rest // 60:02}:{rest % 60:02}+11:00",
        "tag": "long",
        "destination": "410",
    }
    return {"unique_id": unique_id, "direction": "internal", "source": "400", "legs": [leg]}


def test_sound_of_twelve_hours_is_streamed(serve: Serve, tmp_path: Path) -> None:
    """691 MB of sound do not fit into the memory of a small machine once for each reader."""
    archive = {"format": "noojee-archive/1", "now": "2026-03-12T00:00:00Z", "calls": [call_of(12 * 3600)]}
    (tmp_path / "archive.json").write_text(json.dumps(archive))
    server = serve("--archive", "archive.json", "--quiet")
    before = peak_bytes(server)
    url = f"{server.base_url}/njadmin/rest/RecordingAPI/retrieveByUniqueId?apiKey={KEY}&uniqueId=1773190799.2"
    with httpx.Client(trust_env=False, timeout=60) as client, client.stream("POST", url) as answer:
        assert answer.headers["content-length"] == str(12 * 3600 * 16000 + 44)
        received = 0
        for part in answer.iter_raw():
            received += len(part)
            if received > 100_000_000:
                break
    assert peak_bytes(server) - before < 30_000_000


@contextmanager
def probed(server: ServerProcess) -> Iterator[list[float]]:
    """Asks for the server's health every 20 ms on one connection, and notes how long each answer takes."""
    waits: list[float] = []
    ended = threading.Event()

    def probe() -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            while not ended.wait(0.02):
                began = time.monotonic()
                assert client.post(f"{server.base_url}/servicemanager/rest/Time").status_code == 200
                waits.append(time.monotonic() - began)

    thread = threading.Thread(target=probe)
    thread.start()
    try:
        yield waits
    finally:
        ended.set()
        thread.join(60)


def noise(seconds: int) -> bytes:
    """A WAV file of noise, which is slow to encode."""
    written = io.BytesIO()
    samples = numpy.random.default_rng(1).normal(0, 0.2, seconds * 8000)
    soundfile.write(written, samples, 8000, format="WAV", subtype="PCM_16")
    return written.getvalue()


def test_encoding_of_sound_delays_no_other_client(serve: Serve, tmp_path: Path) -> None:
    """A long recording becomes MPEG audio in a thread, while others are answered."""
    (tmp_path / "profile.toml").write_text('audio_aged_form = "mpeg"')
    server = serve("--quiet", "--profile", "profile.toml")
    with httpx.Client(base_url=server.base_url, trust_env=False, timeout=120) as client:
        client.post("/__noojee/sandboxes/default/calls", json={"calls": [call_of(400)]}).raise_for_status()
        path = f"/njadmin/rest/RecordingAPI/retrieveByUniqueId?apiKey={KEY}&uniqueId=1773190799.2"
        query = {"unique_id": "1773190799.2", "leg": "1"}
        headers = {"content-type": "audio/x-wav"}
        client.put(
            "/__noojee/sandboxes/default/sound", params=query, content=noise(400), headers=headers
        ).raise_for_status()
        with probed(server) as waits:
            began = time.monotonic()
            encoded = client.post(path)
            took = time.monotonic() - began
    assert encoded.headers["content-type"] == "audio/mpeg"
    assert len(waits) > 2
    assert max(waits) < max(0.25, took / 3)


def test_large_archive_delays_no_other_client(serve: Serve) -> None:
    """Forty thousand legs in one request are parsed, validated and stored in a thread."""
    server = serve("--quiet")
    calls = [{**call_of(9, f"{1_700_000_000 + number}.1"), "source": f"{number:06}"} for number in range(40_000)]
    with httpx.Client(base_url=server.base_url, trust_env=False, timeout=120) as client, probed(server) as waits:
        began = time.monotonic()
        client.post("/__noojee/sandboxes/default/calls", json={"calls": calls}).raise_for_status()
        took = time.monotonic() - began
    assert len(waits) > 2
    assert max(waits) < max(0.25, took / 3)


def test_large_forms_delay_no_other_client(serve: Serve) -> None:
    """Forms of two MiB of percent escapes are decoded in a thread, also without credentials."""
    server = serve("--quiet")
    form = {"content-type": "application/x-www-form-urlencoded"}
    with httpx.Client(base_url=server.base_url, trust_env=False, timeout=120) as client, probed(server) as waits:
        began = time.monotonic()
        for _ in range(3):
            assert client.post(BY_TAG, content=b"x=" + b"%41" * 699_000, headers=form).status_code == 401
        took = time.monotonic() - began
    assert len(waits) > 2
    assert max(waits) < max(0.25, took / 9)


def test_reading_a_large_journal_delays_no_other_client(serve: Serve) -> None:
    """A thousand entries with long bodies are redacted in a thread."""
    server = serve("--quiet")
    form = {"content-type": "application/x-www-form-urlencoded"}
    with httpx.Client(base_url=server.base_url, trust_env=False, timeout=120) as client:
        for number in range(300):
            client.post(f"{BY_TAG}?apiKey={KEY}&tag={number}", content=b"x=%41&" * 2700, headers=form)
        with probed(server) as waits:
            began = time.monotonic()
            shown = client.get("/__noojee/sandboxes/default/journal", params={"limit": "300"}).json()["entries"]
            took = time.monotonic() - began
    assert len(shown) == 300
    assert max(waits) < max(0.25, took / 3)


def test_pages_of_an_allowed_origin_may_read_answers(serve: Serve) -> None:
    """CORS on PBX paths, with a preflight; never on the control API."""
    server = serve("--allow-origin", "https://crm.example")
    page = {"origin": "https://crm.example"}
    with httpx.Client(base_url=server.base_url, trust_env=False) as client:
        asked = {**page, "access-control-request-method": "POST", "access-control-request-headers": "x-trace"}
        preflight = client.options(BY_TAG, headers=asked)
        assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "https://crm.example")
        assert preflight.headers["access-control-allow-headers"] == "x-trace"
        answer = client.post(f"{BY_TAG}?apiKey={KEY}&tag=1", headers=page)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "https://crm.example")
        for path, origin in ((BY_TAG, "https://other.example"), ("/__noojee/", "https://crm.example")):
            assert "access-control-allow-origin" not in client.post(path, headers={"origin": origin}).headers


def test_the_journal_has_the_headers_for_pages(serve: Serve) -> None:
    """Those of a preflight, a listing, a refusal, sound and a long poll are journaled as they were sent."""
    server = serve("--archive", "call-flows", "--allow-origin", "https://crm.example")
    key, calls = {"apiKey": KEY}, "/servicemanager/rest/CallManagementAPI/subscribe"
    by_id, call = "/njadmin/rest/RecordingAPI/retrieveByUniqueId", {"uniqueId": "1773181800.52", "leg": "1"}
    with httpx.Client(base_url=server.base_url, trust_env=False, headers={"origin": "https://crm.example"}) as client:
        sent = [
            client.options(BY_TAG, headers={"access-control-request-method": "POST"}),
            client.post(BY_TAG, params={**key, "tag": "INV-9"}),
            client.post(BY_TAG, params={"apiKey": "wrong", "tag": "INV-9"}),
            client.post(by_id, params={**key, **call}),
            client.post(calls, params={**key, "exten": "410", "lastSequenceNumber": "1", "timeOut": "1"}),
        ]
    assert len(sent[3].content) > 16 * 1024
    added = ("date", "connection", "keep-alive")  # of the connection, not of an answer
    for answer, entry in zip(sent, journal(server), strict=True):
        wire = [[name, text] for name, text in answer.headers.multi_items() if name not in added]
        assert ["access-control-allow-origin", "https://crm.example"] in wire
        assert sorted([name.lower(), text] for name, text in entry["answer"]["headers"]) == sorted(wire)
        assert entry["answer"]["body_bytes"] == len(answer.content)


def test_sandboxes_of_a_file_have_chosen_ids_and_keys(serve: Serve, tmp_path: Path) -> None:
    """Each team has its PBX under a name that it knows, after every start."""
    archive = {"format": "noojee-archive/1", "time_zone": "UTC", "now": "2026-11-24T00:00:00Z", "calls": [call_of(9)]}
    rows = [{"sandbox": "team-a", "api_key": "key of team a", "archive": archive}, {"sandbox": "team-b"}]
    (tmp_path / "sandboxes.json").write_text(json.dumps(rows))
    server = serve("--sandboxes", "sandboxes.json")
    assert f"{server.base_url}/s/team-a" in server.output
    with httpx.Client(base_url=server.base_url, trust_env=False) as client:
        query = {"apiKey": "key of team a", "tag": "long"}
        assert len(client.post(f"/s/team-a{BY_TAG}", params=query).json()) == 1
        taken = client.post("/__noojee/sandboxes", json={"sandbox": "team-b"})
        assert (taken.status_code, taken.json()["error"]) == (
            409, "there is a sandbox 'team-b' already; DELETE it, or choose another id",
        )  # fmt: skip
        assert client.post("/__noojee/sandboxes", json={"sandbox": "Team B"}).status_code == 400


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"sandbox": "a"}, "write a list of sandbox specs"),
        ([{"sandbox": "A"}], "$[0].sandbox"),
        ([{"sandbox": "a"}, {"sandbox": "a"}], "$[1]: there is a sandbox 'a' already"),
        ([{"sandbox": "default"}], "there is a sandbox 'default' already"),
        ([{"name": "a"}], "$[0]"),
    ],
)
def test_invalid_sandboxes_file_is_refused(
    refused: Callable[..., str], tmp_path: Path, rows: object, says: str
) -> None:
    """One line with the file and the JSON path."""
    (tmp_path / "sandboxes.json").write_text(json.dumps(rows))
    line = refused("--port", "0", "--sandboxes", "sandboxes.json")
    assert "sandboxes.json: " in line
    assert says in line
