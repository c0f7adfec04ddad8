"""Replaying an exchange file: on a socket, in the process, by the fixture, and by the command."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from noojee_contract.model.wire import WireBody, WireMessage
from noojee_contract.traffic.replay.server import ReplayServer
from noojee_contract.traffic.replay.transport import ReplayTransport
from support.awkward_answers import AWKWARD, REQUEST
from support.commands import wait_until
from support.conformant_servers.replacement import FOLDER as REPLACEMENT
from support.proxying import everything, proxy
from support.raw_upstream import answering, upstream
from support.recorded import BASE, answer, exchange, exchange_file, message

TAG = f"{BASE}/retrieveMetaData?tag="

pytest_plugins = ("pytester",)


@pytest.mark.parametrize("name", AWKWARD)
def test_recorded_answer_is_replayed_byte_for_byte(tmp_path: Path, name: str) -> None:
    """What the proxy recorded of an awkward answer is what a client of the replay gets."""
    pieces = b"".join(AWKWARD[name])
    with (
        upstream(answering(pieces)) as port,
        proxy(f"http://127.0.0.1:{port}") as (listens, exchanges),
        socket.create_connection(("127.0.0.1", listens), timeout=20) as client,
    ):
        client.sendall(REQUEST)
        everything(client)
    file = exchange_file(tmp_path / "day.jsonl", exchanges)
    with ReplayServer(file) as replay, socket.create_connection(("127.0.0.1", _port(replay)), timeout=20) as client:
        client.sendall(REQUEST)
        client.shutdown(socket.SHUT_WR)
        assert everything(client) == (pieces.partition(b"\r\n\r\n")[2] if name == "interim-answers" else pieces)
        assert replay.misses == []


def test_connection_is_kept_after_a_whole_answer(tmp_path: Path) -> None:
    """Two requests of one connection, the second with a body."""
    file = exchange_file(tmp_path / "day.jsonl", [exchange(f"{TAG}1", b"[1]"), exchange(f"{TAG}2", b"[2]")])
    with ReplayServer(file) as replay, httpx.Client(base_url=replay.url, trust_env=False) as client:
        assert [client.post(f"{TAG}{tag}").json() for tag in (1, 2)] == [[1], [2]]


def test_request_without_an_answer_gets_501_and_the_nearest(tmp_path: Path) -> None:
    """No PBX answers 501: a client must not take a gap of the recording for an answer."""
    file = exchange_file(tmp_path / "day.jsonl", [exchange(f"{TAG}1")])
    with ReplayServer(file) as replay:
        got = httpx.post(f"{replay.url}{TAG}2", trust_env=False)
        assert (got.status_code, got.headers["x-noojee-replay"]) == (501, "miss")
        assert "the nearest recorded request is exchange 1: parameter tag is 2, recorded 1" in got.text
        assert len(replay.misses) == 1


def test_long_body_comes_from_its_side_file(tmp_path: Path) -> None:
    """A sound of some megabytes is replayed; a body that was not kept is a miss that says so."""
    sound = os.urandom(3 * 1024 * 1024)
    lost = WireMessage(
        head=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", body=WireBody(content=None, size=9, sha256="0" * 64)
    )
    file = exchange_file(
        tmp_path / "day.jsonl", [exchange("/a", response=answer(sound)), exchange("/b", response=lost)]
    )
    with ReplayServer(file) as replay:
        assert httpx.post(f"{replay.url}/a", trust_env=False).content == sound
        assert "--largest-body" in httpx.post(f"{replay.url}/b", trust_env=False).text


def test_reset_is_replayed_as_a_reset(tmp_path: Path) -> None:
    """The client gets the bytes, then the reset."""
    cut = message(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")
    error = "the answer was cut off: the upstream reset the connection: Connection reset by peer"
    file = exchange_file(tmp_path / "day.jsonl", [exchange("/a", response=cut, transport_error=error)])
    with ReplayServer(file) as replay, pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        httpx.post(f"{replay.url}/a", trust_env=False)


def test_transport_gives_what_a_socket_gives(tmp_path: Path) -> None:
    """Chunks are joined, raw header names stay, garbage and cut-offs raise."""
    chunked = message(
        b"HTTP/1.1 200 OK\r\nX-oDD: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n"
    )
    file = exchange_file(
        tmp_path / "day.jsonl",
        [
            exchange("/chunks", response=chunked),
            exchange("/garbage", response=message(b"garbage"), transport_error="the answer is no HTTP"),
            exchange(
                "/cut", response=message(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["), transport_error="cut off"
            ),
            exchange("/none", response=None, transport_error="no answer"),
        ],
    )
    transport = ReplayTransport(file)
    with httpx.Client(transport=transport, base_url="https://pbx.example") as client:
        whole = client.post("/chunks")
        assert (whole.json(), (b"X-oDD", b"1") in whole.headers.raw) == ([1], True)
        for path in ("/garbage", "/cut", "/none"):
            with pytest.raises(httpx.RemoteProtocolError):
                client.post(path)
        assert client.post("/other").status_code == 501
    assert len(transport.matcher.misses) == 1


def test_fixture_serves_a_file_next_to_the_test(pytester: pytest.Pytester) -> None:
    """A test with recorded answers passes; one with a request that was not recorded fails and names it."""
    exchange_file(pytester.path / "day.jsonl", [exchange(f"{TAG}1", b"[1]")])
    pytester.makepyfile(
        f"""
        import httpx

        def test_recorded(noojee_replay):
            replay = noojee_replay("day.jsonl")
            assert httpx.post(replay.url + "{TAG}1", trust_env=False).json() == [1]

        def test_missed(noojee_replay):
            httpx.post(noojee_replay("day.jsonl").url + "{TAG}2", trust_env=False)

        def test_missed_on_purpose(noojee_replay):
            replay = noojee_replay("day.jsonl", misses_allowed=True)
            httpx.post(replay.url + "{TAG}2", trust_env=False)
            assert replay.misses
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*parameter tag is 2, recorded 1*"])


def _port(replay: ReplayServer) -> int:
    return int(replay.url.rpartition(":")[2])


def _replaying(file: Path, ready: Path, *flags: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "noojee_contract", "replay", str(file), "--ready-file", str(ready), *flags]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    wait_until(ready.exists, process)
    return process


def test_command_serves_and_reports_at_its_end(tmp_path: Path) -> None:
    """Over https; what was not used and what was missed is said, and a miss is exit code 1."""
    file, ready = tmp_path / "day.jsonl", tmp_path / "ready"
    exchange_file(file, [exchange(f"{TAG}1", b"[1]"), exchange(f"{TAG}3")])
    with file.open("ab") as partial:
        partial.write(b'{"number":3')
    process = _replaying(file, ready, "--tls-self-signed")
    context = ssl.create_default_context(cafile=str(ready.with_name("ready.ca.pem")))
    with httpx.Client(base_url=ready.read_text().strip(), verify=context, trust_env=False) as client:
        assert client.post(f"{TAG}1").json() == [1]
        assert client.post(f"{TAG}2").status_code == 501
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    for line in (
        "the last line is partial and was dropped",
        f"no recorded answer: POST {TAG}2: the nearest recorded request is exchange 1",
        "1 requests answered, 1 without a recorded answer",
        f"1 of 2 exchanges were not used:\n  POST {TAG}3",
    ):
        assert line in said


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"{}\n", "no exchange file of the format"),
        (b'{"log":{"entries":[]}}', "the file holds no exchange"),
        (b'{"log":{"entries":[{}]}}', "broken at entry 1"),
        (b"[" * 100_000 + b"\n", "nested too deeply"),
        (b"\xff\xfe\x00", "no JSON"),
    ],
)
def test_file_that_is_none_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    """Exit code 2, without a traceback."""
    file = tmp_path / "bad.jsonl"
    file.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "noojee_contract", "replay", str(file)], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert says in done.stderr


def test_the_credentials_of_a_dialect_file_do_not_count(tmp_path: Path) -> None:
    """A HAR file says nothing about a parameter with an unusual name: --dialect does. No key is printed."""
    text = (REPLACEMENT / "dialect.toml").read_text(encoding="utf-8")
    changed = text.replace('header = "Authorization"\nvalue = "Bearer {key}"', 'query = "pass_phrase"')
    assert changed != text
    (tmp_path / "dialect.toml").write_text(changed, encoding="utf-8")
    shutil.copy(REPLACEMENT / "legs.schema.json", tmp_path)
    file = exchange_file(tmp_path / "day.jsonl", [exchange("/calls?tag=1&pass_phrase=r3corded", b"[1]")])
    process = _replaying(file, tmp_path / "ready", "--dialect", str(tmp_path / "dialect.toml"))
    with httpx.Client(base_url=(tmp_path / "ready").read_text().strip(), trust_env=False) as client:
        assert client.post("/calls", params={"tag": "1", "pass_phrase": "0ther"}).json() == [1]
        missed = client.post("/calls", params={"tag": "2", "pass_phrase": "0ther"})
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert (missed.status_code, process.returncode) == (501, 1)
    for shown in (missed.text, said):
        assert "parameter tag is 2, recorded 1" in shown
        assert "r3corded" not in shown
        assert "0ther" not in shown
