"""What every server adapter does with a request: body limits, admission before the body, the log, the journal."""

from __future__ import annotations

import http
import re
from collections.abc import Callable, Collection
from dataclasses import replace

from noojee_fake.control import json_body
from noojee_fake.messages import Closed, Pending, Request, Response
from noojee_fake.pbx.memory_budget import MemoryBudget
from noojee_fake.server.sandboxes import Sandboxes, body_bytes, is_control

LARGEST_BODY_BYTES = json_body.LARGEST_BODY_BYTES
SLOW_BODY_BYTES = 64 * 1024
"""Reading the parameters of a larger form takes long."""

Log = Callable[[Request, Response], None]
"""Logs a request with its response."""

TOO_LARGE = Response(413, (("Content-Type", "text/plain"), ("Content-Length", "0")))
_START_LINE = re.compile(r"(?:([A-Z-]{1,20}) )?([^\r\n]*)")
"""The method and the target of a request line; without a method, everything is the target, which is redacted."""
_USER = re.compile(r"(?<=://)[^/?#@ ]*@")


class Service:
    """The sandboxes of a server, as an adapter uses them. It calls `log` with each request and its response."""

    def __init__(self, sandboxes: Sandboxes, *, log: Log | None = None, origins: Collection[str] = ()) -> None:
        """`origins`: pages of these may read the responses of the PBX, "*" for all pages."""
        self.sandboxes = sandboxes
        self._origins = frozenset(origins)
        self.log = log

    @property
    def budget(self) -> MemoryBudget:
        """The memory budget of the server."""
        return self.sandboxes.budget

    @property
    def largest_body_bytes(self) -> int:
        """The limit of all bodies."""
        return LARGEST_BODY_BYTES

    def refusal(self, head: Request, length: int | None) -> Response | None:
        """The refusal of a request before its body is read; None where the body is needed. `length` None: unknown."""
        if length is not None and length > LARGEST_BODY_BYTES:
            return self.too_large(head)
        return self.sandboxes.refusal(head)

    def too_large(self, head: Request) -> Response:
        """The refusal of a request whose body is beyond the limit of all bodies."""
        return self.sandboxes.journaled(head, TOO_LARGE)

    def no_room(self, head: Request) -> Response:
        """The refusal of a request whose body does not fit into the memory budget now."""
        return self.sandboxes.no_room(head)

    def no_room_to_send(self, request: Request, response: Response) -> Response:
        """The refusal of a request whose response does not fit into the memory budget now."""
        return self.sandboxes.no_room_to_send(request, response)

    def kept_bytes(self, head: Request) -> int:
        """How many bytes of a body are used; the rest may be dropped.

        A client without access to the control API has 0.
        """
        if is_control(head.path) and self.sandboxes.refusal(head) is not None:
            return 0
        return min(body_bytes(head.path), LARGEST_BODY_BYTES)

    def answer_at_once(self, request: Request, body_length: int) -> Response | None:
        """As `answer`; None for a request that may take so long that other clients should not wait for it."""
        if body_length or self._origins:
            is_slow = body_length >= SLOW_BODY_BYTES or self.sandboxes.is_slow(request.path)
            return None if is_slow else self.answer(request, body_length)
        return self.sandboxes.handle_at_once(request)

    def answer(self, request: Request, body_length: int) -> Response:
        """The response to a whole request. `body_length` counts dropped bytes too. A long poll gives a `Pending`."""
        if body_length > LARGEST_BODY_BYTES:
            return self.too_large(request)
        if self._origins and not is_control(request.path):
            return self._answer_to_page(request)
        return self.sandboxes.handle(request)

    def _answer_to_page(self, request: Request) -> Response:
        """The response to a request that a page in a browser may have sent.

        Source: the Fetch standard, CORS protocol.
        """
        origin = request.header("origin")
        if origin is None or not self._origins & {origin, "*"}:
            return self.sandboxes.handle(request)
        allowed = (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))
        if request.method == "OPTIONS" and request.header("access-control-request-method") is not None:
            wanted = request.header("access-control-request-headers")
            headers = () if wanted is None else (("Access-Control-Allow-Headers", wanted),)
            methods = ("Access-Control-Allow-Methods", "GET, HEAD, POST")
            return self.sandboxes.journaled(request, Response(204, (*allowed, methods, *headers)))
        response = self.sandboxes.handle(request)
        if isinstance(response, Pending):
            waiting = response
            return replace(waiting, finish=lambda over: self._with(request, waiting.finish(over), allowed))
        return self._with(request, response, allowed) or response

    def _with(
        self, request: Request, response: Response | None, headers: tuple[tuple[str, str], ...]
    ) -> Response | None:
        """A response with more headers, also in the journal; None stays None."""
        if response is None or isinstance(response, Closed):
            return response
        return self.sandboxes.sent_instead(request, response, replace(response, headers=(*response.headers, *headers)))

    def keep(self, bug: Exception) -> None:
        """Keep an unexpected exception of the adapter, as a bug of the fake."""
        self.sandboxes.own_bugs.keep(bug)

    def malformed(self, status: int, reason: str, start: bytes, client: str | None) -> tuple[Request, Response]:
        """A request that cannot be read, as far as its first bytes show it, and its response.

        The journal keeps both.
        """
        line = _START_LINE.match(start.decode("latin-1").lstrip("\r\n"))
        method, target = (line[1] or "", re.sub(r" HTTP/[0-9.]{1,8}$", "", line[2])) if line else ("", "")
        path, _, query = _USER.sub("", target).partition("?")
        text = f"{status} {http.HTTPStatus(status).phrase}: {reason}\n".encode()
        headers = (("Content-Type", "text/plain"), ("Content-Length", str(len(text))))
        request = Request(method=method, path=path, query=query, client=client)
        response = Response(status, headers, b"" if method == "HEAD" else text)
        self.sandboxes.record_malformed(request, response, reason)
        return request, response
