"""Operators on refusals: each kind of refusal left out, emptied, or worded differently."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, Send, with_body
from support.faulty_servers.expected import ExpectedFailure, expect
from support.faulty_servers.operators import BY_HOUR, SOUND, is_at
from support.faulty_servers.operators.answers import page
from support.faulty_servers.rewriting import (
    given,
    has_credentials,
    hash_is_right,
    hash_of,
    is_legacy,
    is_method,
    is_refusal,
    keys,
    let_in,
    with_method,
)

Recognise = Callable[[httpx.Request, httpx.Response, Send], bool]
Retell = Callable[[httpx.Request, httpx.Response, Send], httpx.Response]
METADATA = ("/retrieveMetaData", "/retrieveMetaDataByUniqueId")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A kind of refusal, how to recognise it, and the options about it."""

    name: str
    words: str
    kind: str
    is_it: Recognise
    options: tuple[str, ...]
    dialects: tuple[str, ...] = ()


def _posted(request: httpx.Request) -> bool:
    return is_method(request) and request.method == "POST"


def _without_credential(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return _posted(request) and not has_credentials(request)


def _wrong_credential(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    if not (_posted(request) and has_credentials(request)):
        return False
    key, user_key = keys(request, send)
    if is_legacy(request):
        stamp = given(request, "timeStamp")
        return stamp is not None and given(request, "hash") != hash_of(key, stamp) and b"Expired" not in answer.content
    return given(request, "apiKey") not in (key, user_key)


def _stale(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return _posted(request) and b"Expired" in answer.content and hash_is_right(request, send)


def _of_a_user(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return _posted(request) and given(request, "apiKey") == keys(request, send)[1]


def _by_another_method(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return answer.status_code == 405 and request.url.path.endswith(METADATA)


def _unknown_path(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return is_method(request) and answer.status_code == 404 and not is_at(request, SOUND)


def _without_parameter(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    lacks = given(request, "tag") is None and given(request, "uniqueId") is None
    return (
        _posted(request)
        and request.url.path.endswith(METADATA)
        and lacks
        and not is_refusal_of_credential(request, send)
    )


def is_refusal_of_credential(request: httpx.Request, send: Send) -> bool:
    """Whether a request would be refused whatever it asks for."""
    if is_legacy(request):
        return not hash_is_right(request, send)
    return given(request, "apiKey") != keys(request, send)[0]


def _bad_hour(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return _posted(request) and is_at(request, BY_HOUR) and answer.status_code == 400


def _too_soon(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return _posted(request) and is_at(request, BY_HOUR) and answer.status_code == 429


def _unknown_sound(request: httpx.Request, answer: httpx.Response, send: Send) -> bool:
    return _posted(request) and is_at(request, SOUND) and answer.status_code in (400, 404)


STATUS_OPTIONS = ("recording_api_refused_status", "njadmin_refused_status")
BAD_REQUEST = ("recording_api_bad_request_status", "njadmin_bad_request_status", "njadmin_failure_envelope")
REFUSALS = (
    Refusal("without-credential", "A request without credentials", "authentication",
            _without_credential, STATUS_OPTIONS),
    Refusal("wrong-credential", "A request with a wrong credential", "authentication",
            _wrong_credential, STATUS_OPTIONS),
    Refusal("stale-hash", "A request with a stale hash", "authentication",
            _stale, ("expired_hash_status", "clock_ahead_seconds"), ("recording-api",)),
    Refusal("user-key", "A request with the key of a user", "authentication",
            _of_a_user, ("user_key_status",), ("njadmin",)),
    Refusal("wrong-method", "A metadata method asked by another HTTP method", "method",
            _by_another_method, ("other_methods",)),
    Refusal("unknown-path", "A method that no page names", "status", _unknown_path, ("legacy_after_4", "unknown_path")),
    Refusal("missing-parameter", "A request without its tag or unique id", "envelope", _without_parameter, BAD_REQUEST),
    Refusal("bad-hour", "A bad date or hour", "by-hour-membership",
            _bad_hour, ("bad_hour", *BAD_REQUEST), ("njadmin",)),
    Refusal("limit", "A second by-hour request within a minute", "rate-limit",
            _too_soon, ("by_hour_limit_status",), ("njadmin",)),
    Refusal("unknown-sound", "A sound that is not there", "audio",
            _unknown_sound, ("audio_unknown_leg", "expired_leg")),
)  # fmt: skip


def _object(request: httpx.Request, answer: httpx.Response, send: Send) -> httpx.Response:
    return httpx.Response(200, headers=[("content-type", "application/json")], content=b'{"Message":"OK","Code":0}')


def _repeating(request: httpx.Request, answer: httpx.Response, send: Send) -> httpx.Response:
    document = json.dumps({"Message": f"Refused: {request.url.query.decode('latin-1')}", "Code": -1})
    return with_body(answer, document.encode())


def _served(request: httpx.Request, answer: httpx.Response, send: Send) -> httpx.Response:
    return let_in(with_method(request, "POST"), send)


def _list(request: httpx.Request, answer: httpx.Response, send: Send) -> httpx.Response:
    return httpx.Response(200, headers=[("content-type", "application/json")], content=b"[]")


REPEATED = expect(FailureKind.LEAKED_CREDENTIAL) + expect(FailureKind.INVALID_ERROR_BODY, fields=("Message",))
SERVED = expect(FailureKind.NOT_REFUSED, FailureKind.LIMIT_NOT_HELD, statuses=(200,))


def _other_status(status: int) -> tuple[ExpectedFailure, ...]:
    kinds = (FailureKind.UNEXPECTED_STATUS, FailureKind.INVALID_ERROR_BODY, FailureKind.NOT_REFUSED)
    return expect(*kinds, FailureKind.LIMIT_NOT_HELD, statuses=(status,))


CHANGES: tuple[tuple[str, str, Retell, tuple[ExpectedFailure, ...]], ...] = (
    ("served", "is served", _served, SERVED),
    ("an-empty-list", "is answered with an empty list", _list, SERVED),
    ("a-server-error", "is answered 500", lambda request, answer, send: page(500), _other_status(500)),
    ("a-page-of-200", "is answered 200 with a page", lambda request, answer, send: page(200), SERVED),
    ("an-ok", "is answered 200 with the Code 0", _object, SERVED),
    ("nothing", "is answered 200 without a body", lambda request, answer, send: httpx.Response(200), SERVED),
    ("a-redirect", "is redirected to a login page",
     lambda request, answer, send: httpx.Response(302, headers=[("location", "/login")]), _other_status(302)),
    ("a-teapot", "is answered 418", lambda request, answer, send: page(418), _other_status(418)),
    ("told-with-the-query", "is refused in words that repeat the query", _repeating, REPEATED),
)  # fmt: skip


def mutants() -> Iterator[FaultyServer]:
    """Each kind of refusal by each change."""
    for refusal in REFUSALS:
        for name, words, change, expected in CHANGES:
            yield FaultyServer(
                name=f"{refusal.name}-{name}",
                description=f"{refusal.words} {words}.",
                mistake=_changed(refusal, change),
                operator=f"refusal-{name}",
                kind=refusal.kind,
                expected=expected + expect(FailureKind.OPTION_DIFFERS, options=refusal.options),
                dialects=refusal.dialects,
            )


def _changed(refusal: Refusal, change: Retell) -> Any:
    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        if is_method(request) and is_refusal(answer) and refusal.is_it(request, answer, send):
            return change(request, answer, send)
        return answer

    return mistake
