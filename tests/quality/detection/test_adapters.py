"""A faulty server is watched: each of its answers is compared with a conformant server's."""

from __future__ import annotations

import httpx
import pytest

from quality.detection.adapters import WatchedServer
from quality.detection.pairs import draw_pairs, together
from quality.detection.socket_adapter import SocketAdapter
from support.faulty_servers import FaultyServer, Send, everything, with_body

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
URL = f"https://pbx.invalid/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey={KEY}&tag=1"


def changed_body(request: httpx.Request, send: Send, memory: dict[str, object]) -> httpx.Response:
    answer = send(request)
    return with_body(answer, b"[ ]") if b"tag=1" in request.url.query else answer


def test_a_differing_answer_is_noted_with_its_request() -> None:
    """With its place in the order; a conformant answer is not noted."""
    watched = WatchedServer(FaultyServer("changed-body", "", changed_body))
    with httpx.Client(transport=watched) as client:
        client.post(URL.replace("tag=1", "tag=2"))
        client.post(URL)
        client.post(URL)
    assert watched.differing == {("POST", URL): 2}
    assert watched.requests == 3


def test_a_conformant_server_does_not_differ() -> None:
    """Both servers have the same sandboxes, keys and clocks."""
    watched = WatchedServer(FaultyServer("conformant", "", lambda request, send, memory: send(request)))
    with httpx.Client(transport=watched) as client:
        sandbox = client.post("https://pbx.invalid/__noojee/sandboxes", json={}).json()
        path = f"https://pbx.invalid/{sandbox['path']}/njadmin/rest/RecordingAPI/retrieveMetaData"
        assert client.post(f"{path}?apiKey={sandbox['api_key']}&tag=1").json() == []
        client.post("https://pbx.invalid/servicemanager/rest/Time")
    assert watched.differing == {}


def test_a_closed_connection_is_noted() -> None:
    """A fault may give no answer at all."""

    def hang_up(request: httpx.Request, send: Send, memory: dict[str, object]) -> httpx.Response:
        raise httpx.RemoteProtocolError("closed")

    watched = WatchedServer(FaultyServer("hangs-up", "", hang_up))
    with httpx.Client(transport=watched) as client, pytest.raises(httpx.RemoteProtocolError):
        client.post(URL)
    assert len(watched.differing) == 1


def test_a_fault_on_the_wire_spares_the_control_api() -> None:
    """The control API has a port without the fault."""
    adapter = SocketAdapter(lambda head, body: b"nonsense")
    try:
        with httpx.Client(trust_env=False) as client:
            assert client.get(f"{adapter.control_url}/__noojee/sandboxes").json()["sandboxes"]
            with pytest.raises(httpx.RemoteProtocolError):
                client.post(f"{adapter.url}/servicemanager/rest/Time")
    finally:
        adapter.close()
    assert len(adapter.watched.differing) == 1


def test_pairs_are_the_same_for_a_random_seed() -> None:
    """A pair has two different servers."""
    names = list(everything())
    assert draw_pairs(names, 20, 7) == draw_pairs(names, 20, 7)
    assert draw_pairs(names, 20, 7) != draw_pairs(names, 20, 8)
    assert all(one != other for one, other in draw_pairs(names, 20, 7))


def test_a_pair_has_both_faults() -> None:
    """The first fault changes the answer of the second; where one raises on the other's answer, the status is 500."""
    servers = everything()
    both = together(servers["refuses-with-418"], FaultyServer("changed-body", "", changed_body))
    watched = WatchedServer(both)
    with httpx.Client(transport=watched) as client:
        assert client.post(URL).content == b"[ ]"
        assert client.post(URL.replace(KEY, "nobody")).status_code == 418

    def stumble(request: httpx.Request, send: Send, memory: dict[str, object]) -> httpx.Response:
        raise KeyError("Leg")

    pair = together(FaultyServer("stumbles", "", stumble), servers["get-served"])
    with httpx.Client(transport=WatchedServer(pair)) as client:
        assert client.post(URL).status_code == 500
