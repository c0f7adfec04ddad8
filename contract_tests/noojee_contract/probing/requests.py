"""The questions about requests: parameters, content type, paths, plain http."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from noojee_contract.dialects.vendor_dialect import FORM
from noojee_contract.model.exchange import Exchange, NotJson, Request
from noojee_contract.model.question import Question
from noojee_contract.probing.observation import Observations, Unclear, observed
from noojee_contract.probing.pbx import FIRST_ERROR_STATUS, ProbedPbx, Saw

BAD_REQUEST: Mapping[str, str] = {
    "recording-api": "recording_api_bad_request_status",
    "call-management": "call_management_bad_request_status",
    "njadmin": "njadmin_bad_request_status",
}
NOT_FOUND, WRONG_TYPE = 404, 415
JSON_TYPE = "application/json"
NEEDS_KNOWN = "needs a known recording whose answer has legs"


def ask_missing(pbx: ProbedPbx) -> Observations:
    """Ask by tag without the parameter."""
    if not pbx.lists:
        return
    answer = pbx.ask(Question("tag", ""), bare=True)
    option, asked, exchange = BAD_REQUEST[pbx.target.dialect], "by tag without a tag", answer.exchange
    if answer.saw is not Saw.REFUSED:
        yield observed(option, None, asked, exchange, saw=f"no parameter brings {answer.saw.value}")
        return
    yield observed(option, str(exchange.status), asked, exchange)
    if pbx.target.dialect == "njadmin":
        yield observed("njadmin_failure_envelope", _envelope(exchange), asked, exchange, saw="another error body")


def _envelope(exchange: Exchange) -> str | None:
    """The letter case of the keys of an error body; None for another body."""
    try:
        document = exchange.json()
    except NotJson:
        return None
    keys = set(document) if isinstance(document, dict) else set()
    if keys == {"Code", "Message"}:
        return "capitalised"
    return "lower-case" if keys == {"code", "message"} else None


def ask_unknown_path(pbx: ProbedPbx) -> Observations:
    """Ask for a method that does not exist, without credentials."""
    url = f"{pbx.client.base}/noSuchMethod"
    exchange = pbx.client.send("POST", url, headers=FORM)
    asked = "a path that does not exist"
    if exchange.status != NOT_FOUND:
        saw = f"a path that does not exist is answered with {exchange.status}, and not with 404"
        yield observed("unknown_path", None, asked, exchange, saw=saw)
        return
    start = exchange.body.lstrip()[:1]
    value = {b"<": "html", b"{": "json", b"": "empty"}.get(start)
    yield observed("unknown_path", value, asked, exchange, saw="404 with another body than HTML, JSON or none")


def ask_other_type(pbx: ProbedPbx) -> Observations:
    """Send a known question with the content type of JSON."""
    sample = pbx.sample()
    if sample is None:
        yield Unclear("content_type_check", NEEDS_KNOWN)
        return
    request = replace(pbx.request(sample.question), headers=(("content-type", JSON_TYPE),))
    answer = pbx.read(sample.question, pbx.send(request))
    value = "any" if answer.saw is Saw.LEGS else None
    if answer.exchange.status == WRONG_TYPE:
        value = "form-only"
    asked = "a known recording, with the content type of JSON"
    saw = f"another content type is answered with {answer.exchange.status}"
    yield observed("content_type_check", value, asked, answer.exchange, saw=saw)


def ask_body(pbx: ProbedPbx) -> Observations:
    """Send the parameters of a known question in the body."""
    sample = pbx.sample()
    if sample is None:
        yield Unclear("parameters_in", NEEDS_KNOWN)
        return
    request = pbx.request(sample.question)
    path, _, query = request.url.partition("?")
    exchange = pbx.send(Request(method=request.method, url=path, headers=request.headers, body=query.encode("ascii")))
    answer = pbx.read(sample.question, exchange)
    value = {Saw.LEGS: "query-and-body", Saw.REFUSED: "query-only"}.get(answer.saw)
    asked = "a known recording, with all parameters in the body"
    yield observed("parameters_in", value, asked, exchange, saw=f"parameters in the body bring {answer.saw.value}")


def ask_bare_rest(pbx: ProbedPbx) -> Observations:
    """Ask for the time under /rest, with no other authentication under way."""
    pbx.hashes.close()
    exchange = pbx.client.send("POST", f"{pbx.client.root}/rest/Time", headers=FORM)
    asked = "Time under /rest"
    text = exchange.body.decode("latin-1").strip()
    value = "served" if exchange.status == 200 and text.isdigit() else None
    if value is not None:
        request = pbx.api.cancel_request(pbx.client.root, text)
        if request is not None:
            pbx.send(request)
    elif exchange.status == NOT_FOUND:
        value = "absent"
    yield observed("bare_rest", value, asked, exchange, saw=f"Time under /rest is answered with {exchange.status}")


def ask_without_method(pbx: ProbedPbx) -> Observations:
    """Call the 2.7.14 service without the parameter method."""
    exchange = pbx.client.send("GET", pbx.client.base)
    asked = "the service without the parameter method"
    if (exchange.status or 0) >= FIRST_ERROR_STATUS:
        yield observed("services_failure_status", str(exchange.status), asked, exchange)
    else:
        yield Unclear("services_failure_status", f"the answer was {exchange.status}, which is no error")


def ask_plain(pbx: ProbedPbx) -> Observations:
    """Ask over plain http, without credentials."""
    asked = "a request over plain http, without credentials"
    if pbx.client.root.startswith("http:"):
        answered = next((each for each in pbx.exchanges if each.response is not None), None)
        if answered is not None:
            yield observed("plain_http", "served", "every request of this probe, which went over http", answered)
        return
    root = pbx.target_client.plain_root
    if root is None:
        return
    base = pbx.client.base.replace(pbx.client.root, root, 1)
    exchange = pbx.client.send("POST", f"{base}/retrieveMetaData", headers=FORM)
    if exchange.undecided:
        yield observed("plain_http", None, asked, exchange)
    elif exchange.response is None:
        yield observed("plain_http", "refused", asked, exchange)
    elif pbx.api.read_error_body(exchange) is not None:
        yield observed("plain_http", "served", asked, exchange)
    else:
        saw = f"plain http is answered with {exchange.status}, which is no answer of the API"
        yield observed("plain_http", None, asked, exchange, saw=saw)
