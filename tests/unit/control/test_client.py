"""The Python client of the control API, over a transport in this process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.client.control_client import ControlClient, World
from noojee_fake.errors import ControlError
from noojee_fake.server.sandboxes import Worlds, build

WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\4\0\0\0\1\2\3\4"
FLOW = (
    {"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "first", "tag": "INV-7"},
    {"do": "wait", "seconds": 5},
    {"do": "answer", "call": "first", "by": "410"},
)
LEGS = "/njadmin/rest/RecordingAPI/retrieveMetaData"


@pytest.fixture
def worlds() -> Worlds:
    """The worlds that are driven."""
    return build(control_token="t0ken")


@pytest.fixture
def control(worlds: Worlds) -> Iterator[ControlClient]:
    """A client of their control API."""
    with ControlClient("http://pbx.invalid/", transport=Transport(worlds)) as client:
        yield client
    assert not worlds.own_bugs


@pytest.fixture
def world(control: ControlClient) -> World:
    """A world whose clock stands."""
    return control.make_world(now="2026-11-24T00:00:00Z")


def post(worlds: Worlds, url: str, **parameters: str) -> httpx.Response:
    with httpx.Client(transport=Transport(worlds)) as client:
        return client.post(url, params=parameters)


def test_worlds_are_made_found_and_dropped(control: ControlClient, worlds: Worlds, seed: Any, call: Any) -> None:
    """With a base URL and a key that open them; as a context manager a world ends by itself."""
    assert control.about()["server"] == "noojee-fake"
    with control.make_world(
        seed=seed(call("1.1")), profile={"tag_match": "ignore-case"}, dialects=["njadmin"], directory={}, time_zone="UTC",
        now=datetime(2026, 11, 24, 9, tzinfo=UTC), frozen=False,
    ) as made:  # fmt: skip
        assert made.base_url == f"http://pbx.invalid/w/{made.name}"
        assert post(worlds, f"{made.base_url}{LEGS}", apiKey=made.api_key, tag="T").json() == []
        assert (made.time_zone, made.described["calls"], made.profile()["tag_match"]) == ("UTC", 1, "ignore-case")
        assert made.now() >= datetime(2026, 11, 24, 9, tzinfo=UTC)
        assert control.world(made.name).user_key == made.user_key
        assert control.names() == ["default", made.name]
    assert control.names() == ["default"]
    assert control.world().base_url == "http://pbx.invalid"


def test_calls_are_put_played_listed_and_deleted(world: World, call: Any, leg: Any) -> None:
    """Whole ones and live ones."""
    world.put_calls([call("1.1", leg(), leg())])
    world.delete_call("1.1", 1)
    assert [row["leg"] for row in world.calls()[0]["legs"]] == [2]
    world.delete_call("1.1")
    played = world.play(*FLOW)["first"]
    assert (played["live"], [row["username"] for row in played["legs"]]) == (True, ["Administrator", "Fred"])
    assert [each["unique_id"] for each in world.live()] == [played["unique_id"]]
    assert world.state()["counts"]["live_calls"] == 1


def test_sound_is_put_fetched_and_taken_away(world: World, call: Any) -> None:
    """Bytes in, the same bytes out."""
    world.put_calls([call("1.1")])
    world.put_sound("1.1", 1, WAV)
    assert world.sound("1.1", 1) == WAV
    world.delete_sound("1.1", 1)
    with pytest.raises(ControlError, match="this leg has no sound"):
        world.sound("1.1", 1)


def test_the_clock_is_stepped_frozen_and_let_go(world: World) -> None:
    """Times are aware; one without a zone is refused before it is sent."""
    start = datetime(2026, 11, 24, tzinfo=UTC)
    assert world.now() == start
    assert (world.step(90.5) - start).total_seconds() == 90.5
    assert world.freeze(start) == world.freeze("2026-11-24T11:00:00+11:00") == world.freeze() == start
    assert world.unfreeze() >= start
    with pytest.raises(ValueError, match="without a zone"):
        world.freeze(datetime(2026, 11, 24))  # noqa: DTZ001 - what is refused


def test_settings_are_changed_and_read(world: World) -> None:
    """Profile, version, directory, addresses, storage."""
    world.set_profile(tag_match="ignore-case")
    assert world.profile()["tag_match"] == "ignore-case"
    world.set_version("6.0.1")
    assert world.version() == "6.0.1"
    world.set_version(None)
    assert world.version() is None
    world.set_directory({"users": [{"name": "Anna"}]})
    assert world.directory()["users"][0]["name"] == "Anna"
    world.set_allowed_addresses(["10.0.0.0/8"])
    assert world.allowed_addresses() == ["10.0.0.0/8"]
    world.set_allowed_addresses(None)
    assert world.allowed_addresses() is None
    world.set_storage(mid_term_days=90)
    assert world.storage()["mid_term_days"] == 90


def test_the_journal_is_read_by_filters_and_cleared(world: World, worlds: Worlds) -> None:
    """Each filter goes out as the API takes it."""
    post(worlds, f"{world.base_url}{LEGS}", apiKey=world.api_key, tag="INV-7")
    post(worlds, f"{world.base_url}{LEGS}", apikey=world.api_key, tag="INV-8")

    def numbers(**filters: Any) -> list[int]:
        return [entry["number"] for entry in world.journal(**filters)]

    assert numbers() == [1, 2]
    assert numbers(first=2, limit=5) == numbers(status=401) == numbers(unmatched=True) == numbers(tag="8") == [2]
    assert numbers(unmatched=False, method="POST", path=LEGS, parameter="tag=INV") == [1]
    missed = world.journal(unmatched=True)[0]["nearest"]
    assert missed is not None
    assert "it is apiKey" in missed["differs"][0]
    world.clear_journal()
    assert numbers() == []


def test_snapshots_and_reset(world: World) -> None:
    """There and back."""
    name = world.snapshot()
    world.play(*FLOW)
    world.restore(name)
    assert (world.live(), [kept["id"] for kept in world.snapshots()]) == ([], [name])
    world.drop_snapshot(name)
    assert world.snapshots() == []
    world.step(5)
    world.reset()
    assert world.now() == datetime(2026, 11, 24, tzinfo=UTC)


def test_what_is_refused_carries_the_servers_sentence(world: World) -> None:
    """Status, JSON path, and the whole answer: of a flow that got stuck, what is done."""
    with pytest.raises(ControlError, match=r"no call is named 'second'.*\(\$\.steps\[0\]\.call\)") as refused:
        world.play({"do": "hang_up", "call": "second"})
    assert (refused.value.status, refused.value.path) == (400, "$.steps[0].call")
    with pytest.raises(ControlError, match="Nobody is connected") as stuck:
        world.play(FLOW[0], {"do": "transfer", "call": "first", "to": "420"})
    assert (stuck.value.status, stuck.value.document["done"]) == (409, 1)


def test_a_token_is_sent_from_a_value_or_a_variable(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a variable that is not set is told by its name."""
    monkeypatch.setattr("noojee_fake.adapters.httpx_transport.CLIENT", "192.0.2.7")
    with ControlClient(transport=Transport(worlds)) as nobody, pytest.raises(ControlError, match="403"):
        nobody.names()
    monkeypatch.setenv("PBX_CONTROL_TOKEN", "t0ken")
    for how in ({"token": "t0ken"}, {"token_env": "PBX_CONTROL_TOKEN"}):
        with ControlClient(transport=Transport(worlds), **how) as control:
            assert control.names() == ["default"]
    monkeypatch.delenv("PBX_CONTROL_TOKEN")
    with pytest.raises(ControlError, match="PBX_CONTROL_TOKEN"):
        ControlClient(token_env="PBX_CONTROL_TOKEN")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.ConnectError("refused"), "does not answer: refused"),
        (httpx.Response(404, html="<h1>no</h1>"), "404: Not Found; is this a noojee-fake"),
        (httpx.Response(502), "502: Bad Gateway; is this a noojee-fake"),
        (httpx.Response(400, json=["x"]), "400: Bad Request; is this a noojee-fake"),
    ],
)
def test_a_server_that_is_no_fake_is_told(answer: Any, says: str) -> None:
    """One exception for all that can go wrong."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with ControlClient(transport=httpx.MockTransport(handle)) as control, pytest.raises(ControlError, match=says):
        control.about()
