"""The access log never costs a client its response."""

from __future__ import annotations

import io
import sys

import pytest

from noojee_fake.adapters.access_log import access_log
from noojee_fake.messages import Request, Response


class _Unread(io.StringIO):
    """Standard error of which the reader has left."""

    def flush(self) -> None:
        raise BrokenPipeError


def test_log_without_a_reader_is_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """`noojee-fake serve 2>&1 | head -1` leaves a server without a reader of its log."""
    monkeypatch.setattr(sys, "stderr", _Unread())
    access_log("secret")(Request(method="GET", path="/"), Response(404))
