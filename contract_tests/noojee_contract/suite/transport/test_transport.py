"""Transport: which HTTP methods, content types and places of parameters a PBX takes."""

from __future__ import annotations

from noojee_contract.clients.client import FORM_TYPE
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
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
    questions,
    request_of,
    send,
    url_of,
    vendor_questions,
    with_parameter,
    without_parameter,
)
from noojee_contract.suite.support.relations import check_same, question_of, told_answers

FORM = ("content-type", FORM_TYPE)
STRANGER = "no-such-recording"


@clause("transport.get-refused")
def test_get_brings_no_recording(subject: Subject, check: Check) -> None:
    """SPEC: the API will only accept POST requests."""
    for question in vendor_questions(subject):
        exchange = subject.client.send("GET", url_of(subject, question))
        check_refused(subject, check, exchange, f"GET {question[0]}")


@clause("transport.other-methods-refused")
def test_put_delete_patch_and_head_are_refused(subject: Subject, check: Check) -> None:
    """SPEC: the API will only accept POST requests."""
    for question in questions(subject):
        for method in ("PUT", "DELETE", "PATCH", "HEAD"):
            # On a PBX that is only observed, nothing that is there is put at risk: a stranger is named.
            safe = subject.sandbox is not None or method == "HEAD"
            request = request_of(subject, question if safe else Question(question.kind, STRANGER))
            if (request.method, method) != ("GET", "HEAD"):  # where GET is served, HEAD is: HTTP's own rule
                check_refused(
                    subject, check, send(subject, request, verb=method), f"{method} {describe_question(question)}"
                )


@clause("transport.options-brings-nothing")
def test_options_brings_no_recording(subject: Subject, check: Check) -> None:
    """SPEC: only POST is accepted; that OPTIONS tells the methods is HTTP's own, so it need be no error."""
    for question in questions(subject):
        check_no_recording(
            subject, check, ask(subject, question, verb="OPTIONS"), f"OPTIONS {describe_question(question)}"
        )


@clause("transport.method-not-allowed")
def test_a_wrong_method_is_answered_405_naming_post(subject: Subject, check: Check) -> None:
    """UNKNOWN row 14: a JAX-RS server answers 405 with Allow: POST."""
    for question in first_vendor_question(subject):
        exchange = subject.client.send("GET", url_of(subject, question))
        allow = [each.strip().upper() for each in (exchange.header("allow") or "").split(",")]
        said = f"GET: expected 405 and Allow: POST, got {exchange.status} and Allow: {', '.join(allow) or 'none'}"
        check(exchange.status == 405 and "POST" in allow, said, exchange)


@clause("transport.form-charset")
def test_the_form_type_with_a_charset_is_taken(subject: Subject, check: Check) -> None:
    """CLIENT C-J: sends application/x-www-form-urlencoded; charset=UTF-8 and no body."""
    for question in first_vendor_question(subject):
        for written in (f"{FORM_TYPE}; charset=UTF-8", f"{FORM_TYPE};charset=utf-8"):
            exchange = post(subject, question, headers=(("content-type", written),))
            check_answered(subject, check, exchange, f"Content-Type: {written}")


@clause("transport.accept-json")
def test_a_client_that_accepts_json_alone_is_served(subject: Subject, check: Check) -> None:
    """DOC W-OV: responses are JSON."""
    for question in first_question(subject):
        for accepted in ("application/json", "application/json, text/javascript;q=0.5"):
            exchange = ask(subject, question, headers=(("accept", accepted),))
            check_answered(subject, check, exchange, f"Accept: {accepted}")


@clause("transport.content-type-check")
def test_another_content_type_is_taken_or_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 15: JSON as the type of an empty body, and no type at all."""
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
    """UNKNOWN row 16: the habit of servlet getParameter."""
    for name, query in first_vendor_question(subject):
        body = subject.client.query_text(subject.client.with_credentials(query)).encode()
        exchange = subject.client.send("POST", f"{subject.client.base}/{name}", headers=(FORM,), body=body)
        taken, left = has_legs(subject, exchange), is_refused(subject, exchange)
        seen = "query-and-body" if taken else "query-only" if left else f"other: {describe_exchange(subject, exchange)}"
        check.option(subject, "parameters_in", seen, exchange)


@clause("transport.plain-http")
def test_plain_http_is_served_or_not_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 43; DOC W-AK: all communication by HTTPS. No credential is sent in the clear, so a refusal is an answer."""
    if subject.plain_root is None:
        raise Inconclusive("the target names no plain_base_url")
    plain = subject.client.base.replace(subject.client.root, subject.plain_root, 1)
    exchange = subject.client.send("POST", f"{plain}/{BY_UNIQUE_ID}?uniqueId={STRANGER}")
    moved = exchange.status is not None and 300 <= exchange.status < 400
    check.option(subject, "plain_http", "refused" if exchange.response is None or moved else "served", exchange)


@clause("transport.parameter-order")
def test_parameters_may_stand_in_any_order(subject: Subject, check: Check) -> None:
    """DERIVED: 4.1 puts the tag before the time stamp and the hash, 9.1 of 2015 puts it after them."""
    for answer in told_answers(subject, 1):
        name, query = question_of(answer)
        for turn in (1, 2, 3):
            usual = subject.client.with_credentials(query)
            other = (*usual[turn % len(usual) :], *usual[: turn % len(usual)]) if turn < 3 else usual[::-1]
            exchange = post(subject, (name, other), credentials=())
            order = "parameters in the order " + ", ".join(key for key, _ in other)
            check_answered(subject, check, exchange, order)
            check_same(subject, check, answer, exchange, f"with {order}")


@clause("transport.unknown-parameter")
def test_a_parameter_that_nobody_asked_for_changes_nothing(subject: Subject, check: Check) -> None:
    """CLIENT C-J: sends xDebugArg, which no page lists."""
    for question in first_question(subject):
        for more in ("xDebugArg=1", "_=1792800000000"):
            request = request_of(subject, question)
            exchange = send(subject, request, url=with_parameter(request, more))
            check_answered(subject, check, exchange, f"with the parameter {more} beside the documented ones")


@clause("transport.repeated-credentials")
def test_credentials_given_twice_are_taken_once(subject: Subject, check: Check) -> None:
    """CLIENT C-D: passes apiKey twice in one URL."""
    for name, query in first_vendor_question(subject):
        usual = subject.client.credentials()
        exchange = post(subject, (name, (*usual, *query, *usual)), credentials=())
        check_answered(subject, check, exchange, "the same credentials twice in one query")


@clause("transport.parameter-names")
def test_the_names_of_parameters_are_case_sensitive(subject: Subject, check: Check) -> None:
    """DOC W-SU: parameter names are case sensitive (said of CallManagementAPI)."""
    for unique_id in subject.unique_ids[:1]:
        for name in ("uniqueid", "UniqueId", "UNIQUEID"):
            exchange = post(subject, (BY_UNIQUE_ID, ((name, unique_id),)))
            check_no_recording(subject, check, exchange, f"{name} in place of uniqueId")


@clause("transport.missing-parameter")
def test_without_a_tag_or_unique_id_no_recording_comes(subject: Subject, check: Check) -> None:
    """SPEC: an array containing any matching calls; nothing matches what was not question."""
    for what, exchange in without_parameter(subject):
        check_no_recording(subject, check, exchange, what)


@clause("transport.missing-parameter-refused")
def test_a_missing_parameter_is_an_error(subject: Subject, check: Check) -> None:
    """DOC W-OV: a negative Code signifies an error; W-H: an appropriate HTTP error code. Row 17."""
    for what, exchange in without_parameter(subject):
        check_refused(subject, check, exchange, what)
