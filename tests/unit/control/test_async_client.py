"""The async control client has the methods of the sync one, and answers the same."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from noojee_fake import AsyncControlClient, AsyncSandbox, ControlClient, ControlError, EmbeddedPbx, Sandbox

FLOW: Any = (
    {"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "call", "tag": "INV-7"},
    {"do": "wait", "seconds": 5},
    {"do": "answer", "call": "call", "by": "410"},
    {"do": "hang_up", "call": "call"},
)


def run(test: Callable[[AsyncControlClient], Awaitable[None]]) -> None:
    """Run a test with the async client of a new PBX."""

    async def opened() -> None:
        with EmbeddedPbx() as pbx:
            async with pbx.async_control as control:
                await test(control)

    asyncio.run(opened())


@pytest.mark.parametrize(("sync", "other"), [(ControlClient, AsyncControlClient), (Sandbox, AsyncSandbox)])
def test_both_clients_have_the_same_methods(sync: type, other: type) -> None:
    """With the same parameters; only the names of opening and closing differ."""

    def methods(kind: type) -> dict[str, list[str]]:
        found = inspect.getmembers(kind, inspect.isfunction)
        return {name: list(inspect.signature(each).parameters) for name, each in found if not name.startswith("_")}

    expected = {"aclose" if name == "close" else name: each for name, each in methods(sync).items()}
    assert methods(other) == expected
    assert all(inspect.iscoroutinefunction(getattr(other, name)) for name in methods(other))


def test_async_client_plays_calls_and_reads_the_journal() -> None:
    """A sandbox of its own, deleted at the end of its block."""

    async def test(control: AsyncControlClient) -> None:
        async with await control.make_sandbox(version="6.0.1", sandbox="mine", frozen=True) as sandbox:
            assert repr(sandbox).startswith("<AsyncSandbox mine at ")
            played = await sandbox.play(*FLOW)
            assert [leg["username"] for leg in played["call"]["legs"]] == ["Administrator", "Fred"]
            before = await sandbox.now()
            assert (await sandbox.step(60) - before).total_seconds() == 60
            assert await sandbox.version() == "6.0.1"
            await sandbox.set_profile(tag_match="ignore-case")
            profile = await sandbox.profile()
            assert profile["tag_match"] == "ignore-case"
            unique_id = (await sandbox.calls())[0]["unique_id"]
            sound = await sandbox.sound(unique_id, 1)
            await sandbox.put_sound(unique_id, 1, sound)
            kept = await sandbox.snapshot()
            await sandbox.delete_call(unique_id)
            await sandbox.restore(kept)
            assert len(await sandbox.calls()) == 1
            assert await sandbox.journal(limit=5) == []
            assert await control.names() == ["default", "mine"]
        assert await control.names() == ["default"]

    run(test)


def test_refusal_of_an_async_request_is_a_control_error() -> None:
    """With the status and the reason of the server, as from the sync client."""

    async def test(control: AsyncControlClient) -> None:
        with pytest.raises(ControlError, match="there is no sandbox") as refused:
            await control.sandbox("nobody")
        assert refused.value.status == 404
        with pytest.raises(ControlError, match="default sandbox") as refused:
            await (await control.sandbox()).drop()
        assert refused.value.status == 409

    run(test)


def test_async_server_that_does_not_answer_is_a_control_error() -> None:
    """It names the address."""

    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async def test() -> None:
        async with AsyncControlClient(transport=httpx.MockTransport(handle)) as control:
            with pytest.raises(ControlError, match=r"at http://127\.0\.0\.1:8000 does not answer"):
                await control.about()

    asyncio.run(test())
