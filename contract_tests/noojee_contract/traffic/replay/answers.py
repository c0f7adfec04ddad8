"""The bytes that replay an exchange, and how the connection goes on after them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from noojee_contract.model.wire import MISS_HEADER, WireExchange
from noojee_contract.traffic.proxy.message_copy import AnswerCopy, Ending
from noojee_contract.traffic.replay.matcher import Miss

MISS_STATUS = 501


class After(Enum):
    """What happens to a connection after an answer."""

    KEEP = "keep"
    CLOSE = "close"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class ReplayedAnswer:
    """The bytes of an answer, empty if none came in the recording."""

    content: bytes
    after: After


def replayed(exchange: WireExchange, body: bytes | None, *, method: str) -> ReplayedAnswer | Miss:
    """The answer of an exchange as it was recorded; `body` is that of its answer, None if it was not kept."""
    if exchange.response is None:
        return ReplayedAnswer(b"", _after_error(exchange))
    if body is None:
        size = exchange.response.body.size
        return Miss(
            exchange.request.first_line,
            f"only the size ({size} bytes) and the hash of its body were kept; record with a higher --largest-body",
        )
    content = exchange.response.head + body
    if exchange.transport_error is not None:
        return ReplayedAnswer(content, _after_error(exchange))
    copy = AnswerCopy(method.encode("latin-1"), len(content))
    copy.feed(content)
    closes = copy.ending is not Ending.COMPLETE or "close" in (exchange.response.field("connection") or "").lower()
    is_old = exchange.response.head.startswith(b"HTTP/1.0")
    return ReplayedAnswer(content, After.CLOSE if closes or is_old else After.KEEP)


def missed(miss: Miss) -> ReplayedAnswer:
    """The answer to a request without a recorded one: a status that no PBX of this API sends, and the nearest miss."""
    body = f"not recorded: {miss.request}: {miss.reason}\n".encode("utf-8", "backslashreplace")
    head = (
        f"HTTP/1.1 {MISS_STATUS} Not Recorded\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n{MISS_HEADER}: miss\r\nConnection: close\r\n\r\n"
    )
    return ReplayedAnswer(head.encode("ascii") + body, After.CLOSE)


def _after_error(exchange: WireExchange) -> After:
    is_reset = "reset" in (exchange.transport_error or "").lower()
    return After.RESET if is_reset else After.CLOSE
