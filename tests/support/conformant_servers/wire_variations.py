"""Variations of conformant servers and proxies that public bug reports of other clients are about, made on the wire.

A variation is a function of (head, body) to the bytes that are sent; None: as usual. Each names the rule that allows
it.
"""

from __future__ import annotations

import gzip
import itertools
import json
import struct
import time
from collections.abc import Callable

WireVariation = Callable[[bytes, bytes], bytes | None]
WIRE_VARIATIONS: dict[str, WireVariation] = {}
"""The variations by name."""
_COUNT = itertools.count()
"""Makes each answer different."""
CLOSING = frozenset({"http-1.0-until-it-closes"})
"""The variations that close the connection after an answer, and say so."""


def variation(name: str) -> Callable[[WireVariation], WireVariation]:
    """Enter a variation."""

    def enter(function: WireVariation) -> WireVariation:
        WIRE_VARIATIONS[name] = function
        return function

    return enter


def _lines(head: bytes, *dropped: bytes) -> list[bytes]:
    """The lines of a head, without the headers of these names (lower case)."""
    return [line for line in head.split(b"\r\n") if line and line.partition(b":")[0].lower() not in dropped]


def _whole(lines: list[bytes], body: bytes) -> bytes:
    """An answer with the right Content-Length."""
    kept = [line for line in lines if not line.lower().startswith(b"content-length:")]
    return b"\r\n".join([*kept, b"Content-Length: %d" % len(body), b"", b""]) + body


def _kind(head: bytes) -> bytes:
    return next((line for line in _lines(head) if line.lower().startswith(b"content-type:")), b"").lower()


def _is_json(head: bytes) -> bool:
    return b"application/json" in _kind(head)


@variation("list-chunk-before-data")
def list_chunk_before_data(head: bytes, body: bytes) -> bytes | None:
    """RIFF: chunks come in any order after fmt, unknown ones are skipped, odd sizes are padded.

    ffmpeg writes LIST INFO.
    """
    at = body.find(b"data") if body[:4] == b"RIFF" else -1
    if at < 0:
        return None
    info = b"INFOISFT" + struct.pack("<I", 13) + b"Lavf58.29.100"
    chunk = b"LIST" + struct.pack("<I", len(info)) + info + b"\0" * (len(info) % 2)
    changed = body[:at] + chunk + body[at:]
    return _whole(_lines(head), changed[:4] + struct.pack("<I", len(changed) - 8) + changed[8:])


@variation("extensible-wav")
def extensible_wav(head: bytes, body: bytes) -> bytes | None:
    """WAVE_FORMAT_EXTENSIBLE names the coding in a GUID (sox and Windows write it)."""
    if body[:4] != b"RIFF" or body[12:16] != b"fmt " or struct.unpack("<I", body[16:20])[0] != 16:
        return None
    form = body[20:36]
    guid = form[:2] + b"\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    changed = b"\xfe\xff" + form[2:] + struct.pack("<HHI", 22, 16, 4) + guid
    whole = body[:12] + b"fmt " + struct.pack("<I", len(changed)) + changed + body[36:]
    return _whole(_lines(head), whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:])


@variation("white-space-around-json")
def white_space_around_json(head: bytes, body: bytes) -> bytes | None:
    """RFC 8259, 2: white space is allowed before and after a value (println of a servlet, a pretty printer)."""
    if not _is_json(head):
        return None
    return _whole(_lines(head), b"\r\n \t" + json.dumps(json.loads(body), indent=2).encode() + b"\r\n\n")


@variation("json-escapes-all-letters")
def json_escapes_all_letters(head: bytes, body: bytes) -> bytes | None:
    r"""RFC 8259, 7: any character may be escaped, also "/" as "\/" (PHP, org.json)."""
    if not _is_json(head):
        return None
    return _whole(_lines(head), json.dumps(json.loads(body), ensure_ascii=True).replace("/", "\\/").encode())


@variation("charset-in-capitals")
def charset_in_capitals(head: bytes, body: bytes) -> bytes | None:
    """RFC 9110, 8.3.1: media types and charsets are case-insensitive, the value may be quoted."""
    if not _is_json(head):
        return None
    return _whole([*_lines(head, b"content-type"), b'CONTENT-TYPE: Application/JSON ; Charset="UTF-8"'], body)


@variation("json-as-plain-text")
def json_as_plain_text(head: bytes, body: bytes) -> bytes | None:
    """No page names the type of a JSON answer: text/plain is informational (option json_content_type)."""
    if not _is_json(head):
        return None
    return _whole([*_lines(head, b"content-type"), b"Content-Type: text/plain; charset=utf-8"], body)


@variation("no-date-and-no-reason")
def no_date_and_no_reason(head: bytes, body: bytes) -> bytes | None:
    """RFC 9110, 6.6.1: a server without a clock sends no Date; RFC 9112, 4: the reason phrase may be empty."""
    status, *rest = _lines(head, b"date", b"server")
    return _whole([b" ".join(status.split(b" ")[:2]) + b" ", *rest], body)


@variation("http-1.0-until-it-closes")
def http_1_0_until_it_closes(head: bytes, body: bytes) -> bytes | None:
    """RFC 9112, 6.3: without a length the body ends where the connection is closed."""
    status, *rest = _lines(head, b"content-length", b"transfer-encoding")
    return b"\r\n".join([status.replace(b"HTTP/1.1", b"HTTP/1.0"), *rest, b"", b""]) + body


@variation("chunks-with-trailers")
def chunks_with_trailers(head: bytes, body: bytes) -> bytes | None:
    """RFC 9112, 7.1: chunk extensions are ignored, fields may follow the last chunk, hex digits have any case."""
    if not body:
        return None
    chunks = b"".join(
        b"%X;name=value\r\n%b\r\n" % (len(part), part)
        for part in (body[at : at + 1000] for at in range(0, len(body), 1000))
    )
    lines = [*_lines(head, b"content-length"), b"Transfer-Encoding: chunked", b"Trailer: X-Checksum"]
    return b"\r\n".join([*lines, b"", b""]) + chunks + b"0\r\nX-Checksum: 1\r\n\r\n"


@variation("headers-twice")
def headers_twice(head: bytes, body: bytes) -> bytes | None:
    """RFC 9110, 5.2: list headers come on several lines; two proxies write Via, Vary, Cache-Control and cookies."""
    more = [b"Vary: Accept", b"Vary: Origin", b"Cache-Control: no-cache", b"Cache-Control: no-store"]
    cookies = [b"Set-Cookie: JSESSIONID=1; Path=/; HttpOnly", b"Set-Cookie: route=a"]
    return _whole([*_lines(head), *more, *cookies], body)


@variation("proxy-adds-via-and-age")
def proxy_adds_via_and_age(head: bytes, body: bytes) -> bytes | None:
    """RFC 9110, 7.6.3, RFC 9111, 5.1: a proxy adds Via and Age, and headers of its own in any letter case."""
    more = [b"via: 1.1 varnish (Varnish/6.0), 1.1 edge", b"age: 0", b"X-CACHE: MISS", b"x-request-id: 7"]
    return _whole([*_lines(head), *more], body)


@variation("early-hints")
def early_hints(head: bytes, body: bytes) -> bytes | None:
    """RFC 9110, 15.2: interim answers may come before the final one, and a client ignores unknown ones."""
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    return interim + _whole(_lines(head), body)


@variation("compressed-when-accepted")
def compressed_when_accepted(head: bytes, body: bytes) -> bytes | None:
    """RFC 9110, 8.4: the client sends Accept-Encoding with gzip."""
    if not _is_json(head):
        return None
    return _whole([*_lines(head), b"Content-Encoding: gzip"], gzip.compress(body))


@variation("headers-in-odd-case")
def headers_in_odd_case(head: bytes, body: bytes) -> bytes | None:
    """RFC 9110, 5.1: names of fields are case-insensitive."""
    status, *rest = _lines(head)
    odd = [b"%b:%b" % (name.swapcase(), value) for name, _, value in (line.partition(b":") for line in rest)]
    return b"\r\n".join([status, *odd, b"", b""]) + body


@variation("a-session-at-every-answer")
def a_session_at_every_answer(head: bytes, body: bytes) -> bytes | None:
    """RFC 6265, 3: a server may set cookies with any answer, and a client may ignore them (a load balancer, Tomcat)."""
    cookies = [
        b"Set-Cookie: JSESSIONID=%d; Path=/; Secure; HttpOnly" % next(_COUNT),
        b"Set-Cookie: AWSALB=x; Max-Age=600",
    ]
    return _whole([*_lines(head), *cookies], body)


@variation("json-with-unescaped-letters")
def json_with_unescaped_letters(head: bytes, body: bytes) -> bytes | None:
    """RFC 8259, 7: letters outside ASCII need no escape, nor does "/"; keys come in any order."""
    if not _is_json(head):
        return None
    document = json.loads(body)
    if isinstance(document, list):
        document = [dict(reversed(each.items())) if isinstance(each, dict) else each for each in document]
    return _whole(_lines(head), json.dumps(document, ensure_ascii=False).encode())


@variation("fields-that-no-page-names")
def fields_that_no_page_names(head: bytes, body: bytes) -> bytes | None:
    """RFC 8259, 4, and W-A4: an entry has the fields of the page.

    No page says that there are no others (a later version).
    """
    if not _is_json(head):
        return None
    more = {"Rating": 5, "Links": [{"rel": "audio", "href": None}], "Site": {"Name": "Melbourne"}, "Note": ""}
    document = json.loads(body)
    if isinstance(document, dict):
        return _whole(_lines(head), json.dumps({**more, **document}).encode())
    rows = [{**more, **each} if isinstance(each, dict) else each for each in document]
    return _whole(_lines(head), json.dumps(rows).encode())


@variation("slow-first-byte")
def slow_first_byte(head: bytes, body: bytes) -> bytes | None:
    """A busy database takes its time; the answer comes before the time-out."""
    time.sleep(0.05 if next(_COUNT) % 20 == 0 else 0)
    return _whole(_lines(head), body)


@variation("chunks-of-one-byte")
def chunks_of_one_byte(head: bytes, body: bytes) -> bytes | None:
    """RFC 9112, 7.1: a chunk has any size (a servlet that flushes)."""
    if not body:
        return None
    return b"\r\n".join([*_lines(head, b"content-length"), b"Transfer-Encoding: chunked", b"", b""]) + _byte_by_byte(
        body
    )


def _byte_by_byte(body: bytes) -> bytes:
    """A body in chunks, the first ones of one byte."""
    parts = [body[at : at + 1] for at in range(min(3, len(body)))] + ([body[3:]] if len(body) > 3 else [])
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@variation("sound-encoded-at-each-request")
def sound_encoded_at_each_request(head: bytes, body: bytes) -> bytes | None:
    """W-SL: a recording is converted when it is fetched, so the file differs each time; the sound is the same."""
    at = body.find(b"data") if body[:4] == b"RIFF" else -1
    if at < 0:
        return None
    text = b"%08d" % next(_COUNT)
    chunk = b"LIST" + struct.pack("<I", 20) + b"INFOISFT" + struct.pack("<I", 8) + text
    changed = body[:at] + chunk + body[at:]
    return _whole(_lines(head), changed[:4] + struct.pack("<I", len(changed) - 8) + changed[8:])
