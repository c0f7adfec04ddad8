"""Sends HTTP requests and keeps each as an `Exchange`. Never raises for what the server does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from noojee_contract.clients.limits import Limits
from noojee_contract.clients.retry_after import is_unavailable, retry_after_seconds
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.result import Tally

for _name in ("httpx", "httpcore"):  # they log whole URLs, with credentials
    logging.getLogger(_name).disabled = True
    logging.getLogger(_name).propagate = False

MOST_REPEATS = 3
"""How often one request is repeated because the server says Retry-After."""
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.ProxyError)
"""Errors that come before a request is sent."""
NO_ANSWER = "no answer"
NO_BYTE = "without sending a response"
"""A part of the message of httpcore for a connection that closes before a byte of the answer arrives."""


class Sender:
    """Sends requests within limits: bodies are bounded in size and in time.

    `tally` counts the requests and their answers. `on_exchange` is called with each exchange. `renew` gives a request with
    new credentials before it is repeated, None if it cannot be repeated.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        max_body_bytes: int = 64 * 1024 * 1024,
        timeout_seconds: float = 10.0,
        limits: Limits | None = None,
        tally: Tally | None = None,
    ) -> None:
        self.tally = Tally() if tally is None else tally
        self.on_exchange: Callable[[Exchange], None] | None = None
        self.renew: Callable[[Request], Request | None] = lambda request: request
        self._http = http
        self._max_body_bytes = max_body_bytes
        self._timeout_seconds = timeout_seconds
        self._limits = limits

    def send(self, request: Request) -> Exchange:
        """Send a request as given, with the cookies that the server has set: a session must not replace credentials.

        Repeats it if a reused connection closes before a byte arrives, and after the time that a Retry-After asks for,
        unless the request says that it cannot be repeated.
        """
        exchange, closed_early = self._sent(request)
        if closed_early and request.repeatable:
            exchange, _ = self._sent(self.renew(request) or request)
        for _ in range(MOST_REPEATS):
            seconds = retry_after_seconds(exchange, now=datetime.now(UTC))
            if seconds is None or not request.repeatable or self._limits is None:
                break
            if not self._limits.wait_to_retry(seconds):
                break
            before, exchange = exchange, self._repeated(exchange)
            if exchange is before:
                break
        return exchange

    def _repeated(self, exchange: Exchange) -> Exchange:
        """The exchange of the same request with new credentials; the given one if it cannot be repeated."""
        request = self.renew(exchange.request)
        return exchange if request is None else self._sent(request)[0]

    def _sent(self, request: Request) -> tuple[Exchange, bool]:
        """Send a request once. The flag says that a reused connection closed before a byte of the answer arrived."""
        if self._limits is not None:
            self._limits.before_request()
        wire = _Wire(self._limits)
        at = datetime.now(UTC)
        error: Exception | None = None
        try:
            exchange = self._exchange(request, wire, at)
        except httpx.TimeoutException as caught:
            error, says = caught, f"no answer within {self._timeout_seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as caught:
            error, says = caught, f"{type(caught).__name__}: {caught}"
        if error is not None:
            exchange = Exchange(request=request, transport_error=says, at=at)
        if not isinstance(error, NOT_SENT):
            status = NO_ANSWER if exchange.status is None else str(exchange.status)
            self.tally.count(status, unavailable=request.repeatable and is_unavailable(exchange))
        wire.end()
        if self.on_exchange is not None:
            self.on_exchange(exchange)
        return exchange, wire.reused and _closed_without_a_byte(error)

    def _exchange(self, request: Request, wire: _Wire, at: datetime) -> Exchange:
        with self._http.stream(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            follow_redirects=False,
            extensions={"trace": wire},
        ) as answer:
            body, transport_error = self._read(answer, wire.started)
            response = Response(
                status=answer.status_code,
                headers=tuple((name.lower(), value) for name, value in answer.headers.multi_items()),
                body=body,
                seconds=time.monotonic() - wire.started,
            )
            return Exchange(request=request, response=response, transport_error=transport_error, at=at)

    def _read(self, answer: httpx.Response, started: float) -> tuple[bytes, str | None]:
        body = bytearray()
        try:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > self._max_body_bytes:
                    return bytes(body[: self._max_body_bytes]), f"the body is longer than {self._max_body_bytes} bytes"
                if time.monotonic() - started > self._timeout_seconds:
                    return bytes(body), f"the answer was not whole after {self._timeout_seconds:g} s"
        except httpx.HTTPError as error:
            return bytes(body), f"the answer was cut off: {type(error).__name__}: {error}"
        return bytes(body), None


class _Wire:
    """Follows one request on its connection by the trace events of httpcore: holds the rate at the moment of sending.

    `started` is when the request was sent. `reused` says that no new connection was opened for it.
    """

    def __init__(self, limits: Limits | None) -> None:
        self.started = time.monotonic()
        self.reused = False
        self._limits = limits
        self._connected = False
        self._sending = False
        self._unanswered = False

    def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        if name.endswith("connect_tcp.started"):
            self._connected = True
        elif name.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.reused = not self._connected
            if self._limits is not None:
                self._limits.begin_sending()
            self._sending = True
            self.started = time.monotonic()
        elif self._sending and name.endswith(("send_request_headers.complete", "send_request_headers.failed")):
            self._sending = False
            self._unanswered = True
            if self._limits is not None:
                self._limits.end_sending()
        elif name.endswith("receive_response_headers.complete"):
            self.end()

    def end(self) -> None:
        """Note that the answer arrives, or will not come."""
        if self._unanswered and self._limits is not None:
            self._limits.answered()
        self._unanswered = False


def _closed_without_a_byte(error: Exception | None) -> bool:
    if isinstance(error, httpx.RemoteProtocolError):
        return NO_BYTE in str(error)
    return isinstance(error, (httpx.ReadError, httpx.WriteError))
