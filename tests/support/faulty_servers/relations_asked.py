"""Faulty servers: the answer depends on other requests, connections, spellings or headers, which it should not."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_each_leg, with_legs
from support.faulty_servers.metadata import asked_unique_id
from support.faulty_servers.metadata_fields import is_metadata
from support.faulty_servers.rewriting import Pairs, is_method, is_refusal, pairs, with_pairs

Memory = dict[str, Any]
KNOWN = ("tag", "uniqueId", "apiKey", "timeStamp", "hash", "date", "hour", "leg")
FORM = b"application/x-www-form-urlencoded"
QUERY_SECONDS = 0.004


def nothing(answer: httpx.Response) -> httpx.Response:
    """The answer of a look-up without a leg."""
    return with_legs(answer, lambda _: [])


def lagging(answer: httpx.Response) -> httpx.Response:
    """The answer of a replica that has not heard of the newest leg."""
    return with_legs(answer, lambda legs: legs[:-1])


@faulty(
    "servlet-keeps-the-question",
    "The servlet keeps the parameters in fields of its one instance, while the query takes its time.",
)
def servlet_keeps_the_question(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if asked_unique_id(request) is None:
        return send(request)
    memory["question"] = request
    time.sleep(QUERY_SECONDS)
    return send(memory["question"])


@faulty(
    "nothing-is-remembered",
    "A look-up that found nothing leaves its empty result set open, and the next question gets it.",
)
def nothing_is_remembered(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request) or answer.status_code != 200:
        return answer
    if memory.pop("open", False):
        return nothing(answer)
    memory["open"] = answer.content == b"[]"
    return answer


@faulty(
    "refusal-aborts-the-transaction",
    "A refusal leaves a transaction aborted, and the next request in it gets no legs.",
)
def refusal_aborts_the_transaction(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_method(request):
        return answer
    if is_refusal(answer):
        memory["aborted"] = True
        return answer
    return nothing(answer) if memory.pop("aborted", False) else answer


@faulty(
    "every-second-connection-lags", "The balancer gives every second connection to a replica that lags behind by a leg."
)
def every_second_connection_lags(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if request.headers.get("connection", "").lower() != "close" or not is_metadata(request):
        return answer
    memory["connections"] = memory.get("connections", 0) + 1
    return answer if memory["connections"] % 2 else lagging(answer)


@faulty(
    "reads-capital-escapes-alone",
    "The router of the new proxy decodes escapes with capital hex digits, and leaves the others.",
)
def reads_capital_escapes_alone(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    small = re.search(rb"%(?:[0-9A-F]?[a-f]|[a-f][0-9A-Fa-f])", request.url.raw_path)
    return nothing(answer) if small and is_metadata(request) else answer


@faulty(
    "headers-compared-letter-by-letter", "The form is parsed where the header says so, in the spelling of the page."
)
def headers_compared_letter_by_letter(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    types = [value for name, value in request.headers.raw if name.lower() == b"content-type"]
    return answer if not is_metadata(request) or not types or types[0].startswith(FORM) else nothing(answer)


@faulty(
    "answers-in-the-client-s-language", "The words of the document are those of the language that the client prefers."
)
def answers_in_the_client_s_language(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not request.headers.get("accept-language", "").startswith("de") or not is_metadata(request):
        return answer
    return with_each_leg(answer, lambda leg: leg | {"DID": "intern"} if leg["DID"] == "internal" else leg)


@faulty(
    "body-hides-the-query", "Where a form comes in the body, its fields are the parameters, and the query is not read."
)
def body_hides_the_query(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if request.read() and is_metadata(request):
        credentials: Pairs = [pair for pair in pairs(request) if pair[0] not in ("tag", "uniqueId")]
        return send(with_pairs(request, credentials))
    return send(request)


@faulty("cache-buster-reaches-the-replica", "What the cache has no key for goes past it, to the replica for reports.")
def cache_buster_reaches_the_replica(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    strange = any(name not in KNOWN for name, _ in pairs(request))
    return lagging(answer) if strange and is_metadata(request) else answer


@faulty("joins-repeated-values", "A parameter that comes twice is bound to one text, with a comma between.")
def joins_repeated_values(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    joined: dict[str, str] = {}
    for name, value in pairs(request):
        joined[name] = f"{joined[name]},{value}" if name in ("tag", "uniqueId") and name in joined else value
    return send(with_pairs(request, list(joined.items()))) if is_metadata(request) else send(request)
