"""Hypothesis: streams of bytes for a socket.

Some are requests by a grammar that knows the paths of the API, bent in each part; others are bytes at random. A stream
is a list of segments: what a client sends at once, so that the server reads it in the same parts or in others.
"""

from __future__ import annotations

import hashlib
import time
from urllib.parse import quote

from hypothesis import strategies as st

from quality.fuzz.served import CALLS, KEY, NJADMIN

LEGACY = "/rest/RecordingAPI"
METHODS = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieve", "retrieveByUniqueId", "start", "stop")
PATHS = (
    *(f"{base}/{method}" for base in (NJADMIN, CALLS, LEGACY) for method in METHODS),
    *(f"{CALLS}/{method}" for method in ("dial", "hangup", "answer")),
    f"{NJADMIN}/retrieveMetaDataByHour",
    "/servicemanager/services/njadmin-api-recording",
    "/servicemanager/rest/Time",
    "/",
)
CONTROL = (
    "",
    "/",
    "/sandboxes",
    "/sandboxes/default",
    "/sandboxes/default/calls",
    "/sandboxes/default/sound",
    "/sandboxes/none",
)
PARAMETERS = (
    *("tag", "uniqueId", "leg", "date", "hour", "timeStamp", "hash", "apiKey", "extenOrUniqueId", "number", "record"),
    *("method", "agentLoginName", "autoAnswer", "exten", "unique_id"),
)
VALUES = (
    "1234",
    "1773190799.2",
    "1",
    "2",
    "410",
    "SIP/410",
    "SIP/410-1",
    "600",
    "2026/03/11",
    "12",
    "start",
    "stop",
    "Fred",
)

raw = st.binary(max_size=60)
odd = st.sampled_from(
    (
        b"\0",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\n\r\n",
        b" ",
        b"\t",
        b":",
        b"%",
        b"%00",
        b"%ff",
        b"%c0%80",
        b"%ed%a0%80",
        b"&",
        b"=",
        b"\xff",
    )
)


@st.composite
def credentials(draw: st.DrawFn) -> bytes:
    """A key or a fresh hash, mostly good ones."""
    kind = draw(st.sampled_from(("key", "key", "hash", "hash", "none", "wrong")))
    if kind == "key":
        return b"apiKey=" + KEY.encode()
    if kind == "hash":
        stamp = str(int(time.time() * 1000))
        return f"timeStamp={stamp}&hash={hashlib.sha256(f'{KEY}:{stamp}'.encode()).hexdigest()}".encode()
    return b"" if kind == "none" else b"apiKey=" + draw(odd) + b"&hash=" + draw(odd)


values = st.one_of(st.sampled_from(VALUES).map(str.encode), odd, raw, st.integers().map(lambda number: b"%d" % number))
pairs = st.tuples(st.sampled_from(PARAMETERS).map(str.encode), values).map(b"=".join)
queries = st.tuples(credentials(), st.lists(pairs, max_size=5)).map(lambda parts: b"&".join((parts[0], *parts[1])))
safe_pairs = st.tuples(st.sampled_from(PARAMETERS), values.map(quote)).map("=".join).map(str.encode)
safe_queries = st.tuples(credentials(), st.lists(safe_pairs, max_size=5)).map(
    lambda parts: b"&".join((parts[0], *parts[1]))
)
good_paths = st.one_of(
    st.sampled_from(PATHS).map(str.encode),
    st.sampled_from(CONTROL).map(lambda path: b"/__noojee" + path.encode()),
)
paths = st.one_of(
    good_paths,
    st.sampled_from(
        (b"*", b"//x/y", b"/../..", b"/%2e%2e/", b"http://pbx.invalid/", b"pbx.invalid:80", b"/s/default/")
    ),
)
targets = st.one_of(
    st.tuples(paths, safe_queries).map(b"?".join),
    st.tuples(paths, queries).map(b"?".join),
    paths,
    st.tuples(paths, raw).map(b"".join),
)
methods = st.sampled_from(
    (b"POST",) * 8 + (b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"PATCH", b"PRI", b"BREW", b"")
)
versions = st.sampled_from(
    (b"HTTP/1.1",) * 10 + (b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.2", b"http/1.1", b"", b"ICY/1.1")
)
sound_headers = st.one_of(
    st.sampled_from(
        (
            *(b"Content-Type: application/x-www-form-urlencoded", b"Content-Type: application/json", b"Content-Type:"),
            *(
                b"Connection: keep-alive",
                b"Connection: Upgrade",
                b"Connection: x, \xff",
                b"Upgrade: h2c",
                b"Upgrade: websocket",
            ),
            *(b"Expect: 100-continue", b"Expect: x", b"Range: bytes=0-9", b"Range: bytes=-0,5-,x", b"If-None-Match: *"),
            *(b"Origin: x", b"Forwarded: for=x", b"X-Forwarded-For: 127.0.0.1, \xff", b"Authorization: Bearer \xff"),
        )
    ),
    raw.map(lambda value: b"X: " + bytes(each for each in value if each > 31 and each != 127)),
)
headers = st.one_of(
    sound_headers,
    st.sampled_from(
        (
            *(b"Connection: close", b"Content-Length: 1", b"Content-Length: -1", b"Content-Length: 9999999999"),
            *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: x", b"Host: a"),
        )
    ),
    st.tuples(raw, raw).map(b": ".join),
)
bodies = st.one_of(
    st.just(b""),
    safe_queries,
    queries,
    raw,
    st.sampled_from((b"{}", b"[" * 2000, b'{"calls":[]}', b'{"now":1}', b'{"archive":{}}')),
)


@st.composite
def chunks(draw: st.DrawFn, body: bytes) -> bytes:
    """A body in chunks, mostly well made."""
    written = []
    for part in (body[:3], body[3:]):
        if part:
            size = draw(
                st.sampled_from(
                    (b"%x" % len(part),) * 6 + (b"%X;a=b" % len(part), b"0x1", b"", b"-1", b"ffffffffffffffff")
                )
            )
            written.append(size + b"\r\n" + part + b"\r\n")
    return b"".join(written) + draw(
        st.sampled_from((b"0\r\n\r\n",) * 6 + (b"0\r\nX: y\r\n\r\n", b"0\r\n", b"0\r\n:\r\n\r\n", b""))
    )


@st.composite
def sound_requests(draw: st.DrawFn) -> bytes:
    """One request that is HTTP; what it asks for may be anything."""
    method = draw(st.sampled_from((b"POST",) * 6 + (b"GET", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"PROPFIND")))
    lines = [method + b" " + draw(good_paths) + b"?" + draw(safe_queries) + b" HTTP/1.1", b"Host: pbx.invalid"]
    lines += draw(st.lists(sound_headers, max_size=4))
    body = draw(bodies)
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """One request, any part of which may be wrong."""
    lines = [draw(methods) + b" " + draw(targets) + b" " + draw(versions), b"Host: pbx.invalid"]
    lines += draw(st.lists(headers, max_size=4))
    body = draw(
        st.one_of(st.just(b""), queries, raw, st.sampled_from((b"{}", b"[" * 2000, b'{"calls":[]}', b'{"now":1}')))
    )
    framing = draw(st.sampled_from(("length",) * 6 + ("chunks",) * 3 + ("none", "short", "long")))
    if framing == "chunks":
        lines.append(b"Transfer-Encoding: chunked")
        body = draw(chunks(body))
    elif framing != "none":
        lines.append(b"Content-Length: %d" % max(0, len(body) + {"length": 0, "short": -1, "long": 1}[framing]))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@st.composite
def bent(draw: st.DrawFn, of: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of which a few are put in, left out, changed or said twice."""
    whole = bytearray(draw(of))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(whole)))
        end = min(len(whole), at + draw(st.integers(0, 20)))
        kind = draw(st.sampled_from(("put in", "leave out", "change", "twice")))
        if kind == "put in":
            whole[at:at] = draw(st.one_of(odd, raw))
        elif kind == "leave out":
            del whole[at:end]
        elif kind == "change":
            whole[at:end] = draw(st.binary(min_size=end - at, max_size=end - at))
        else:
            whole[at:at] = whole[at:end]
    return bytes(whole)


@st.composite
def streams(draw: st.DrawFn) -> list[bytes]:
    """What one client sends over one connection, in segments."""
    pieces = st.one_of(
        sound_requests(),
        sound_requests(),
        requests(),
        bent(sound_requests()),
        bent(requests()),
        st.binary(max_size=200),
    )
    whole = b"".join(draw(st.lists(pieces, min_size=1, max_size=4)))
    cuts = sorted({draw(st.integers(0, len(whole))) for _ in range(draw(st.integers(0, 3)))})
    return [whole[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
