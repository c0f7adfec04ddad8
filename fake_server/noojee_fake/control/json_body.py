"""JSON bodies of control requests and answers. A refusal says what is wrong, where (JSON path) and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from noojee_fake.messages import Request, Response
from noojee_fake.pbx.clock import parse_instant
from noojee_fake.pbx.documents import text_mistake

LARGEST_BODY_BYTES = 256 * 1024 * 1024
LARGEST_ORDER_BYTES = 8 * 1024 * 1024
"""Of a body that brings neither calls nor sound."""

_LONGEST_REASON = 1000
_ESCAPED_SURROGATE = re.compile(rb"\\u[dD]")


class Refused(Exception):
    """A control request that is answered with an error; `more` are further fields of the answer."""

    def __init__(
        self, status: int, message: str, path: str | None = None, *, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.path = path
        self.more = more or {}


def answer(status: int, document: Mapping[str, Any], *headers: tuple[str, str]) -> Response:
    """A JSON answer."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(
        status,
        (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers),
        body,
    )


def error(refused: Refused, *headers: tuple[str, str]) -> Response:
    """The answer that a refusal becomes."""
    message = refused.message
    if len(message) > _LONGEST_REASON:
        message = f"{message[: _LONGEST_REASON // 2]} ... {message[-_LONGEST_REASON // 2 :]}"
    where = {} if refused.path is None else {"path": refused.path}
    return answer(refused.status, {"error": message, **where, **refused.more}, *headers)


def body_of(request: Request, *, with_calls: bool = False) -> dict[str, Any]:
    """The JSON object that a request brings. `with_calls`: it may be as large as an archive."""
    content_type = request.header("content-type") or ""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "send the body as 'Content-Type: application/json'")
    bounded(request, LARGEST_BODY_BYTES if with_calls else LARGEST_ORDER_BYTES)
    try:
        body = json.loads(request.body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as wrong:
        raise Refused(400, f"the body is no JSON: {wrong}") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is to be a JSON object", "$")
    wrong_text = text_mistake(body) if _ESCAPED_SURROGATE.search(request.body) else None
    if wrong_text is not None:
        raise Refused(400, *wrong_text)
    return body


def bounded(request: Request, largest_bytes: int) -> None:
    """Refuse a body beyond a bound."""
    if len(request.body) > largest_bytes:
        raise Refused(413, f"a body may have {largest_bytes} bytes here; send less, or in several requests")


def only(body: Mapping[str, Any], *allowed: str, path: str = "$") -> None:
    """Refuse a field that is not among the allowed ones."""
    for key in body:
        if key not in allowed:
            may = f"there may be {', '.join(allowed)}" if allowed else "nothing is taken"
            raise Refused(400, f"there is no {key!r} here; {may}", path)


def instant_of(body: Mapping[str, Any], name: str, path: str) -> int | None:
    """An RFC 3339 time in microseconds since 1970; None where it is absent or null."""
    value = body.get(name)
    if value is None:
        return None
    try:
        return parse_instant(value if isinstance(value, str) else "")
    except ValueError as wrong:
        raise Refused(400, f"{name} {wrong}", f"{path}.{name}") from None


def flag_of(body: Mapping[str, Any], name: str, path: str) -> bool | None:
    """true or false; None where it is absent or null."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refused(400, f"{name} is true or false", f"{path}.{name}")
    return value


def choices_of(profile: Any, path: str) -> dict[str, str]:
    """The options of a profile, each with its choice."""
    if not isinstance(profile, dict):
        raise Refused(400, "a profile is an object of options", path)
    for key, choice in profile.items():
        if not isinstance(choice, str):
            raise Refused(400, f"the choice for {key} is a text", f"{path}.{key}")
    return profile


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
