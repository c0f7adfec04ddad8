"""Keeps the long bodies of a target in one temporary file, so that a run holds neither sound nor long listings in memory."""

from __future__ import annotations

import os
import tempfile
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
    """A body that is being stored. Write it to `file`."""

    def __init__(self, owner: BodyFile, file: IO[bytes]) -> None:
        self.file = file
        self._owner = owner
        self._start = file.seek(0, os.SEEK_END)

    def kept(self, *, whole: bool) -> tuple[bytes, StoredPart | None]:
        """The beginning of the body, and the stored body if it is longer and `whole`; else the file forgets it."""
        size = self.file.seek(0, os.SEEK_END) - self._start
        stored = StoredPart(owner=self._owner, start=self._start, size_bytes=size)
        self.file.seek(self._start)
        start = self.file.read(KEPT_IN_MEMORY_BYTES)
        if whole and stored.size_bytes > len(start):
            return start, stored
        self.file.truncate(self._start)
        return start, None


class BodyFile:
    """The temporary file of one target, which the system deletes when the process ends. It is opened on first use."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    def store(self) -> Storing:
        """Begin to store a body."""
        return Storing(self, self._opened())

    def read(self, start: int, size_bytes: int) -> bytes:
        """A part of the file."""
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
