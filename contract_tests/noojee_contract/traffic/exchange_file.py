"""Exchange files: recorded traffic as JSON lines, in the format `noojee-exchanges/1`.

The first line is the header, each other line an exchange, as `schemas/own/exchange-file.schema.json` says. Heads are
Latin-1 texts of their bytes. A body is UTF-8 text or base64; a body over 1 MiB is a side file in the folder
`FILE.bodies`; a body over the bound of the recording is only a size and a hash. Each line is one write to the file,
which only its owner can read: a file whose recording was killed is whole up to its last line, and a reader drops a
partial one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.wire import Authentication, WireBody, WireExchange, WireMessage

FORMAT = "noojee-exchanges/1"
SCHEMA = "own/exchange-file"
LARGEST_INLINE_BYTES = 1024 * 1024
LARGEST_BODY_BYTES = 64 * 1024 * 1024
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHeader:
    """What an exchange file says about its recording.

    `made_by` is record, proxy or har. `redaction` is the fingerprint of the key of its stand-ins, None if the file is
    not redacted. `base_path` is the path of the target's base URL, `audio` its audio template. `credentials` are the
    names of the parameters and headers whose values are credentials. What is unknown is None.
    """

    made_by: str
    started: datetime
    target: str | None = None
    dialect: str | None = None
    scheme: str | None = None
    time_zone: str | None = None
    base_path: str = ""
    audio: str | None = None
    credentials: tuple[str, ...] | None = None
    redaction: str | None = None


class ExchangeWriter:
    """Writes an exchange file. The file must not exist; its folder must.

    `largest_body_bytes` is the longest body that is kept. Raises TargetError with the reason if the file cannot be
    written; what was written before stays.
    """

    def __init__(self, path: Path, header: FileHeader, *, largest_body_bytes: int = LARGEST_BODY_BYTES) -> None:
        self._path = path
        self._largest_body_bytes = largest_body_bytes
        self.written = 0
        line = _line({"format": FORMAT, **asdict(header), "started": header.started.isoformat()})
        try:
            self._file = _create(path, line)
        except OSError as error:
            raise _unwritable(path, error) from error

    def write(self, exchange: WireExchange) -> None:
        """Append an exchange, in one write; its long bodies go to side files before."""
        number = self.written + 1
        try:
            request = self._message(exchange.request, f"{number}-request.bin")
            response = exchange.response
            answered = None if response is None else self._message(response, f"{number}-response.bin")
            _write_whole(self._file, _line(_exchange_document(exchange, number, request, answered)))
        except OSError as error:
            raise _unwritable(self._path, error) from error
        self.written = number

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def __enter__(self) -> ExchangeWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _message(self, message: WireMessage, name: str) -> dict[str, Any]:
        return {"head": message.head.decode("latin-1"), "body": self._body(message.body, name)}

    def _body(self, body: WireBody, name: str) -> dict[str, Any]:
        if body.size > self._largest_body_bytes or not body.is_kept:
            return {"size": body.size, "sha256": body.sha256 or hashlib.sha256(body.read()).hexdigest()}
        if body.size <= LARGEST_INLINE_BYTES:
            return _inline(body.read())
        content = body.read()
        folder = bodies_folder(self._path)
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        try:
            _write_whole(descriptor, content)
        finally:
            os.close(descriptor)
        return {"file": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def bodies_folder(path: Path) -> Path:
    """The folder with the side files of an exchange file."""
    return path.with_name(f"{path.name}.bodies")


def _create(path: Path, first_line: bytes) -> int:
    """Create a file that has its first line from the beginning, open for appending. Raises FileExistsError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, OWNER_ONLY)
    try:
        _write_whole(descriptor, first_line)
        os.link(temporary, path)
    except OSError:
        os.close(descriptor)
        raise
    finally:
        temporary.unlink()
    return descriptor


def _write_whole(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _unwritable(path: Path, error: OSError) -> TargetError:
    if isinstance(error, FileExistsError):
        return TargetError(f"{path} exists, and is not overwritten; give another name, or remove it")
    return TargetError(f"{path}: the exchange file cannot be written: {error.strerror}")


def _line(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _inline(content: bytes) -> dict[str, Any]:
    try:
        return {"text": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def _exchange_document(
    exchange: WireExchange, number: int, request: dict[str, Any], response: dict[str, Any] | None
) -> dict[str, Any]:
    """An exchange as its line says it."""
    authentication = exchange.authentication
    return {
        "number": number,
        "at": exchange.at.isoformat(timespec="milliseconds"),
        "first_byte_seconds": _rounded(exchange.first_byte_seconds),
        "seconds": _rounded(exchange.seconds),
        "authentication": None if authentication is None else asdict(authentication),
        "request": request,
        "response": response,
        "transport_error": exchange.transport_error,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def exchange_of(document: Mapping[str, Any], folder: Path) -> WireExchange:
    """The exchange of a line that the schema allows. `folder` has the side files.

    Raises ValueError for base64 that is broken, or a time that is none.
    """
    authentication, response = document["authentication"], document["response"]
    return WireExchange(
        at=datetime.fromisoformat(document["at"]),
        request=_message_of(document["request"], folder),
        response=None if response is None else _message_of(response, folder),
        authentication=None if authentication is None else Authentication(**authentication),
        transport_error=document["transport_error"],
        first_byte_seconds=document["first_byte_seconds"],
        seconds=document["seconds"],
    )


def header_of(document: Mapping[str, Any]) -> FileHeader:
    """The header of the first line, which the schema allows. Raises ValueError for a time that is none."""
    given = {key: value for key, value in document.items() if key != "format"}
    names = document.get("credentials")
    return replace(
        FileHeader(**given),
        started=datetime.fromisoformat(document["started"]),
        credentials=None if names is None else tuple(names),
    )


def _message_of(document: Mapping[str, Any], folder: Path) -> WireMessage:
    return WireMessage(head=document["head"].encode("latin-1"), body=_body_of(document["body"], folder))


def _body_of(document: Mapping[str, Any], folder: Path) -> WireBody:
    if "text" in document:
        return WireBody.of(document["text"].encode())
    if "base64" in document:
        return WireBody.of(base64.b64decode(document["base64"], validate=True))
    file = folder / document["file"] if "file" in document else None
    return WireBody(content=None, file=file, size=document["size"], sha256=document["sha256"])
