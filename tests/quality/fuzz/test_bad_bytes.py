"""Whatever bytes a client sends to the served fake: it answers or closes the connection, and serves the next client.

`lives` and `hear` look for status 5xx, the header of a bug and a trace in each test.
"""

from __future__ import annotations

import pytest

from quality.fuzz.served import CALLS, KEY, NJADMIN, Served, hear, request

TAGGED = f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=1234"
FORM = "Content-Type: application/x-www-form-urlencoded"
CLOSE = "Connection: close"
H2C = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__")
CLIENT_HELLO = bytes.fromhex("1603010200010001fc0303") + bytes(range(256)) * 2

REFUSED = {
    "not HTTP at all": b"\0\1\2\3\xff\xfe\r\n\r\n",
    "a line without CR": b"GET / HTTP/1.1\nHost: a\n\n",
    "no line end but CR": b"GET / HTTP/1.1\rHost: a\r\r",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "no Host": b"GET /nothing HTTP/1.1\r\n\r\n",
    "two Hosts": request("GET", "/", "Host: b"),
    "HTTP/1.0 with chunks": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding before chunked": request("POST", "/", "Transfer-Encoding: x, chunked") + b"0\r\n\r\n",
    "two codings in two headers":
        request("POST", "/", "Transfer-Encoding: x", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a coding that looks like chunked": request("POST", "/", "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "a coding with a vertical tab": request("POST", "/", "Transfer-Encoding: \x0bchunked") + b"0\r\n\r\n",
    "a length that ends with a comma": request("POST", "/", "Content-Length: 1,") + b"a",
    "a chunk size with a sign": request("POST", "/", "Transfer-Encoding: chunked") + b"+1\r\na\r\n0\r\n\r\n",
    "a chunk size in front of a blank line":
        request("POST", "/", "Transfer-Encoding: chunked") + b"1\n\na\r\n0\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "a version that is none": b"GET / HTTP/x\r\nHost: a\r\n\r\n",
    "another protocol": b"GET / ICY/1.0\r\nHost: a\r\n\r\n",
    "mail": b"EHLO pbx.invalid\r\n",
    "SIP": b"INVITE sip:410@pbx.invalid SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n",
    "no target": b"GET  HTTP/1.1\r\nHost: a\r\n\r\n",
    "a blank in the target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the target": b"GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw UTF-8 in the path": "GET /é HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    "raw bytes in the query": b"GET /?\xff\xfe\xc0\x80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "an authority as target": b"GET pbx.invalid:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT pbx.invalid:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "an absolute target with a bad port": b"GET http://pbx.invalid:9999999/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown method": b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method in small letters": b"post / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a giant method": b"A" * 300_000 + b" / HTTP/1.1\r\n\r\n",
    "a header name with a blank": b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
    "a header name with NUL": b"GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n",
    "a header name that is no ASCII": b"GET / HTTP/1.1\r\nH\xc3\xb6st: a\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: a\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "a header value with NUL": b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "a blank before the colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "two lengths": request("POST", "/", "Content-Length: 3", "Content-Length: 4") + b"abcd",
    "a length and chunks": request("POST", "/", "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunks and a length": request("POST", "/", "Transfer-Encoding: chunked", "Content-Length: 3") + b"0\r\n\r\n",
    "a length below zero": request("POST", "/", "Content-Length: -1"),
    "a length with a sign": request("POST", "/", "Content-Length: +1") + b"a",
    "a length in hex": request("POST", "/", "Content-Length: 0x1") + b"a",
    "a length in a list": request("POST", "/", "Content-Length: 1, 1") + b"a",
    "a length beyond 64 bits": request("POST", "/", "Content-Length: 99999999999999999999999"),
    "an unknown coding": request("POST", "/", "Transfer-Encoding: gzip") + b"abcd",
    "chunked, but not last": request("POST", "/", "Transfer-Encoding: chunked, gzip") + b"0\r\n\r\n",
    "chunked twice": request("POST", "/", "Transfer-Encoding: chunked, chunked") + b"ZZ\r\n",
    "a chunk without a size": request("POST", "/", "Transfer-Encoding: chunked") + b"\r\nabcd\r\n",
    "a chunk size that is no number": request("POST", "/", "Transfer-Encoding: chunked") + b"ZZ\r\nabcd",
    "a chunk size beyond 64 bits": request("POST", "/", "Transfer-Encoding: chunked") + b"F" * 20 + b"\r\nabcd",
    "a chunk longer than its size": request("POST", "/", "Transfer-Encoding: chunked") + b"1\r\nabcd\r\n0\r\n\r\n",
    "an unknown coding under an upgrade": request("POST", "/", *H2C, "Transfer-Encoding: gzip") + b"abcd",
    "a bad chunk under an upgrade": request("POST", "/", *H2C, "Transfer-Encoding: chunked") + b"ZZ\r\nabcd",
    "CONNECT with an unknown coding": request("CONNECT", "/x", "Transfer-Encoding: gzip"),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
    "TLS": CLIENT_HELLO,
    "a target of 70,000 bytes": request("GET", "/" + "a" * 70_000),
    "a query of 70,000 bytes": request("POST", f"{TAGGED}&x={'%00' * 23_400}"),
    "a giant target": request("GET", "/" + "a" * 3_000_000),
    "20,000 headers": request("GET", "/", *["X: a"] * 20_000),
    "100,000 headers": request("GET", "/", *["X: a"] * 100_000),
    "101 headers": request("GET", "/", *["X: a"] * 100),
    "100 trailers": request("POST", "/", "Transfer-Encoding: chunked") + b"0\r\n" + b"X: a\r\n" * 100 + b"\r\n",
    "a header of 70,000 bytes": request("GET", "/", f"X: {'a' * 70_000}"),
    "headers of 70,000 bytes together": request("GET", "/", *[f"X: {'a' * 7_000}"] * 10),
    "a giant header": request("GET", "/", f"X: {'a' * 3_000_000}"),
    "a giant header name": request("GET", "/", f"{'X' * 3_000_000}: a"),
    "a giant trailer": request("POST", "/", "Transfer-Encoding: chunked") + b"0\r\nX: " + b"a" * 3_000_000,
    "a giant chunk extension": request("POST", "/", "Transfer-Encoding: chunked") + b"1;" + b"a" * 3_000_000,
    "empty lines without end": b"\r\n" * 1_000_000,
}  # fmt: skip

ANSWERED = {
    "HTTP/1.0": (b"POST " + TAGGED.encode() + b" HTTP/1.0\r\n\r\n", 200, True),
    "HTTP/1.0 that would be kept": (b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 404, False),
    "another method": (request("PUT", TAGGED), 405, False),
    "a method of other protocols": (request("PROPFIND", TAGGED), 405, False),
    "OPTIONS of everything": (request("OPTIONS", "*"), 404, False),
    "CONNECT to a path": (request("CONNECT", "/x"), 404, False),
    "an absolute target": (request("POST", f"http://pbx.invalid{TAGGED}"), 200, False),
    "an absolute target elsewhere": (request("POST", f"https://elsewhere.invalid:1{TAGGED}"), 200, False),
    "a fragment": (request("POST", f"{TAGGED}#part"), 200, False),
    "a target of two slashes": (request("GET", "//pbx.invalid:99999999/"), 404, False),
    "a path upwards": (request("GET", "/../../etc/passwd"), 404, False),
    "an overlong encoding in the path": (request("GET", "/%c0%af%e0%80%af%c0%ae"), 404, False),
    "a broken escape in the path": (request("GET", "/%%%zz%"), 404, False),
    "NUL in the tag": (request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=%00"), 200, False),
    "broken UTF-8 in the tag": (request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=%ff%fe"), 400, False),
    "an overlong encoding in the tag":
        (request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=%c0%80"), 400, False),
    "half a surrogate pair in the tag":
        (request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=%ed%a0%80"), 400, False),
    "a broken escape in the tag": (request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=%zz"), 400, False),
    "a tag of 4,000 letters of four bytes":
        (request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag={'%F0%9F%93%9E' * 4000}"), 200, False),
    "no tag": (request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}"), 400, False),
    "the tag twice": (request("POST", f"{TAGGED}&tag=other"), 200, False),
    "no key": (request("POST", f"{NJADMIN}/retrieveMetaData?tag=1"), 401, False),
    "10,000 parameters": (request("POST", f"{TAGGED}&{'a=&' * 10_000}"), 200, False),
    "a hash of another kind": (request("POST", f"{CALLS}/hangup?timeStamp=%00&hash=%ff&extenOrUniqueId=1"), 200, False),
    "a number that is too long":
        (request("POST", f"{CALLS}/subscribe?apiKey={KEY}&exten=410&lastSequenceNumber={'9' * 5000}"), 200, False),
    "a form with NUL and broken UTF-8": (request("POST", TAGGED, FORM, body=b"x=\0&\xff\xfe=%00&=&&="), 200, False),
    "a body of no type": (request("POST", TAGGED, body=b"\0" * 5000), 200, False),
    "a body with GET": (request("GET", "/nothing", body=b"x" * 5000), 404, False),
    "a form of 3 MiB": (request("POST", TAGGED, FORM, body=b"x=y&" * 786_432), 200, False),
    "chunks": (request("POST", TAGGED, "Transfer-Encoding: chunked") + b"1;a=b\r\nx\r\n0\r\nX: y\r\n\r\n", 200, False),
    "Expect: 100-continue": (request("POST", TAGGED, "Expect: 100-continue", body=b"abc"), 200, False),
    "another expectation": (request("POST", TAGGED, "Expect: tea", body=b"abc"), 200, False),
    "a web socket": (
        request(
            "GET", "/", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        ),
        404, False,
    ),
    "HTTP/2 by upgrade": (request("POST", TAGGED, *H2C), 200, False),
    "an absolute target without a path": (request("GET", "http://pbx.invalid"), 404, False),
    "a hundred headers": (request("POST", TAGGED, *["X: a"] * 99), 200, False),
    "headers of 60,000 bytes": (request("POST", TAGGED, *[f"X: {'a' * 6_000}"] * 10), 200, False),
    "a header that is no ASCII": (request("POST", TAGGED, "X: \xe9\xff"), 200, False),
    "deep JSON":
        (request("POST", "/__noojee/sandboxes", "Content-Type: application/json", body=b"[" * 1_000_000), 400, False),
    "JSON of another type": (request("POST", "/__noojee/sandboxes", FORM, body=b"{}"), 415, False),
    "a control method that is none": (request("PATCH", "/__noojee/sandboxes"), 405, False),
}  # fmt: skip


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED)
def test_bad_bytes_are_refused_and_the_connection_closed(raw: bytes, server: Served) -> None:
    """With a status from 400 on, or none where the client is still sending."""
    heard = server.ask(raw)
    assert heard.closed
    assert len(heard.statuses) <= 1
    assert all(400 <= status < 500 or status in (501, 505) for status in heard.statuses)
    server.lives()


@pytest.mark.parametrize(("raw", "status", "closed"), ANSWERED.values(), ids=ANSWERED)
def test_a_strange_request_is_answered_and_the_next_one_too(
    raw: bytes, status: int, closed: bool, server: Served
) -> None:
    """On the same connection, unless HTTP wants that closed: nothing of the strange one is left in it."""
    if closed:
        heard = server.ask(raw)
        assert heard.closed
        assert heard.statuses[:1] == (status,)
    else:
        heard = server.ask(raw + request("POST", TAGGED, CLOSE))
        assert heard.statuses == (status, 200)
    server.lives()


def test_the_body_of_a_request_that_asks_for_an_upgrade_counts(server: Served) -> None:
    """Java's own client asks for HTTP/2 with its first request, whatever the body: nothing of it may be lost."""
    path = f"{NJADMIN}/retrieveMetaData"
    whole = request("POST", path, FORM, *H2C, body=f"apiKey={KEY}&tag=1234".encode())
    chunked = request("POST", path, FORM, *H2C, "Transfer-Encoding: chunked")
    chunked += b"30\r\napiKey=" + KEY.encode() + b"&tag=\r\n4\r\n1234\r\n0\r\n\r\n"
    heard = server.ask(whole + chunked + request("POST", TAGGED, *H2C) * 2 + request("POST", TAGGED, CLOSE))
    assert heard.statuses == (200,) * 5
    assert heard.received.count(b'"UniqueId"') == 10


def test_an_upgrade_in_parts_is_read_like_any_request(server: Served) -> None:
    """Byte by byte, and the next request behind it."""
    path = f"{NJADMIN}/retrieveMetaData"
    raw = request("POST", path, FORM, *H2C, body=f"apiKey={KEY}&tag=1234".encode()) + request("GET", "/", CLOSE)
    with server.connection() as connection:
        for at in range(len(raw)):
            connection.sendall(raw[at : at + 1])
        heard = hear(connection, None)
    assert heard.statuses == (200, 404)
    assert heard.received.count(b'"UniqueId"') == 2


def test_requests_in_a_row_are_answered_in_their_order(server: Served) -> None:
    """Pipelined ones."""
    raw = b"".join(request("POST" if at % 2 else "GET", TAGGED) for at in range(200))
    heard = server.ask(raw + request("GET", "/", CLOSE))
    assert heard.statuses == (405, 200) * 100 + (404,)
    server.lives()


def test_rubbish_after_a_request_does_not_lose_its_answer(server: Served) -> None:
    """The good ones are answered, then the rubbish is refused and the connection closed."""
    heard = server.ask(request("POST", TAGGED) * 2 + b"\0rubbish\r\n\r\n")
    assert heard.closed
    assert heard.statuses == (200, 200, 400)
    server.lives()


def test_too_many_requests_in_a_row_are_cut(server: Served) -> None:
    """While the first one waits, the others are kept: so there is a bound, and those within it are answered."""
    wait = request("POST", f"{CALLS}/subscribe?apiKey={KEY}&exten=999&lastSequenceNumber=1&timeOut=1")
    heard = server.ask(wait + request("GET", "/") * 20_000)
    assert heard.closed
    assert heard.statuses[:2] == (200, 404)
    assert 1000 <= len(heard.statuses) <= 1002
    server.lives()


def test_plain_bytes_on_a_tls_port_are_refused(tls_server: Served) -> None:
    """HTTP, and TLS that is none; the next client is served under TLS."""
    for raw in (request("GET", "/"), b"\0" * 5000, CLIENT_HELLO + b"\0" * 5000):
        assert tls_server.ask(raw, plain=True).closed
    tls_server.lives()


def test_rubbish_under_tls_is_refused(tls_server: Served) -> None:
    """As without TLS."""
    for name in ("not HTTP at all", "two lengths", "a giant header", "100,000 headers"):
        assert tls_server.ask(REFUSED[name]).closed, name
    tls_server.lives()
