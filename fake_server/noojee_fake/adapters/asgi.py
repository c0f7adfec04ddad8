"""The ASGI application, without a framework: bytes in, `Sandboxes.handle`, bytes out. It knows nothing about the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from noojee_fake.adapters.long_poll import awaited
from noojee_fake.control import json_body
from noojee_fake.messages import Closed, Pending, Request, Response
from noojee_fake.server.sandboxes import Sandboxes, body_bytes

CUT = "noojee.cut"
"""The extension of the ASGI scope with a function that cuts the connection. A server without it sends the answer."""

LARGEST_BODY_BYTES = json_body.LARGEST_BODY_BYTES

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Log = Callable[[Request, Response], None]

_TOO_LARGE = Response(413, (("Content-Type", "text/plain"), ("Connection", "close"), ("Content-Length", "0")))


class App:
    """The sandboxes of a server as an ASGI application. It calls `log` with each request and its answer."""

    def __init__(self, sandboxes: Sandboxes, *, log: Log | None = None) -> None:
        self.sandboxes = sandboxes
        self._log = log
        self._waiting: set[Callable[[], None]] = set()
        self._closing = False

    def close(self) -> None:
        """Answer all long polls, present and later, as after their timeout: the server is about to end."""
        self._closing = True
        for wake in list(self._waiting):
            wake()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
        path = raw_path.decode("latin-1")
        try:
            body = await _body(receive, body_bytes(path))
        except _ClientLeft:
            return
        client = scope.get("client")
        request = Request(
            method=scope["method"],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=body or b"",
            client=client[0] if client else None,
            secure=scope.get("scheme") == "https",
        )
        response = _TOO_LARGE if body is None else self.sandboxes.handle(request)
        if isinstance(response, Pending):
            waited = await self._wait(response, receive)
            if waited is None:
                return
            response = waited
        if isinstance(response, Closed) and CUT in scope.get("extensions", {}):
            scope["extensions"][CUT]["cut"]()
            if self._log is not None:
                self._log(request, response)
            return
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers],
            }
        )
        await send({"type": "http.response.body", "body": response.body})
        if self._log is not None:
            self._log(request, response)

    async def _wait(self, pending: Pending, receive: Receive) -> Response | None:
        """The answer to a long poll; None if the client leaves. When the server ends, the answer comes at once."""

        def listen(wake: Callable[[], None]) -> Callable[[], None]:
            stop = pending.listen(wake)
            self._waiting.add(wake)

            def stop_both() -> None:
                stop()
                self._waiting.discard(wake)

            return stop_both

        left = asyncio.ensure_future(_left(receive))
        try:
            guarded = replace(pending, listen=listen, finish=lambda over: pending.finish(over or self._closing))
            return await awaited(guarded, left=left)
        finally:
            left.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _ClientLeft(Exception):
    """The client left before its request was complete. The received part is not used."""


async def _body(receive: Receive, kept_bytes: int) -> bytes | None:
    """The first `kept_bytes` of a body; None for a body beyond the limit of all bodies.

    The rest is read and dropped, because a client that still sends would not see its answer. Reading ends at twice the
    limit.
    """
    message = await _part(receive)
    if not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        return None if len(whole) > LARGEST_BODY_BYTES else whole
    parts = bytearray()
    size = 0
    while True:
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY_BYTES:
            parts.clear()
        else:
            parts += part[: max(0, kept_bytes - len(parts))]
        if not message.get("more_body") or size > 2 * LARGEST_BODY_BYTES:
            return None if size > LARGEST_BODY_BYTES else bytes(parts)
        message = await _part(receive)


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _ClientLeft
    return message


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
