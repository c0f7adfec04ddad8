"""The parameters of a request as it was sent: of its query and its form. Pure."""

from __future__ import annotations

from urllib.parse import parse_qsl

from noojee_contract.model.wire import WireMessage

FORM_TYPE = "application/x-www-form-urlencoded"

Pairs = tuple[tuple[str, str], ...]


def all_parameters(request: WireMessage, body: bytes) -> Pairs:
    """The parameters of a request's query and form in order, credentials included."""
    _, target = method_and_target(request)
    query = parse_qsl(target.partition("?")[2], keep_blank_values=True, errors="surrogateescape")
    return (*query, *(form_of(request, body) or ()))


def form_of(request: WireMessage, body: bytes) -> Pairs | None:
    """The parameters of a form, None for a body of another type."""
    if not (request.field("content-type") or "").lower().startswith(FORM_TYPE):
        return None
    return tuple(parse_qsl(body.decode("latin-1"), keep_blank_values=True))


def method_and_target(request: WireMessage) -> tuple[str, str]:
    """The first two words of the request line; empty where they are missing."""
    words = request.first_line.split(" ")
    return words[0], words[1] if len(words) > 1 else ""
