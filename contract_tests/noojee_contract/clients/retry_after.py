"""Answers that say nothing about a question, and how long a server asks to wait before the next try. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from noojee_contract.model.exchange import Exchange

TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE = 429, 503
FIRST_SERVER_ERROR = 500


def is_unavailable(exchange: Exchange) -> bool:
    """Whether an exchange has no answer to its question: 429, a server error (5xx), or no whole answer."""
    status = exchange.status
    return (
        status is None
        or exchange.transport_error is not None
        or status == TOO_MANY_REQUESTS
        or status >= FIRST_SERVER_ERROR
    )


def retry_after_seconds(exchange: Exchange, *, now: datetime) -> float | None:
    """The seconds that a 429 or 503 asks to wait (RFC 9110, 10.2.3: seconds or a date); None for other answers."""
    if exchange.status not in (TOO_MANY_REQUESTS, SERVICE_UNAVAILABLE):
        return None
    text = (exchange.header("retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
