"""`noojee-fake serve` as a process with calls in it, and a client that sends it raw bytes and assumes nothing."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noojee_fake.testing.process import ServerProcess

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
NJADMIN = "/njadmin/rest/RecordingAPI"
CALLS = "/servicemanager/rest/CallManagementAPI"
ARCHIVE = {
    "format": "noojee-archive/1",
    "time_zone": "Australia/Melbourne",
    "calls": [
        {
            "unique_id": "1773190799.2", "direction": "inbound", "source": "0491570156", "did": "7601",
            "legs": [
                {
                    "start": "2026-03-11T12:00:00+11:00", "end": "2026-03-11T12:00:09+11:00",
                    "tag": "1234", "destination": "600",
                },
                {
                    "start": "2026-03-11T12:00:09+11:00", "end": "2026-03-11T12:00:12+11:00",
                    "tag": "1234", "destination": "410",
                },
            ],
        },
        {
            "unique_id": "1773190900.5", "direction": "internal", "source": "400",
            "legs": [
                {
                    "start": "2026-03-11T12:01:40+11:00", "end": "2026-03-11T13:01:40+11:00",
                    "tag": "long", "destination": "410",
                },
            ],
        },
    ],
}  # fmt: skip
SIGNS_OF_A_BUG = (b"x-noojee-fake-bug", b"traceback")


@dataclass(frozen=True)
class Heard:
    """What came over one connection: the statuses of the answers, all the bytes, and whether the server closed it."""

    statuses: tuple[int, ...]
    received: bytes
    closed: bool


class Served:
    """A server process. `preface` is Python that runs in it before the command, to set bounds within a test's reach."""

    def __init__(self, folder: Path, *words: str, preface: str = "") -> None:
        archive = folder / "archive.json"
        archive.write_text(json.dumps(ARCHIVE), encoding="utf-8")
        self._heeded = 0  # characters of its log
        start = f"{preface}\nimport sys\nfrom noojee_fake.cli.main import main\nsys.exit(main(sys.argv[1:]))"
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.process = ServerProcess(
            "--archive", str(archive), *words,
            folder=folder, environment=environ, command=(sys.executable, "-c", start), deadline_seconds=30,
        ).start()  # fmt: skip
        self.url = self.process.base_url
        self.port = int(self.url.rpartition(":")[2])
        ca_file = self.process.ca_file
        self.tls = None if ca_file is None else ssl.create_default_context(cafile=ca_file)

    @contextmanager
    def connection(self, *, seconds: float = 20, plain: bool = False) -> Iterator[socket.socket]:
        """A connection to it; under TLS where it serves that, unless `plain`."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as plain_socket:
            plain_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is None or plain:
                yield plain_socket
                return
            with self.tls.wrap_socket(plain_socket, server_hostname="127.0.0.1") as wrapped:
                yield wrapped

    def ask(self, raw: bytes, *, answers: int | None = None, plain: bool = False) -> Heard:
        """Send these bytes, and hear so many answers; None: all until the server closes the connection."""
        with self.connection(plain=plain) as connection:
            with suppress(OSError):  # cut while sending: what came before counts
                connection.sendall(raw)
            return hear(connection, answers)

    def lives(self) -> None:
        """It answers the next good request, and is well."""
        query = f"apiKey={KEY}&uniqueId=1773190799.2"
        heard = self.ask(request("POST", f"{NJADMIN}/retrieveMetaDataByUniqueId?{query}", "Connection: close"))
        assert heard.statuses == (200,), heard
        assert heard.received.count(b'"UniqueId"') == 2
        self.is_well()

    def is_well(self) -> None:
        """Its process runs, its control API answers, and it has said nothing since that is a sign of a bug."""
        assert self.process.is_running
        assert self.ask(request("GET", "/__noojee/", "Connection: close")).statuses == (200,)
        news = self.process.log[self._heeded :]
        self._heeded += len(news)
        assert not any(sign.decode() in news.lower() for sign in SIGNS_OF_A_BUG), news

    def memory_bytes(self) -> int | None:
        """The peak memory of the process; None where the system does not report it."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found[1]) * 1024 if found else None

    def end(self) -> int:
        """Stop it; its exit code."""
        return self.process.stop(timeout_seconds=15)


@contextmanager
def served(*words: str, preface: str = "") -> Iterator[Served]:
    """A server in a folder of its own, which ends cleanly afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        server = Served(Path(folder), *words, preface=preface)
        try:
            yield server
        finally:
            assert server.end() == 0, server.process.log


def request(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
    """A good request, but for what is put into it."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def posted(path: str, document: Any) -> bytes:
    """A request of the control API, after which the connection is closed."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return request("POST", f"/__noojee{path}", "Content-Type: application/json", "Connection: close", body=body)


def hear(connection: socket.socket, answers: int | None) -> Heard:
    """Read so many whole answers, or until the connection ends."""
    received, whole, at, closed = bytearray(), 0, 0, False
    while answers is None or whole < answers:
        after = None if answers is None else _after(received, at)
        if after is not None:
            whole, at = whole + 1, after
            continue
        try:
            part = connection.recv(262_144)
        except TimeoutError:
            raise
        except OSError:  # reset, or broken off under TLS
            part = b""
        if not part:
            closed = True
            break
        received += part
    return heard_of(bytes(received), closed)


def heard_of(received: bytes, closed: bool) -> Heard:
    """What came over a connection, once it is clear that it holds no sign of a bug and no error of the server."""
    assert not any(sign in received.lower() for sign in SIGNS_OF_A_BUG), received[:2000]
    assert not re.search(rb"HTTP/1\.1 5(?!01|05)\d\d ", received), received[:2000]
    statuses = tuple(int(status) for status in re.findall(rb"HTTP/1\.1 ([2-5]\d\d) ", received))
    return Heard(statuses, received, closed)


def _after(received: bytearray, at: int) -> int | None:
    """Where the answer that begins there ends; None: it is not whole yet. 100 Continue is a part of the next answer."""
    end = received.find(b"\r\n\r\n", at)
    if end < 0:
        return None
    head = bytes(received[at:end]).lower()
    if head.startswith(b"http/1.1 100"):
        return _after(received, end + 4)
    length = re.search(rb"\r\ncontent-length: (\d+)", head)
    after = end + 4 + (int(length[1]) if length else 0)
    return after if after <= len(received) else None
