"""Transport: the HTTP methods, content types and parameters that a PBX accepts."""

from __future__ import annotations

from noojee_contract.dialects.vendor_dialect import FORM_TYPE
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    BY_UNIQUE_ID,
    ask,
    check_answered,
    check_no_recording,
    check_refused,
    describe_exchange,
    describe_question,
    first_question,
    first_vendor_question,
    has_legs,
    is_refused,
    post,
    present,
    questions,
    request_of,
    send,
    url_of,
    vendor_questions,
    with_parameter,
    without_parameter,
)
from noojee_contract.suite.support.relations import answers_with_legs, check_same, question_of

FORM = ("content-type", FORM_TYPE)
UNKNOWN_ID = "no-such-recording"


@clause("transport.get-refused")
def test_get_gives_no_recording(subject: Subject, check: Check) -> None:
    """SPEC: the API will only accept POST requests."""
    for question in vendor_questions(subject):
        exchange = subject.client.send("GET", url_of(subject, question))
        check_refused(subject, check, exchange, f"GET {question[0]}")


@clause("transport.other-methods-refused")
def test_put_delete_patch_and_head_are_refused(subject: Subject, check: Check) -> None:
    """SPEC: the API will only accept POST requests."""
    for question in questions(subject):
        for method in ("PUT", "DELETE", "PATCH", "HEAD"):
            # A read-only PBX must not be changed: name a recording that does not exist.
            safe = subject.sandbox is not None or method == "HEAD"
            request = request_of(subject, question if safe else Question(question.kind, UNKNOWN_ID))
            if (request.method, method) != ("GET", "HEAD"):  # a server that answers GET must answer HEAD (RFC 9110)
                check_refused(
                    subject, check, send(subject, request, verb=method), f"{method} {describe_question(question)}"
                )


@clause("transport.options-brings-nothing")
def test_options_gives_no_recording(subject: Subject, check: Check) -> None:
    """SPEC: only POST is accepted. In HTTP, OPTIONS lists the methods, so its answer may be a success."""
    for question in questions(subject):
        check_no_recording(
            subject, check, ask(subject, question, verb="OPTIONS"), f"OPTIONS {describe_question(question)}"
        )


@clause("transport.method-not-allowed")
def test_a_wrong_method_is_answered_405_naming_post(subject: Subject, check: Check) -> None:
    """UNKNOWN: the status of a wrong method is not published. A JAX-RS server answers 405 with Allow: POST."""
    for question in first_vendor_question(subject):
        exchange = subject.client.send("GET", url_of(subject, question))
        methods = [method.strip().upper() for method in (exchange.header("allow") or "").split(",")]
        allowed = ", ".join(methods) or "none"
        message = f"GET: expected 405 and Allow: POST, got {exchange.status} and Allow: {allowed}"
        status = str(exchange.status)
        kind = FailureKind.UNEXPECTED_STATUS if exchange.response is not None else FailureKind.NO_ANSWER
        check(exchange.status == 405, message, exchange, kind=kind, expected="405", actual=status)
        kind = FailureKind.WRONG_HEADER
        check("POST" in methods, message, exchange, kind=kind, header="Allow", expected="POST", actual=allowed)


@clause("transport.form-charset")
def test_the_form_type_with_a_charset_is_accepted(subject: Subject, check: Check) -> None:
    """CLIENT C-J: sends application/x-www-form-urlencoded; charset=UTF-8 and no body."""
    for question in first_vendor_question(subject):
        for content_type in (f"{FORM_TYPE}; charset=UTF-8", f"{FORM_TYPE};charset=utf-8"):
            exchange = post(subject, question, headers=(("content-type", content_type),))
            check_answered(subject, check, exchange, f"Content-Type: {content_type}")


@clause("transport.accept-json")
def test_a_client_that_accepts_only_json_is_answered(subject: Subject, check: Check) -> None:
    """DOC W-OV: responses are JSON."""
    for question in first_question(subject):
        for accepted in ("application/json", "application/json, text/javascript;q=0.5"):
            exchange = ask(subject, question, headers=(("accept", accepted),))
            check_answered(subject, check, exchange, f"Accept: {accepted}")


@clause("transport.content-type-check")
def test_another_content_type_is_accepted_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option content_type_check. An empty body is sent as JSON, and without a type."""
    for question in first_vendor_question(subject):
        sent = [post(subject, question, headers=headers) for headers in ((("content-type", "application/json"),), ())]
        if all(has_legs(subject, exchange) for exchange in sent):
            seen = "any"
        elif all(is_refused(subject, exchange) for exchange in sent):
            seen = "form-only"
        else:
            seen = f"other: JSON {describe_exchange(subject, sent[0])}, no type {describe_exchange(subject, sent[1])}"
        check.option(subject, "content_type_check", seen, sent[0])


@clause("transport.parameters-in-body")
def test_parameters_in_a_form_body_are_read_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option parameters_in. Java servlets read both places (getParameter)."""
    for name, query in first_vendor_question(subject):
        body = subject.client.query_text(subject.client.with_credentials(query)).encode()
        exchange = subject.client.send("POST", f"{subject.client.base}/{name}", headers=(FORM,), body=body)
        seen = f"other: {describe_exchange(subject, exchange)}"
        if has_legs(subject, exchange):
            seen = "query-and-body"
        elif is_refused(subject, exchange):
            seen = "query-only"
        check.option(subject, "parameters_in", seen, exchange)


@clause("transport.plain-http")
def test_plain_http_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option plain_http. DOC W-AK: all communication is by HTTPS.

    The request has no credentials, so a refusal counts as an answer.
    """
    if subject.plain_root is None:
        raise Inconclusive("the target has no plain_base_url")
    plain = subject.client.base.replace(subject.client.root, subject.plain_root, 1)
    exchange = subject.client.send("POST", f"{plain}/{BY_UNIQUE_ID}?uniqueId={UNKNOWN_ID}")
    moved = exchange.status is not None and 300 <= exchange.status < 400
    check.option(subject, "plain_http", "refused" if exchange.response is None or moved else "served", exchange)


@clause("transport.parameter-order")
def test_parameters_may_have_any_order(subject: Subject, check: Check) -> None:
    """DERIVED: page 4.1 has the tag before the time stamp and the hash, page 9.1 of 2015 has it after them."""
    for answer in answers_with_legs(subject, 1):
        name, query = question_of(answer)
        for turn in (1, 2, 3):
            usual = subject.client.with_credentials(query)
            other = (*usual[turn % len(usual) :], *usual[: turn % len(usual)]) if turn < 3 else usual[::-1]
            exchange = post(subject, (name, other), credentials=())
            order = "parameters in the order " + ", ".join(key for key, _ in other)
            check_answered(subject, check, exchange, order)
            check_same(subject, check, answer, exchange, f"with {order}")


@clause("transport.unknown-parameter")
def test_an_unknown_parameter_is_ignored(subject: Subject, check: Check) -> None:
    """CLIENT C-J: sends xDebugArg, which no page documents."""
    for question in first_question(subject):
        for more in ("xDebugArg=1", "_=1792800000000"):
            request = request_of(subject, question)
            exchange = send(subject, request, url=with_parameter(request, more))
            check_answered(subject, check, exchange, f"with the additional parameter {more}")


@clause("transport.repeated-credentials")
def test_repeated_credentials_are_accepted(subject: Subject, check: Check) -> None:
    """CLIENT C-D: passes apiKey twice in one URL."""
    for name, query in first_vendor_question(subject):
        usual = subject.client.credentials()
        exchange = post(subject, (name, (*usual, *query, *usual)), credentials=())
        check_answered(subject, check, exchange, "the same credentials twice in one query")


@clause("transport.parameter-names")
def test_the_names_of_parameters_are_case_sensitive(subject: Subject, check: Check) -> None:
    """DOC W-SU: parameter names are case sensitive (about CallManagementAPI)."""
    for unique_id in present(subject, "unique_id"):
        for name in ("uniqueid", "UniqueId", "UNIQUEID"):
            exchange = post(subject, (BY_UNIQUE_ID, ((name, unique_id),)))
            check_no_recording(subject, check, exchange, f"{name} in place of uniqueId")


@clause("transport.missing-parameter")
def test_a_request_without_tag_or_unique_id_gives_no_recording(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls. Without a value, nothing matches."""
    for what, exchange in without_parameter(subject):
        check_no_recording(subject, check, exchange, what)


@clause("transport.missing-parameter-refused")
def test_a_missing_parameter_is_an_error(subject: Subject, check: Check) -> None:
    """DOC W-OV: a negative Code signifies an error; W-H: an appropriate HTTP error code."""
    for what, exchange in without_parameter(subject):
        check_refused(subject, check, exchange, what)
