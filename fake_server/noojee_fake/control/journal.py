"""The journal of a sandbox: requests and answers of its PBX, filtered, without credentials."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from noojee_fake.api.dialects.parameters import Parameters, is_form, read_parameters
from noojee_fake.api.journal import JournaledExchange
from noojee_fake.api.pbx import Pbx
from noojee_fake.control.json_body import Refused, answer
from noojee_fake.control.near_miss import near_miss
from noojee_fake.control.sandbox_spec import SandboxHandle
from noojee_fake.messages import Closed, Request, Response
from noojee_fake.pbx.clock import format_instant
from noojee_fake.redaction import Redaction

USUAL_LIMIT = 100
LONGEST_SHOWN = 16 * 1024

_DIGITS = 15
_LONGEST_METHOD = 40
FILTERS = ("path", "method", "status", "from", "limit", "unmatched", "tag", "parameter")

Shown = dict[str, Any]
Filter = Callable[[Shown, Parameters], bool]


def read_journal(handle: SandboxHandle, request: Request) -> Response:
    """The entries that match all filters of the query, oldest first: at most `limit`, by default 100.

    Raises Refused (400) for an unknown filter or a wrong value.
    """
    pbx = handle.pbx
    prefix = f"/{handle.path}" if handle.path else ""
    given = read_parameters(request, with_body=False)
    for name in given:
        if name not in FILTERS:
            raise Refused(400, f"there is no filter {name!r}; the filters are {', '.join(FILTERS)}")
    first, limit = _number(given, "from", 1), _number(given, "limit", USUAL_LIMIT)
    filters, missed = _filters(given), _missed(given)
    redaction = Redaction((pbx.api_key, pbx.user_key, handle.token))
    with pbx.change:
        entries, last = pbx.journal.entries(), pbx.journal.number
    matching: list[Shown] = []
    for entry in entries:
        if len(matching) >= limit:
            break
        if entry.number < first:
            continue
        shown = _show(entry, redaction)
        parameters = _shown_parameters(shown) if filters else {}
        if all(matches(shown, parameters) for matches in filters):
            shown["near_miss"] = _near_miss(pbx, entry.request, redaction, prefix)
            if missed is None or missed is (not entry.matched or shown["near_miss"] is not None):
                matching.append(shown)
    return answer(200, {"entries": matching, "last": last})


def clear_journal(handle: SandboxHandle, _: Request) -> Response:
    """Delete the entries. Their numbers are not used again."""
    with handle.pbx.change:
        handle.pbx.journal.clear()
    return Response(204)


def _number(given: Parameters, name: str, usual: int) -> int:
    value = given.get(name, str(usual))
    if not value or not (value.isascii() and value.isdigit() and len(value) <= _DIGITS):
        raise Refused(400, f"{name} is a number, as in {name}={usual}")
    return int(value)


def _filters(given: Parameters) -> list[Filter]:
    filters: list[Filter] = []
    path, method = given.get("path"), given.get("method")
    if path:
        filters.append(lambda shown, _: path in shown["path"])
    if method:
        filters.append(lambda shown, _: shown["method"] == method.upper())
    if "status" in given:
        status = _number(given, "status", 200)
        filters.append(lambda shown, _: shown["answer"]["status"] == status)
    if "tag" in given:
        filters.append(_with_parameter("tag", given["tag"] or ""))
    if "parameter" in given:
        name, _, part = (given["parameter"] or "").partition("=")
        filters.append(_with_parameter(name, part))
    return filters


def _missed(given: Parameters) -> bool | None:
    """True for near misses and unmatched requests, False for the others, None for all."""
    wanted = given.get("unmatched", "")
    if "unmatched" in given and wanted not in ("true", "false"):
        raise Refused(400, "unmatched is true or false")
    return wanted == "true" if wanted else None


def _with_parameter(name: str, part: str) -> Filter:
    """A filter for a parameter whose redacted value contains a text."""
    return lambda _, parameters: name in parameters and part in (parameters[name] or "")


def _show(entry: JournaledExchange, redaction: Redaction) -> Shown:
    request, response = entry.request, entry.response
    form = is_form(request.header("content-type"))
    return {
        "number": entry.number,
        "time": format_instant(entry.at_micros),
        "method": request.method[:_LONGEST_METHOD],
        "path": _beginning(request.path, redaction.text, redaction),
        "query": _beginning(request.query, redaction.query, redaction),
        "headers": _headers(request.headers, redaction),
        "body": _text(request.body, entry.request_bytes, redaction.query if form else redaction.text, redaction),
        "body_bytes": entry.request_bytes,
        "answer": {
            "status": response.status,
            "headers": _headers(response.headers, redaction),
            "body": _text(response.body, entry.response_bytes, redaction.text, redaction),
            "body_bytes": entry.response_bytes,
            **({"closed": True} if isinstance(response, Closed) else {}),
        },
        "matched": entry.matched,
        **({} if entry.malformed is None else {"malformed": entry.malformed}),
    }


def _shown_parameters(shown: Shown) -> Parameters:
    body = (shown["body"] or "").encode("utf-8", "replace")
    return read_parameters(
        Request(method="POST", path="", query=shown["query"], headers=shown["headers"], body=body), with_body=True
    )


def _headers(headers: Iterable[tuple[str, str]], redaction: Redaction) -> tuple[tuple[str, str], ...]:
    return tuple(
        (redaction.text(name), _beginning(value, partial(redaction.header, name), redaction)) for name, value in headers
    )


def _text(body: bytes, whole_bytes: int, hide: Callable[[str], str], redaction: Redaction) -> str | None:
    """The beginning of a body without credentials; None if it is no text, as sound."""
    cut = len(body) < whole_bytes
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(body, final=not cut)
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    return redaction.cut(hide(text)) if cut else hide(text)


def _beginning(text: str, hide: Callable[[str], str], redaction: Redaction) -> str:
    shown = hide(text[:LONGEST_SHOWN])
    return redaction.cut(shown) if len(text) > LONGEST_SHOWN else shown


def _near_miss(pbx: Pbx, request: Request, redaction: Redaction, prefix: str) -> Shown | None:
    with_body = request.method == "POST" and pbx.profile["parameters_in"] == "query-and-body"
    bounded = replace(request, query=request.query[:LONGEST_SHOWN])
    parameters = read_parameters(bounded, with_body=with_body, charset=pbx.profile["query_charset"])
    path = request.path.removeprefix(prefix)
    near = near_miss(pbx, request, path=path, parameters=parameters)
    if near is None:
        return None
    return {
        "method": near.method,
        "path": prefix + near.path,
        "differs": [redaction.text(words) for words in near.differs],
    }
