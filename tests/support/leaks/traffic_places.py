"""Where recorded traffic may hold a secret or a personal detail.

A row has the name of a place, and a function that plants a text in it. Add a row for a new place. Each function makes a
whole exchange; the planted text comes in a coding already.
"""

from __future__ import annotations

import gzip
import json
import struct
import wave
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO

from noojee_contract.model.wire import WireBody, WireExchange, WireMessage

AT = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
REQUEST = b"POST /njadmin/rest/RecordingAPI/retrieveMetaData HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
Plant = Callable[[str], WireExchange]


def exchange(
    *, request: bytes = REQUEST, sent: bytes = b"", head: bytes = ANSWER, body: bytes = b"[]", error: str | None = None
) -> WireExchange:
    """An exchange of these bytes."""
    return WireExchange(
        at=AT,
        request=WireMessage(head=request, body=WireBody.of(sent)),
        response=WireMessage(head=head, body=WireBody.of(body)),
        transport_error=error,
    )


def one_line(text: str) -> str:
    """A text that can be in a line of a head."""
    return text.replace("\r", "").replace("\n", "")


def in_request_line(form: str) -> Plant:
    """In the target of a request, without blanks."""
    return lambda text: exchange(
        request=f"POST {form.format(one_line(text).replace(' ', '+'))} HTTP/1.1\r\n\r\n".encode()
    )


def in_header(form: str) -> Plant:
    """In a header line of the answer."""
    return lambda text: exchange(head=f"HTTP/1.1 200 OK\r\n{form.format(one_line(text))}\r\n\r\n".encode())


def in_request_header(form: str) -> Plant:
    """In a header line of the request."""
    return lambda text: exchange(request=f"POST /rest/Time HTTP/1.1\r\n{form.format(one_line(text))}\r\n\r\n".encode())


def in_json(key: str) -> Plant:
    """As the value of a key."""
    return lambda text: exchange(body=json.dumps([{key: text, "Leg": "1"}]).encode("utf-8", "surrogatepass"))


def in_text(form: str, kind: str = "text/html") -> Plant:
    """In a text of a kind."""
    return lambda text: exchange(
        head=f"HTTP/1.1 500 Error\r\nContent-Type: {kind}\r\n\r\n".encode(), body=form.replace("{}", text).encode()
    )


def in_raw_json(form: str) -> Plant:
    """In a JSON document, with the text as it is: it may hold escapes, and may make the document invalid."""
    return lambda text: exchange(body=form.replace("{}", text).encode())


def in_chunks(text: str) -> WireExchange:
    """In the content, the extension and the trailer of a chunked answer."""
    line = one_line(text).encode()
    content = json.dumps({"Message": text}).encode()
    body = b"%x;%s\r\n%s\r\n0;%s\r\nX-Trailer: %s\r\n\r\n" % (len(content), line, content, line, line)
    return exchange(head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body=body)


def in_broken_chunks(text: str) -> WireExchange:
    """Behind a size of a chunk that is none."""
    return exchange(
        head=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body=b"3\r\n[1]\r\nzz\r\n" + text.encode()
    )


def in_gzip(text: str) -> WireExchange:
    """In compressed JSON."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    return exchange(head=head, body=gzip.compress(json.dumps([{"Username": text}]).encode()))


def in_broken_gzip(text: str) -> WireExchange:
    """In a body that a header says is compressed."""
    return exchange(head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", body=text.encode())


def in_wave(chunk: bytes) -> Plant:
    """In a chunk of a WAV file, which follows its sound."""

    def plant(text: str) -> WireExchange:
        sound = BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(b"\1\0" * 400)
        content = text.encode() + b"\0" * (len(text.encode()) % 2)
        return exchange(body=sound.getvalue() + chunk + struct.pack("<I", len(content)) + content)

    return plant


PLACES: Mapping[str, Plant] = {
    "request: value of a tag": in_request_line("/rest?tag={}"),
    "request: value of a key": in_request_line("/rest?apiKey={}"),
    "request: value of an hour": in_request_line("/rest?hour={}"),
    "request: unknown parameter": in_request_line("/rest?x={}&y=1"),
    "request: name of a parameter": in_request_line("/rest?{}=1"),
    "request: parameter without value": in_request_line("/rest?{}"),
    "request: segment of the path": in_request_line("/rest/{}/2"),
    "request: fragment": in_request_line("/rest#{}"),
    "request: absolute address": in_request_line("http://{}:80/rest"),
    "request: user of an address": in_request_line("http://{}:word@127.0.0.1/rest"),
    "request: verb": lambda text: exchange(request=f"{one_line(text)} / HTTP/1.1\r\n\r\n".encode()),
    "request: version": lambda text: exchange(request=f"GET / HTTP/{one_line(text)}\r\n\r\n".encode()),
    "request: form": lambda text: exchange(sent=f"tag={one_line(text).replace('&', '%26')}&x=1".encode()),
    "request: JSON": lambda text: exchange(sent=json.dumps({"q": [{"tag": text}]}).encode()),
    "request: bytes": lambda text: exchange(sent=b"\0\1" + text.encode()),
    "request: Authorization": in_request_header("Authorization: {}"),
    "request: Basic": in_request_header("Authorization: Basic {}"),
    "request: Cookie": in_request_header("Cookie: a={}; b=c"),
    "request: User-Agent": in_request_header("User-Agent: Mozilla/5.0 ({})"),
    "request: Host": in_request_header("Host: {}"),
    "request: Referer": in_request_header("Referer: https://127.0.0.1/a?b={}"),
    "header: unknown value": in_header("X-Any: {}"),
    "header: unknown name": in_header("X-{}: 1"),
    "header: no colon": in_header("{}"),
    "header: continuation": in_header("A: b\r\n {}"),
    "header: Set-Cookie": in_header("Set-Cookie: sid={}; Path=/"),
    "header: Location": in_header("Location: /rest?tag={}"),
    "header: file name": in_header('Content-Disposition: attachment; filename="{}.wav"'),
    "header: realm": in_header('WWW-Authenticate: Basic realm="{}"'),
    "header: Content-Type": in_header("Content-Type: application/{}"),
    "header: charset": in_header("Content-Type: text/plain; charset={}"),
    "header: Date": in_header("Date: {}"),
    "header: ETag": in_header('ETag: "{}"'),
    "header: Server": in_header("Server: Apache/{}"),
    "header: Link": in_header('Link: <https://a/?{}>; rel="next"'),
    "header: Content-Length": in_header("Content-Length: {}"),
    "header: Transfer-Encoding": in_header("Transfer-Encoding: {}"),
    "header: Connection": in_header("Connection: {}"),
    "answer: reason": lambda text: exchange(head=f"HTTP/1.1 500 {one_line(text)}\r\n\r\n".encode()),
    "answer: first line": lambda text: exchange(head=one_line(text).encode()),
    "leg: Source": in_json("Source"),
    "leg: Tag": in_json("Tag"),
    "leg: Username": in_json("Username"),
    "leg: UniqueId": in_json("UniqueId"),
    "leg: Leg": in_json("Leg"),
    "leg: Start": in_json("Start"),
    "leg: Duration": in_json("Duration"),
    "leg: Direction": in_json("Direction"),
    "JSON: Message": in_json("Message"),
    "JSON: Code": in_json("Code"),
    "JSON: unknown key": in_json("anything"),
    "JSON: name of a key": lambda text: exchange(body=json.dumps({text: 1}).encode()),
    "JSON: name of a key in Data": lambda text: exchange(body=json.dumps({"Data": {text: [{"Code": 0}]}}).encode()),
    "JSON: text alone": lambda text: exchange(body=json.dumps(text).encode()),
    "JSON: in a list": lambda text: exchange(body=json.dumps([{"Leg": "1"}, text]).encode()),
    "JSON: JSON in a text": lambda text: exchange(body=json.dumps({"Message": json.dumps({"Tag": text})}).encode()),
    "JSON: with escapes": in_raw_json('[{"Username": "{}"}]'),
    "JSON: cut off": in_raw_json('[{"Username": "{}'),
    "JSON: behind a byte order mark": in_raw_json('\ufeff[{"Tag": "{}"}]'),
    "page: text": in_text("<html><body><h1>HTTP Status 404</h1><p>No call {} here</p></body></html>"),
    "page: attribute": in_text('<a href="/x?{}" title=\'{}\'>x</a>'),
    "page: unquoted attribute": in_text("<p class={}>x</p>"),
    "page: name of an element": in_text("<p><{}>x</p>"),
    "page: comment": in_text("<p>x</p><!-- {} -->"),
    "page: script": in_text("<script>var key = '{}';</script>"),
    "XML: fault": in_text("<soap:Envelope><faultstring>{}</faultstring></soap:Envelope>", "text/xml"),
    "text: sentence": in_text("No recording for {} was found", "text/plain"),
    "text: stack trace": in_text("java.lang.Error: {}\n\tat com.noojee.Api.get(Api.java:12)", "text/plain"),
    "body: unknown type": in_text("{}", "application/octet-stream"),
    "body: beginning of bytes": lambda text: exchange(body=b"\xff\xfe" + text.encode()),
    "chunks": in_chunks,
    "broken chunks": in_broken_chunks,
    "gzip": in_gzip,
    "broken gzip": in_broken_gzip,
    "WAV: LIST": in_wave(b"LIST"),
    "WAV: unknown chunk": in_wave(b"abcd"),
    "WAV: fmt": in_wave(b"fmt "),
    "error: text": lambda text: exchange(error=f"ReadError: connection lost at {text}"),
}  # fmt: skip
"""Plants a text, by the name of the place."""
