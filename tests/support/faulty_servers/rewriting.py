"""Requests changed on their way: helpers of faulty servers that accept or misread credentials."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx

from support.faulty_servers import Send

Pairs = list[tuple[str, str]]
CREDENTIALS = ("timeStamp", "hash", "apiKey")
WINDOW_MILLIS = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SANDBOX = re.compile(r"(/s/([^/]+))?(/.*)")


@dataclass(frozen=True, slots=True)
class Place:
    """Which PBX of the fake a request goes to: its prefix, its name, and the path behind the prefix."""

    prefix: str
    sandbox: str
    path: str


def place_of(request: httpx.Request) -> Place:
    """Where a request goes."""
    match = _SANDBOX.fullmatch(request.url.path)
    assert match is not None
    return Place(match[1] or "", match[2] or "default", match[3])


def is_method(request: httpx.Request) -> bool:
    """Whether a method of the API is asked, and not Time."""
    return any(api in request.url.path.lower() for api in ("/recordingapi/", "/callmanagementapi/"))


def is_legacy(request: httpx.Request) -> bool:
    """Whether an API is asked that takes hashes, and no key is given to one that takes both."""
    between = "/CallManagementAPI/" in request.url.path and given(request, "apiKey") is not None
    return "/njadmin/" not in request.url.path and not between


def pairs(request: httpx.Request) -> Pairs:
    """The parameters in the query."""
    return parse_qsl(request.url.query.decode("latin-1"), keep_blank_values=True)


def given(request: httpx.Request, name: str) -> str | None:
    """The first value of a parameter, None where it is absent."""
    return next((value for key, value in pairs(request) if key == name), None)


def has_credentials(request: httpx.Request) -> bool:
    """Whether the request has any credential."""
    return any(name in CREDENTIALS for name, _ in pairs(request))


def with_raw_query(request: httpx.Request, query: str) -> httpx.Request:
    """The same request with another query, as it is to stand on the wire."""
    return _copy(request, url=request.url.copy_with(query=query.encode("latin-1")))


def with_pairs(request: httpx.Request, parameters: Pairs) -> httpx.Request:
    """The same request with other parameters in its query."""
    return with_raw_query(
        request, "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters)
    )


def with_method(request: httpx.Request, method: str) -> httpx.Request:
    """The same request by another HTTP method."""
    return _copy(request, method=method)


def with_path(request: httpx.Request, path: str) -> httpx.Request:
    """The same request for another path behind the prefix of its sandbox."""
    return _copy(request, url=request.url.copy_with(path=place_of(request).prefix + path))


def _copy(request: httpx.Request, *, method: str | None = None, url: httpx.URL | None = None) -> httpx.Request:
    request.read()
    return httpx.Request(
        method or request.method, url or request.url, headers=request.headers.multi_items(), content=request.content
    )


def keys(request: httpx.Request, send: Send, *, sandbox: str | None = None) -> tuple[str, str]:
    """The global key and the user key of the PBX that is asked, or of another one."""
    url = request.url.copy_with(path=f"/__noojee/sandboxes/{sandbox or place_of(request).sandbox}", query=None)
    described: dict[str, Any] = send(httpx.Request("GET", url)).json()
    return described["api_key"], described["user_key"]


def sandboxes(request: httpx.Request, send: Send) -> list[str]:
    """The names of all PBXs of the server."""
    url = request.url.copy_with(path="/__noojee/sandboxes", query=None)
    named: list[str] = send(httpx.Request("GET", url)).json()["sandboxes"]
    return named


def now_millis(request: httpx.Request, send: Send) -> int:
    """The PBX's clock from its control API, as Time may be refused, and is counted."""
    url = request.url.copy_with(path=f"/__noojee/sandboxes/{place_of(request).sandbox}/clock", query=None)
    now = datetime.fromisoformat(send(httpx.Request("GET", url)).json()["now"])
    return (now - EPOCH) // timedelta(milliseconds=1)


def hash_of(key: str, time_stamp: str) -> str:
    """The hash as the pages describe it."""
    return hashlib.sha256(f"{key}:{time_stamp}".encode()).hexdigest()


def age_millis(request: httpx.Request, send: Send) -> int | None:
    """How old the time stamp of a request is; None where it has none that can be read."""
    stamp = given(request, "timeStamp") or ""
    return now_millis(request, send) - int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) < 19 else None


def hash_is_right(request: httpx.Request, send: Send) -> bool:
    """Whether the hash was made from the time stamp that came with it, however old."""
    stamp = given(request, "timeStamp") or ""
    return given(request, "hash") == hash_of(keys(request, send)[0], stamp)


def let_in(request: httpx.Request, send: Send) -> httpx.Response:
    """The answer to a request as if its credentials were right."""
    bare = [(name, value) for name, value in pairs(request) if name not in CREDENTIALS]
    key, _ = keys(request, send)
    if is_legacy(request):
        stamp = str(now_millis(request, send))
        return send(with_pairs(request, [*bare, ("timeStamp", stamp), ("hash", hash_of(key, stamp))]))
    return send(with_pairs(request, [("apiKey", key), *bare]))


def only_credentials_lack(request: httpx.Request, send: Send) -> bool:
    """Whether a request asks for a recording, and would be answered with other credentials. No order is given."""
    reads = "/retrieve" in request.url.path and request.method == "POST"
    return is_method(request) and reads and not is_refusal(let_in(request, send))


def turn_away(request: httpx.Request, send: Send) -> httpx.Response:
    """The answer to a request without credentials."""
    return send(with_pairs(request, [pair for pair in pairs(request) if pair[0] not in CREDENTIALS]))


def is_refusal(answer: httpx.Response) -> bool:
    """Whether an answer is a failure: an HTTP error, or an object whose Code is not 0."""
    if answer.status_code >= 400:
        return True
    return answer.content.lstrip()[:1] == b"{" and json.loads(answer.content).get("Code") != 0


def with_headers_of(answer: httpx.Response, **headers: str | None) -> httpx.Response:
    """The same answer with some headers replaced, or without them; `_` in a name stands for `-`."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in changed]
    more = [(name, value) for name, value in changed.items() if value is not None]
    return httpx.Response(answer.status_code, headers=[*kept, *more], content=answer.content)


def with_status(answer: httpx.Response, status: int) -> httpx.Response:
    """The same answer with another status."""
    return httpx.Response(status, headers=answer.headers.multi_items(), content=answer.content)


def failure(message: str, status: int = 200) -> httpx.Response:
    """A failure object as the fake writes it."""
    body = f'{{"Message":"{message}","Code":-1}}'.encode()
    return httpx.Response(status, headers=[("content-type", "application/json")], content=body)
