"""Sends HTTP requests and keeps each as an `Exchange`. Never raises for what the server does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from noojee_contract.model.exchange import Exchange, Request, Response

for _name in ("httpx", "httpcore"):  # they log whole URLs, with credentials
    logging.getLogger(_name).disabled = True
    logging.getLogger(_name).propagate = False


class Sender:
    """Sends requests within limits: bodies are bounded in size and in time.

    `before_request` runs before each request: it waits for the rate, and raises BudgetSpent. `requests` counts them.
    `on_exchange` is called with each exchange.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        max_body_bytes: int = 64 * 1024 * 1024,
        timeout_seconds: float = 10.0,
        before_request: Callable[[], None] | None = None,
    ) -> None:
        self.requests = 0
        self.on_exchange: Callable[[Exchange], None] | None = None
        self._http = http
        self._max_body_bytes = max_body_bytes
        self._timeout_seconds = timeout_seconds
        self._before_request = before_request

    def send(self, request: Request) -> Exchange:
        """Send a request as given, with the cookies that the server has set: a session must not replace credentials."""
        if self._before_request is not None:
            self._before_request()
        self.requests += 1
        exchange = self._sent(request)
        if self.on_exchange is not None:
            self.on_exchange(exchange)
        return exchange

    def _sent(self, request: Request) -> Exchange:
        at = datetime.now(UTC)
        started = time.monotonic()
        try:
            with self._http.stream(
                request.method,
                request.url,
                headers=list(request.headers),
                content=request.body,
                follow_redirects=False,
            ) as answer:
                body, transport_error = self._read(answer, started)
                response = Response(
                    status=answer.status_code,
                    headers=tuple((name.lower(), value) for name, value in answer.headers.multi_items()),
                    body=body,
                    seconds=time.monotonic() - started,
                )
                return Exchange(request=request, response=response, transport_error=transport_error, at=at)
        except httpx.TimeoutException:
            return Exchange(request=request, transport_error=f"no answer within {self._timeout_seconds:g} s", at=at)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            return Exchange(request=request, transport_error=f"{type(error).__name__}: {error}", at=at)

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
