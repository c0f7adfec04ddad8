"""The door of httpx: a transport around a server's worlds, for clients in the same process, sync and async.

It only translates: raw path and query, lower-case header names, whole bodies.
"""

from __future__ import annotations

import httpx

from noojee_fake.messages import Request
from noojee_fake.worlds import Worlds, build

CLIENT = "127.0.0.1"


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers the requests of an `httpx.Client` or `httpx.AsyncClient` from `worlds`, without a socket."""

    def __init__(self, worlds: Worlds) -> None:
        self.worlds = worlds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request, await request.aread())

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, _, query = request.url.raw_path.decode("latin-1").partition("?")
        response = self.worlds.handle(
            Request(
                method=request.method,
                path=path,
                query=query,
                headers=tuple(
                    (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in request.headers.raw
                ),
                body=body,
                client=CLIENT,
                secure=request.url.scheme == "https",
            )
        )
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
        return httpx.Response(response.status, headers=headers, stream=httpx.ByteStream(response.body))


def open() -> Transport:
    """A transport to a fresh server with the vendor's sample key and no calls."""
    return Transport(build())
