"""Archives written by hand, for clauses that need a moment, a length or a number to be exactly so."""

from __future__ import annotations

from typing import Any

from noojee_contract.engine.subject import Answer
from noojee_contract.model.archive import ARCHIVE_FORMAT, NOW
from noojee_contract.model.exchange import NotJson, beginning

MELBOURNE = "Australia/Melbourne"


def leg(start: str, end: str, **fields: Any) -> dict[str, Any]:
    """A leg of a archive file; times in RFC 3339."""
    return {"start": start, "end": end, "destination": "410", **fields}


def call(unique_id: str, *legs: dict[str, Any], direction: str = "inbound", **fields: Any) -> dict[str, Any]:
    """A call of a archive file."""
    plain = {"unique_id": unique_id, "direction": direction, "source": "0491570156", **fields}
    if direction == "inbound":
        plain.setdefault("did", "0390000002")
    return {**plain, "legs": list(legs)}


def archive(*calls: dict[str, Any], zone: str = MELBOURNE, now: str = NOW) -> dict[str, Any]:
    """A archive file; the PBX's clock stands at `now`."""
    return {"format": ARCHIVE_FORMAT, "time_zone": zone, "now": now, "calls": list(calls)}


def refused(answer: Answer) -> bool:
    """Whether an answer is a refusal: no leg in it, and either an HTTP error or a failure object; [] is none."""
    status = answer.exchange.status
    return not answer.legs and status is not None and (status >= 400 or answer.reading.error_body is not None)


def told(answer: Answer) -> str:
    """What an answer was, in a few words, for a message."""
    exchange = answer.exchange
    if exchange.response is None:
        return f"no answer ({exchange.transport_error})"
    if exchange.transport_error is not None:
        return f"{exchange.status}, and {exchange.transport_error}"
    if answer.reading.error_body is not None:
        return f"{exchange.status} with the failure {beginning(answer.reading.error_body.message, 80)!r}"
    if answer.legs:
        return f"{exchange.status} with {len(answer.legs)} leg{'' if len(answer.legs) == 1 else 's'}"
    if not exchange.body.strip():
        return f"{exchange.status} without a body"
    try:
        document = exchange.json()
    except NotJson as error:
        return f"{exchange.status}, and {error}"
    if isinstance(document, list):
        return f"{exchange.status} with an array {'without a leg' if document else 'that is empty'}"
    kinds = ((dict, "an object"), (str, "a string"), (type(None), "null"))
    return f"{exchange.status} with {next((word for kind, word in kinds if isinstance(document, kind)), 'no array')}"
