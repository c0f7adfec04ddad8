"""Builds exchange files for tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from noojee_contract.model.wire import Authentication, WireBody, WireExchange, WireMessage
from noojee_contract.traffic.exchange_file import ExchangeWriter, FileHeader

AT = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
BASE = "/njadmin/rest/RecordingAPI"


def message(content: bytes) -> WireMessage:
    """A message of its bytes."""
    end = re.search(rb"\n\r?\n", content)
    at = len(content) if end is None else end.end()
    return WireMessage(head=content[:at], body=WireBody.of(content[at:]))


def request(target: str, *, method: str = "POST", body: bytes = b"", headers: str = "") -> WireMessage:
    """A request of HTTP/1.1."""
    head = f"{method} {target} HTTP/1.1\r\nHost: pbx.example\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return message(head.encode("latin-1") + body)


def answer(body: bytes, *, status: int = 200) -> WireMessage:
    """An answer with a length."""
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return message(head.encode("latin-1") + body)


def exchange(
    target: str, body: bytes = b"[]", *, key: tuple[str, str] | None = None, age: float | None = None, **more: Any
) -> WireExchange:
    """An exchange; `key` is the scheme and the verdict of its authentication."""
    authentication = None if key is None else Authentication(scheme=key[0], verdict=key[1], age_seconds=age)
    values = {"at": AT, "request": request(target), "response": answer(body), "authentication": authentication, **more}
    return WireExchange(**values)


def exchange_file(path: Path, exchanges: Iterable[WireExchange], **header: Any) -> Path:
    """Write an exchange file."""
    with ExchangeWriter(path, FileHeader(**{"made_by": "proxy", "started": AT, **header})) as writer:
        for each in exchanges:
            writer.write(each)
    return path
