"""Reads the parameters of a request as a Java servlet does: from the query, then from a form body.

The first value of a parameter wins. Values are percent-encoded UTF-8 (option `query_charset`), and `+` is a space. A
value that cannot be decoded is None.
"""

from __future__ import annotations

from noojee_fake.messages import Request

Parameters = dict[str, str | None]
"""Value by name (case-sensitive). None: the parameter is present, but its value cannot be decoded."""

FORM_TYPE = "application/x-www-form-urlencoded"
LARGEST_FORM_BYTES = 2 * 1024 * 1024
MOST_PARAMETERS = 10_000

_HEX = "0123456789abcdefABCDEF"
_BYTES = {(a + b).encode(): bytes.fromhex(a + b) for a in _HEX for b in _HEX}


class ParameterError(Exception):
    """A parameter is missing or cannot be read. The text names the parameter and never shows its value."""


def read_parameters(request: Request, *, with_body: bool, charset: str = "utf-8") -> Parameters:
    """The parameters of a request. A body is read only if it is a form of at most 2 MiB (Tomcat's default)."""
    found: Parameters = {}
    query = request.query
    if query.isascii() and "%" not in query and "+" not in query:  # nothing is encoded; every charset contains ASCII
        for pair in query.split("&", MOST_PARAMETERS)[:MOST_PARAMETERS]:
            if pair:
                name, _, value = pair.partition("=")
                if name not in found:
                    found[name] = value
    else:
        _read(raw_bytes(query), found, charset)
    if (
        with_body
        and request.body
        and len(request.body) <= LARGEST_FORM_BYTES
        and is_form(request.header("content-type"))
    ):
        _read(request.body, found, charset)
    return found


def required(parameters: Parameters, name: str, *, longest: int | None = None) -> str:
    """The value of a parameter that must be present and not empty. Raises ParameterError."""
    value = optional(parameters, name, longest=longest)
    if value is None:
        raise ParameterError(f"Missing parameter {name}")
    if not value:
        raise ParameterError(f"Empty parameter {name}")
    return value


def optional(parameters: Parameters, name: str, *, longest: int | None = None) -> str | None:
    """The value of a parameter, None where it is absent. `longest` limits its characters. Raises ParameterError."""
    if name not in parameters:
        return None
    value = parameters[name]
    if value is None or (longest is not None and len(value) > longest):
        raise ParameterError(f"Malformed parameter {name}")
    return value


def is_form(content_type: str | None) -> bool:
    """Whether a Content-Type is the form type, with or without parameters."""
    return content_type is not None and content_type.partition(";")[0].strip().lower() == FORM_TYPE


def raw_bytes(text: str) -> bytes:
    """The bytes of a request target, as they were received."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def percent_decoded(raw: bytes) -> bytes | None:
    """The bytes without percent-encoding; None where a `%` is not followed by two hex digits."""
    first, *rest = raw.split(b"%")
    if not rest:
        return raw
    parts = [first]
    for piece in rest:
        byte = _BYTES.get(piece[:2])
        if byte is None:
            return None
        parts.append(byte + piece[2:])
    return b"".join(parts)


def _read(raw: bytes, found: Parameters, charset: str) -> None:
    for pair in raw.split(b"&", MOST_PARAMETERS)[:MOST_PARAMETERS]:
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition(b"=")
        name = _text(raw_name, charset)
        if name is not None and name not in found:
            found[name] = _text(raw_value, charset)


def _text(raw: bytes, charset: str) -> str | None:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        decoded = percent_decoded(raw)
        if decoded is None:
            return None
        raw = decoded
    try:
        return raw.decode(charset)
    except UnicodeDecodeError:
        return None
