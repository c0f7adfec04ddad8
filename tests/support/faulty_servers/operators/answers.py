"""Operators on whole answers: each route gone, failing, redirected, in another wrapping, or that of its neighbour."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, Mistake, Send, with_body
from support.faulty_servers.expected import REFUSALS, ExpectedFailure, expect
from support.faulty_servers.operators import (
    BY_HOUR,
    BY_TAG,
    BY_UNIQUE_ID,
    METADATA,
    SOUND,
    TIME,
    WORDS,
    answering,
    dialects_of,
    is_at,
)
from support.faulty_servers.rewriting import is_refusal, place_of, with_method, with_path, with_status

PLACES = (TIME, *METADATA, SOUND)
PAGE = b"<!DOCTYPE html><html><body><h1>%d</h1></body></html>"
Change = Callable[[httpx.Response], httpx.Response]


def page(status: int) -> httpx.Response:
    """A page of the web server."""
    return httpx.Response(status, headers=[("content-type", "text/html;charset=UTF-8")], content=PAGE % status)


def _wrapped(key: str) -> Change:
    return lambda answer: with_body(answer, b'{"%s":%s}' % (key.encode(), answer.content))


NOT_LISTED = (*REFUSALS, FailureKind.MISSING_LEG)
UNREADABLE = (FailureKind.INVALID_BODY, FailureKind.REFUSED, FailureKind.INVALID_AUDIO, FailureKind.WRONG_TIME)


def _status(status: int) -> tuple[ExpectedFailure, ...]:
    kinds = (FailureKind.WRONG_TIME, FailureKind.INVALID_AUDIO, FailureKind.OPTION_DIFFERS)
    return expect(*REFUSALS, *kinds, statuses=(status,))


# What is done to a right answer, and the failure that shows it.
STATUSES: tuple[tuple[str, str, Change, tuple[ExpectedFailure, ...]], ...] = (
    ("is-gone", "is answered 404, as a path that is not there", lambda answer: page(404), _status(404)),
    ("is-a-server-error", "is answered 500", lambda answer: page(500), _status(500)),
    ("is-unavailable", "is answered 503", lambda answer: page(503), _status(503)),
    ("is-forbidden", "is answered 403", lambda answer: page(403), _status(403)),
    ("is-without-content", "is answered 204", lambda answer: httpx.Response(204), _status(204)),
    ("is-moved", "is answered 302, to the same path of another host",
     lambda answer: httpx.Response(302, headers=[("location", "https://new.invalid/")]), _status(302)),
    ("is-created", "is answered 201", lambda answer: with_status(answer, 201), _status(201)),
    ("is-accepted", "is answered 202", lambda answer: with_status(answer, 202), _status(202)),
    ("is-a-page", "is answered 200 with a page", lambda answer: page(200), expect(*UNREADABLE)),
    ("is-empty", "is answered 200 without a body", lambda answer: with_body(answer, b""), expect(*UNREADABLE)),
)  # fmt: skip
BODIES: tuple[tuple[str, str, Change], ...] = (
    ("is-cut-in-half", "is cut in half", lambda answer: with_body(answer, answer.content[: len(answer.content) // 2])),
    ("begins-with-a-mark", "begins with a byte order mark",
     lambda answer: with_body(answer, b"\xef\xbb\xbf" + answer.content)),
    ("is-utf-16", "is UTF-16", lambda answer: with_body(answer, answer.content.decode().encode("utf-16"))),
    ("is-followed-by-null", "is followed by a null", lambda answer: with_body(answer, answer.content + b"null")),
    ("is-jsonp", "is wrapped in a function call",
     lambda answer: with_body(answer, b"callback(" + answer.content + b")")),
    ("is-guarded", "begins with a guard against scripts",
     lambda answer: with_body(answer, b")]}',\n" + answer.content)),
    ("is-a-text-of-json", "is a JSON string with the document in it",
     lambda answer: with_body(answer, json.dumps(answer.content.decode()).encode())),
    ("is-in-legs", "is an object with the list under legs", _wrapped("legs")),
    ("is-in-metadata", "is an object with the list under MetaData", _wrapped("MetaData")),
    ("is-ok-alone", "is the object Code 0 in place of the list",
     lambda answer: with_body(answer, b'{"Message":"OK","Code":0}')),
    ("is-a-warning", "is an object with a positive Code in place of the list",
     lambda answer: with_body(answer, b'{"Message":"Deprecated","Code":1}')),
    ("is-null", "is null", lambda answer: with_body(answer, b"null")),
    ("is-in-single-quotes", "is written with single quotes",
     lambda answer: with_body(answer, answer.content.replace(b'"', b"'"))),
    ("is-xml", "is XML", lambda answer: with_body(answer, b"<legs><leg/></legs>")),
    ("is-zipped", "is zipped, and not labelled so",
     lambda answer: with_body(answer, gzip.compress(answer.content, mtime=0))),
)  # fmt: skip
TIMES: tuple[tuple[str, str, Change], ...] = (
    ("has-a-fraction", "has a fraction", lambda answer: with_body(answer, answer.content.strip() + b".0")),
    ("is-a-date", "is a date in ISO 8601", lambda answer: with_body(answer, b"2026-11-24T00:00:00Z")),
    ("is-in-microseconds", "is in microseconds", lambda answer: with_body(answer, answer.content.strip() + b"000")),
    ("is-quoted", "is in quotes", lambda answer: with_body(answer, b'"' + answer.content.strip() + b'"')),
    ("is-signed", "begins with a sign", lambda answer: with_body(answer, b"+" + answer.content)),
    ("is-with-a-label", "begins with a word", lambda answer: with_body(answer, b"Time: " + answer.content)),
    ("is-grouped", "has thousands separators", lambda answer: with_body(answer, f"{int(answer.content):,}".encode())),
)  # fmt: skip
METHODS = ("GET", "PUT", "DELETE", "PATCH", "HEAD")
NEIGHBOURS = {BY_TAG: "retrieveMetaDataByUniqueId", BY_UNIQUE_ID: "retrieveMetaData", BY_HOUR: "retrieveMetaData"}


def on_success(place: str, change: Change) -> Mistake:
    """A mistake in the answers of a place that are right and no refusal."""
    return answering(place, lambda request, answer: answer if _refuses(request, answer) else change(answer))


def _refuses(request: httpx.Request, answer: httpx.Response) -> bool:
    return is_refusal(answer) or request.method != "POST"


def mutants() -> Iterator[FaultyServer]:
    """Each status at each route, each wrapping of each document, each method at each route."""
    for place in PLACES:
        for name, words, change, expected in STATUSES:
            yield _mutant(place, name, words, change, expected, "status")
    for place in METADATA:
        for name, words, change in BODIES:
            yield _mutant(place, name, words, change, expect(*UNREADABLE), "envelope")
    for name, words, change in TIMES:
        yield _mutant(TIME, name, words, change, expect(FailureKind.WRONG_TIME), "envelope")
    yield from _of_methods()
    for place, neighbour in NEIGHBOURS.items():
        yield FaultyServer(
            name=f"{place}-leads-to-its-neighbour",
            description=f"{WORDS[place]} leads to the method {neighbour}.",
            mistake=_led_to(place, neighbour),
            operator="leads-to-its-neighbour",
            kind="status",
            expected=expect(*NOT_LISTED),
            dialects=dialects_of(place),
        )


def _mutant(
    place: str, name: str, words: str, change: Change, expected: tuple[ExpectedFailure, ...], kind: str
) -> FaultyServer:
    return FaultyServer(
        name=f"{place}-{name}",
        description=f"{WORDS[place]} {words}.",
        mistake=on_success(place, change),
        operator=name,
        kind="audio" if place == SOUND else kind,
        expected=expected,
        dialects=dialects_of(place),
    )


def _of_methods() -> Iterator[FaultyServer]:
    for place in METADATA:
        for method in METHODS:
            yield FaultyServer(
                name=f"{place}-on-{method.lower()}",
                description=f"{WORDS[place]} is served on {method} too.",
                mistake=_served_on(place, method),
                operator="on-another-method",
                kind="method",
                expected=expect(
                    FailureKind.NOT_REFUSED,
                    FailureKind.UNEXPECTED_STATUS,
                    FailureKind.OPTION_DIFFERS,
                    methods=(method,),
                ),
                dialects=dialects_of(place),
            )


def _served_on(place: str, method: str) -> Mistake:
    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        if not is_at(request, place) or request.method != method:
            return send(request)
        answer = send(with_method(request, "POST"))
        return with_body(answer, b"") if method == "HEAD" else answer

    return mistake


def _led_to(place: str, neighbour: str) -> Mistake:
    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        if not is_at(request, place):
            return send(request)
        path = place_of(request).path.rpartition("/")[0]
        return send(with_path(request, f"{path}/{neighbour}"))

    return mistake
