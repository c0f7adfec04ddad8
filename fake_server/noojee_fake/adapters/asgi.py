"""The ASGI application, without a framework: bytes in, `Sandboxes.handle`, bytes out.

It knows nothing about the API.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from noojee_fake.adapters import service
from noojee_fake.adapters.long_poll import LongPolls
from noojee_fake.adapters.request_reader import Body
from noojee_fake.adapters.service import Log, Service
from noojee_fake.messages import Pending, Request, Streamed
from noojee_fake.server.sandboxes import Sandboxes

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class App:
    """The sandboxes of a server as an ASGI application. It calls `log` with each request and its response.

    ASGI has no way to close a connection without a response: a client of a refused address gets the response 403.
    """

    def __init__(self, sandboxes: Sandboxes, *, log: Log | None = None) -> None:
        self._service = Service(sandboxes, log=log)
        self._polls = LongPolls()

    def close(self) -> None:
        """Answer all long polls, present and later, as after their timeout: the server is about to end."""
        self._polls.close()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        head = _head(scope)
        response = self._service.refusal(head, None)
        request = head
        if response is None:
            body = Body(self._service.budget)  # it counts until the response is sent
            body.kept_bytes = self._service.kept_bytes(head)
            try:
                await _read(receive, body)
            except _ClientLeft:
                return
            request = replace(head, body=body.take())
            if body.is_over_budget:
                response = self._service.no_room(head)
            else:
                response = self._service.answer(request, body.length)
        if isinstance(response, Pending):
            left = asyncio.ensure_future(_left(receive))
            try:
                response = await self._polls.wait(response, left=left)
            finally:
                left.cancel()
            if response is None:
                return
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers],
            }
        )
        if isinstance(response, Streamed):
            for piece in response.pieces():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": response.body})
        if self._service.log is not None:
            self._service.log(request, response)


def _head(scope: Message) -> Request:
    raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
    client = scope.get("client")
    return Request(
        method=scope["method"],
        path=raw_path.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        client=client[0] if client else None,
        secure=scope.get("scheme") == "https",
    )


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _ClientLeft(Exception):
    """The client left before its request was complete. The received part is not used."""


async def _read(receive: Receive, body: Body) -> None:
    """Read a body.

    What is not kept is read too, because a client that still sends would not see its response. Reading ends at twice
    the limit of all bodies.
    """
    more = True
    while more and body.length <= 2 * service.LARGEST_BODY_BYTES:
        message = await _part(receive)
        body.add(message.get("body", b""))
        more = message.get("more_body", False)


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
