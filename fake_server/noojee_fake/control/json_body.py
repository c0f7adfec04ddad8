"""JSON bodies of control requests, validated by the components of the OpenAPI description, and JSON answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from noojee_fake.messages import Request, Response
from noojee_fake.pbx.clock import parse_instant
from noojee_fake.pbx.documents import mistake
from noojee_fake.pbx.json_pieces import decoded, parse_json

OPENAPI = "control.openapi.json"

LARGEST_BODY_BYTES = 256 * 1024 * 1024
LARGEST_SMALL_BODY_BYTES = 8 * 1024 * 1024
"""The limit of a body that has neither calls nor sound."""

_LONGEST_REASON = 1000


class Refused(Exception):
    """The control API refuses a request. `path` is the JSON path of the invalid value; `more` are further fields."""

    def __init__(
        self, status: int, message: str, path: str | None = None, *, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.path = path
        self.more = more or {}


def answer(status: int, document: Mapping[str, Any], *headers: tuple[str, str]) -> Response:
    """A JSON answer. An iterator in the document is written as a list."""
    pieces: list[bytes] = []
    for name, value in document.items():
        pieces += (b"," if pieces else b"{", _json(name), b":")
        pieces += _member(value)
    body = b"".join((*pieces, b"}")) if pieces else b"{}"
    return Response(
        status,
        (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers),
        body,
    )


def _member(value: Any) -> Iterator[bytes]:
    """A value as JSON. The entries of a list are written one by one, so that other threads run in between."""
    if not isinstance(value, (list, Iterator)):
        yield _json(value)
        return
    before = b"["
    for entry in value:
        yield before + _json(entry)
        before = b","
    yield b"[]" if before == b"[" else b"]"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def error(refused: Refused, *headers: tuple[str, str]) -> Response:
    """The answer to a refused request: an Error of the description, with at most 1000 characters of text."""
    message = refused.message
    if len(message) > _LONGEST_REASON:
        message = f"{message[: _LONGEST_REASON // 2]} ... {message[-_LONGEST_REASON // 2 :]}"
    where = {} if refused.path is None else {"path": refused.path}
    return answer(refused.status, {"error": message, **where, **refused.more}, *headers)


def no_room() -> Response:
    """The answer to a request for which the memory budget has no room now."""
    return error(
        Refused(
            503,
            "the memory budget of the server has no room for this request now; try again later, send less, or start the"
            " server with a larger --memory-budget",
        ),
        ("Retry-After", "1"),
    )


def read_body(
    request: Request, component: str, *, placeholders: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """The JSON object of a request, valid by a component of the description.

    `placeholders` replace fields that hold calls: the reader of archives validates those fields, and the body may be
    as large as an archive. Raises Refused (400, 413 or 415).
    """
    content_type = request.header("content-type") or ""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "send the body as 'Content-Type: application/json'")
    if (request.header("content-encoding") or "identity").strip().lower() != "identity":
        raise Refused(415, "send the body as it is, without Content-Encoding")
    check_size(request, LARGEST_BODY_BYTES if placeholders else LARGEST_SMALL_BODY_BYTES)
    try:
        body = parse_json(decoded(request.body), _refuse_constant)
    except (ValueError, RecursionError) as wrong:
        raise Refused(400, f"the body is no JSON: {wrong}") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body must be a JSON object", "$")
    checked = {name: placeholders.get(name, value) for name, value in body.items()}
    found = mistake(checked, OPENAPI, component)
    if found is not None:
        raise Refused(400, *found)
    return body


def check_size(request: Request, largest_bytes: int) -> None:
    """Raise Refused (413) for a body beyond a limit."""
    if len(request.body) > largest_bytes:
        raise Refused(413, f"the body may have {largest_bytes} bytes; send less, or use several requests")


def read_instant(body: Mapping[str, Any], name: str, path: str) -> int | None:
    """A time of a valid body in microseconds since 1970; None if it is absent or null. Raises Refused (400)."""
    text = body.get(name)
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as wrong:
        raise Refused(400, f"{name} {wrong}", f"{path}.{name}") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
