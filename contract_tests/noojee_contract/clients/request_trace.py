"""Follows a request on its connection: when it was sent, and whether the connection was used before."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from noojee_contract.clients.limits import Limits
from noojee_contract.clients.transport import Deadline
from noojee_contract.clients.transport_errors import closed_without_a_byte


class RequestTrace:
    """Follows one request on its connection by the trace events of httpcore: holds the rate at the moment of sending.

    `started` is when the request was sent: the deadline counts from then. `reused` says that no new connection was
    opened for it.
    """

    def __init__(self, limits: Limits | None, deadline: Deadline) -> None:
        self.started = time.monotonic()
        self.deadline = deadline
        self.reused = False
        self._limits = limits
        self._connected = False
        self._sending = False
        self._unanswered = False

    def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        """Take a trace event of httpcore."""
        if name.endswith("connect_tcp.started"):
            self._connected = True
        elif name.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.reused = not self._connected
            if self._limits is not None:
                self._limits.begin_sending()
            self._sending = True
            self.started = time.monotonic()
            self.deadline.restart()
        elif self._sending and name.endswith(("send_request_headers.complete", "send_request_headers.failed")):
            self._sending = False
            self._unanswered = True
            if self._limits is not None:
                self._limits.end_sending()
        elif name.endswith("receive_response_headers.complete"):
            self.end()

    def closed_early(self, error: Exception | None) -> bool:
        """Whether a reused connection closed before a byte of the answer arrived: the request may be sent again."""
        return self.reused and closed_without_a_byte(error, self.deadline.received_bytes)

    def end(self) -> None:
        """Note that the answer arrives, or will not come."""
        if self._unanswered and self._limits is not None:
            self._limits.answered()
        self._unanswered = False
