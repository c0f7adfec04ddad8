"""A server with a state file that is killed during writes: each acknowledged write exists, complete and once."""

from __future__ import annotations

import base64
import http.client
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.testing.process import ServerProcess

KILLS = 50
CLIENTS = 4
KEY = "f863246a-973e-11e6-8784-08002718f5b5"
WAV = base64.b64decode("UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQgAAAAAAAEAAgADAA==")


class Server:
    """`noojee-fake serve --state` on one file, started and killed many times."""

    def __init__(self, folder: Path) -> None:
        self.flags = "--quiet", "--state", str(folder / "state")
        # a killed process cannot write its coverage
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
        self.process = ServerProcess()

    @property
    def address(self) -> str:
        return self.process.base_url.removeprefix("http://")

    def start(self) -> None:
        self.process = ServerProcess(*self.flags, environment=self.environ).start()

    def kill(self) -> None:
        self.process.kill()

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status in (200, 201, 204), content
        connection.close()
        return content


class Client(threading.Thread):
    """Adds calls over one connection until the server is killed. Each third request stores the sound of a leg."""

    def __init__(self, address: str, name: str, acknowledged: threading.Semaphore) -> None:
        super().__init__()
        self.address = address
        self.client = name
        self.acknowledged = acknowledged
        self.calls: list[dict[str, Any]] = []
        self.sounded: list[str] = []
        self.unanswered: list[dict[str, Any]] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address, timeout=20)
        sent: list[dict[str, Any]] = []
        try:
            for number in range(10_000):
                sent = [made_call(f"{self.client}-{number}-{at}.1", legs=1 + at * 7) for at in range(1 + number % 4)]
                self.send(connection, "POST", "calls", json.dumps({"calls": sent}).encode(), "application/json")
                self.calls += sent
                if number % 3 == 2:
                    unique_id, sent = sent[0]["unique_id"], []
                    self.send(connection, "PUT", f"sound?unique_id={unique_id}&leg=1", WAV, "audio/x-wav")
                    self.sounded.append(unique_id)
        except (OSError, http.client.HTTPException):
            self.unanswered = sent
        except AssertionError as error:
            self.error = error
        finally:
            connection.close()

    def send(self, connection: http.client.HTTPConnection, method: str, part: str, body: bytes, kind: str) -> None:
        connection.request(method, f"/__noojee/sandboxes/default/{part}", body, {"Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status in (201, 204), content
        self.acknowledged.release()


def made_call(unique_id: str, *, legs: int) -> dict[str, Any]:
    """A call as the control API lists it, without record ids, which the PBX assigns."""
    return {
        "unique_id": unique_id,
        "direction": "inbound",
        "source": "0491570156",
        "did": "7601",
        "created": "2026-03-11T01:00:00+00:00",
        "legs": [
            {
                "leg": number,
                "start": f"2026-03-11T01:{number:02d}:00+00:00",
                "end": f"2026-03-11T01:{number:02d}:50+00:00",
                "tag": "kept",
                "username": f"agent of {unique_id}",
                "destination": "410",
            }
            for number in range(1, legs + 1)
        ],
    }


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A started server. It is killed at the end."""
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


def test_acknowledged_writes_survive_a_kill(server: Server) -> None:
    """Fifty kills while several clients wait for answers to writes.

    A write without an answer exists as a whole, or not at all.
    """
    acknowledged: dict[str, dict[str, Any]] = {}
    unanswered: dict[str, dict[str, Any]] = {}
    for kill in range(KILLS):
        counted = threading.Semaphore(0)
        clients = [Client(server.address, f"{kill}-{number}", counted) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(5 + kill % 7):
            assert counted.acquire(timeout=20)
        server.kill()
        for client in clients:
            client.join(20)
            assert not client.is_alive()
            assert client.error is None
            acknowledged |= {call["unique_id"]: call for call in client.calls}
            unanswered |= {call["unique_id"]: call for call in client.unanswered}
        server.start()
        kept = json.loads(server.ask("GET", "/__noojee/sandboxes/default/calls"))["calls"]
        record_ids = [leg.pop("call_record_id") for call in kept for leg in call["legs"]]
        assert len(set(record_ids)) == len(record_ids)
        found = {call["unique_id"]: call for call in kept}
        assert len(found) == len(kept)
        assert {unique_id: found.get(unique_id) for unique_id in acknowledged} == acknowledged
        assert all(call == unanswered[unique_id] for unique_id, call in found.items() if unique_id not in acknowledged)
        for unique_id in (unique_id for client in clients for unique_id in client.sounded):
            path = f"/__noojee/sandboxes/default/sound?unique_id={unique_id}&leg=1"
            assert server.ask("GET", path) == WAV
    legs = json.loads(server.ask("POST", f"/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey={KEY}&tag=kept"))
    assert len({leg["CallRecordId"] for leg in legs}) == len(legs) == len(record_ids)
    assert len(acknowledged) > KILLS
