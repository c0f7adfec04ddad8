"""The control API refuses clients and bodies; each refusal has a message with a hint."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from noojee_fake.control import json_body
from noojee_fake.pbx.clock import CountedIds
from noojee_fake.server import sandboxes
from noojee_fake.server.sandboxes import build

TOKEN = "let-me-in"
ROUTES = [
    ("GET", "/"),
    ("GET", "/sandboxes"),
    ("POST", "/sandboxes"),
    ("GET", "/sandboxes/default"),
    ("DELETE", "/sandboxes/default"),
    ("GET", "/sandboxes/default/calls"),
    ("POST", "/sandboxes/default/calls"),
    ("GET", "/sandboxes/default/sound"),
    ("PUT", "/sandboxes/default/sound"),
    ("DELETE", "/sandboxes/default/sound"),
    ("DELETE", "/sandboxes/default/calls"),
    ("GET", "/openapi.json"),
    ("GET", "/pbx.openapi.json"),
    ("GET", "/archive.schema.json"),
    ("GET", "/directory.schema.json"),
    ("GET", "/sandboxes/default/state"),
    ("GET", "/sandboxes/default/live"),
    ("POST", "/sandboxes/default/flow"),
    ("GET", "/sandboxes/default/version"),
    ("PUT", "/sandboxes/default/version"),
    ("GET", "/sandboxes/default/directory"),
    ("PUT", "/sandboxes/default/directory"),
    ("GET", "/sandboxes/default/access"),
    ("PUT", "/sandboxes/default/access"),
    ("GET", "/sandboxes/default/retention"),
    ("PUT", "/sandboxes/default/retention"),
    ("GET", "/sandboxes/default/journal"),
    ("DELETE", "/sandboxes/default/journal"),
    ("GET", "/sandboxes/default/snapshots"),
    ("POST", "/sandboxes/default/snapshots"),
    ("DELETE", "/sandboxes/default/snapshots/1"),
    ("POST", "/sandboxes/default/snapshots/1/restore"),
    ("POST", "/sandboxes/default/reset"),
    ("GET", "/sandboxes/default/profile"),
    ("PUT", "/sandboxes/default/profile"),
    ("GET", "/sandboxes/default/clock"),
    ("POST", "/sandboxes/default/clock"),
]

WITHOUT_A_BODY = ("/sandboxes/default/snapshots", "/sandboxes/default/snapshots/1/restore", "/sandboxes/default/reset")


def error_body(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.body
    error: dict[str, Any] = json.loads(answer.body)
    assert set(error) <= {"error", "path"}
    assert error["error"]
    return error


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_remote_clients_and_browsers_are_refused_everywhere(pbx: Any, method: str, path: str) -> None:
    """403 on any path, known or unknown."""
    caller = pbx()
    for asked in (path, "/nowhere"):
        error_body(caller.control(method, asked, client="192.0.2.7"), 403)
        error_body(caller.control(method, asked, origin="http://localhost:3000"), 403)
        error_body(caller.control(method, asked, origin="null"), 403)
        error_body(caller.control(method, asked, authorization=f"Bearer {TOKEN}", client="192.0.2.7"), 403)
    assert len(caller.sandboxes.names()) == 1


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "[::1]:4000", "127.0.0.1:80"])
def test_loopback_client_has_access(pbx: Any, client: str) -> None:
    """All forms of its address."""
    assert pbx().control("GET", "/sandboxes", client=client).status == 200


@pytest.mark.parametrize(
    "client", [None, "", "10.0.0.1", "0.0.0.0", "::", "fe80::1%lo", "::ffff:10.0.0.1", "localhost", "unix:", "127.1"]
)
def test_unreadable_client_address_is_refused(pbx: Any, client: str | None) -> None:
    """403 for an address that is not surely the loopback."""
    error_body(pbx().control("GET", "/sandboxes", client=client), 403)


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("x-forwarded-for", "127.0.0.1", 200),
        ("x-forwarded-for", "127.0.0.1, ::1", 200),
        ("x-forwarded-for", "", 200),
        ("x-forwarded-for", "192.0.2.7", 403),
        ("x-forwarded-for", "127.0.0.1, 192.0.2.7", 403),
        ("x-forwarded-for", "192.0.2.7, 127.0.0.1", 403),
        ("x-forwarded-for", "unknown", 403),
        ("x-forwarded-for", "192.0.2.7:1234", 403),
        ("x-real-ip", "127.0.0.1", 200),
        ("x-real-ip", "192.0.2.7", 403),
        ("forwarded", "for=127.0.0.1;proto=http", 200),
        ("forwarded", 'for="[::1]:4711"', 200),
        ("forwarded", "for=127.0.0.1, for=192.0.2.7", 403),
        ("forwarded", "proto=http; FOR = 192.0.2.7", 403),
        ("forwarded", 'for="[2001:db8::1]:4711"', 403),
        ("forwarded", "for=_hidden", 403),
    ],
)
def test_remote_proxy_hop_is_refused(pbx: Any, name: str, value: str, status: int) -> None:
    """Behind a local proxy, every hop must be on the loopback."""
    assert pbx().control("GET", "/sandboxes", **{name: value}).status == status


def test_repeated_forwarding_header_is_checked(pbx: Any) -> None:
    """Each value of the header counts."""
    headers = (("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "192.0.2.7"))
    error_body(pbx().ask("/__noojee/sandboxes", method="GET", headers=headers), 403)


def test_client_with_the_token_has_access(calling: Any) -> None:
    """As a bearer token, from another machine and from a browser. A wrong token is not repeated in the answer."""
    caller = calling(build(control_token=TOKEN, ids=CountedIds()))
    far = {"client": "192.0.2.7", "origin": "https://ci.example", "x-forwarded-for": "198.51.100.1"}
    assert caller.control("GET", "/sandboxes", authorization=f"Bearer {TOKEN}", **far).status == 200
    assert caller.control("GET", "/sandboxes", authorization=f"bearer  {TOKEN} ", **far).status == 200
    assert caller.control("GET", "/sandboxes").status == 200
    for wrong in (TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer ", "", "Bearer \udcff", "Bearer é"):
        answer = caller.control("GET", "/sandboxes", authorization=wrong, **far)
        assert error_body(answer, 403)
        assert TOKEN.encode() not in answer.body


def test_empty_token_gives_no_access(calling: Any) -> None:
    """A variable with an empty value is no token."""
    caller = calling(build(control_token="", ids=CountedIds()))
    for given in ("Bearer", "Bearer "):
        error_body(caller.control("GET", "/sandboxes", authorization=given, client="192.0.2.7"), 403)


def test_compressed_body_is_refused(pbx: Any) -> None:
    """415 with the header to leave out. Source: RFC 9110, section 8.4."""
    caller = pbx()
    error = error_body(caller.control("POST", "/sandboxes", gzip.compress(b"{}"), content_encoding="gzip"), 415)
    assert "Content-Encoding" in error["error"]
    assert caller.control("POST", "/sandboxes", b"{}", content_encoding="Identity").status == 201


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_body_needs_the_json_content_type(pbx: Any, content_type: str) -> None:
    """415 otherwise, so that a form in a browser changes nothing."""
    caller = pbx()
    for method, path in ROUTES:
        if method in ("POST", "PUT") and "sound" not in path:
            error_body(caller.control(method, path, b"{}", content_type=content_type), 415)
    assert len(caller.sandboxes.names()) == 1
    assert caller.control("POST", "/sandboxes", b"{}", content_type="Application/JSON; charset=utf-8").status == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}{}",
        b"{'a':1}",
        b'{"a":NaN}',
        b'{"a":"\xff"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"calls":' + b"[" * 800 + b"]" * 800 + b"}",
        b'{"archive":' * 300 + b"1" + b"}" * 300,
        b'{"calls":' + b"9" * 5000 + b"}",
        b'{"x":"' + b"y" * 100_000 + b'"}',
        b'{"' + b"y" * 100_000 + b'":1}',
    ],
    ids=lambda body: repr(body[:12]),
)
def test_body_that_is_no_json_object_is_refused(pbx: Any, body: bytes) -> None:
    """400 with a message of limited length, for deep and large bodies too."""
    caller = pbx()
    for method, path in ROUTES:
        if method in ("POST", "PUT") and "sound" not in path and (body or path not in WITHOUT_A_BODY):
            error = error_body(caller.control(method, path, body, content_type="application/json"), 400)
            assert len(error["error"]) < 1100
    assert len(caller.sandboxes.names()) == 1


def test_too_large_body_is_refused(pbx: Any, call: Any, monkeypatch: Any) -> None:
    """413 names the limit. Sound has a limit too."""
    caller = pbx(call("1.1"))
    monkeypatch.setattr(json_body, "LARGEST_BODY_BYTES", 100)
    assert "100 bytes" in error_body(caller.control("POST", "/sandboxes", {"x": "y" * 100}), 413)["error"]
    assert error_body(caller.control("PUT", "/sandboxes/default/sound?unique_id=1.1&leg=1", b"x" * 101), 413)
    monkeypatch.setattr(json_body, "LARGEST_SMALL_BODY_BYTES", 50)
    assert "50 bytes" in error_body(caller.control("PUT", "/sandboxes/default/profile", {"x": "y" * 50}), 413)["error"]
    assert error_body(caller.control("POST", "/sandboxes/default/calls", {"x": "y" * 50}), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/x", "/sandboxes/", "/sandboxes/A", "/sandboxes/-", f"/sandboxes/{'a' * 41}", "/sandboxes/default/",
        "/sandboxes/default/x", "/sandboxes/default/calls/1", "/sandboxes/default/snapshots/x",
        "/sandboxes/default/snapshots/1/x", "/sandboxes/default/snapshots/",
    ],
)  # fmt: skip
def test_unknown_path_is_404(pbx: Any, path: str) -> None:
    """As JSON, for every method, and for an unknown sandbox."""
    caller = pbx()
    for method in ("GET", "POST", "DELETE"):
        error_body(caller.control(method, path), 404)
        error_body(caller.control(method, "/sandboxes/nowhere"), 404)
        error_body(caller.control(method, "/sandboxes/nowhere/calls"), 404)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET"),
        ("/sandboxes", "GET, POST"),
        ("/sandboxes/default", "GET, DELETE"),
        ("/sandboxes/default/calls", "GET, POST, DELETE"),
        ("/sandboxes/default/snapshots", "GET, POST"),
        ("/sandboxes/default/snapshots/1", "DELETE"),
        ("/sandboxes/default/snapshots/1/restore", "POST"),
        ("/sandboxes/default/sound", "GET, PUT, DELETE"),
        ("/sandboxes/default/profile", "GET, PUT"),
        ("/sandboxes/default/clock", "GET, POST"),
    ],
)
def test_other_method_is_405_with_allow(pbx: Any, path: str, allowed: str) -> None:
    """Allow lists the methods of the path."""
    answer = pbx().control("PATCH", path)
    assert error_body(answer, 405)
    assert dict(answer.headers)["Allow"] == allowed


def test_default_sandbox_cannot_be_deleted(pbx: Any) -> None:
    """409, and the PBX still answers."""
    caller = pbx()
    error_body(caller.control("DELETE", "/sandboxes/default"), 409)
    assert caller.ask("/rest/Time").status == 200


def test_number_of_sandboxes_is_limited(pbx: Any, monkeypatch: Any) -> None:
    """409 until a sandbox is deleted."""
    caller = pbx()
    monkeypatch.setattr(sandboxes, "MOST_SANDBOXES", 2)
    made = json.loads(caller.control("POST", "/sandboxes", {}).body)
    assert "2 sandboxes" in error_body(caller.control("POST", "/sandboxes", {}), 409)["error"]
    assert caller.control("DELETE", f"/sandboxes/{made['sandbox']}").status == 204
    assert caller.control("POST", "/sandboxes", {}).status == 201
