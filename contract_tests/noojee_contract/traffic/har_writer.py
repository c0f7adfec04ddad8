"""Exports an exchange file as HAR 1.2, for browsers and other tools. What HAR cannot hold is under `_noojee`.

Source of the format: http://www.softwareishard.com/blog/har-12-spec/.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import harfile

from noojee_contract.errors import TargetError
from noojee_contract.model.wire import WireExchange, WireMessage, dechunked
from noojee_contract.traffic.exchange_file import OWNER_ONLY
from noojee_contract.traffic.exchange_reader import ExchangeReader

NO_STATUS = 0
"""The status of an entry without an answer, as browsers write it."""
UNKNOWN_SIZE = -1


@dataclass
class RequestEntry(harfile.Request):
    """A request with our own member."""

    noojee: dict[str, Any] = field(default_factory=dict)

    def asdict(self) -> dict[str, Any]:
        """The JSON object of the request."""
        return {**harfile.Request.asdict(self), "_noojee": self.noojee}


@dataclass
class ResponseEntry(harfile.Response):
    """An answer with our own member."""

    noojee: dict[str, Any] = field(default_factory=dict)

    def asdict(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        return {**harfile.Response.asdict(self), "_noojee": self.noojee}


def write_har(reader: ExchangeReader, path: Path) -> None:
    """Write all exchanges of a file to a new HAR file that only its owner can read. Raises TargetError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError as error:
        raise TargetError(f"{path} exists, and is not overwritten; give another name, or remove it") from error
    except OSError as error:
        raise TargetError(f"{path}: the HAR file cannot be written: {error.strerror}") from error
    creator = harfile.Creator(name="noojee-contract", version=version("noojee-contract"))
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file, harfile.HarFile.open(file, creator=creator) as har:
            for exchange in reader:
                _add(har, exchange, reader)
    except OSError as error:
        raise TargetError(f"{path}: the HAR file cannot be written: {error.strerror}") from error


def _add(har: harfile.HarFile, exchange: WireExchange, reader: ExchangeReader) -> None:
    wait = (exchange.first_byte_seconds or 0.0) * 1000
    total = max((exchange.seconds or 0.0) * 1000, wait)
    har.add_entry(
        startedDateTime=exchange.at,
        time=round(total, 3),
        request=_request(exchange, reader),
        response=_response(exchange, reader),
        timings=harfile.Timings(send=0, wait=round(wait, 3), receive=round(total - wait, 3)),
    )


def _request(exchange: WireExchange, reader: ExchangeReader) -> RequestEntry:
    request = exchange.request
    host = request.field("host") or "unknown.invalid"
    url = exchange.url if "://" in exchange.url else f"http://{host}{exchange.url}"
    body = reader.body(request.body) or b""
    authentication = exchange.authentication
    return RequestEntry(
        method=exchange.method,
        url=url,
        httpVersion=request.first_line.rpartition(" ")[2],
        headers=_headers(request),
        queryString=[
            harfile.Record(name, value) for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)
        ],
        postData=harfile.PostData(mimeType=request.field("content-type") or "", text=body.decode("utf-8", "replace"))
        if body
        else None,
        headersSize=len(request.head),
        bodySize=request.body.size,
        noojee={
            "head": request.head.decode("latin-1"),
            "authentication": None
            if authentication is None
            else {
                "scheme": authentication.scheme,
                "verdict": authentication.verdict,
                "age_seconds": authentication.age_seconds,
            },
        },
    )


def _response(exchange: WireExchange, reader: ExchangeReader) -> ResponseEntry:
    response = exchange.response
    ours: dict[str, Any] = {"transport_error": exchange.transport_error}
    if response is None:
        return ResponseEntry(status=NO_STATUS, statusText="", httpVersion="", noojee=ours)
    ours["head"] = response.head.decode("latin-1")
    wire = reader.body(response.body)
    content = wire
    if wire is None:
        ours |= {"size": response.body.size, "sha256": response.body.sha256}
    elif response.is_chunked:
        ours["body"] = base64.b64encode(wire).decode()
        content = dechunked(wire)
    version_text, _, rest = response.first_line.partition(" ")
    return ResponseEntry(
        status=exchange.status or NO_STATUS,
        statusText=rest.partition(" ")[2],
        httpVersion=version_text,
        headers=_headers(response),
        content=_content(content, response.field("content-type") or ""),
        redirectURL=response.field("location") or "",
        headersSize=len(response.head),
        bodySize=response.body.size,
        noojee=ours,
    )


def _headers(message: WireMessage) -> list[harfile.Record]:
    return [harfile.Record(name, value) for name, value in message.fields()]


def _content(content: bytes | None, media_type: str) -> harfile.Content:
    if content is None:
        return harfile.Content(
            size=UNKNOWN_SIZE, mimeType=media_type, comment="the body was not kept, or its chunks are broken"
        )
    try:
        return harfile.Content(size=len(content), mimeType=media_type, text=content.decode("utf-8"))
    except UnicodeDecodeError:
        coded = base64.b64encode(content).decode()
        return harfile.Content(size=len(content), mimeType=media_type, text=coded, encoding="base64")
