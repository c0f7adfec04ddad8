"""`noojee-contract archive`: makes an archive file for the fake of recorded traffic, or of one saved answer."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noojee_contract.cli.messages import say, say_error
from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Exchange, Request, Response
from noojee_contract.model.files import beginning_of
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_OK
from noojee_contract.model.schemas import violations
from noojee_contract.model.wire import WireExchange, dechunked
from noojee_contract.report.summary import count_of
from noojee_contract.targets.target import DEFAULT_ZONE
from noojee_contract.traffic.archive import ArchiveBuilder
from noojee_contract.traffic.exchange_file import FORMAT, OWNER_ONLY
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.offline import question_of
from noojee_contract.traffic.opened import is_har, opened

LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
SHOWN_LEFT_OUT = 5
_HEAD = re.compile(rb"HTTP/[0-9.]+ [0-9]{3}[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n")


def archive(options: argparse.Namespace) -> int:
    """Write the archive file. Returns 0, 2 for a file that cannot be used, 3 if legs are missing in the archive."""
    try:
        return _archive(options)
    except TargetError as error:
        return say_error(error)


def _archive(options: argparse.Namespace) -> int:
    path: Path = options.file
    answers, zone, now = 0, options.time_zone, None
    if is_har(path) or _is_exchange_file(path):
        with opened(path) as reader:
            builder = ArchiveBuilder(zone=_zone(zone or reader.header.time_zone or DEFAULT_ZONE))
            for exchange in _listings(reader):
                builder.add(exchange)
                answers += 1
                now = exchange.at if now is None else max(now, exchange.at)
        source = f"recorded traffic, made from {path.name}"
    else:
        builder = ArchiveBuilder(zone=_zone(zone or DEFAULT_ZONE))
        builder.add(_saved_answer(path))
        answers, source = 1, f"a saved answer, made from {path.name}"
    document = builder.document(description="Calls of recorded answers.", provenance=source, now=now)
    if not document["calls"]:
        raise TargetError(f"{path}: no answer in it lists legs ({count_of(answers, 'listing')} read)")
    found = violations(document, "own/archive")
    if found:
        raise TargetError(f"{path}: its legs make no archive file: {found[0]}")
    _write(options.out, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    legs = sum(len(call["legs"]) for call in document["calls"])
    say(f"{count_of(len(document['calls']), 'call')} with {count_of(legs, 'leg')} of {count_of(answers, 'listing')}")
    for each in builder.left_out[:SHOWN_LEFT_OUT]:
        say(f"left out: {each}")
    if len(builder.left_out) > SHOWN_LEFT_OUT:
        say(f"left out: {len(builder.left_out) - SHOWN_LEFT_OUT} more")
    return EXIT_INCONCLUSIVE if builder.left_out else EXIT_OK


def _is_exchange_file(path: Path) -> bool:
    return FORMAT.encode() in beginning_of(path, 4096).partition(b"\n")[0]


def _listings(reader: ExchangeReader) -> Iterator[Exchange]:
    """The answers to questions, decoded."""
    for recorded in reader:
        if question_of(recorded) is not None and recorded.response is not None:
            body = reader.body(recorded.response.body)
            if body is not None:
                yield _exchange(recorded, body)


def _exchange(recorded: WireExchange, body: bytes) -> Exchange:
    response = recorded.response
    assert response is not None
    content = (dechunked(body) or b"") if response.is_chunked else body
    if (response.field("content-encoding") or "").strip().lower() in ("gzip", "deflate"):
        content = _inflated(content)
    return _answer(content, recorded.at)


def _inflated(content: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        return inflater.decompress(content, LARGEST_ANSWER_BYTES)
    except zlib.error:
        return content


def _saved_answer(path: Path) -> Exchange:
    """An answer as a file: its body, or its head and body as `curl -i` prints them."""
    try:
        content = beginning_of(path, LARGEST_ANSWER_BYTES)
    except OSError as error:
        raise TargetError(f"{path}: the file cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_ANSWER_BYTES:
        raise TargetError(f"{path}: the answer is longer than {LARGEST_ANSWER_BYTES // 1024**2} MiB")
    while head := _HEAD.match(content):
        content = content[head.end() :]
    return _answer(content.removeprefix(b"\xef\xbb\xbf"), datetime.now(UTC))


def _answer(body: bytes, at: datetime) -> Exchange:
    request = Request(method="POST", url="http://recorded.invalid/")
    return Exchange(request=request, response=Response(status=200, body=body), at=at)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise TargetError(f"--time-zone {name!r} is unknown; write an IANA name such as {DEFAULT_ZONE}") from error


def _write(out: Path | None, text: str) -> None:
    """Write the archive file to standard output, or to a new file that only its owner can read."""
    if out is None:
        sys.stdout.write(text)
        return
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise TargetError(f"{out} exists, and is not overwritten; give another name, or remove it") from error
    except OSError as error:
        raise TargetError(f"{out}: the archive file cannot be written: {error.strerror}") from error
