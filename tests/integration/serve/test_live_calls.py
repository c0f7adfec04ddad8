"""Live calls, strict transport and long polls on the served fake: real sockets, with TLS and without."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from noojee_fake.testing.process import ServerProcess

KEY = "0wn-k3y-of-the-test"
SERVICES = "/servicemanager/services/njadmin-api-recording"
LEGACY = "/servicemanager/rest/RecordingAPI"
MANAGED = "/servicemanager/rest/CallManagementAPI"
NJADMIN = "/njadmin/rest/RecordingAPI"


class Served:
    """A server with its key in a variable; `client` trusts the authority of the server."""

    def __init__(self, process: ServerProcess) -> None:
        self.process = process
        self.url = process.base_url
        verify = False if process.ca_file is None else ssl.create_default_context(cafile=process.ca_file)
        self.client = httpx.Client(base_url=self.url, verify=verify, trust_env=False, timeout=20)

    def managed(self, method: str, **given: Any) -> Any:
        return self.client.post(f"{MANAGED}/{method}", params={"apiKey": KEY, **given}).json()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        code = self.process.stop(number, timeout_seconds=20)
        self.client.close()
        return code, self.process.output, self.process.log


@pytest.fixture
def served(serve: Callable[..., ServerProcess]) -> Callable[..., Served]:
    """Starts a server with more flags."""
    return lambda *flags: Served(serve("--api-key-env", "PBX_KEY", *flags, PBX_KEY=KEY))


def closed(url: str, target: str) -> bool:
    """Whether the server closes the connection without a byte of an answer."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 20) as connection:
        connection.sendall(f"POST {target} HTTP/1.1\r\nHost: pbx\r\nContent-Length: 0\r\n\r\n".encode())
        try:
            return connection.recv(1000) == b""
        except ConnectionResetError:
            return True


def test_strict_transport_closes_http_where_https_is_demanded(served: Callable[..., Served]) -> None:
    """Dialects whose samples use http are still served. Source: W-AK (DOC)."""
    server = served("--strict-transport")
    for path in (f"{NJADMIN}/retrieveMetaData", f"{MANAGED}/hangup", "/rest/CallManagementAPI/subscribe"):
        assert closed(server.url, f"{path}?apiKey={KEY}&tag=T&exten=410&lastSequenceNumber=0")
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            server.client.post(path, params={"apiKey": KEY})
    assert server.client.get(SERVICES, params={"method": "stop", "extenOrUniqueId": "410"}).text == "No such call"
    assert server.client.post(f"{LEGACY}/stop").json()["Message"] == "Missing timeStamp or hash"
    assert server.client.post("/rest/Time").text.isdigit()
    assert server.client.post("/nothing").status_code == 404
    assert server.client.get("/__noojee/sandboxes/default/profile").json()["plain_http"] == "refused"
    code, _, err = server.end()
    assert code == 0
    assert "Traceback" not in err


def test_strict_transport_serves_all_dialects_over_tls(served: Callable[..., Served]) -> None:
    """The same server with a self-signed certificate."""
    server = served("--strict-transport", "--tls-self-signed")
    assert server.managed("hangup", extenOrUniqueId="410") == {"Message": "No such call", "Code": -1}
    assert server.client.post(f"{NJADMIN}/retrieveMetaData", params={"apiKey": KEY, "tag": "T"}).json() == []
    assert server.client.post(f"{LEGACY}/stop").json()["Code"] == -1
    assert server.client.get(SERVICES, params={"method": "stop", "extenOrUniqueId": "410"}).text == "No such call"
    assert server.end()[0] == 0


@pytest.mark.parametrize("version", ["current", "4.8"])
def test_strict_transport_without_tls_needs_http(version: str, refused: Callable[..., str]) -> None:
    """A version that the pages show over HTTPS alone is refused in one line."""
    assert "leaves nothing to serve over http" in refused("--strict-transport", "--version", version)


def test_client_address_that_is_not_allowed_is_refused(served: Callable[..., Served], tmp_path: Path) -> None:
    """403 without a body, or a closed connection. The control API has its own rules. Source: W-AK (DOC)."""
    (tmp_path / "profile.toml").write_text('address_refused = "closed"\n')
    server = served("--allow-address", "192.0.2.0/24")
    answer = server.client.post(f"{NJADMIN}/retrieveMetaData", params={"apiKey": KEY, "tag": "T"})
    assert (answer.status_code, answer.content) == (403, b"")
    assert server.client.get("/__noojee/").status_code == 200
    server.end()
    server = served("--allow-address", "192.0.2.0/24", "--profile", "profile.toml")
    assert closed(server.url, f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=T")
    server.end()
    server = served("--allow-address", "127.0.0.1", "--allow-address", "192.0.2.0/24")
    assert server.client.post("/rest/Time").text.isdigit()
    server.end()


@pytest.mark.parametrize("words", [(), ("--tls-self-signed",)], ids=["http", "https"])
def test_change_wakes_a_poll_on_another_connection(words: tuple[str, ...], served: Callable[..., Served]) -> None:
    """One connection dials and hangs up, the other one subscribes."""
    server = served(*words)
    with ThreadPoolExecutor(1) as thread:
        seq = 1
        statuses = []
        for method, given in (
            ("dial", {"number": "400", "extenOrUniqueId": "SIP/410", "record": "true", "tag": "LIVE"}),
            ("answer", {"exten": "SIP/410"}),
            ("answer", {"exten": "SIP/400"}),
            ("hangup", {"extenOrUniqueId": "410"}),
        ):
            poll = thread.submit(server.managed, "subscribe", exten="410", lastSequenceNumber=seq, timeOut=15)
            if "exten" in given:
                given["uniqueId"] = call["uniqueCallId"]  # noqa: F821 - of the poll before
            assert server.managed(method, **given)["Code"] == 0
            answer = poll.result(20)
            seq = answer["seq"]
            (row,) = answer["Data"]["410"]
            call = row["CallData"]
            statuses.append(call["status"])
    assert statuses == ["Ringing", "Dialing Out", "Connected", "Hungup"]
    legs = server.client.post(f"{NJADMIN}/retrieveMetaData", params={"apiKey": KEY, "tag": "LIVE"}).json()
    assert [leg["Username"] for leg in legs] == ["Barney"]
    assert server.end()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_waiting_polls(number: int, served: Callable[..., Served]) -> None:
    """Each poll gets the answer of a timeout. The server ends with 0 and an empty standard error."""
    server = served("--quiet")
    with ThreadPoolExecutor(3) as threads:
        polls = [
            threads.submit(server.managed, "subscribe", exten="410", lastSequenceNumber=1, timeOut=60) for _ in range(3)
        ]
        while json.loads(server.client.get("/__noojee/sandboxes/default/state").text)["counts"]["waiting"] < 3:
            time.sleep(0.01)
        code, _, err = server.end(number)
        assert [poll.result(20)["Data"] for poll in polls] == [{}] * 3
    assert (code, err) == (0, "")


def test_log_shows_live_methods_without_credentials(served: Callable[..., Served]) -> None:
    """Names, tags and numbers are shown; keys and hashes are not, also in the oldest dialect."""
    server = served()
    digest = "ab" * 32
    given = {"apiKey": KEY, "extenOrUniqueId": "SIP/410", "tag": "INV-7", "agentLoginName": "Fred"}
    server.client.post(f"{MANAGED}/start", params=given)
    server.client.post(f"{MANAGED}/stop", params={"extenOrUniqueId": "410", "timeStamp": "1", "hash": digest})
    server.client.post(f"{MANAGED}/dial", params={"number": KEY, "extenOrUniqueId": "SIP/410", "apiKey": digest})
    server.client.post(
        f"{MANAGED}/subscribe", params={"exten": "410", "lastSequenceNumber": 1, "timeOut": 0, "apiKey": KEY}
    )
    server.client.get(SERVICES, params={"method": "start", "extenOrUniqueId": "410", "tag": "22", "apiKey": KEY})
    server.client.post(f"{MANAGED}/answer?apiKey={KEY}&uniqueId=1.1&exten={KEY}")
    code, out, err = server.end()
    assert code == 0
    for shown in ("start?apiKey=[redacted]&extenOrUniqueId=SIP%2F410&tag=INV-7&agentLoginName=Fred 200", "&tag=22&"):
        assert shown in err
    assert len(err.splitlines()) == 6
    for secret in (KEY, digest):
        assert secret not in out + err
