"""The bodies of an ASGI application count in the memory budget, like those of `noojee-fake serve`."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

from noojee_fake.adapters.asgi import App
from noojee_fake.server.sandboxes import SAMPLE_KEY, Sandboxes, build

BY_TAG = "/njadmin/rest/RecordingAPI/retrieveMetaData"
BUDGET = 16 * 1024 * 1024
Message = MutableMapping[str, Any]


def post(sandboxes: Sandboxes, path: str, parts: list[bytes], query: str = "") -> tuple[int, list[int]]:
    """The status of the response to a body in parts, and what the budget counts before each part."""
    used: list[int] = []
    sent: list[Message] = []
    scope: Message = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/x-www-form-urlencoded")],
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> Message:
        used.append(sandboxes.budget.used_bytes)
        return {"type": "http.request", "body": parts[len(used) - 1], "more_body": len(used) < len(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(App(sandboxes)(scope, receive, send))
    return sent[0]["status"], used


def test_body_counts_until_the_response_is_sent() -> None:
    """In parts, as it comes."""
    sandboxes = build(memory_budget_bytes=BUDGET)
    before = sandboxes.budget.used_bytes
    status, used = post(sandboxes, BY_TAG, [b"x" * 100_000] * 3, f"apiKey={SAMPLE_KEY}&tag=1")
    assert (status, used) == (200, [before, before + 100_000, before + 200_000])
    assert sandboxes.budget.used_bytes < before + 100_000


def test_body_beyond_the_budget_is_refused() -> None:
    """It is dropped at once, and the journal has the refusal."""
    sandboxes = build(memory_budget_bytes=BUDGET)
    held = sandboxes.budget.reserve(BUDGET - sandboxes.budget.used_bytes - 150_000)
    status, used = post(sandboxes, BY_TAG, [b"x" * 100_000] * 3)
    assert (status, used[2]) == (503, used[0])
    assert sandboxes.default.journal.entries()[-1].response.status == 503
    held.release()


def test_body_of_the_control_api_beyond_the_budget_is_refused() -> None:
    """With the hint to enlarge the budget."""
    sandboxes = build(memory_budget_bytes=BUDGET)
    assert post(sandboxes, "/__noojee/sandboxes", [b" " * BUDGET])[0] == 503
