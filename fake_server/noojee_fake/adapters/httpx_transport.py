"""A transport of httpx for clients in the same process, sync and async.

It passes the raw path and query, lower-case header names and whole bodies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx

from noojee_fake.adapters.long_poll import awaited, settled
from noojee_fake.messages import Closed, Pending, Request, Response, Streamed
from noojee_fake.server.sandboxes import Sandboxes, build

CLIENT = "127.0.0.1"


class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for `httpx.Client` and `httpx.AsyncClient` that answers from `sandboxes`, without a socket."""

    def __init__(self, sandboxes: Sandboxes) -> None:
        self.sandboxes = sandboxes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of a sync client. Raises httpx.ReadTimeout if a long poll outlasts the read timeout."""
        response: Response | None = self._answer_to(request, request.read())
        if isinstance(response, Pending):
            with _raising_read_timeout(request):
                response = settled(response, patience_seconds=_patience(request))
        return _written(response, request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request of an async client. Raises httpx.ReadTimeout if a long poll outlasts the read timeout."""
        response: Response | None = self._answer_to(request, await request.aread())
        if isinstance(response, Pending):
            with _raising_read_timeout(request):
                response = await awaited(response, patience_seconds=_patience(request))
        return _written(response, request)

    def _answer_to(self, request: httpx.Request, body: bytes) -> Response:
        path, _, query = request.url.raw_path.decode("latin-1").partition("?")
        return self.sandboxes.handle(
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
                in_process=True,
            )
        )


def _patience(request: httpx.Request) -> float | None:
    """The read timeout of the client; None: it waits without a limit."""
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


@contextmanager
def _raising_read_timeout(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise httpx.ReadTimeout("timed out", request=request) from None


def _written(response: Response | None, request: httpx.Request) -> httpx.Response:
    if response is None or isinstance(response, Closed):
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    stream = _Pieces(response) if isinstance(response, Streamed) else httpx.ByteStream(response.body)
    return httpx.Response(response.status, headers=headers, stream=stream)


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The body of a streamed response."""

    def __init__(self, response: Streamed) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.pieces()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._response.pieces():
            yield piece


def open() -> Transport:
    """A transport to a new server with the vendor's sample key and no calls."""
    return Transport(build())
