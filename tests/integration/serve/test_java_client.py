"""The requests of the vendor's public Java client at the served fake, and its rules for answers.

Source: C-J (CLIENT), recorded in `fixtures/exchanges/java-binding`; see `fixtures/README.md`.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from datetime import datetime
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from noojee_contract.resources import fixtures
from noojee_fake.testing.process import ServerProcess

LINES = sorted(fixtures("exchanges", "java-binding").glob("*.json"))
NAMES = [path.stem for path in LINES]
STATUSES = ("Dialing Out", "Ringing", "Connected", "Hungup")
SPEC = {
    "format": "noojee-archive/1",
    "now": "2018-11-24T01:19:21+00:00",
    "time_zone": "Australia/Melbourne",
    "calls": [],
}
KEY = "f863246a-973e-11e6-8784-08002718f5b5"


class ApiError(Exception):
    """The exception of the client: for 404 without the body, for another status from 300 with it."""


class JavaClient:
    """Sends recorded requests over one kept connection, and reads answers as the client does."""

    def __init__(self, url: str) -> None:
        self._address = (urlsplit(url).hostname, urlsplit(url).port)
        self._socket = socket.create_connection(self._address, timeout=20)

    def close(self) -> None:
        self._socket.close()

    def send(self, name: str, **values: Any) -> dict[str, Any]:
        """Send the request of a fixture, with other values for some arguments.

        Returns the JSON object of the answer.
        """
        asked = json.loads(fixtures("exchanges", "java-binding", f"{name}.json").read_text(encoding="utf-8"))["request"]
        url = urlsplit(asked["url"])
        query = url.query
        for argument, value in values.items():
            query, found = re.subn(rf"(?<=&){argument}=[^&]*", f"{argument}={value}", query)
            assert found == 1, argument
        assert asked["body"] == {"text": ""}
        head = [f"{asked['method']} {url.path}?{query} HTTP/1.1", *(": ".join(header) for header in asked["headers"])]
        self._socket.sendall("\r\n".join([*head, "", ""]).encode("ascii"))
        response = HTTPResponse(self._socket, method=asked["method"])
        response.begin()
        body = response.read().decode("utf-8")
        if response.status == 404:
            raise ApiError(response.status)
        if response.status >= 300:
            raise ApiError(response.status, body)
        answer = json.loads(body)
        assert isinstance(answer, dict)
        assert type(answer.get("Code", 0)) is int
        return answer

    def ordered(self, name: str, **values: Any) -> str:
        """Send a request that must succeed. Returns its message."""
        answer = self.send(name, **values)
        assert answer["Code"] == 0, answer
        assert isinstance(answer["Message"], str)
        return answer["Message"]

    def events(self, name: str, **values: Any) -> tuple[int, dict[str, list[dict[str, Any]]]]:
        """Subscribe. Returns `seq` and the events of each extension, with the field types of the client."""
        answer = self.send(name, **values)
        assert type(answer["seq"]) is int
        for event in (event for events in answer["Data"].values() for event in events):
            seen_call = event["CallData"]
            assert type(event["CallID"]) is int
            assert type(event["Code"]) is int
            assert all(
                type(seen_call[flag]) is bool for flag in ("isQueueCall", "isClickToDialCall", "inbound", "canAnswer")
            )
            assert all(
                isinstance(seen_call[text], str) for text in ("callerId", "uniqueCallId", "secondaryUniqueCallId")
            )
            assert seen_call["status"] in STATUSES
            local_time(seen_call["callStartTime"])
        return answer["seq"], {
            extension: [event["CallData"] for event in events] for extension, events in answer["Data"].items()
        }


def local_time(text: str) -> datetime | None:
    """`callStartTime` as the client reads it: the length decides the format, an empty text is None.

    Raises ValueError for others.
    """
    if not text:
        return None
    return datetime.strptime(text.replace("/", "-"), "%Y-%m-%d %H:%M" if len(text) == 16 else "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a served fake with a frozen clock and the profile for this client."""
    folder = tmp_path_factory.mktemp("java")
    (folder / "archive.json").write_text(json.dumps(SPEC), encoding="utf-8")
    flags = "--archive", "archive.json", "--profile", "java-client", "--quiet"
    with ServerProcess(*flags, folder=folder) as server:
        yield server.base_url


@pytest.fixture
def java(url: str) -> Iterator[JavaClient]:
    """A client at the time of the archive. Calls that the test leaves at extension 410 are ended."""
    control(url, "POST", "clock", {"now": SPEC["now"]})
    client = JavaClient(url)
    yield client
    while client.send("hangup-extension")["Code"] == 0:
        pass
    client.close()


def control(url: str, method: str, path: str, body: Any) -> None:
    httpx.request(method, f"{url}/__noojee/sandboxes/default/{path}", json=body, trust_env=False).raise_for_status()


def archived(url: str, unique_id: str) -> list[dict[str, str]]:
    path = "/servicemanager/rest/CallManagementAPI/retrieveMetaDataByUniqueId"
    legs: list[dict[str, str]] = httpx.post(f"{url}{path}?apiKey={KEY}&uniqueId={unique_id}", trust_env=False).json()
    return legs


@pytest.mark.parametrize("name", NAMES)
def test_each_recorded_request_is_understood(java: JavaClient, name: str) -> None:
    """Without Content-Length, with JSON labels on GETs, raw brackets and slashes.

    The client can read each answer, also the second one.
    """
    for _ in range(2):
        answer = java.send(name)
        assert isinstance(answer.get("Message", ""), str)


def test_dialled_number_is_recorded_and_hung_up(java: JavaClient) -> None:
    """The recorded requests dial, subscribe, start, stop and hang up."""
    answer = java.send("dial")
    assert answer["Code"] == 0
    assert isinstance(answer["SessionID"], int | str)
    _, seen = java.events("subscribe-again")
    ((call,), *others) = seen.values()
    assert (list(seen), others) == (["410"], [])
    assert (call["status"], call["outboundDestination"]) == ("Dialing Out", "0491570156")
    assert java.ordered("start-extension") == "Recording Started"
    assert java.ordered("stop-extension") == "Recording Stopped"
    assert java.send("stop-extension")["Code"] != 0
    assert java.ordered("hangup-extension") == "Channel Hungup"
    assert java.send("hangup-extension")["Code"] != 0


def test_call_between_extensions_is_followed_to_its_end(java: JavaClient, url: str) -> None:
    """As the client's monitor does: it polls from the last seq, and acts on the unique id of the poll."""
    sequence, seen = java.events("subscribe-again", lastSequenceNumber=0, timeOut=0)
    assert seen == {}
    polls: list[tuple[int, dict[str, list[dict[str, Any]]]]] = []
    monitor = JavaClient(url)
    thread = threading.Thread(
        target=lambda: polls.append(monitor.events("subscribe-again", lastSequenceNumber=sequence))
    )
    thread.start()
    assert java.ordered("dial-internal") == "Dialing"
    thread.join(timeout=20)
    monitor.close()
    ((_, first_seen),) = polls
    assert first_seen
    assert set(first_seen) <= {"410", "420"}
    sequence, seen = java.events("subscribe-again", lastSequenceNumber=0, timeOut=0)
    (ringing,), (dialing,) = seen["420"], seen["410"]
    assert (ringing["status"], ringing["canAnswer"], ringing["inbound"]) == ("Ringing", True, True)
    assert (dialing["status"], dialing["isClickToDialCall"], dialing["callStartTime"]) == ("Dialing Out", True, "")
    call = ringing["uniqueCallId"]
    assert call == dialing["uniqueCallId"]

    assert java.ordered("answer", uniqueId=call, exten="SIP/420")
    sequence, seen = java.events("subscribe-again", lastSequenceNumber=sequence)
    assert {extension: seen_call["status"] for extension, (seen_call,) in seen.items()} == {
        "410": "Connected",
        "420": "Connected",
    }
    assert local_time(seen["410"][0]["callStartTime"]) == datetime(2018, 11, 24, 12, 19)  # noqa: DTZ001

    assert java.ordered("start", extenOrUniqueId=call)
    control(url, "POST", "clock", {"step_seconds": 4})
    assert java.ordered("start-extension")
    control(url, "POST", "clock", {"step_seconds": 5})
    assert java.send("stop", extenOrUniqueId=call, agentLoginName="Barney")["Code"] < 0
    assert java.ordered("stop", extenOrUniqueId=call)
    assert java.ordered("hangup", extenOrUniqueId=call)
    _, seen = java.events("subscribe-again", lastSequenceNumber=sequence)
    assert {extension: seen_call["status"] for extension, (seen_call,) in seen.items()} == {
        "410": "Hungup",
        "420": "Hungup",
    }
    legs = [(leg["Leg"], leg["Duration"], leg["Username"], leg["Tag"]) for leg in archived(url, call)]
    assert legs == [("1", "4", "Fred", ""), ("2", "5", "Fred", "")]


def test_start_and_stop_need_the_option_for_get(java: JavaClient, url: str) -> None:
    """The pages say POST: GET is answered with 405 and a page. The other methods work."""
    control(url, "PUT", "profile", {"get_on_post": "refused"})
    try:
        for name in ("start", "start-extension", "stop", "stop-extension"):
            with pytest.raises(ApiError, match=r"405.*<html>"):
                java.send(name)
        assert java.send("hangup-extension")["Message"]
    finally:
        control(url, "PUT", "profile", {"get_on_post": "start-and-stop"})
