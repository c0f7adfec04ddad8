"""Reads marks from a failure. Failures that share a mark may have one cause. Pure.

A failure shows marks of one tier: the tier closest to the wire that it has marks of. Marks are read from the failure's
kind, field, header and option and from its exchange, never from message text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any
from urllib.parse import urlsplit

from noojee_contract.dialects.vendor import BY_HOUR, FIELDS, METADATA
from noojee_contract.model.exchange import unique_members
from noojee_contract.model.failure import Failure, FailureKind

MOST_ENTRIES = 50
MOST_FIELDS = 5  # an entry that lacks more fields is not a leg with a wrong field
LISTINGS = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieveMetaDataByHour")
AUDIO = ("retrieve", "retrieveByUniqueId")
VENDOR_PATHS = ("/rest/", "/services/")
ERROR_BODY_FIELDS = frozenset({"Code", "Message"})
OPTION_FIELDS: Mapping[str, str] = {
    "outbound_did": "DID",
    "start_fraction": "Start",
    "internal_word": "Direction",
    "default_account": "Username",
    "eastern_abbreviation": "Start",
}
"""Options about one field of a leg."""
FIRST_SERVER_ERROR = 500
NO_JSON = object()


class Tier(IntEnum):
    """What a mark is about, closest to the wire first."""

    NO_ANSWER = 0
    TIME = 1
    ERROR_BODY = 2
    UNUSUAL_ANSWER = 3
    HTTP_METHOD = 4
    SERVED = 5
    FIELD = 6
    HEADER = 7
    LEGS = 8
    REQUEST = 9
    ALONE = 10


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that a failure shows. `message` is the Message of an answer that is the mark."""

    tier: Tier
    text: str
    message: str | None = None


WRONG_TIME = Mark(Tier.TIME, "Time, from which hashes are made")
UNREAD_OBJECT = Mark(Tier.UNUSUAL_ANSWER, "200 with an object")
SERVED = Mark(Tier.SERVED, "answers where a refusal is due")
NAMES = (Mark(Tier.FIELD, "UniqueId"), Mark(Tier.FIELD, "Leg"))
NAME_FIELDS = frozenset(mark.text for mark in NAMES)
KIND_MARKS: Mapping[FailureKind, Mark] = {
    FailureKind.LEAKED_CREDENTIAL: Mark(Tier.ERROR_BODY, "credentials in answers"),
    FailureKind.NOT_REFUSED: SERVED,
    FailureKind.LIMIT_NOT_HELD: SERVED,
    FailureKind.REPEATED_LEG: Mark(Tier.LEGS, "legs that are listed twice"),
    FailureKind.MISSING_LEG: Mark(Tier.LEGS, "legs that are missing"),
    FailureKind.UNEXPECTED_LEG: Mark(Tier.LEGS, "legs that must not be listed"),
    FailureKind.WRONG_ORDER: Mark(Tier.LEGS, "legs in a wrong order"),
}

Rule = Callable[[Failure], frozenset[Mark]]
NOTHING: frozenset[Mark] = frozenset()


def marks_of(failure: Failure) -> frozenset[Mark]:
    """Return what a failure shows: the marks of the first rule that reads any, or none."""
    return next((shown for rule in RULES if (shown := rule(failure))), NOTHING)


def _no_answer(failure: Failure) -> frozenset[Mark]:
    exchange = failure.exchange
    if exchange is None or not (exchange["transport_error"] or exchange["response"] is None):
        return NOTHING
    text = "no answer" if exchange["response"] is None else "answers that are not whole"
    return frozenset({Mark(Tier.NO_ANSWER, text)})


def _time(failure: Failure) -> frozenset[Mark]:
    of_time = failure.exchange is not None and method_of(failure.exchange) == "Time" and not _http_method(failure)
    return frozenset({WRONG_TIME}) if failure.kind is FailureKind.WRONG_TIME or of_time else NOTHING


def _error_body(failure: Failure) -> frozenset[Mark]:
    if failure.kind is FailureKind.LEAKED_CREDENTIAL:
        return frozenset({KIND_MARKS[failure.kind]})
    if failure.field in ERROR_BODY_FIELDS and failure.kind not in (FailureKind.REFUSED, FailureKind.OPTION_DIFFERS):
        return frozenset({Mark(Tier.ERROR_BODY, f"{failure.field} of an answer")})
    return NOTHING


def _http_method(failure: Failure) -> frozenset[Mark]:
    exchange = failure.exchange
    if exchange is None or exchange["request"]["method"] == "POST" or not _is_of_the_vendor(exchange):
        return NOTHING
    return frozenset({Mark(Tier.HTTP_METHOD, exchange["request"]["method"])})


def _unusual_answer(failure: Failure) -> frozenset[Mark]:
    if failure.exchange is None:
        return NOTHING
    mark = unusual_answer(failure.exchange)
    if mark is None or (failure.kind is FailureKind.OPTION_DIFFERS and not _shows_status(failure)):
        return NOTHING
    return frozenset({mark})


def _shows_status(failure: Failure) -> bool:
    """Whether an option differs because of the status: a server error, or a status in the actual value."""
    assert failure.exchange is not None
    status = failure.exchange["response"]["status"]
    return bool(status >= FIRST_SERVER_ERROR or str(status) in (failure.actual or "").replace(":", " ").split())


def _served(failure: Failure) -> frozenset[Mark]:
    mark = KIND_MARKS.get(failure.kind)
    if mark is not None and mark.tier is Tier.SERVED:
        return frozenset({mark})
    return frozenset({SERVED}) if _is_served(failure) else NOTHING


def _is_served(failure: Failure) -> bool:
    """Whether the status of a refusal is expected, and a result came."""
    status_option = failure.kind is FailureKind.OPTION_DIFFERS and (failure.expected or "").isdigit()
    expects_status = failure.kind is FailureKind.UNEXPECTED_STATUS or status_option
    return expects_status and failure.exchange is not None and failure.exchange["response"]["status"] == 200


def _field_or_header(failure: Failure) -> frozenset[Mark]:
    """The field and header of a failure. If the field's form is broken, all fields with a broken form are marks."""
    is_option = failure.kind is FailureKind.OPTION_DIFFERS
    field = OPTION_FIELDS.get(failure.option or "") if is_option else failure.field
    found = set() if field is None else {Mark(Tier.FIELD, field)}
    spoiled = _spoiled(failure)
    if found & spoiled:
        found |= spoiled
    if failure.header is not None:
        found.add(Mark(Tier.HEADER, failure.header))
    return frozenset(found)


def _spoiled(failure: Failure) -> frozenset[Mark]:
    return NOTHING if failure.exchange is None else spoiled_fields(failure.exchange)


def _legs(failure: Failure) -> frozenset[Mark]:
    mark = KIND_MARKS.get(failure.kind)
    if mark is None or mark.tier is not Tier.LEGS or _spoiled(failure):
        return NOTHING
    is_name = failure.field in NAME_FIELDS and failure.kind is not FailureKind.WRONG_ORDER
    return NOTHING if is_name else frozenset({mark})


def _request(failure: Failure) -> frozenset[Mark]:
    if failure.exchange is None:
        return NOTHING
    return frozenset({Mark(Tier.REQUEST, f"{failure.exchange['request']['method']} {method_of(failure.exchange)}")})


RULES: tuple[Rule, ...] = (
    _no_answer,
    _time,
    _error_body,
    _http_method,
    _unusual_answer,
    _served,
    _legs,
    _field_or_header,
    _spoiled,
    _request,
)
"""Rules that read marks, in the order in which they apply."""


def method_of(exchange: Mapping[str, Any]) -> str:
    """Return the API method of a request: the last segment of the path."""
    path: str = urlsplit(exchange["request"]["url"]).path
    return path.rpartition("/")[2]


def _is_of_the_vendor(exchange: Mapping[str, Any]) -> bool:
    """Whether a request has a path or a method of the vendor's API, and not of a dialect file."""
    path: str = urlsplit(exchange["request"]["url"]).path
    return any(part in path for part in VENDOR_PATHS) or method_of(exchange) in (*LISTINGS, *AUDIO)


def unusual_answer(exchange: Mapping[str, Any]) -> Mark | None:
    """Return what is unusual about an answer as a whole; None for an array of legs, for audio, and for Code 0.

    A dialect file may give any form to an answer with HTTP 200.
    """
    status, document = exchange["response"]["status"], _document(exchange)
    message = document.get("Message", document.get("message")) if isinstance(document, dict) else None
    message = message if isinstance(message, str) else None
    quoted = "" if message is None else f" with the Message {message!r}"
    if status != 200:
        return Mark(Tier.UNUSUAL_ANSWER, f"HTTP {status}{quoted}", message)
    if not _is_of_the_vendor(exchange):
        return None
    if method_of(exchange) not in LISTINGS and isinstance(document, dict) and document.get("Code", 0) == 0:
        return None
    if message is not None:
        return Mark(Tier.UNUSUAL_ANSWER, f"200{quoted}", message)
    if isinstance(document, list) or (method_of(exchange) in AUDIO and document is NO_JSON):
        return None
    if isinstance(document, dict):
        return UNREAD_OBJECT
    return Mark(Tier.UNUSUAL_ANSWER, "200 without JSON" if document is NO_JSON else "200 without an array")


def spoiled_fields(exchange: Mapping[str, Any]) -> frozenset[Mark]:
    """Return the published fields that some leg of an answer lacks, or has with a value that is not a string."""
    document = _document(exchange)
    if exchange["response"]["status"] != 200 or not isinstance(document, list):
        return NOTHING
    if any(not isinstance(entry, dict) for entry in document):
        return frozenset({Mark(Tier.UNUSUAL_ANSWER, "entries that are not objects")})
    published = FIELDS[BY_HOUR if method_of(exchange).endswith("ByHour") else METADATA]
    entries = document[:MOST_ENTRIES]
    spoiled = {name for name in published for entry in entries if not isinstance(entry.get(name), str)}
    if len(spoiled) > MOST_FIELDS:
        return frozenset({Mark(Tier.UNUSUAL_ANSWER, "entries without the published fields")})
    return frozenset(Mark(Tier.FIELD, name) for name in spoiled)


def _document(exchange: Mapping[str, Any]) -> Any:
    """The answer as JSON, or NO_JSON. Only the type of a body that is not shown whole is known."""
    body = exchange["response"]["body"]
    text = body.get("text", "")
    if body.get("omitted_bytes"):
        return {"[": [], "{": {}}.get(text.lstrip()[:1], NO_JSON)
    try:
        return json.loads(text, object_pairs_hook=unique_members)
    except (ValueError, RecursionError):
        return NO_JSON
