"""The Python client of the control API, over a transport in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NotRequired, get_args, get_origin, get_type_hints

import httpx
import pytest

from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.client import types
from noojee_fake.client.control_client import ControlClient, Sandbox
from noojee_fake.errors import ControlError
from noojee_fake.resources import schema_text
from noojee_fake.server.sandboxes import Sandboxes, build

WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\4\0\0\0\1\2\3\4"
FLOW = (
    {"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "first", "tag": "INV-7"},
    {"do": "wait", "seconds": 5},
    {"do": "answer", "call": "first", "by": "410"},
)
LEGS = "/njadmin/rest/RecordingAPI/retrieveMetaData"


@pytest.fixture
def sandboxes() -> Sandboxes:
    """The sandboxes of a server with a control token."""
    return build(control_token="t0ken")


@pytest.fixture
def control(sandboxes: Sandboxes) -> Iterator[ControlClient]:
    """A client of their control API."""
    with ControlClient("http://pbx.invalid/", transport=Transport(sandboxes)) as client:
        yield client
    assert not sandboxes.own_bugs


@pytest.fixture
def sandbox(control: ControlClient) -> Sandbox:
    """A sandbox with a frozen clock."""
    return control.make_sandbox(now="2026-11-24T00:00:00Z")


def post(sandboxes: Sandboxes, url: str, **parameters: str) -> httpx.Response:
    with httpx.Client(transport=Transport(sandboxes)) as client:
        return client.post(url, params=parameters)


def test_sandboxes_are_made_found_and_deleted(
    control: ControlClient, sandboxes: Sandboxes, archive: Any, call: Any
) -> None:
    """They have a base URL and a key. A context manager deletes its sandbox."""
    assert control.about()["server"] == "noojee-fake"
    with control.make_sandbox(
        archive=archive(call("1.1")), profile={"tag_match": "ignore-case"}, dialects=["njadmin"], directory={},
        time_zone="UTC", now=datetime(2026, 11, 24, 9, tzinfo=UTC), frozen=False,
    ) as made:  # fmt: skip
        assert made.base_url == f"http://pbx.invalid/s/{made.name}"
        assert post(sandboxes, f"{made.base_url}{LEGS}", apiKey=made.api_key, tag="T").json() == []
        assert (made.time_zone, made.description["calls"], made.profile()["tag_match"]) == ("UTC", 1, "ignore-case")
        assert made.now() >= datetime(2026, 11, 24, 9, tzinfo=UTC)
        assert control.sandbox(made.name).user_key == made.user_key
        assert control.names() == ["default", made.name]
    assert control.names() == ["default"]
    assert control.sandbox().base_url == "http://pbx.invalid"


def test_calls_are_added_played_listed_and_deleted(sandbox: Sandbox, call: Any, leg: Any) -> None:
    """Calls of the archive and live calls."""
    sandbox.add_calls([call("1.1", leg(), leg())])
    sandbox.delete_call("1.1", 1)
    assert [row["leg"] for row in sandbox.calls()[0]["legs"]] == [2]
    sandbox.delete_call("1.1")
    played = sandbox.play(*FLOW)["first"]
    assert (played["live"], [row["username"] for row in played["legs"]]) == (True, ["Administrator", "Fred"])
    assert [each["unique_id"] for each in sandbox.live()] == [played["unique_id"]]
    assert sandbox.state()["counts"]["live_calls"] == 1


def test_sound_is_stored_read_and_deleted(sandbox: Sandbox, call: Any) -> None:
    """The stored bytes are returned."""
    sandbox.add_calls([call("1.1")])
    sandbox.put_sound("1.1", 1, WAV)
    assert sandbox.sound("1.1", 1) == WAV
    sandbox.delete_sound("1.1", 1)
    with pytest.raises(ControlError, match="this leg has no sound"):
        sandbox.sound("1.1", 1)


def test_clock_is_stepped_frozen_and_unfrozen(sandbox: Sandbox) -> None:
    """Times are aware. A datetime without a zone is refused before the request."""
    start = datetime(2026, 11, 24, tzinfo=UTC)
    assert sandbox.now() == start
    assert (sandbox.step(90.5) - start).total_seconds() == 90.5
    assert sandbox.freeze(start) == sandbox.freeze("2026-11-24T11:00:00+11:00") == sandbox.freeze() == start
    assert sandbox.unfreeze() >= start
    with pytest.raises(ValueError, match="no time zone"):
        sandbox.freeze(datetime(2026, 11, 24))  # noqa: DTZ001 - what is refused


def test_settings_are_changed_and_read(sandbox: Sandbox) -> None:
    """Profile, version, directory, addresses, retention."""
    sandbox.set_profile(tag_match="ignore-case")
    assert sandbox.profile()["tag_match"] == "ignore-case"
    sandbox.set_version("6.0.1")
    assert sandbox.version() == "6.0.1"
    sandbox.set_version(None)
    assert sandbox.version() is None
    sandbox.set_directory({"users": [{"name": "Anna"}]})
    assert sandbox.directory()["users"][0]["name"] == "Anna"
    sandbox.set_allowed_addresses(["10.0.0.0/8"])
    assert sandbox.allowed_addresses() == ["10.0.0.0/8"]
    sandbox.set_allowed_addresses(None)
    assert sandbox.allowed_addresses() is None
    sandbox.set_retention(mid_term_days=90)
    assert sandbox.retention()["mid_term_days"] == 90


def test_journal_is_filtered_and_cleared(sandbox: Sandbox, sandboxes: Sandboxes) -> None:
    """Each filter is sent as the API takes it."""
    post(sandboxes, f"{sandbox.base_url}{LEGS}", apiKey=sandbox.api_key, tag="INV-7")
    post(sandboxes, f"{sandbox.base_url}{LEGS}", apikey=sandbox.api_key, tag="INV-8")

    def numbers(**filters: Any) -> list[int]:
        return [entry["number"] for entry in sandbox.journal(**filters)]

    assert numbers() == [1, 2]
    assert numbers(first=2, limit=5) == numbers(status=401) == numbers(unmatched=True) == numbers(tag="8") == [2]
    assert numbers(unmatched=False, method="POST", path=LEGS, parameter="tag=INV") == [1]
    missed = sandbox.journal(unmatched=True)[0]["near_miss"]
    assert missed is not None
    assert "it is apiKey" in missed["differs"][0]
    sandbox.clear_journal()
    assert numbers() == []


def test_snapshots_and_reset(sandbox: Sandbox) -> None:
    """A snapshot and a reset restore the state."""
    name = sandbox.snapshot()
    sandbox.play(*FLOW)
    sandbox.restore(name)
    assert (sandbox.live(), [kept["id"] for kept in sandbox.snapshots()]) == ([], [name])
    sandbox.drop_snapshot(name)
    assert sandbox.snapshots() == []
    sandbox.step(5)
    sandbox.reset()
    assert sandbox.now() == datetime(2026, 11, 24, tzinfo=UTC)


def test_control_error_has_the_message_of_the_server(sandbox: Sandbox) -> None:
    """It has the status, the JSON path and the whole answer, with the number of played steps."""
    with pytest.raises(ControlError, match=r"no call is named 'second'.*\(\$\.steps\[0\]\.call\)") as refused:
        sandbox.play({"do": "hang_up", "call": "second"})
    assert (refused.value.status, refused.value.path) == (400, "$.steps[0].call")
    with pytest.raises(ControlError, match="Nobody is connected") as stuck:
        sandbox.play(FLOW[0], {"do": "transfer", "call": "first", "to": "420"})
    assert (stuck.value.status, stuck.value.document["done"]) == (409, 1)


def test_token_comes_from_a_value_or_a_variable(sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is not set is named."""
    monkeypatch.setattr("noojee_fake.adapters.httpx_transport.CLIENT", "192.0.2.7")
    with ControlClient(transport=Transport(sandboxes)) as nobody, pytest.raises(ControlError, match="403"):
        nobody.names()
    monkeypatch.setenv("PBX_CONTROL_TOKEN", "t0ken")
    for how in ({"token": "t0ken"}, {"token_env": "PBX_CONTROL_TOKEN"}):
        with ControlClient(transport=Transport(sandboxes), **how) as control:
            assert control.names() == ["default"]
    monkeypatch.delenv("PBX_CONTROL_TOKEN")
    with pytest.raises(ControlError, match="PBX_CONTROL_TOKEN"):
        ControlClient(token_env="PBX_CONTROL_TOKEN")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx.ConnectError("refused"), "does not answer: refused"),
        (httpx.Response(404, html="<h1>no</h1>"), "404: Not Found; is this server a noojee-fake"),
        (httpx.Response(502), "502: Bad Gateway; is this server a noojee-fake"),
        (httpx.Response(400, json=["x"]), "400: Bad Request; is this server a noojee-fake"),
    ],
)
def test_server_without_a_control_api_is_an_error(answer: Any, says: str) -> None:
    """Each failure is a ControlError."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with ControlClient(transport=httpx.MockTransport(handle)) as control, pytest.raises(ControlError, match=says):
        control.about()


def test_typed_steps_are_those_of_the_description() -> None:
    """Each step with its fields and required fields."""
    components = json.loads(schema_text("control.openapi.json"))["components"]["schemas"]
    described = {
        (row["properties"]["do"]["const"], frozenset(row["properties"]), frozenset(row["required"]))
        for name, row in components.items()
        if name.startswith("Step")
    }
    typed = set()
    for step in get_args(types.Step):
        [name] = get_args(get_type_hints(step)["do"])
        hints = get_type_hints(step, include_extras=True)
        required = frozenset(field for field, hint in hints.items() if get_origin(hint) is not NotRequired)
        typed.add((name, frozenset(hints), required))
    assert typed == described
