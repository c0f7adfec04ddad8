"""Reads the answers of a capture: each recorded exchange as the answer to a question, named without credentials."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from noojee_contract.comparison.noise.answer import AnswerParts, answer_of
from noojee_contract.dialects.vendor_dialect import BY_HOUR_METHOD, BY_TAG, BY_UNIQUE_ID
from noojee_contract.model.audio import kind_of
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.credential_names import CredentialNames
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.parameters import all_parameters, form_of
from noojee_contract.traffic.replay.transport import response_of

METHODS: Mapping[str, str] = {
    BY_TAG: "by tag",
    BY_UNIQUE_ID: "by unique id",
    BY_HOUR_METHOD: "by hour",
    "Time": "of Time",
    "retrieve": "with sound",
    "retrieveByUniqueId": "with sound",
}
"""What an answer is, by the last part of the path."""


USES_UP = tuple(f"/{name}" for name in (BY_TAG, BY_UNIQUE_ID, BY_HOUR_METHOD))
"""The end of a question without a parameter: a request that uses up a time stamp, and asks nothing."""


def read_answers(path: Path, credentials: Collection[str] | None = None) -> dict[str, AnswerParts]:
    """The answers of an exchange file by question; of a question that was repeated, the last. Raises TargetError.

    `credentials` are names of parameters whose values are left out, in addition to the names in the file.
    """
    found: dict[str, AnswerParts] = {}
    with ExchangeReader(path) as reader:
        names = CredentialNames.of(reader.header.credentials, credentials)
        for wire in reader:
            question = question_of(wire, names)
            if question.endswith(USES_UP):
                continue
            body = b"" if wire.response is None else reader.body(wire.response.body)
            found[question] = answer_of(_exchange(wire, body), question=question, method=_method(wire))
    return found


def read_bodies(path: Path, credentials: Collection[str] | None = None) -> dict[str, bytes]:
    """Sound bodies in an exchange file by question; only a capture with --keep-sound has them. Raises TargetError."""
    found: dict[str, bytes] = {}
    with ExchangeReader(path) as reader:
        names = CredentialNames.of(reader.header.credentials, credentials)
        for wire in reader:
            body = None if wire.response is None else reader.body(wire.response.body)
            content = _exchange(wire, body).body
            if content and kind_of(content) is not None:
                found[question_of(wire, names)] = content
    return found


def question_of(wire: WireExchange, credentials: CredentialNames) -> str:
    """The name of a question: verb, path, query and form parameters without credentials, and a body of another type."""
    body = wire.request.body.content or b""
    named = [f"{name}={value}" for name, value in sorted(all_parameters(wire.request, body)) if name not in credentials]
    if form_of(wire.request, body) is None:
        named.append(body.decode("utf-8", "backslashreplace"))
    text = f"{wire.method} {urlsplit(wire.url).path} {' '.join(named)}".strip()
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _method(wire: WireExchange) -> str:
    name = urlsplit(wire.url).path.rpartition("/")[2]
    return METHODS.get(name, f"of {name}" if name else "of the API")


def _exchange(wire: WireExchange, body: bytes | None) -> Exchange:
    """An exchange as a client understands it. A body that was not kept reads as empty."""
    request = Request(method=wire.method, url=wire.url)
    if wire.response is None:
        return Exchange(request=request, transport_error=wire.transport_error or "no answer", at=wire.at)
    try:
        answer = response_of(wire.method, _head(wire, kept=body is not None) + (body or b""))
        content = answer.read()
    except (httpx.HTTPError, UnicodeError) as error:
        return Exchange(request=request, transport_error=f"no valid HTTP: {error}", at=wire.at)
    headers = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
    response = Response(status=answer.status_code, headers=headers, body=content)
    return Exchange(request=request, response=response, transport_error=wire.transport_error, at=wire.at)


def _head(wire: WireExchange, *, kept: bool) -> bytes:
    """The head of an answer; without the length of a body that was not kept."""
    assert wire.response is not None
    if kept:
        return wire.response.head
    lines = wire.response.head.split(b"\r\n")
    framing = (b"content-length:", b"transfer-encoding:")
    first, rest = lines[0], [line for line in lines[1:] if not line.lower().startswith(framing)]
    return b"\r\n".join([first, b"Content-Length: 0", *rest])
