"""Transport: how answers travel: status, length, type, charset, and the failure object."""

from __future__ import annotations

from typing import Any

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange, NotJson
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.queries import (
    BY_TAG,
    BY_UNIQUE_ID,
    ask,
    describe_exchange,
    first_question,
    has_legs,
    post,
    questions,
    read,
    refusal_status,
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
    """UNKNOWN row 44: the vendor's client ignores it."""
    known = ("application/json;charset=utf-8", "application/json", "text/html;charset=utf-8", "none")
    spelled = {"application/json;charset=utf-8": "application/json;charset=UTF-8"}
    spelled["text/html;charset=utf-8"] = "text/html;charset=UTF-8"
    for question in questions(subject):
        exchange = ask(subject, question)
        if has_legs(subject, exchange):
            written = (exchange.header("content-type") or "none").lower().replace(" ", "").replace('"', "")
            seen = spelled.get(written, written) if written in known else f"other: {written}"
            check.option(subject, "json_content_type", seen, exchange)


@clause("transport.utf-8-answer")
def test_answers_are_utf_8_and_names_come_back_whole(subject: Subject, check: Check) -> None:
    """CLIENT C-J: the body is read as UTF-8, whatever the header says."""
    subject = subject.fresh(document=ACCENTS)
    assert subject.archive is not None
    for put in subject.archive.legs:
        answer = subject.by_unique_id(put.unique_id)
        came = next((each for each in answer.legs if each.number == put.number), None)
        check(
            came is not None,
            f"leg {put.number} of {put.unique_id} cannot be read: {answer.reading.problems}",
            answer.exchange,
        )
        if came is not None:
            expected, got = (put.username, put.tag), (came.username, came.tag)
            check(got == expected, f"leg {put.number}: expected {expected}, got {got}", answer.exchange)


@clause("transport.content-length")
def test_a_stated_length_is_the_length_in_bytes(subject: Subject, check: Check) -> None:
    """DERIVED from HTTP: Content-Length counts bytes; a client that believes it must get the whole document."""
    if subject.archive is not None:
        subject = subject.fresh(document=ACCENTS)
    answers = [ask(subject, question) for question in questions(subject)]
    answers += [exchange for _, exchange in without_parameter(subject)]
    answers += [unknown_path(subject, question) for question in first_question(subject)]
    answers += [subject.client.time()] if subject.by_hash else []
    for exchange in answers:
        said = exchange.header("content-length")
        check(exchange.transport_error is None, f"the answer is not whole: {exchange.transport_error}", exchange)
        if said is not None and exchange.header("content-encoding") in (None, "identity"):
            whole = said.isascii() and said.isdigit() and int(said) == len(exchange.body)
            check(whole, f"Content-Length says {said}, the body has {len(exchange.body)} bytes", exchange)


@clause("transport.failure-object")
def test_a_failure_has_a_message_and_a_negative_code(subject: Subject, check: Check) -> None:
    """DOC W-OV, W-HUd: {"Message": "Expired TimeStamp", "Code": -1}; a negative integer signifies an error."""
    exchange = _bad_request(subject)
    document = _document(exchange)
    if isinstance(document, dict):
        code, message = document.get("Code"), document.get("Message")
        negative = isinstance(code, int) and not isinstance(code, bool) and code < 0
        check(negative, f"expected a negative integer as Code, got {code!r}", exchange)
        check(isinstance(message, str), f"expected a text as Message, got {message!r}", exchange)
    else:
        failed = exchange.status is not None and exchange.status >= 400
        check(
            failed, f"expected a failure object or an HTTP error, got {describe_exchange(subject, exchange)}", exchange
        )


@clause("transport.failure-envelope")
def test_a_failure_of_the_replacement_is_spelled_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 12: Code and Message, or code and message."""
    exchange = _bad_request(subject)
    document = _document(exchange)
    keys = set(document) if isinstance(document, dict) else set()
    seen = f"other: {describe_exchange(subject, exchange)}"
    for choice, names in (("capitalised", {"Code", "Message"}), ("lower-case", {"code", "message"})):
        seen = choice if names <= keys else seen
    check.option(subject, "njadmin_failure_envelope", seen, exchange)


@clause("transport.bad-request-readable")
def test_an_error_of_the_replacement_has_a_body_to_show(subject: Subject, check: Check) -> None:
    """CLIENT C-D: prints the body of what is not 2xx; so an error says something."""
    for what, exchange in without_parameter(subject):
        failure = subject.failure(exchange)
        told = bool(failure.message) if failure is not None else bool(exchange.body.strip())
        check(told, f"{what}: answered {exchange.status} without a word", exchange)


@clause("transport.legacy-bad-request-status")
def test_a_missing_parameter_has_the_declared_status_legacy(subject: Subject, check: Check) -> None:
    """UNKNOWN row 17."""
    _check_missing(subject, check, "recording_api_bad_request_status")


@clause("transport.bad-request-status")
def test_a_missing_parameter_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN row 17."""
    _check_missing(subject, check, "njadmin_bad_request_status")


@clause("transport.call-management-bad-request-status")
def test_a_missing_parameter_has_the_declared_status_in_call_management(subject: Subject, check: Check) -> None:
    """UNKNOWN row 17."""
    _check_missing(subject, check, "call_management_bad_request_status")


def _check_missing(subject: Subject, check: Check, key: str) -> None:
    for name in (BY_UNIQUE_ID, BY_TAG):
        exchange = post(subject, (name, ()))
        check.option(subject, key, refusal_status(subject, exchange), exchange)


@clause("transport.asked-again")
def test_asking_again_word_for_word_changes_nothing(subject: Subject, check: Check) -> None:
    """SPEC: the methods retrieve; nothing is consumed, and the same request has the same answer."""
    for question in first_question(subject):
        first = ask(subject, question)
        listed = sorted((each.unique_id, each.number) for each in read(subject, first).legs)
        for _ in range(2):
            again = ask(subject, question)
            names = sorted((each.unique_id, each.number) for each in read(subject, again).legs)
            said = f"first came legs {listed}, then {names} ({describe_exchange(subject, again)})"
            check(names == listed and again.status == first.status, said, again)
