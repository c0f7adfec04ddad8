"""Answers that are legal but unusual, or broken: their bytes, by name.

HTTP can read the answers named in `WHOLE` to their end.
"""

from __future__ import annotations

REQUEST = b"POST /njadmin/rest/RecordingAPI/retrieveMetaData?tag=1 HTTP/1.1\r\nHost: pbx\r\nContent-Length: 0\r\n\r\n"
ODD_CASE = b"HTTP/1.1 200 OK\r\ncOnTeNt-TyPe:application/json\r\nX-ODD :  a\r\nContent-Length: 2\r\n\r\n[]"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
AWKWARD = {
    "odd-header-case": (b"HTTP/1.1 200 OK\r\ncOnTeNt-LENGTH:2\r\nX-UpPeR:  a \r\n\r\n[]",),
    "space-before-colon": (ODD_CASE,),
    "chunk-sizes": (CHUNKED, b"1\r\n[\r\n", b"0001;name=value\r\n]\r\n", b"0\r\n\r\n"),
    "chunk-in-pieces": (CHUNKED[:20], CHUNKED[20:], b"A", b"\r\n0123456", b"789\r", b"\n0\r\n", b"\r\n"),
    "trailers": (CHUNKED, b"2\r\n[]\r\n0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\n"),
    "cut-off-body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", b"{"),
    "cut-off-chunk": (CHUNKED, b"10\r\nabc"),
    "cut-off-head": (b"HTTP/1.1 200 OK\r\nContent-Len",),
    "longer-than-it-says": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]extra bytes",),
    "two-lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n[]",),
    "length-and-chunks": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",),
    "broken-chunk-size": (CHUNKED, b"zz\r\n[]\r\n0\r\n\r\n"),
    "garbage": (b"\x00\xff\x16garbage\r\n\r\n\r\nmore", b"\x80"),
    "page-without-head": (b"<html><body>no head</body></html>",),
    "interim-answers": (
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
    ),
    "http-1.0": (b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\n[", b"]"),
    "http-2-status-line": (b"HTTP/2.0 200 OK\r\n\r\n[]",),
    "line-feeds-only": (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n[]",),
    "no-reason": (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",),
    "latin-1-in-a-header": (b"HTTP/1.1 200 OK\r\nX-Name: J\xf6rg\r\nContent-Length: 0\r\n\r\n",),
    "folded-header": (b"HTTP/1.1 200 OK\r\nX-Long: a\r\n  b\r\nContent-Length: 0\r\n\r\n",),
    "status-204-with-body": (b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n[]",),
    "gzip-label-without-gzip": (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]",),
}
WHOLE = {
    "odd-header-case",
    "chunk-sizes",
    "chunk-in-pieces",
    "trailers",
    "longer-than-it-says",
    "length-and-chunks",
    "interim-answers",
    "http-1.0",
    "http-2-status-line",
    "line-feeds-only",
    "no-reason",
    "latin-1-in-a-header",
    "folded-header",
    "status-204-with-body",
    "gzip-label-without-gzip",
}
