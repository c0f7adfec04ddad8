"""Classifies and describes answers to metadata questions: refusals, lists, and answers without legs."""

from __future__ import annotations

from collections.abc import Iterable

from noojee_contract.clients.retry_after import FIRST_SERVER_ERROR, TOO_MANY_REQUESTS
from noojee_contract.dialects.legs import AN_ARRAY, Leg, Reading
from noojee_contract.engine.check import Inconclusive
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.failure import FailureKind

FIRST_ERROR_STATUS = 400
MOST_OF_A_MESSAGE = 80
_SHOWN = ("an object", "a string", "null")


def has_error_status(exchange: Exchange) -> bool:
    """Whether the HTTP status of an answer is 400 or higher."""
    return exchange.status is not None and exchange.status >= FIRST_ERROR_STATUS


def described_without_body(subject: Subject, exchange: Exchange, error: str, method: str) -> bool:
    """Whether an answer without a body has a status, such as 204, that the dialect file gives an error of a method."""
    rule = subject.target.api.error_rule(error, method)
    return rule is not None and rule.code is None and exchange.status in rule.statuses and not exchange.body.strip()


def is_busy(exchange: Exchange) -> bool:
    """Whether an answer says nothing about its request: 429 or a server error, never a refusal of credentials."""
    status = exchange.status
    return status is not None and (status == TOO_MANY_REQUESTS or status >= FIRST_SERVER_ERROR)


def is_error(answer: Answer) -> bool:
    """Whether an answer has no leg, and an HTTP error or an error body. An empty array is no error."""
    if answer.legs or answer.exchange.status is None:
        return False
    return has_error_status(answer.exchange) or answer.reading.error_body is not None


def is_refusal(answer: Answer) -> bool:
    """Whether an answer is a refusal: an error that is about its request, and so neither 429 nor a server error."""
    return is_error(answer) and not is_busy(answer.exchange)


def require_a_decision(exchange: Exchange) -> None:
    """Raises Inconclusive for 429: whether the PBX would refuse the request is not known."""
    if exchange.status == TOO_MANY_REQUESTS:
        raise Inconclusive(
            "the answer is 429, which does not say whether the request is refused; set requests_per_second"
        )


def is_list(answer: Answer) -> bool:
    """Whether an answer is HTTP 200 with a list of legs, which may be empty."""
    return kind_without_legs(answer) is FailureKind.MISSING_LEG or (answer.exchange.status == 200 and bool(answer.legs))


def kind_without_legs(answer: Answer) -> FailureKind:
    """What is wrong with an answer that should be an array of legs, and is none or has no leg."""
    exchange = answer.exchange
    if exchange.response is None or exchange.transport_error is not None:
        return FailureKind.NO_ANSWER
    if is_refusal(answer):
        return FailureKind.REFUSED
    if exchange.status != 200:
        return FailureKind.UNEXPECTED_STATUS
    return FailureKind.INVALID_BODY if answer.reading.problems else FailureKind.MISSING_LEG


def first_difference(before: Iterable[Leg], after: Iterable[Leg]) -> str | None:
    """The name of the first field that differs in two lists of the same legs. None: other legs, or no difference."""
    rows = [sorted(legs, key=lambda leg: (leg.unique_id, leg.number)) for legs in (before, after)]
    for one, other in zip(*rows, strict=False):
        if (one.unique_id, one.number) != (other.unique_id, other.number):
            return None
        fields: Iterable[str] = one.raw
        for field in fields:
            if field not in other.raw or one.raw[field] != other.raw[field]:
                return field
    return None


def describe(answer: Answer) -> str:
    """An answer in a few words, for a message."""
    exchange = answer.exchange
    if exchange.response is None:
        return f"no answer ({exchange.transport_error})"
    if exchange.transport_error is not None:
        return f"{exchange.status}, and {exchange.transport_error}"
    if answer.reading.error_body is not None:
        return f"{exchange.status} with the error {beginning(answer.reading.error_body.message, MOST_OF_A_MESSAGE)!r}"
    if answer.legs:
        return f"{exchange.status} with {len(answer.legs)} leg{'' if len(answer.legs) == 1 else 's'}"
    if not exchange.body.strip():
        return f"{exchange.status} without a body"
    if is_list(answer):
        return f"{exchange.status} with an empty list"
    return f"{exchange.status}{_describe_document(answer.reading)}"


def _describe_document(reading: Reading) -> str:
    if reading.not_json is not None:
        return f", and {reading.not_json}"
    if reading.document == AN_ARRAY:
        return " with an array without a leg"
    return f" with {reading.document if reading.document in _SHOWN else 'no array'}"
