"""The memory budget of `noojee-fake serve --memory-budget`: what does not fit is refused, and the rest goes on."""

from __future__ import annotations

import io
import json
import socket
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from noojee_fake.testing.process import ServerProcess

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
BY_TAG = "/njadmin/rest/RecordingAPI/retrieveMetaData"
SOUND = "/njadmin/rest/RecordingAPI/retrieveByUniqueId"
DEFAULT = "/__noojee/sandboxes/default"
MEBIBYTE = 1024 * 1024
Serve = Callable[..., ServerProcess]


def wav(size_bytes: int) -> bytes:
    """Silence of a size, without its header."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(size_bytes))
    return written.getvalue()


def call(number: int, tag: str = "") -> dict[str, object]:
    """A call with one leg."""
    leg = {"start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:50+11:00", "destination": "410", "tag": tag}
    return {"unique_id": f"{1_700_000_000 + number}.1", "direction": "internal", "source": "400", "legs": [leg]}


@pytest.fixture
def small(serve: Serve) -> Iterator[httpx.Client]:
    """A client of a server with 32 MiB for everything, and six calls."""
    with client_of(serve("--quiet", "--memory-budget", "32M")) as client:
        yield client


@contextmanager
def client_of(server: ServerProcess) -> Iterator[httpx.Client]:
    """A client of a server that now has six calls."""
    with httpx.Client(base_url=server.base_url, trust_env=False, timeout=60) as client:
        client.post(f"{DEFAULT}/calls", json={"calls": [call(number, "T") for number in range(6)]}).raise_for_status()
        yield client


def put_sound(client: httpx.Client, number: int, size_bytes: int) -> httpx.Response:
    """The answer to sound for a call."""
    query = {"unique_id": call(number)["unique_id"], "leg": "1"}
    return client.put(
        f"{DEFAULT}/sound", params=query, content=wav(size_bytes), headers={"content-type": "audio/x-wav"}
    )


def works(client: httpx.Client) -> bool:
    """Whether the PBX answers with all six calls."""
    return len(client.post(BY_TAG, params={"apiKey": KEY, "tag": "T"}).json()) == 6


def test_sound_beyond_the_budget_is_refused(small: httpx.Client) -> None:
    """Six megabytes each, in the budget once while they are stored and once while they come in."""
    statuses = [put_sound(small, number, 6 * MEBIBYTE).status_code for number in range(6)]
    assert statuses[:4] == [204, 204, 204, 507] or statuses[:5] == [204, 204, 204, 204, 507]
    assert works(small)


def test_refusal_says_what_to_do(small: httpx.Client) -> None:
    """The figures, and the flag."""
    error = [put_sound(small, number, 6 * MEBIBYTE) for number in range(6)][-1].json()["error"]
    assert "memory budget" in error
    assert "--memory-budget" in error


def test_deleted_sound_makes_room(small: httpx.Client) -> None:
    """Sound that was deleted no longer counts."""
    for number in range(6):
        put_sound(small, number, 6 * MEBIBYTE)
    for number in range(6):
        small.delete(f"{DEFAULT}/sound", params={"unique_id": call(number)["unique_id"], "leg": "1"}).raise_for_status()
    assert put_sound(small, 0, 6 * MEBIBYTE).status_code == 204


@pytest.mark.parametrize("flags", [(), ("--state", "calls.sqlite")])
def test_snapshots_share_sound(flags: tuple[str, ...], serve: Serve) -> None:
    """Twenty snapshots of ten megabytes of sound fit into 32; so does the restored sound."""
    with client_of(serve("--quiet", "--memory-budget", "32M", *flags)) as client:
        put_sound(client, 0, 10 * MEBIBYTE).raise_for_status()
        assert [client.post(f"{DEFAULT}/snapshots").status_code for _ in range(20)] == [201] * 20
        for number in ("1", "20"):
            assert client.post(f"{DEFAULT}/snapshots/{number}/restore").status_code == 204
        assert client.post(f"{DEFAULT}/reset").status_code == 204


def test_sound_of_a_snapshot_stays_counted(small: httpx.Client) -> None:
    """Sound that only a snapshot keeps leaves no room for as much again, until the snapshot is deleted."""
    put_sound(small, 0, 14 * MEBIBYTE).raise_for_status()
    name = small.post(f"{DEFAULT}/snapshots").json()["id"]
    small.delete(f"{DEFAULT}/sound", params={"unique_id": call(0)["unique_id"], "leg": "1"}).raise_for_status()
    assert put_sound(small, 0, 14 * MEBIBYTE).status_code in (503, 507)
    small.delete(f"{DEFAULT}/snapshots/{name}").raise_for_status()
    assert put_sound(small, 0, 14 * MEBIBYTE).status_code == 204


def test_snapshot_beyond_the_budget_is_refused(serve: Serve) -> None:
    """A state file keeps sound on disk; a snapshot of it is in memory."""
    with client_of(serve("--quiet", "--memory-budget", "32M", "--state", "calls.sqlite")) as client:
        assert [put_sound(client, number, 8 * MEBIBYTE).status_code for number in range(6)] == [204] * 6
        assert client.post(f"{DEFAULT}/snapshots").status_code == 507
        assert client.get(f"{DEFAULT}/snapshots").json()["snapshots"] == []
        assert works(client)


def test_bodies_under_way_share_the_budget(serve: Serve) -> None:
    """Four clients that stop in the middle of eight megabytes leave no room for a fifth, until they leave."""
    server = serve("--quiet", "--memory-budget", "32M")
    with client_of(server) as client:
        with halves_of_bodies(server, 4):
            refused = put_sound(client, 0, 6 * MEBIBYTE)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert works(client)
        deadline = time.monotonic() + 10
        while put_sound(client, 0, 6 * MEBIBYTE).status_code != 204:
            assert time.monotonic() < deadline


def test_body_under_way_during_a_large_request_is_released(serve: Serve) -> None:
    """A large request freezes the objects of the garbage collector: it never frees the connections of that time."""
    server = serve("--quiet", "--memory-budget", "32M")
    with client_of(server) as client:
        with halves_of_bodies(server, 3):
            large = client.post(
                f"{DEFAULT}/calls", content=bytes(MEBIBYTE), headers={"content-type": "application/json"}
            )
            assert large.status_code == 400
        deadline = time.monotonic() + 10
        while put_sound(client, 0, 10 * MEBIBYTE).status_code != 204:
            assert time.monotonic() < deadline


@contextmanager
def halves_of_bodies(server: ServerProcess, count: int) -> Iterator[None]:
    """Clients that stop in the middle of a body, after eight megabytes. They leave at the end."""
    address = ("127.0.0.1", int(server.base_url.rpartition(":")[2]))
    head = b"PUT %s/sound?unique_id=1&leg=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
    with ExitStack() as stack:
        for _ in range(count):
            half = stack.enter_context(socket.create_connection(address, 20))
            half.sendall(head % DEFAULT.encode() + bytes(8_000_000))
        yield


def test_calls_beyond_the_budget_are_refused(small: httpx.Client) -> None:
    """None of a request is added."""
    statuses = []
    for begin in range(1, 8):
        calls = [call(begin * 10_000 + number) for number in range(5000)]
        statuses.append(small.post(f"{DEFAULT}/calls", json={"calls": calls}).status_code)
    assert set(statuses) <= {201, 503, 507}
    assert statuses[0] == 201
    assert statuses[-1] in (503, 507)
    state = small.get(f"{DEFAULT}/state").json()["counts"]["calls"]
    assert state == 6 + 5000 * statuses.count(201)


def test_sandboxes_beyond_the_budget_are_refused(serve: Serve) -> None:
    """Each has a journal; a deleted sandbox makes room."""
    with client_of(serve("--quiet", "--memory-budget", "16M")) as client:
        made = []
        while (answer := client.post("/__noojee/sandboxes", json={})).status_code == 201:
            made.append(answer.json()["sandbox"])
            assert len(made) < 400
        assert answer.status_code == 507
        client.delete(f"/__noojee/sandboxes/{made[0]}").raise_for_status()
        assert client.post("/__noojee/sandboxes", json={}).status_code == 201


def test_journal_gives_way(serve: Serve) -> None:
    """A journal uses half of the budget at most, and keeps its newest entries; no request is refused for it."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    with client_of(serve("--quiet", "--memory-budget", "16M")) as client:
        for number in range(600):
            answer = client.post(f"{BY_TAG}?apiKey={KEY}&tag={number}", content=b"x=%41&" * 2700, headers=form)
            assert answer.status_code == 200
        kept = client.get(f"{DEFAULT}/state").json()["counts"]["journal"]
        assert 200 < kept < 550
        shown = client.get(f"{DEFAULT}/journal", params={"limit": "50"}).json()
        assert (shown["last"], shown["entries"][0]["number"]) == (600, 601 - kept)
        assert put_sound(client, 0, 2 * MEBIBYTE).status_code == 204


def test_answers_that_nobody_reads_share_the_budget(serve: Serve) -> None:
    """Clients that ask for stored sound and read nothing do not fill the memory."""
    server = serve("--quiet", "--memory-budget", "32M")
    with client_of(server) as client:
        put_sound(client, 0, 8 * MEBIBYTE).raise_for_status()
        path = f"{DEFAULT}/sound?unique_id={call(0)['unique_id']}&leg=1"
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        address = ("127.0.0.1", int(server.base_url.rpartition(":")[2]))
        first = []
        with ExitStack() as stack:
            for _ in range(5):
                waiting = stack.enter_context(socket.create_connection(address, 20))
                waiting.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                waiting.sendall(request)
                first.append(waiting.recv(12))
            assert first[0] == b"HTTP/1.1 200"
            assert first[-1] == b"HTTP/1.1 503"
            assert works(client)


def test_journal_has_the_refusal_of_an_answer_that_was_not_sent(serve: Serve) -> None:
    """It has the status that the client got, not the one of the answer for which there was no room."""
    server = serve("--quiet", "--memory-budget", "32M")
    with client_of(server) as client:
        for number in (0, 1):
            put_sound(client, number, 4 * MEBIBYTE - 100).raise_for_status()
        query = {"apiKey": KEY, "uniqueId": str(call(0)["unique_id"])}
        with halves_of_bodies(server, 3):
            deadline = time.monotonic() + 10
            while (answer := client.post(SOUND, params=query)).status_code != 503:
                assert time.monotonic() < deadline
            shown = client.get(f"{DEFAULT}/journal", params={"limit": "1000"}).json()["entries"]
        sent = shown[-1]["answer"]
        assert (sent["status"], sent["body_bytes"]) == (503, len(answer.content))
        assert {entry["answer"]["status"] for entry in shown[:-1]} <= {200}


@pytest.mark.parametrize(("size", "reason"), [("x", "is no size"), ("1M", "16M or more"), ("-1", "is no size")])
def test_wrong_budget_is_refused(size: str, reason: str, refused: Callable[..., str]) -> None:
    """In one line."""
    assert reason in refused(f"--memory-budget={size}")


def test_archive_beyond_the_budget_is_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    """The server does not start."""
    calls = [call(number) for number in range(20_000)]
    (tmp_path / "archive.json").write_text(json.dumps({"format": "noojee-archive/1", "calls": calls}))
    assert "memory budget" in refused("--memory-budget", "16M", "--archive", "archive.json")


def test_list_of_calls_beyond_the_budget_is_refused(serve: Serve) -> None:
    """While it is made, it counts twice; then, like any answer, until it is sent."""
    with client_of(serve("--quiet", "--memory-budget", "24M")) as client:
        assert len(client.get(f"{DEFAULT}/calls").json()["calls"]) == 6
        for begin in range(1, 6):
            calls = [call(begin * 10_000 + number) for number in range(3000)]
            client.post(f"{DEFAULT}/calls", json={"calls": calls}).raise_for_status()
        refused = client.get(f"{DEFAULT}/calls")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert works(client)
