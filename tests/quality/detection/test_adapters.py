"""A faulty server is watched: each answer is held against that of a right one that was asked the same."""

from __future__ import annotations

import httpx
import pytest

from quality.detection.doors import Watched
from quality.detection.pairs import draw_pairs, together
from quality.detection.socket_door import SocketDoor
from support.faulty_servers import FaultyServer, Send, everything, with_body

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
ASKED = f"https://pbx.invalid/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey={KEY}&tag=1"


def spoiled(request: httpx.Request, send: Send, memory: dict[str, object]) -> httpx.Response:
    answer = send(request)
    return with_body(answer, b"[ ]") if b"tag=1" in request.url.query else answer


def test_a_request_that_is_answered_otherwise_is_noted() -> None:
    """With its place in the order; a right answer is not."""
    watched = Watched(FaultyServer("spoiled", "", spoiled))
    with httpx.Client(transport=watched) as client:
        client.post(ASKED.replace("tag=1", "tag=2"))
        client.post(ASKED)
        client.post(ASKED)
    assert watched.differing == {("POST", ASKED): 2}
    assert watched.requests == 3


def test_a_conformant_server_differs_in_nothing() -> None:
    """Sandboxes, keys and clocks of both are the same, whatever is asked."""
    watched = Watched(FaultyServer("right", "", lambda request, send, memory: send(request)))
    with httpx.Client(transport=watched) as client:
        sandbox = client.post("https://pbx.invalid/__noojee/sandboxes", json={}).json()
        path = f"https://pbx.invalid/{sandbox['path']}/njadmin/rest/RecordingAPI/retrieveMetaData"
        assert client.post(f"{path}?apiKey={sandbox['api_key']}&tag=1").json() == []
        client.post("https://pbx.invalid/servicemanager/rest/Time")
    assert watched.differing == {}


def test_a_closed_connection_is_noted() -> None:
    """A mistake may give no answer at all."""

    def hang_up(request: httpx.Request, send: Send, memory: dict[str, object]) -> httpx.Response:
        raise httpx.RemoteProtocolError("gone")

    watched = Watched(FaultyServer("gone", "", hang_up))
    with httpx.Client(transport=watched) as client, pytest.raises(httpx.RemoteProtocolError):
        client.post(ASKED)
    assert len(watched.differing) == 1


def test_a_fault_on_the_wire_spares_the_control_api() -> None:
    """What is filled over the second port is asked over the first."""
    door = SocketDoor(lambda head, body: b"nonsense")
    try:
        with httpx.Client(trust_env=False) as client:
            assert client.get(f"{door.control_url}/__noojee/sandboxes").json()["sandboxes"]
            with pytest.raises(httpx.RemoteProtocolError):
                client.post(f"{door.url}/servicemanager/rest/Time")
    finally:
        door.close()
    assert len(door.watched.differing) == 1


def test_pairs_are_the_same_for_a_seed() -> None:
    """And of two different servers each."""
    names = list(everything())
    assert draw_pairs(names, 20, 7) == draw_pairs(names, 20, 7)
    assert draw_pairs(names, 20, 7) != draw_pairs(names, 20, 8)
    assert all(one != other for one, other in draw_pairs(names, 20, 7))


def test_both_mistakes_of_a_pair_are_made() -> None:
    """The second one's answer is what the first one spoils; where one stumbles over the other, it is a server error."""
    servers = everything()
    both = together(servers["refuses-with-418"], FaultyServer("spoiled", "", spoiled))
    watched = Watched(both)
    with httpx.Client(transport=watched) as client:
        assert client.post(ASKED).content == b"[ ]"
        assert client.post(ASKED.replace(KEY, "nobody")).status_code == 418

    def stumble(request: httpx.Request, send: Send, memory: dict[str, object]) -> httpx.Response:
        raise KeyError("Leg")

    with httpx.Client(
        transport=Watched(together(FaultyServer("stumbles", "", stumble), servers["get-served"]))
    ) as client:
        assert client.post(ASKED).status_code == 500
