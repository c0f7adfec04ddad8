"""Errors that the user of the fake can correct: one tree. Each message says what to change.

Errors of a client of the PBX are answers, not exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class FakeError(Exception):
    """An error that the user of the fake can correct."""


class ArchiveError(FakeError):
    """An archive file, or a part of one, cannot be used.

    `path` is the JSON path of the offending value, as in `$.calls[0].legs[1].end`.
    """

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(f"{path}: {message}")
        self.message = message
        self.path = path


class ProfileError(FakeError):
    """A profile names an option or a value that does not exist. `path` is the JSON path in the profile."""

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class UsageError(FakeError):
    """The fake was used wrongly: an unknown dialect, time zone or file. `path` is a JSON path, if there is one."""

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class StateError(FakeError):
    """The state file has another format, is broken or in use, or cannot be written."""


class MemoryBudgetError(FakeError):
    """The memory budget of the server is used up."""

    def __init__(self, more_bytes: int, used_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"{more_bytes} more bytes do not fit into the memory budget of the server ({used_bytes} of {limit_bytes}"
            " bytes are used); delete sound, snapshots or sandboxes that nobody needs, or start it with a larger"
            " --memory-budget"
        )


class StartError(FakeError):
    """A `noojee-fake serve` process did not start.

    `exit_code` is None if the process never ran; `output` and `log` are its standard output and standard error.
    """

    def __init__(self, message: str, *, exit_code: int | None = None, output: str = "", log: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.output = output
        self.log = log


class ControlError(FakeError):
    """The control API refused a request, or does not answer.

    `status` is the HTTP status, None without an answer; `path` is the JSON path of the invalid value in the request;
    `document` is the whole answer.
    """

    def __init__(self, message: str, *, status: int | None = None, document: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.document = document or {}
        self.path: str | None = self.document.get("path")
