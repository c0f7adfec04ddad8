"""Keeps long bodies of a target in one temporary file, so that a run holds no sound and no long listings in memory.

Several threads may store and read bodies at the same time.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import weakref
from dataclasses import dataclass
from typing import IO

KEPT_IN_MEMORY_BYTES = 16 * 1024
"""The length of a body that is kept in memory, and of the beginning of a longer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPart:
    """A body in the temporary file: where it starts, and its length."""

    owner: BodyFile
    start: int
    size_bytes: int

    def read(self) -> bytes:
        """The whole body."""
        return self.owner.read(self.start, self.size_bytes)


class Storing:
    """A body that is being stored. Write it to `file`, which belongs to this body alone."""

    def __init__(self, owner: BodyFile) -> None:
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY_BYTES)  # noqa: SIM115  `kept` closes it
        self._owner = owner

    def kept(self, *, whole: bool) -> tuple[bytes, StoredPart | None]:
        """The beginning of the body, and the stored body if it is longer and `whole`. Closes `file`."""
        with self.file as file:
            size_bytes = file.seek(0, os.SEEK_END)
            file.seek(0)
            start = file.read(KEPT_IN_MEMORY_BYTES)
            if not whole or size_bytes == len(start):
                return start, None
            file.seek(0)
            return start, StoredPart(owner=self._owner, start=self._owner.append(file), size_bytes=size_bytes)


class BodyFile:
    """The temporary file of one target, which the system deletes when the process ends. It is opened on first use."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()

    def store(self) -> Storing:
        """Begin to store a body."""
        return Storing(self)

    def append(self, body: IO[bytes]) -> int:
        """Copy a body to the end of the file. Returns where it starts."""
        with self._lock:
            file = self._opened()
            start = file.seek(0, os.SEEK_END)
            shutil.copyfileobj(body, file)
            return start

    def read(self, start: int, size_bytes: int) -> bytes:
        """A part of the file."""
        with self._lock:
            file = self._opened()
            file.seek(start)
            return file.read(size_bytes)

    def close(self) -> None:
        """Delete the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="noojee-contract-")  # noqa: SIM115  it is open as long as the run
            weakref.finalize(self, self._file.close)
        return self._file
