"""Transport: the status, length, type and charset of answers, and error bodies."""

from __future__ import annotations

from typing import Any

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange, NotJson
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, has_error_status, kind_without_legs
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import check_value, legs_in_words, names, question_in_words, value_in_words
from noojee_contract.suite.support.queries import (
    BY_TAG,
    BY_UNIQUE_ID,
    ask,
    describe_exchange,
    first_question,
    has_legs,
    kind_without_refusal,
    post,
    questions,
    read,
    refusal_status,
    shows_recording,
    unknown_path,
    without_parameter,
)

ACCENTS = archive(
    call(
        "1773200300.2",
        leg("2026-03-11T14:40:00+11:00", "2026-03-11T14:41:00+11:00", tag="Zoë ☎ 漢字", username="José Ñandú"),
        leg("2026-03-11T14:41:00+11:00", "2026-03-11T14:42:00+11:00", tag="Zoë ☎ 漢字", username="Мария 📞"),
    )
)


def _bad_request(subject: Subject) -> Exchange:
    """A refusal that needs no wrong credential: the unique id is missing."""
    return post(subject, (BY_UNIQUE_ID, ()))


def _document(exchange: Exchange) -> Any:
    try:
        return exchange.json()
    except NotJson:
        return None


@clause("transport.json-content-type")
def test_the_content_type_of_json_is_the_declared_one(subject: Subject, check: Check) -> None:
    """UNKNOWN: option json_content_type. The vendor's client ignores the header."""
    values = ("application/json;charset=utf-8", "application/json", "text/html;charset=utf-8", "none")
    spelled = {"application/json;charset=utf-8": "application/json;charset=UTF-8"}
    spelled["text/html;charset=utf-8"] = "text/html;charset=UTF-8"
    for question in questions(subject):
        exchange = ask(subject, question)
        if has_legs(subject, exchange):
            written = (exchange.header("content-type") or "none").lower().replace(" ", "").replace('"', "")
            seen = spelled.get(written, written) if written in values else f"other: {written}"
            check.option(subject, "json_content_type", seen, exchange, header="Content-Type")


@clause("transport.utf-8-answer")
def test_answers_are_utf_8(subject: Subject, check: Check) -> None:
    """CLIENT C-J: the client reads the body as UTF-8, and ignores the charset of the header."""
    subject = subject.fresh(document=ACCENTS)
    assert subject.archive is not None
    for put in subject.archive.legs:
        answer = subject.by_unique_id(put.unique_id)
        leg = next((each for each in answer.legs if each.number == put.number), None)
        problem = "; ".join(answer.reading.problems[:1]) or describe(answer)
        message = f"leg {put.number} of {put.unique_id!r} cannot be read: {problem}"
        kind = FailureKind.MISSING_LEG if answer.legs else kind_without_legs(answer)
        check(leg is not None, message, answer.exchange, kind=kind)
        if leg is not None:
            what = question_in_words(answer)
            check_value(check, answer.exchange, what, "Username", expected=put.username, actual=leg.username)
            check_value(check, answer.exchange, what, "Tag", expected=put.tag, actual=leg.tag)


@clause("transport.content-length")
def test_content_length_is_the_length_in_bytes(subject: Subject, check: Check) -> None:
    """DERIVED from HTTP: Content-Length counts bytes. A client reads no more than this."""
    if subject.archive is not None:
        subject = subject.fresh(document=ACCENTS)
    exchanges = [ask(subject, question) for question in questions(subject)]
    exchanges += [exchange for _, exchange in without_parameter(subject)]
    exchanges += [unknown_path(subject, question) for question in first_question(subject)]
    exchanges += [subject.client.time()] if subject.by_hash else []
    for exchange in exchanges:
        message = f"the answer is not whole: {exchange.transport_error}"
        check(exchange.transport_error is None, message, exchange, kind=FailureKind.NO_ANSWER)
        length = exchange.header("content-length")
        if length is not None and exchange.header("content-encoding") in (None, "identity"):
            check(
                length.isascii() and length.isdigit() and int(length) == len(exchange.body),
                f"Content-Length says {length}, the body has {len(exchange.body)} bytes",
                exchange,
                kind=FailureKind.WRONG_HEADER,
                header="Content-Length",
                expected=str(len(exchange.body)),
                actual=length,
            )


@clause("transport.failure-object")
def test_an_error_body_has_a_message_and_a_negative_code(subject: Subject, check: Check) -> None:
    """DOC W-OV, W-HUd: {"Message": "Expired TimeStamp", "Code": -1}; a negative integer signifies an error."""
    exchange = _bad_request(subject)
    document = _document(exchange)
    if isinstance(document, dict):
        code, message = document.get("Code"), document.get("Message")
        check(
            isinstance(code, int) and not isinstance(code, bool) and code < 0,
            f"expected a negative integer as Code, got {value_in_words(code)}",
            exchange,
            kind=FailureKind.INVALID_ERROR_BODY,
            field="Code",
            expected="a negative integer",
            actual=value_in_words(code),
        )
        check(
            isinstance(message, str),
            f"expected a text as Message, got {value_in_words(message)}",
            exchange,
            kind=FailureKind.INVALID_ERROR_BODY,
            field="Message",
            expected="a text",
            actual=value_in_words(message),
        )
        return
    actual = describe_exchange(subject, exchange)
    check(
        has_error_status(exchange),
        f"expected a failure object or an HTTP error, got {actual}",
        exchange,
        kind=kind_without_refusal(exchange, shown=shows_recording(subject, exchange)),
        expected="an error body or an HTTP error",
        actual=actual,
    )


@clause("transport.failure-envelope")
def test_the_keys_of_an_error_body_are_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option njadmin_failure_envelope. Code and Message, or code and message."""
    exchange = _bad_request(subject)
    document = _document(exchange)
    keys = set(document) if isinstance(document, dict) else set()
    seen = f"other: {describe_exchange(subject, exchange)}"
    for choice, spelling in (("capitalised", {"Code", "Message"}), ("lower-case", {"code", "message"})):
        seen = choice if spelling <= keys else seen
    check.option(subject, "njadmin_failure_envelope", seen, exchange, field="Code")


@clause("transport.bad-request-readable")
def test_an_error_has_a_body(subject: Subject, check: Check) -> None:
    """CLIENT C-D: prints the body of every answer that is not 2xx, so an error needs a text."""
    for what, exchange in without_parameter(subject):
        error_body = subject.error_body(exchange)
        readable = bool(error_body.message) if error_body is not None else bool(exchange.body.strip())
        message = f"{what}: answered {exchange.status} without a body or a Message"
        kind = FailureKind.NO_ANSWER if exchange.response is None else FailureKind.INVALID_ERROR_BODY
        check(readable, message, exchange, kind=kind, field=None if exchange.response is None else "Message")


@clause("transport.legacy-bad-request-status")
def test_a_missing_parameter_has_the_declared_status_legacy(subject: Subject, check: Check) -> None:
    """UNKNOWN: option recording_api_bad_request_status."""
    _check_missing(subject, check, "recording_api_bad_request_status")


@clause("transport.bad-request-status")
def test_a_missing_parameter_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option njadmin_bad_request_status."""
    _check_missing(subject, check, "njadmin_bad_request_status")


@clause("transport.call-management-bad-request-status")
def test_a_missing_parameter_has_the_declared_status_in_call_management(subject: Subject, check: Check) -> None:
    """UNKNOWN: option call_management_bad_request_status."""
    _check_missing(subject, check, "call_management_bad_request_status")


def _check_missing(subject: Subject, check: Check, key: str) -> None:
    for name in (BY_UNIQUE_ID, BY_TAG):
        exchange = post(subject, (name, ()))
        check.option(subject, key, refusal_status(subject, exchange), exchange)


@clause("transport.asked-again")
def test_the_same_request_has_the_same_answer(subject: Subject, check: Check) -> None:
    """SPEC: the methods retrieve. They consume nothing, so the same request has the same answer."""
    for question in first_question(subject):
        first = ask(subject, question)
        legs = read(subject, first).legs
        for _ in range(2):
            again = ask(subject, question)
            legs_again = read(subject, again).legs
            expected, actual = legs_in_words(names(legs)), legs_in_words(names(legs_again))
            check(
                names(legs_again) == names(legs) and again.status == first.status,
                f"the first answer has {expected}, the next {actual} ({describe_exchange(subject, again)})",
                again,
                kind=FailureKind.ANSWERS_DIFFER,
                expected=f"{first.status} with {expected}",
                actual=f"{again.status} with {actual}",
            )
