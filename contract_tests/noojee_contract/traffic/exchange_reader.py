"""Reads exchange files of any size: a line at a time, with an index of the lines.

A file may be broken or hostile. Every mistake is a TargetError of one line that names the file and the line.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import no_constant, unique_members
from noojee_contract.model.schemas import violations
from noojee_contract.model.wire import WireBody, WireExchange
from noojee_contract.traffic.exchange_file import FORMAT, SCHEMA, FileHeader, bodies_folder, exchange_of, header_of

LONGEST_LINE_BYTES = 16 * 1024 * 1024
"""Two bodies of 1 MiB, each with JSON escapes for each byte, and two heads."""


class ExchangeReader:
    """An exchange file. Opening it reads the header and the position of each line, but keeps no exchange.

    `header` is its header. `dropped` says that the last line was partial, as a recording that was killed leaves it, and
    was left out. `len()` is the number of exchanges. Raises TargetError if the file is not of this format.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dropped = False
        self._offsets = array("Q")
        try:
            self._file = _opened(path)
        except OSError as error:
            raise TargetError(f"{path}: the exchange file cannot be read: {error.strerror}") from error
        try:
            self.header = self._read_header()
            self._find_lines()
        except TargetError:
            self._file.close()
            raise

    def __len__(self) -> int:
        return len(self._offsets)

    def __iter__(self) -> Iterator[WireExchange]:
        """The exchanges in the order of the file; each is read when it is asked for."""
        for position in range(len(self)):
            yield self.at(position)

    def at(self, position: int) -> WireExchange:
        """The exchange at a position, from 0. Raises TargetError if its line is broken."""
        self._file.seek(self._offsets[position])
        document = self._document(self._file.readline(LONGEST_LINE_BYTES), position + 2)
        try:
            return exchange_of(document, bodies_folder(self.path))
        except ValueError as error:
            raise self._mistake(position + 2, str(error)) from error

    def body(self, body: WireBody) -> bytes | None:
        """The bytes of a body, None if they were not kept. Raises TargetError if a side file is missing or changed."""
        if body.content is not None or body.file is None:
            return body.content
        try:
            with _opened(body.file) as file:
                content = file.read(body.size + 1)
        except OSError as error:
            raise TargetError(f"{body.file}: the side file of {self.path} cannot be read: {error.strerror}") from error
        if len(content) != body.size or hashlib.sha256(content).hexdigest() != body.sha256:
            raise TargetError(f"{body.file}: the side file is not the one that {self.path} was written with")
        return content

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> ExchangeReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_header(self) -> FileHeader:
        line = self._file.readline(LONGEST_LINE_BYTES)
        if not line:
            raise TargetError(f"{self.path}: the file is empty; an exchange file begins with a line of {FORMAT}")
        document = self._document(line, 1, schema=False)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise TargetError(f"{self.path}: this is no exchange file of the format {FORMAT}; record it again")
        self._check(document, 1)
        try:
            return header_of(document)
        except ValueError as error:
            raise self._mistake(1, str(error)) from error

    def _find_lines(self) -> None:
        at = self._file.tell()
        while line := self._file.readline(LONGEST_LINE_BYTES):
            if not line.endswith(b"\n"):
                if len(line) == LONGEST_LINE_BYTES:
                    raise self._mistake(len(self) + 2, f"the line is longer than {LONGEST_LINE_BYTES} bytes")
                self.dropped = True
                return
            self._offsets.append(at)
            at += len(line)

    def _document(self, line: bytes, number: int, *, schema: bool = True) -> Any:
        try:
            document = json.loads(line, object_pairs_hook=unique_members, parse_constant=no_constant)
        except RecursionError:
            raise self._mistake(number, "the line is nested too deeply") from None
        except ValueError as error:
            raise self._mistake(number, f"the line is no JSON: {str(error).splitlines()[0]}") from error
        if schema:
            self._check(document, number)
        return document

    def _check(self, document: Any, number: int) -> None:
        is_header = isinstance(document, dict) and "format" in document
        if is_header != (number == 1):
            raise self._mistake(number, "a header belongs in the first line only")
        found = violations(document, SCHEMA)
        if found:
            raise self._mistake(number, found[0])

    def _mistake(self, number: int, says: str) -> TargetError:
        return TargetError(f"{self.path}, line {number}: {says}")


def _opened(path: Path) -> BinaryIO:
    """A regular file, open for reading. Raises OSError for a folder, a pipe or a device."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file")
    return os.fdopen(descriptor, "rb")
