"""Opens recorded traffic: an exchange file, or a HAR file, which becomes an exchange file for the time of use."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from noojee_contract.errors import TargetError
from noojee_contract.traffic.exchange_file import ExchangeWriter, FileHeader
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.har_reader import har_exchanges

FIRST_BYTES = 64 * 1024


@contextmanager
def opened(path: Path) -> Iterator[ExchangeReader]:
    """The exchanges of an exchange file or a HAR file. Raises TargetError if the file is neither, or is broken."""
    if not is_har(path):
        with ExchangeReader(path) as reader:
            yield reader
        return
    with tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder:
        copy = Path(folder) / "har.jsonl"
        write_exchanges(path, copy)
        with ExchangeReader(copy) as reader:
            yield reader


def write_exchanges(har: Path, copy: Path) -> None:
    """Write the exchanges of a HAR file to a new exchange file. Raises TargetError."""
    exchanges = har_exchanges(har)
    first = next(exchanges, None)
    started = datetime.now(UTC) if first is None else first.at
    with ExchangeWriter(copy, FileHeader(made_by="har", started=started)) as writer:
        for exchange in chain(() if first is None else (first,), exchanges):
            writer.write(exchange)


def is_har(path: Path) -> bool:
    """Whether a file looks like a HAR file and not like an exchange file. Raises TargetError if it cannot be read."""
    if not path.is_file():
        raise TargetError(f"{path}: the file does not exist, or is no plain file; name an exchange file or a HAR file")
    try:
        with path.open("rb") as file:
            start = file.read(FIRST_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise TargetError(f"{path}: the file cannot be read: {error.strerror}") from error
    return start.startswith(b"{") and b'"log"' in start and not start.startswith(b'{"format"')
