"""The httpx transport of a target: TLS as the target file says, a proxy, and a deadline for each exchange.

httpx bounds the wait for one piece of an answer, and not the answer: a server that sends a byte now and then holds a
client for ever. The streams of this transport also end at the deadline of the exchange.
"""

from __future__ import annotations

import math
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpcore
import httpx

from noojee_contract.clients.proxies import proxy_in_words

FRESH = "fresh"
"""The extension of a request that needs a new connection: it cannot be sent again if the server closed an idle one."""
DEADLINE = "deadline"
"""The extension of a request that holds its `Deadline`."""
BYTES = "bytes"
"""The extension of a request that holds what follows its bytes on the wire, a `BytesFollower`."""
WRITE_BYTES = 64 * 1024
_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.ProxyError, httpx.ProxyError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
)
"""The errors of httpcore, and the error of httpx that each becomes."""


_OF_CONNECTIONS = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)
PROXY_CREDENTIALS = 407
THROUGH = "through the proxy"
"""How the message of an error begins that came through a proxy, or from it."""


class BytesFollower(Protocol):
    """Follows the bytes of one exchange on its connection, inside of TLS."""

    def opened(self) -> None:
        """A connection is open: what was sent before opened it, such as to a proxy."""

    def sent(self, content: bytes) -> None:
        """Bytes were sent."""

    def received(self, content: bytes) -> None:
        """Bytes were received; empty at the end of the connection."""


class Deadline:
    """When an exchange must be over: `seconds` after its start. It moves while a body arrives fast enough.

    `received_bytes` is what has come so far, as on the wire.
    """

    __slots__ = ("_more", "_now", "_started", "received_bytes", "seconds")

    def __init__(self, seconds: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self.restart()

    def restart(self) -> None:
        """Count again from now."""
        self._started = self._now()
        self._more = 0.0
        self.received_bytes = 0

    def extend(self, seconds: float, *, at_most: float = math.inf) -> None:
        """Move the deadline later; all moves together are `at_most` seconds."""
        self._more = min(self._more + seconds, at_most)

    @property
    def passed(self) -> float:
        """The seconds since the start."""
        return self._now() - self._started

    @property
    def left(self) -> float:
        """The seconds that are left; 0 or less after the deadline."""
        return self.seconds + self._more - self.passed


class BoundedTransport(httpx.BaseTransport):
    """Sends requests over sockets, directly or through an HTTP proxy, one at a time.

    The extension `DEADLINE` of a request bounds its exchange. `server_name` is the name in the TLS handshake that the
    certificate must have, None for the host of the URL.
    """

    def __init__(
        self, context: ssl.SSLContext | None = None, *, proxy: httpx.Proxy | None = None, server_name: str | None = None
    ) -> None:
        self._backend = _Backend(server_name)
        self._proxy = proxy
        if proxy is None:
            self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=self._backend)
        else:
            self._pool = httpcore.HTTPProxy(
                proxy_url=_url(proxy.url),
                proxy_auth=proxy.raw_auth,
                proxy_headers=proxy.headers.raw,
                ssl_context=context,
                network_backend=self._backend,
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises the errors of httpx."""
        self._backend.deadline = request.extensions.get(DEADLINE)
        self._backend.follower = request.extensions.get(BYTES)
        if request.extensions.get(FRESH):
            self._close_idle_connections()
        sent = httpcore.Request(
            method=request.method,
            url=_url(request.url),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _errors_of_httpx(None if self._proxy is None else self._proxy.url):
            answer = self._pool.handle_request(sent)
        if self._proxy is not None and answer.status == PROXY_CREDENTIALS:
            answer.close()
            raise httpx.ProxyError(f"the proxy {proxy_in_words(self._proxy.url)} demands a user and a password")
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_AnswerStream(answer),
            extensions=answer.extensions,
        )

    def _close_idle_connections(self) -> None:
        for connection in self._pool.connections:
            if connection.is_idle():
                connection.close()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


class _AnswerStream(httpx.SyncByteStream):
    """The body of an answer, with the errors of httpx."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        with _errors_of_httpx():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        with _errors_of_httpx():
            self._answer.close()


class _Backend(httpcore.NetworkBackend):
    """Opens connections whose streams end at the deadline of the request that uses them."""

    def __init__(self, server_name: str | None) -> None:
        self.deadline: Deadline | None = None
        self.follower: BytesFollower | None = None
        self.server_name = server_name
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection before the deadline."""
        seconds = self.bounded(timeout, httpcore.ConnectTimeout)
        return _Stream(self._sockets.connect_tcp(host, port, seconds, local_address, socket_options), self)

    def bounded(self, timeout: float | None, error: type[Exception]) -> float | None:
        """The seconds for one operation: at most the rest of the exchange. Raises `error` after the deadline."""
        if self.deadline is None:
            return timeout
        left = self.deadline.left
        if left <= 0:
            raise error("the deadline of the exchange has passed")
        return left if timeout is None else min(timeout, left)


@dataclass(slots=True)
class _Stream(httpcore.NetworkStream):
    """A connection. Each operation ends at the deadline of the exchange."""

    stream: httpcore.NetworkStream
    backend: _Backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received = self.stream.read(max_bytes, self.backend.bounded(timeout, httpcore.ReadTimeout))
        if self.backend.deadline is not None:
            self.backend.deadline.received_bytes += len(received)
        if self.backend.follower is not None:
            self.backend.follower.received(received)
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        for start in range(0, len(view), WRITE_BYTES):
            seconds = self.backend.bounded(timeout, httpcore.WriteTimeout)
            self.stream.write(bytes(view[start : start + WRITE_BYTES]), seconds)
        if self.backend.follower is not None:
            self.backend.follower.sent(buffer)

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        name = self.backend.server_name or server_hostname
        seconds = self.backend.bounded(timeout, httpcore.ConnectTimeout)
        stream = _Stream(self.stream.start_tls(ssl_context, name, seconds), self.backend)
        if self.backend.follower is not None:
            self.backend.follower.opened()
        return stream

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


@contextmanager
def _errors_of_httpx(proxy: httpx.URL | None = None) -> Iterator[None]:
    """Raise the errors of httpx. `proxy` is the proxy that opens connections: its errors name it."""
    try:
        yield
    except tuple(error for error, _ in _ERRORS) as caught:
        raised = next(becomes for error, becomes in _ERRORS if isinstance(caught, error))
        if proxy is None:
            raise raised(str(caught)) from caught
        if issubclass(raised, _OF_CONNECTIONS):
            raised = httpx.ProxyError
        says = str(caught) or "no answer in time"
        raise raised(f"{THROUGH} {proxy_in_words(proxy)}: {says}") from caught


def _url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
