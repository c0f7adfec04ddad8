"""Waits for the answer to a long poll, in the thread of the request or in the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from noojee_fake.messages import Pending, Response


def settled(pending: Pending, *, patience_seconds: float | None = None) -> Response:
    """Wait for the answer to a long poll. Raises TimeoutError after `patience_seconds` without an answer."""
    changed = threading.Event()
    stop = pending.listen(changed.set)
    begin = time.monotonic()
    try:
        while True:
            changed.clear()
            passed = time.monotonic() - begin
            answer = pending.finish(passed >= pending.seconds)
            if answer is not None:
                return answer
            if patience_seconds is not None and passed >= patience_seconds:
                raise TimeoutError
            changed.wait(_wait_seconds(pending, patience_seconds, passed))
    finally:
        stop()


async def awaited(
    pending: Pending, *, patience_seconds: float | None = None, left: asyncio.Future[Any] | None = None
) -> Response | None:
    """Wait for the answer in the event loop. Returns None as soon as `left` is done: the client has left."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: no poll waits any more
            loop.call_soon_threadsafe(changed.set)

    stop = pending.listen(wake)
    begin = loop.time()
    try:
        while True:
            changed.clear()
            passed = loop.time() - begin
            answer = pending.finish(passed >= pending.seconds)
            if answer is not None:
                return answer
            if patience_seconds is not None and passed >= patience_seconds:
                raise TimeoutError
            woken = asyncio.ensure_future(changed.wait())
            waits = {woken} if left is None else {woken, left}
            seconds = _wait_seconds(pending, patience_seconds, passed)
            try:
                await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            finally:
                woken.cancel()
            if left is not None and left.done():
                return None
    finally:
        stop()


def _wait_seconds(pending: Pending, patience_seconds: float | None, passed_seconds: float) -> float:
    longest = pending.seconds if patience_seconds is None else min(pending.seconds, patience_seconds)
    return max(0.0, longest - passed_seconds)


class LongPolls:
    """The long polls that wait in one server."""

    def __init__(self) -> None:
        self._waiting: set[Callable[[], None]] = set()
        self._is_closing = False

    def close(self) -> None:
        """Answer all long polls, present and later, as after their timeout: the server is about to end."""
        self._is_closing = True
        for wake in list(self._waiting):
            wake()

    async def wait(self, pending: Pending, *, left: asyncio.Future[Any]) -> Response | None:
        """The response to a long poll; None as soon as `left` is done: the client has left."""

        def listen(wake: Callable[[], None]) -> Callable[[], None]:
            stop = pending.listen(wake)
            self._waiting.add(wake)

            def stop_both() -> None:
                stop()
                self._waiting.discard(wake)

            return stop_both

        guarded = replace(pending, listen=listen, finish=lambda over: pending.finish(over or self._is_closing))
        return await awaited(guarded, left=left)
