"""Conformant servers that differ in points that no page settles and HTTP leaves open. No clause may fail on them."""

from __future__ import annotations

import json
from typing import Any

import httpx

from support.faulty_servers import FaultyServer, Send, with_body
from support.faulty_servers.rewriting import is_method, is_refusal, with_headers_of

Memory = dict[str, Any]
PAGE = b"<!DOCTYPE html><html><body><h1>%d</h1></body></html>"


def _page(status: int) -> httpx.Response:
    return httpx.Response(status, headers=[("content-type", "text/html;charset=UTF-8")], content=PAGE % status)


def refuses_with_pages(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    """Every refusal but that of a stale hash, whose words are published, is the web server's own page."""
    answer = send(request)
    if is_method(request) and is_refusal(answer) and b"Expired" not in answer.content:
        return answer if answer.status_code in (404, 405) else _page(403)
    return answer


def writes_prettily(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    """JSON is indented, its keys are sorted, the legs have a field more, and the charset is left unsaid."""
    answer = send(request)
    if answer.content[:1] not in (b"[", b"{"):
        return answer
    document = json.loads(answer.content)
    if isinstance(document, list):
        document = [{**leg, "Rating": "5"} for leg in document]
    body = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode()
    return with_headers_of(with_body(answer, b"\r\n" + body + b"\r\n"), content_type="application/json")


def keeps_sessions(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    """A servlet container gives everybody a session without meaning, and sends no length."""
    memory["sessions"] = memory.get("sessions", 0) + 1
    cookie = f"JSESSIONID={memory['sessions']:032X}; Path=/; HttpOnly"
    return with_headers_of(send(request), content_length=None, set_cookie=cookie, server="Apache-Coyote/1.1")


def tells_names_without_values(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    """Failures say more than they must: a code of their own, the method, the time."""
    answer = send(request)
    if not is_method(request) or answer.content[:1] != b"{":
        return answer
    more = {"Method": request.url.path.rpartition("/")[2], "Timestamp": "2026-11-24T00:00:00Z"}
    return with_body(answer, json.dumps({**json.loads(answer.content), **more}).encode())


CONFORMANT = {
    function.__name__: FaultyServer(function.__name__, function.__doc__ or "", function)
    for function in (refuses_with_pages, writes_prettily, keeps_sessions, tells_names_without_values)
}
