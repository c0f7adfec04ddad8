"""What a failure shows, read off its sentence and its exchange, so that failures of one cause can be told as one. Pure.

Marks have tiers, the nearest to the wire first: no answer at all, Time that is wrong, an answer of an unusual kind, a
field, a header, legs that lack. A failure has marks of one tier alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from noojee_contract.dialects.vendor import BY_HOUR, FIELDS, METADATA
from noojee_contract.model.failure import Failure
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import ClauseRow

HEADERS = (
    "Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Content-Range", "Accept-Ranges", "Allow",
    "ETag", "Last-Modified", "Location", "Cookie", "Set-Cookie", "Authorization", "Accept",
)  # fmt: skip
METHODS = ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
LISTINGS = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieveMetaDataByHour")
SOUNDS = ("retrieve", "retrieveByUniqueId")
# Declared choices that are about one field, by the field.
FIELD_OF = {
    "outbound_did": "DID", "start_fraction": "Start", "internal_word": "Direction", "default_account": "Username",
    "eastern_abbreviation": "Start",
}  # fmt: skip
MOST_ENTRIES = 50
MOST_FIELDS = 5  # a sentence that names more only shows a whole leg
NO_LEG = r"without a leg|that is empty|without a body|0 legs"
SPOKEN_LEGS = (
    ("legs that come twice", r"listed twice|more often|listed in [1-9][0-9]* hours"),
    ("legs that are missing", rf"no leg came|not listed|missing|came at first|listed in 0 hours|and legs, got .*({NO_LEG})"),
    ("legs that are too many", r"legs are too many|not one of them|nothing carries this|other calls came too|yet .* came"),
)  # fmt: skip
NOT_REFUSED = re.compile(
    r"expected (a refusal|no recording|no leg|an error|a failure object)|came (without|with wrong)|_status is declared as '[0-9]+'; .* 'other: 200"
)
DECLARED = re.compile(r"(?:^|: )([a-z_0-9]+) is declared as ")
ENVELOPE_FIELD = re.compile(r"\b(?:Code|Message)(?= is\b)|(?<=\bas )(?:Code|Message)\b|(?<=\bthe )Code(?= 0\b)")
_WORD = re.compile(r"[A-Za-z]+")
_NUMBERS = re.compile(r"[0-9]+")


class Mark(NamedTuple):
    """One thing that a failure shows: its tier, 0 being nearest to the wire, and what it is in words."""

    tier: int
    what: str


NO_ANSWER, TIME, ENVELOPE, STATUS, KIND, VERB, SERVED, FIELD, HEADER, LEGS, REQUEST, ALONE = range(12)
WRONG_TIME = Mark(TIME, "Time, from which hashes are made")
OBJECT = "200 with an object"
SAYS = "the Message "
NO_JSON = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One thing to tell of a clause: the same outcome in the same words, and everywhere that it was so."""

    clause: ClauseRow
    outcome: Outcome
    places: tuple[str, ...]
    reason: str | None
    failure: Failure | None

    @property
    def said(self) -> str:
        """What was found, in a sentence or two."""
        return self.failure.message if self.failure is not None else self.reason or ""

    @property
    def exchange(self) -> Mapping[str, Any] | None:
        """The request with its answer that shows it, where there is one."""
        return None if self.failure is None else self.failure.exchange


def marks(told: ReportRow) -> frozenset[Mark]:
    """What a failure shows, of the nearest tier that it shows anything of."""
    if told.outcome is Outcome.ERROR or told.failure is None:
        lines = (told.reason or told.clause.id).strip().splitlines()
        return frozenset({Mark(ALONE, lines[-1])})
    said, exchange = told.said, told.exchange
    if exchange is not None and (exchange["transport_error"] or exchange["response"] is None):
        return frozenset({Mark(NO_ANSWER, _NUMBERS.sub("N", exchange["transport_error"] or "no answer"))})
    envelope = ENVELOPE_FIELD.findall(said)
    if envelope:
        return frozenset(Mark(ENVELOPE, f"{name} of an answer") for name in envelope)
    asked = None if exchange is None else exchange["request"]["method"]
    verbs = {word for word in METHODS if word == asked or re.search(rf"\b{word}\b", said)}
    if exchange is not None and not verbs:
        if method_of(exchange) == "Time":
            return frozenset({WRONG_TIME})
        kind = kind_of_answer(exchange)
        if kind is not None and _is_told(kind, exchange, said):
            return frozenset({kind})
    if verbs:
        return frozenset(Mark(VERB, word) for word in verbs)
    if NOT_REFUSED.search(said):
        return frozenset({Mark(SERVED, "answers where a refusal is due")})
    return _of_the_document(told)


def _of_the_document(told: ReportRow) -> frozenset[Mark]:
    """What a failure shows of an answer that is an array of legs, or a sound."""
    said, exchange = told.said, told.exchange
    headers = [name for name in HEADERS if re.search(rf"(?i)(?<![\w-]){name}(?![\w-])", said)]
    named = [*(Mark(FIELD, name) for name in named_fields(said)), *(Mark(HEADER, name) for name in headers)]
    if named:
        return frozenset(named)
    spoiled = frozenset() if exchange is None else spoiled_fields(exchange)
    if spoiled:
        return spoiled
    for words, pattern in SPOKEN_LEGS:
        if re.search(pattern, said):
            return frozenset({Mark(LEGS, words)})
    if exchange is not None:
        return frozenset({Mark(REQUEST, f"{exchange['request']['method']} {method_of(exchange)}")})
    return frozenset({Mark(ALONE, told.clause.id)})


def named_fields(said: str) -> frozenset[str]:
    """The published fields that a sentence names as the vendor spells them, or by the declared choice that is about one."""
    declared = DECLARED.search(said)
    if declared is not None and declared[1] in FIELD_OF:
        return frozenset({FIELD_OF[declared[1]]})
    named = frozenset(_WORD.findall(said)) & frozenset(FIELDS[BY_HOUR])
    return named if len(named) <= MOST_FIELDS else frozenset()


def method_of(exchange: Mapping[str, Any]) -> str:
    """The method of the API that was asked: the end of the path."""
    path: str = urlsplit(exchange["request"]["url"]).path
    return path.rpartition("/")[2]


def kind_of_answer(exchange: Mapping[str, Any]) -> Mark | None:
    """What kind of answer came, where it is none of the usual ones: an array of legs, or a sound."""
    status, document = exchange["response"]["status"], _document(exchange)
    said = document.get("Message", document.get("message")) if isinstance(document, dict) else None
    if status != 200:
        return Mark(STATUS, f"HTTP {status}" + (f" with {SAYS}{said!r}" if isinstance(said, str) else ""))
    if method_of(exchange) not in LISTINGS and isinstance(document, dict) and document.get("Code", 0) == 0:
        return None
    if isinstance(said, str):
        return Mark(KIND, f"200 with {SAYS}{said!r}")
    if isinstance(document, list) or (method_of(exchange) in SOUNDS and document is NO_JSON):
        return None
    if isinstance(document, dict):
        return Mark(KIND, OBJECT)
    return Mark(KIND, f"200 with {'what is no JSON' if document is NO_JSON else 'no array'}")


def _is_told(kind: Mark, exchange: Mapping[str, Any], said: str) -> bool:
    """Whether a failure is about the kind of its answer: a choice between several must show it."""
    if DECLARED.search(said) is None:
        return True
    message = re.search(r"'(.*)'", kind.what)
    return str(exchange["response"]["status"]) in said or (message is not None and message[1] in said)


def spoiled_fields(exchange: Mapping[str, Any]) -> frozenset[Mark]:
    """The published fields that some leg of an answer lacks, or has with a value that is no string."""
    document = _document(exchange)
    if not isinstance(document, list):
        return frozenset()
    if any(not isinstance(entry, dict) for entry in document):
        return frozenset({Mark(KIND, "entries that are no objects")})
    names = FIELDS[BY_HOUR if method_of(exchange).endswith("ByHour") else METADATA]
    spoiled = {name for name in names for entry in document[:MOST_ENTRIES] if not isinstance(entry.get(name), str)}
    if len(spoiled) > MOST_FIELDS:
        return frozenset({Mark(KIND, "entries without the published fields")})
    return frozenset(Mark(FIELD, name) for name in spoiled)


def _document(exchange: Mapping[str, Any]) -> Any:
    """The answer as JSON; NO_JSON where it is none. Of a body that is not shown whole, only its first sign is known."""
    body = exchange["response"]["body"]
    text = body.get("text", "")
    if body.get("omitted_bytes"):
        return {"[": [], "{": {}}.get(text.lstrip()[:1], NO_JSON)
    try:
        return json.loads(text, object_pairs_hook=_no_repeats)
    except ValueError:
        return NO_JSON


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice")
    return document
