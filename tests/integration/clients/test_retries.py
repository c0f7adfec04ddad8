"""Requests that are sent again: after Retry-After, and after a reused connection closed. The servers are on sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noojee_contract.clients.client import Client
from noojee_contract.clients.limits import Bounds, Limits
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.errors import BudgetSpent
from noojee_contract.targets.target import Target

KEY = "f863246a-973e-11e6-ae22-56b6b6499611"
TIME_PATH = "/servicemanager/rest/Time"


@dataclass(slots=True)
class Busy:
    """Answers each path with some refusals, then with an empty list; Time with a new time stamp each time."""

    status: int
    refusals: int
    retry_after: str | None
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        if request.path == TIME_PATH:
            return Response(str(1_700_000_000_000 + len(self.asked)), content_type="text/plain")
        self.asked.append(request.full_path)
        if len(self.asked) > self.refusals:
            return Response("[]", content_type="application/json")
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return Response("busy", status=self.status, headers=headers)


@dataclass(slots=True)
class Asking:
    """A client of a read-only target, the target client that it belongs to, and the waits of its limits."""

    client: Client
    target_client: TargetClient
    waits: list[float]


@pytest.fixture
def asking(httpserver: HTTPServer, tmp_path: Path) -> Iterator[Callable[..., Asking]]:
    """Makes a client of the HTTP server, whose clock moves only by its waits."""
    made: list[Asking] = []

    def make(server: Callable[[Request], Response], *, dialect: str = "njadmin", budget: int | None = None) -> Asking:
        httpserver.expect_request("/").respond_with_data("")
        httpserver.expect_request(TIME_PATH, method="POST").respond_with_handler(server)
        for prefix in ("njadmin/rest", "rest", "servicemanager/rest"):
            for api in ("RecordingAPI", "CallManagementAPI"):
                for name in ("retrieveMetaData", "retrieveMetaDataByHour", "start"):
                    httpserver.expect_request(f"/{prefix}/{api}/{name}").respond_with_handler(server)
        made.append(_asking(httpserver.url_for("").rstrip("/"), tmp_path, dialect=dialect, budget=budget))
        return made[-1]

    yield make
    for each in made:
        each.target_client.close()


def _asking(url: str, folder: Path, *, dialect: str = "njadmin", budget: int | None = None) -> Asking:
    waits: list[float] = []

    def now() -> float:
        return 1000.0 + sum(waits)

    limits = Limits(folder / "limits.json", Bounds(request_budget=budget), now=now, sleep=waits.append)
    target = Target(name="pbx", dialect=dialect, base_url=url, api_key_env="PBX_KEY")
    target_client = TargetClient(target, servers=Servers(), limits=limits, environ={"PBX_KEY": KEY})
    return Asking(target_client.read_only_client(), target_client, waits)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_is_honoured(status: int, asking: Callable[..., Asking]) -> None:
    """RFC 9110, 10.2.3: the same question is asked again after these seconds."""
    busy = Busy(status, refusals=2, retry_after="7")
    one = asking(busy)
    assert one.client.by_tag("INV-1").status == 200
    assert one.waits == [7.0, 7.0]
    assert one.target_client.tally.requests == len(busy.asked) == 3
    assert one.target_client.tally.unavailable == {str(status): 2}


def test_retry_after_as_a_date_is_honoured(asking: Callable[..., Asking]) -> None:
    """RFC 9110, 10.2.3: an HTTP-date, at most a second off because it has no fractions."""
    at = datetime.now(UTC) + timedelta(seconds=30)
    one = asking(Busy(503, refusals=1, retry_after=format_datetime(at, usegmt=True)))
    assert one.client.by_tag("INV-1").status == 200
    (wait,) = one.waits
    assert 25 <= wait <= 30


@pytest.mark.parametrize("retry_after", [None, "soon"])
def test_without_a_time_nothing_is_repeated(retry_after: str | None, asking: Callable[..., Asking]) -> None:
    """A 503 without a valid Retry-After is the answer."""
    busy = Busy(503, refusals=1, retry_after=retry_after)
    one = asking(busy)
    assert one.client.by_tag("INV-1").status == 503
    assert (one.waits, len(busy.asked)) == ([], 1)


def test_a_run_waits_two_minutes_at_most(asking: Callable[..., Asking]) -> None:
    """Over all requests of a run: the wait that goes beyond is not made."""
    one = asking(Busy(503, refusals=99, retry_after="50"))
    assert one.client.by_tag("INV-1").status == 503
    assert one.client.by_tag("INV-2").status == 503
    assert one.waits == [50.0, 50.0]


def test_workers_share_the_two_minutes(tmp_path: Path) -> None:
    """The seconds are counted in the file of the limits."""
    waits: list[float] = []
    one, other = (Limits(tmp_path / "t.json", Bounds(), now=lambda: 0.0, sleep=waits.append) for _ in range(2))
    assert one.wait_to_retry(100)
    assert not other.wait_to_retry(21)
    assert other.wait_to_retry(20)
    assert waits == [100, 20]


def test_a_repeated_request_has_a_new_hash(asking: Callable[..., Asking]) -> None:
    """DOC W-HUd: the call must be repeated with a newly acquired time stamp."""
    busy = Busy(503, refusals=1, retry_after="15")
    one = asking(busy, dialect="recording-api")
    assert one.client.by_tag("INV-1").status == 200
    first, again = (parse_qs(urlsplit(path).query) for path in busy.asked)
    assert first["tag"] == again["tag"]
    assert first["timeStamp"] != again["timeStamp"]
    assert first["hash"] != again["hash"]
    assert one.target_client.tally.requests == 4  # Time and question, twice


def test_a_wrong_key_is_repeated_as_a_wrong_key(asking: Callable[..., Asking]) -> None:
    """A negative test stays one: the new hash is made with the same wrong key."""
    busy = Busy(503, refusals=1, retry_after="15")
    one = asking(busy, dialect="recording-api")
    assert one.client.by_tag("INV-1", credentials=one.client.made_with("wrong")).status == 200
    stamps = [parse_qs(urlsplit(path).query) for path in busy.asked]
    usual = [one.client.signed(stamp["timeStamp"][0])[1][1] for stamp in stamps]
    assert all(stamp["hash"][0] != right for stamp, right in zip(stamps, usual, strict=True))
    assert stamps[0]["hash"] != stamps[1]["hash"]


def test_an_old_time_stamp_is_not_renewed(asking: Callable[..., Asking]) -> None:
    """A request that is sent with a stale time stamp on purpose is not repeated with a fresh one."""
    busy = Busy(503, refusals=1, retry_after="15")
    one = asking(busy, dialect="recording-api")
    assert one.client.by_tag("INV-1", credentials=one.client.signed("1392271611000")).status == 503
    assert len(busy.asked) == 1


def test_a_hash_whose_age_is_tested_is_not_renewed(asking: Callable[..., Asking]) -> None:
    """A stale hash stays stale, and a used one stays used: with another hash, a right PBX would seem to accept it."""
    busy = Busy(503, refusals=1, retry_after="15")
    one = asking(busy, dialect="recording-api")
    assert one.client.by_tag("INV-1", credentials=one.client.new_hash(renewable=False)).status == 503
    assert len(busy.asked) == 1


def test_commands_are_never_repeated(asking: Callable[..., Asking]) -> None:
    """A second start would make a second leg; a second request by hour within a minute is refused."""
    busy = Busy(503, refusals=9, retry_after="1")
    one = asking(busy)
    assert one.client.command("start", (("extenOrUniqueId", "410"),)).status == 503
    assert one.client.by_hour(date(2021, 9, 14), 15).status == 503
    assert one.client.send("POST", f"{one.client.base}/start?apiKey={KEY}").status == 503
    assert (len(busy.asked), one.waits) == (3, [])
    assert not one.target_client.tally.unavailable


def test_repeated_requests_count_against_the_budget(asking: Callable[..., Asking]) -> None:
    """A budget of two requests is spent by a request and its repetition."""
    one = asking(Busy(503, refusals=9, retry_after="1"), budget=2)
    with pytest.raises(BudgetSpent):
        one.client.by_tag("INV-1")
    assert one.target_client.tally.requests == 2


class KeepAlive:
    """Answers requests on kept connections; closes a connection without a byte after each number in `closes`."""

    def __init__(self, *closes: int) -> None:
        self.requests = 0
        self._closes = closes
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Stop to listen."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            while connection.recv(65536):  # each request fits into one part
                self.requests += 1
                if self.requests in self._closes:
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]")


@pytest.fixture
def keep_alive() -> Iterator[Callable[..., KeepAlive]]:
    """Makes servers that keep connections; they are closed at the end of the test."""
    made: list[KeepAlive] = []

    def make(*closes: int) -> KeepAlive:
        made.append(KeepAlive(*closes))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.mark.parametrize(("closes", "status", "sent"), [((2,), 200, 3), ((2, 3), None, 3)])
def test_a_reused_connection_that_closes(
    closes: tuple[int, ...], status: int | None, sent: int, keep_alive: Callable[..., KeepAlive], tmp_path: Path
) -> None:
    """RFC 9112, 9.3.1: a client may retry on a new connection, once."""
    server = keep_alive(*closes)
    one = _asking(server.url, tmp_path)
    assert one.client.by_tag("INV-1").status == 200
    assert one.client.by_tag("INV-2").status == status
    assert one.target_client.tally.requests == server.requests == sent
    assert one.target_client.tally.unavailable == {"no answer": len(closes)}
    one.target_client.close()


def test_a_request_with_an_old_hash_is_repeated_as_it_is(keep_alive: Callable[..., KeepAlive], tmp_path: Path) -> None:
    """A kept connection often closes while a clause waits for its hash to expire."""
    server = keep_alive(2)
    one = _asking(server.url, tmp_path, dialect="recording-api")
    credentials = one.client.signed("1392271611000")
    assert one.client.by_tag("INV-1", credentials=credentials).status == 200
    assert one.client.by_tag("INV-2", credentials=credentials).status == 200
    assert one.target_client.tally.requests == server.requests == 3
    one.target_client.close()


def test_a_new_connection_that_closes_is_no_answer(keep_alive: Callable[..., KeepAlive], tmp_path: Path) -> None:
    """Only a kept connection may close at any time."""
    server = keep_alive(1)
    one = _asking(server.url, tmp_path)
    assert one.client.by_tag("INV-1").status is None
    assert server.requests == 1
    one.target_client.close()
