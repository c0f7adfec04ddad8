"""Servers on sockets for tests of `verify`: raw ones that answer any bytes, and the fake behind a counting proxy."""

from __future__ import annotations

import csv
import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from noojee_contract.engine.bundled import bundled
from noojee_fake.testing.process import ServerProcess
from support.commands import Ran, run_contract, serve_archive

Answer = Callable[[bytes, socket.socket], None]


class RawServer:
    """Takes connections, reads one request of each, and lets `answer` write any bytes."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Close the socket and all connections."""
        self._socket.close()
        for connection in self._open:
            connection.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                part = connection.recv(65536)
                if not part:
                    return
                request += part
            self.requests.append(request)
            self._answer(request, connection)
            connection.close()
        except OSError:
            return


@pytest.fixture
def raw_server() -> Iterator[Callable[[Answer], RawServer]]:
    """Makes servers that answer any bytes; they are closed at the end of the test."""
    made: list[RawServer] = []

    def make(answer: Answer) -> RawServer:
        made.append(RawServer(answer))
        return made[-1]

    yield make
    for server in made:
        server.close()


@dataclass(frozen=True, slots=True)
class Served:
    """A PBX that is served by another process: where, its key, and a recordings file."""

    url: str
    key: str
    recordings_file: Path


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The base URL of a `noojee-fake serve` that runs as long as the tests of this worker."""
    with ServerProcess("--quiet") as process:
        yield process.base_url
        assert process.stop() == 0


@pytest.fixture
def served(server: str, tmp_path: Path) -> Served:
    """All bundled archives in a new sandbox. A client that has its URL and key sees a normal PBX."""
    archive = bundled()
    url, key = serve_archive(server, archive.document)
    recordings_file = tmp_path / "recordings.csv"
    with recordings_file.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("kind", "value"))
        rows.writerows(("tag", tag) for tag in archive.tags[:6])
        rows.writerow(("unique_id", archive.calls[4].unique_id))
        rows.writerow(("hour", "2021/09/14 15"))
    return Served(url, key, recordings_file)


class CountingProxy:
    """An HTTP server in front of the fake: counts and times requests, and forwards them."""

    def __init__(self, upstream: str) -> None:
        self.asked: list[tuple[float, str, str]] = []
        client = httpx.Client(trust_env=False)
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # one write an answer

            def _pass_on(self) -> None:
                asked.append((time.monotonic(), self.command, self.path))
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {
                    name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
                }
                answer = client.request(self.command, upstream + self.path, headers=headers, content=body)
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = _pass_on

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._client = client
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop the server and close its connections."""
        self._server.shutdown()
        self._server.server_close()
        self._client.close()


@pytest.fixture
def counted(served: Served) -> Iterator[CountingProxy]:
    """The served fake behind a counting proxy."""
    proxy = CountingProxy(served.url)
    yield proxy
    proxy.close()


@pytest.fixture
def contract(tmp_path: Path) -> Callable[..., Ran]:
    """Runs `noojee-contract` as its users do, in an empty folder, without a terminal."""

    def run(*words: str, timeout: float = 120, **variables: str) -> Ran:
        return run_contract(tmp_path, *words, timeout=timeout, **variables)

    return run
