"""The door of ASGI servers, without a framework: bytes in, `Worlds.handle`, bytes out. It has no `if` about the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from noojee_fake.messages import Request, Response
from noojee_fake.worlds import Worlds

LARGEST_BODY_BYTES = 256 * 1024 * 1024

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Log = Callable[[Request, Response], None]

_TOO_LARGE = Response(413, (("Content-Type", "text/plain"), ("Content-Length", "0")))


class App:
    """The worlds of a server as an ASGI application. `log` is told of each request and its answer."""

    def __init__(self, worlds: Worlds, *, log: Log | None = None) -> None:
        self.worlds = worlds
        self._log = log

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            body = await _body(receive)
        except _Gone:
            return
        client = scope.get("client")
        raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogateescape")
        request = Request(
            method=scope["method"],
            path=raw_path.decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=body or b"",
            client=client[0] if client else None,
            secure=scope.get("scheme") == "https",
        )
        response = _TOO_LARGE if body is None else self.worlds.handle(request)
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


class _Gone(Exception):
    """The client left before its request was whole: nothing may be done with the part that came."""


async def _body(receive: Receive) -> bytes | None:
    """The whole body of a request; None where it is larger than any that the control API takes."""
    message = await _part(receive)
    if not message.get("more_body"):
        whole: bytes = message.get("body", b"")
        return None if len(whole) > LARGEST_BODY_BYTES else whole
    parts = bytearray(message.get("body", b""))
    size = len(parts)
    while message.get("more_body"):
        message = await _part(receive)
        part = message.get("body", b"")
        size += len(part)
        if size > LARGEST_BODY_BYTES:
            parts.clear()  # the rest is read and dropped: a client that still sends would not see its answer
        else:
            parts += part
    return None if size > LARGEST_BODY_BYTES else bytes(parts)


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Gone
    return message


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
