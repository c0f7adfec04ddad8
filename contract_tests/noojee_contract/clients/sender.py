"""Sends HTTP requests and keeps each as an `Exchange`. Never raises for what the server does."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx

from noojee_contract.clients.body import BodyBounds, read_body
from noojee_contract.clients.body_file import BodyFile
from noojee_contract.clients.limits import Limits
from noojee_contract.clients.request_trace import RequestTrace
from noojee_contract.clients.retry_after import is_unavailable, retry_after_seconds
from noojee_contract.clients.transport import DEADLINE, FRESH, THROUGH, Deadline
from noojee_contract.clients.transport_errors import TIMEOUT_KEY, in_words, is_malformed
from noojee_contract.errors import NotRecorded
from noojee_contract.model.exchange import Exchange, Headers, Request, Response, StoredBody
from noojee_contract.model.result import Tally
from noojee_contract.model.wire import MISS_HEADER
from noojee_contract.targets.target import DEFAULT_LARGEST_AUDIO_BYTES, DEFAULT_MAX_BODY_BYTES, DEFAULT_TIMEOUT_SECONDS

_PARTS = ("connection", "http11", "http2", "proxy", "socks")
for _name in ("httpx", "httpcore", *(f"httpcore.{_part}" for _part in _PARTS)):  # they log whole URLs and headers
    logging.getLogger(_name).disabled = True
    logging.getLogger(_name).propagate = False

MOST_REPEATS = 3
"""How often one request is repeated because the server says Retry-After."""
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.ProxyError)
"""Errors that come before a request is sent."""
UNDECIDED = (httpx.TimeoutException, httpx.ProxyError)
"""Errors that do not say that the server refuses a request."""
NO_ANSWER = "no answer"
BYTES_A_SECOND = 16_000
"""The lowest rate of a body after the time for an answer: telephone sound (8 kHz, 16 bit) comes as fast as it plays."""
TIMES_LONGER = 6
"""How many times the time for an answer a body without audio may take at this rate: a long listing of a slow PBX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerBounds:
    """The bounds of an answer: its time, the size of its body, and the size of audio, all as in the target file."""

    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    largest_audio_bytes: int = DEFAULT_LARGEST_AUDIO_BYTES


def no_headers(_url: str) -> Headers:
    """A target without fixed headers."""
    return ()


class Sender:
    """Sends requests within limits: answers are bounded in size and in time. Long bodies go to a temporary file.

    `headers_for` gives the fixed headers of a URL. `is_replay`: recorded traffic answers, and a request without a
    recorded answer raises NotRecorded.
    `tally` counts the requests and their answers. `on_exchange` is called with each exchange. `renew` gives a request
    with new credentials before it is repeated, None if it cannot be repeated.
    """

    def __init__(
        self,
        http: httpx.Client,
        *,
        bounds: AnswerBounds | None = None,
        bodies: BodyFile | None = None,
        limits: Limits | None = None,
        tally: Tally | None = None,
        headers_for: Callable[[str], Headers] = no_headers,
    ) -> None:
        self.tally = Tally() if tally is None else tally
        self.on_exchange: Callable[[Exchange], None] | None = None
        self.renew: Callable[[Request], Request | None] = lambda request: request
        self._http = http
        self._bounds = AnswerBounds() if bounds is None else bounds
        self._bodies = BodyFile() if bodies is None else bodies
        self._limits = limits
        self.is_replay = False
        self._headers_for = headers_for

    def send(self, request: Request) -> Exchange:
        """Send a request as given, with the headers of the target, and without any state of an earlier answer.

        Repeats it if a reused connection closes before a byte arrives, and after the time that a Retry-After asks for,
        unless the request says that it cannot be repeated: then it gets a new connection.
        """
        request = _with_headers(request, self._headers_for(request.url))
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
        if self._is_miss(exchange):
            raise NotRecorded(exchange.body.decode("utf-8", "replace").strip())
        return exchange

    def _is_miss(self, exchange: Exchange) -> bool:
        """Whether a replay says that it has no recorded answer."""
        return self.is_replay and exchange.header(MISS_HEADER) is not None

    def _repeated(self, exchange: Exchange) -> Exchange:
        """The exchange of the same request with new credentials; the given one if it cannot be repeated."""
        request = self.renew(exchange.request)
        return exchange if request is None else self._sent(request)[0]

    def _sent(self, request: Request) -> tuple[Exchange, bool]:
        """Send a request once. The flag says that a reused connection closed before a byte of the answer arrived."""
        if self._limits is not None:
            self._limits.before_request()
        trace = RequestTrace(self._limits, Deadline(self._bounds.timeout_seconds))
        at = datetime.now(UTC)
        error: Exception | None = None
        try:
            exchange = self._exchange(request, trace, at)
        except httpx.TimeoutException as caught:
            through = f" {str(caught).partition(': ')[0]}" if str(caught).startswith(THROUGH) else ""
            error, says = caught, f"no answer within {self._bounds.timeout_seconds:g} s{through} {TIMEOUT_KEY}"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as caught:
            error, says = caught, in_words(caught, trace.deadline.received_bytes)
        if error is not None:
            malformed = is_malformed(error, trace.deadline.received_bytes)
            undecided = isinstance(error, UNDECIDED)
            exchange = Exchange(request=request, transport_error=says, malformed=malformed, undecided=undecided, at=at)
        if not isinstance(error, NOT_SENT) and not self._is_miss(exchange):
            status = NO_ANSWER if exchange.status is None else str(exchange.status)
            self.tally.count(status, unavailable=request.repeatable and is_unavailable(exchange))
        trace.end()
        if self.on_exchange is not None:
            self.on_exchange(exchange)
        return exchange, trace.closed_early(error)

    def _exchange(self, request: Request, trace: RequestTrace, at: datetime) -> Exchange:
        with self._http.stream(
            request.method,
            request.url,
            headers=list(request.headers),
            content=request.body,
            follow_redirects=False,
            extensions={"trace": trace, DEADLINE: trace.deadline, FRESH: not request.repeatable},
        ) as answer:
            trace.end()  # a transport in this process has no trace events
            body, stored, fault = self._read(answer, trace.deadline, audio=request.audio)
            response = Response(
                status=answer.status_code,
                headers=tuple((name.lower(), value) for name, value in answer.headers.multi_items()),
                body=body,
                stored=stored,
                seconds=time.monotonic() - trace.started,
            )
            return Exchange(request=request, response=response, transport_error=fault, at=at)

    def _read(
        self, answer: httpx.Response, deadline: Deadline, *, audio: bool
    ) -> tuple[bytes, StoredBody | None, str | None]:
        """The body of an answer, or its beginning and the file with the whole; and what is wrong with it."""
        bounds = BodyBounds(
            largest_bytes=self._bounds.largest_audio_bytes if audio else self._bounds.max_body_bytes,
            bytes_a_second=BYTES_A_SECOND,
            most_seconds=math.inf if audio else (TIMES_LONGER - 1) * self._bounds.timeout_seconds,
        )
        storing = self._bodies.store()
        fault = read_body(answer, deadline, bounds, storing.file)
        return (*storing.kept(whole=fault is None), fault)


def _with_headers(request: Request, headers: Headers) -> Request:
    """A request with more headers; its own headers stay."""
    own = {name.lower() for name, _ in request.headers}
    more = tuple((name, value) for name, value in headers if name.lower() not in own)
    return replace(request, headers=(*request.headers, *more)) if more else request
