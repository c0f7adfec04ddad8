"""Faulty servers: how requests are taken and answers travel."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import httpx

from support.faulty_servers import Send, faulty, with_body, with_each_leg
from support.faulty_servers.rewriting import (
    CREDENTIALS,
    failure,
    given,
    is_legacy,
    is_method,
    pairs,
    place_of,
    turn_away,
    with_headers_of,
    with_method,
    with_pairs,
    with_path,
    with_raw_query,
    with_status,
)

Memory = dict[str, Any]
FORM_TYPE = "application/x-www-form-urlencoded"
MELBOURNE_SUMMER_MILLIS = 11 * 3_600_000
PARAMETERS = {
    *CREDENTIALS, "tag", "uniqueId", "leg", "date", "hour", "extenOrUniqueId", "agentLoginName", "method", "exten",
    "lastSequenceNumber", "timeOut", "instanceId", "number", "autoAnswer", "callerId", "phoneCaption", "monitored",
    "record", "answerString",
}  # fmt: skip
METHODS = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieveMetaDataByHour", "retrieve", "retrieveByUniqueId")


def is_time(request: httpx.Request) -> bool:
    """Whether the PBX's time is asked."""
    return request.url.path.endswith("/Time")


def lacks_its_parameter(request: httpx.Request) -> bool:
    """Whether a metadata method is asked without a tag or unique id."""
    listing = request.url.path.endswith(("/retrieveMetaData", "/retrieveMetaDataByUniqueId"))
    return listing and given(request, "tag") is None and given(request, "uniqueId") is None


@faulty(
    "get-served", "A colleague wanted to see recordings in the browser, so the methods got a @GET next to their @POST."
)
def get_served(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(with_method(request, "POST") if request.method == "GET" and is_method(request) else request)


@faulty("every-method-served", "The new framework routes by path alone; GET was closed, the others were forgotten.")
def every_method_served(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if not is_method(request) or request.method in ("POST", "GET", "OPTIONS"):
        return send(request)
    answer = send(with_method(request, "POST"))
    return with_body(answer, b"") if request.method == "HEAD" else answer


@faulty("options-served", "A CORS filter hands OPTIONS on to the method in place of answering it.")
def options_served(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(with_method(request, "POST") if request.method == "OPTIONS" and is_method(request) else request)


@faulty(
    "wrong-method-not-found", "The new router looks up method and path together, so a wrong method is an unknown page."
)
def wrong_method_not_found(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_headers_of(with_status(answer, 404), allow=None) if answer.status_code == 405 else answer


@faulty("compares-whole-content-type", "A security filter compares the whole Content-Type header with one text.")
def compares_whole_content_type(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    label = request.headers.get("content-type", FORM_TYPE)
    if is_method(request) and label.startswith(FORM_TYPE) and label != FORM_TYPE:
        return httpx.Response(415, headers=[("content-type", "text/html")], content=b"<h1>415</h1>")
    return send(request)


@faulty("not-acceptable", "The methods were annotated as producing text/html, so JAX-RS negotiates with that.")
def not_acceptable(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    accepted = request.headers.get("accept", "*/*")
    if is_method(request) and "*/*" not in accepted and "text/html" not in accepted:
        return httpx.Response(406, headers=[("content-type", "text/html")], content=b"<h1>406</h1>")
    return send(request)


@faulty("wants-form-type", "After an upgrade JAX-RS honours @Consumes, and refuses what is not labelled as a form.")
def wants_form_type(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if is_method(request) and not request.headers.get("content-type", "").startswith(FORM_TYPE):
        return httpx.Response(415, headers=[("content-type", "text/html")], content=b"<h1>415</h1>")
    return send(request)


@faulty("reads-query-only", "The rewrite reads @QueryParam, where the servlet read getParameter.")
def reads_query_only(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if is_method(request) and request.content:
        return send(httpx.Request(request.method, request.url, headers={"content-type": FORM_TYPE}))
    return send(request)


@faulty("credentials-come-last", "A gateway matches the query with one regular expression, written from the samples.")
def credentials_come_last(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    names = [name for name, _ in pairs(request)]
    if is_method(request):
        if is_legacy(request) and names[-2:] != ["timeStamp", "hash"]:
            return turn_away(request, send)
        if not is_legacy(request) and names[:1] != ["apiKey"]:
            return turn_away(request, send)
    return send(request)


@faulty("refuses-unknown-parameters", "The new binding validates the query against a closed list.")
def refuses_unknown_parameters(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if is_method(request) and {name for name, _ in pairs(request)} - PARAMETERS:
        return failure("Unknown parameter", 400)
    return send(request)


@faulty("refuses-repeated-parameters", "A firewall takes a repeated parameter for an attack.")
def refuses_repeated_parameters(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    names = [name for name, _ in pairs(request)]
    if is_method(request) and len(names) != len(set(names)):
        return failure("Forbidden", 403)
    return send(request)


@faulty("names-of-any-case", "The rewrite is in a framework that binds parameters without regard to letter case.")
def names_of_any_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    usual = {name.lower(): name for name in PARAMETERS}
    if not is_method(request):
        return send(request)
    return send(with_pairs(request, [(usual.get(name.lower(), name), value) for name, value in pairs(request)]))


@faulty("no-tag-matches-all", "A missing tag is left out of the WHERE clause, so everything matches.")
def no_tag_matches_all(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tags = memory.setdefault("tags", {})
    sandbox = place_of(request).sandbox
    if lacks_its_parameter(request):
        if sandbox not in tags:
            url = request.url.copy_with(path=f"/__noojee/sandboxes/{sandbox}/calls", query=None)
            calls = send(httpx.Request("GET", url)).json()["calls"]
            tags[sandbox] = next((call["unique_id"] for call in calls), None)
        if tags[sandbox] is not None:
            base = place_of(request).path.rpartition("/")[0]
            path = f"{base}/retrieveMetaDataByUniqueId"
            return send(with_path(with_pairs(request, [*pairs(request), ("uniqueId", tags[sandbox])]), path))
    return send(request)


@faulty("no-tag-matches-nothing", "A missing tag is looked up as NULL, which equals nothing.")
def no_tag_matches_nothing(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if lacks_its_parameter(request):
        return httpx.Response(200, headers=[("content-type", "application/json")], content=b"[]")
    return send(request)


@faulty("missing-parameter-is-a-server-error", "The missing parameter ends in a NullPointerException.")
def missing_parameter_is_a_server_error(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if lacks_its_parameter(request):
        return httpx.Response(500, headers=[("content-type", "text/html")], content=b"<h1>500</h1>")
    return send(request)


def _with_failure(answer: httpx.Response, change: Any) -> httpx.Response:
    """The same answer with its failure object changed."""
    try:
        document = json.loads(answer.content)
    except ValueError:
        return answer
    failed = isinstance(document, dict) and document.get("Code") != 0
    return with_body(answer, json.dumps(change(document)).encode()) if failed else answer


@faulty("failure-code-as-text", "The new serialiser writes every value as a string, as in the legs.")
def failure_code_as_text(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _with_failure(send(request), lambda fields: {name: str(value) for name, value in fields.items()})


@faulty("failure-code-positive", "The rewrite numbers its errors from 1, as its campaign methods do.")
def failure_code_positive(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _with_failure(send(request), lambda fields: {**fields, "Code": 103} if "Code" in fields else fields)


@faulty("failure-in-lower-case", "The replacement's errors come from the library of its newer neighbours.")
def failure_in_lower_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _with_failure(send(request), lambda fields: {name.lower(): value for name, value in fields.items()})


@faulty("errors-without-a-word", "The gateway keeps the status of an error and drops its body.")
def errors_without_a_word(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_body(answer, b"") if answer.status_code >= 400 else answer


@faulty("answers-in-latin-1", "The JVM was started without file.encoding, so a Writer writes Latin-1.")
def answers_in_latin_1(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if answer.content[:1] != b"[":
        return answer
    return with_body(answer, answer.content.decode("utf-8").encode("latin-1", "replace"))


@faulty("answers-cut-off", "The proxy's buffer holds 200 bytes, and the rest of a longer answer is lost.")
def answers_cut_off(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if answer.content[:1] != b"[":
        return answer
    return httpx.Response(answer.status_code, headers=answer.headers.multi_items(), content=answer.content[:200])


@faulty("listed-once", "A cursor is kept for each question, so who asks again gets what is new since: nothing.")
def listed_once(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    asked = (request.url.path, given(request, "tag"), given(request, "uniqueId"))
    answer = send(request)
    if not is_method(request) or answer.content[:1] != b"[":
        return answer
    times = memory[repr(asked)] = memory.get(repr(asked), 0) + 1
    return answer if times == 1 else with_body(answer, b"[]")


@faulty("query-in-latin-1", "Tomcat decodes queries as ISO-8859-1 unless URIEncoding is set, and the upgrade reset it.")
def query_in_latin_1(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    query = request.url.query.decode("latin-1")
    return send(with_pairs(request, parse_qsl(query, keep_blank_values=True, encoding="latin-1")))


@faulty("no-listener-for-plain-http", "The new proxy listens on 443 alone.")
def no_listener_for_plain_http(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if request.url.scheme == "http":
        raise httpx.ConnectError("Connection refused", request=request)
    return send(request)


@faulty("decodes-twice", "A proxy decodes the URL and hands it on decoded.")
def decodes_twice(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if not is_method(request):
        return send(request)
    once = [(name, unquote(value)) for name, value in pairs(request)]
    return send(with_raw_query(request, "&".join(f"{name}={_left_open(value)}" for name, value in once)))


def _left_open(value: str) -> str:
    """A value of a query that is decoded twice."""
    return quote(unquote(value.replace("+", " ")), safe="")


@faulty("plus-stays-plus", "The new router decodes paths and queries with one function, which knows no + for a space.")
def plus_stays_plus(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    query = request.url.query.decode("latin-1")
    return send(with_raw_query(request, query.replace("+", "%2B")) if is_method(request) else request)


@faulty("space-only-plus", "A home-made decoder knows + for a space, and takes %20 as three letters.")
def space_only_plus(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    query = request.url.query.decode("latin-1")
    return send(with_raw_query(request, query.replace("%20", "%2520")) if is_method(request) else request)


@faulty("one-page-for-every-path", "A single-page application answers every unknown path with its index page.")
def one_page_for_every_path(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if answer.status_code == 404:
        return httpx.Response(
            200, headers=[("content-type", "text/html")], content=b"<!DOCTYPE html><div id=app></div>"
        )
    return answer


@faulty("unknown-path-is-a-server-error", "The dispatcher throws for a name that it does not know.")
def unknown_path_is_a_server_error(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    absent = answer.status_code == 404 and request.url.path.rpartition("/")[2] not in METHODS
    return with_status(answer, 500) if absent else answer


@faulty("errors-in-plain-text", "The proxy in front writes its own error texts.")
def errors_in_plain_text(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if answer.status_code == 404:
        return httpx.Response(404, headers=[("content-type", "text/plain")], content=b"Not Found\n")
    return answer


@faulty("paths-of-any-case", "The replacement runs behind a web server whose paths know no letter case.")
def paths_of_any_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if not is_method(request):
        return send(request)
    base, _, name = place_of(request).path.rpartition("/")
    usual = {method.lower(): method for method in METHODS}
    return send(with_path(request, f"{base}/{usual.get(name.lower(), name)}"))


@faulty("no-bare-rest", "The new proxy forwards /servicemanager alone.")
def no_bare_rest(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if place_of(request).path.startswith("/rest/"):
        return httpx.Response(404, headers=[("content-type", "text/html")], content=b"<h1>404</h1>")
    return send(request)


@faulty("prefix-of-the-old-archive", "The alias /servicemanager still leads to the database before the migration.")
def prefix_of_the_old_archive(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not place_of(request).path.startswith("/servicemanager/"):
        return answer
    return with_each_leg(answer, lambda leg: {**leg, "CallRecordId": "1" + leg["CallRecordId"]})


@faulty("time-in-json", "The rewrite answers everything in JSON, Time too.")
def time_in_json(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_body(answer, b'{"time":%s}' % answer.content.strip()) if is_time(request) else answer


@faulty("time-in-seconds", "The rewrite uses a clock that counts seconds.")
def time_in_seconds(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_body(answer, answer.content.strip()[:-3]) if is_time(request) else answer


@faulty("time-with-line-end", "println in place of print.")
def time_with_line_end(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_body(answer, answer.content + b"\n") if is_time(request) else answer


@faulty("time-of-the-wall-clock", "The PBX's local time is read as if it were UTC.")
def time_of_the_wall_clock(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if is_time(request) and request.method == "POST":
        return with_body(answer, str(int(answer.content) + MELBOURNE_SUMMER_MILLIS).encode())
    return answer


@faulty("time-from-a-cache", "A proxy caches what looks static, and Time has no Cache-Control.")
def time_from_a_cache(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if not is_time(request) or request.method != "POST":
        return send(request)
    if request.url.path not in memory:
        memory[request.url.path] = send(request).content
    return with_body(send(request), memory[request.url.path])


@faulty("time-for-get", "Time was opened for GET, for a monitoring script.")
def time_for_get(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(with_method(request, "POST") if is_time(request) and request.method == "GET" else request)


@faulty("slow-by-unique-id", "The new table has no index on the id, so that the first requests read it from the disk.")
def slow_by_unique_id(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    if request.url.path.endswith("/njadmin/rest/RecordingAPI/retrieveMetaDataByUniqueId") and not memory:
        memory["read"] = True
        time.sleep(2.05)
    return send(request)
