"""What may go wrong in the fake through its user's fault: one tree, each with a sentence that says what to change.

What a client of the PBX does wrong is never an exception: it is an answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class FakeError(Exception):
    """Anything that the person who starts or drives the fake can put right."""


class ArchiveError(FakeError):
    """An archive file, or a part of one, cannot be used.

    `path` is the JSON path of the offending value, as in `$.calls[0].legs[1].end`.
    """

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(f"{path}: {message}")
        self.message = message
        self.path = path


class ProfileError(FakeError):
    """A profile names a option or a choice that the table of open questions does not have."""

    def __init__(self, message: str, path: str = "$") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class UsageError(FakeError):
    """The fake was started or driven wrongly: an unknown dialect, time zone, file."""

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class StateError(FakeError):
    """The file that keeps the archive is none of ours, is broken or in use, or cannot be written."""


class ControlError(FakeError):
    """The control API refused something, or does not answer: the server's own sentence.

    `status` is the HTTP status, None where there was no answer; `path` the JSON path of what is wrong in the request;
    `document` the whole answer.
    """

    def __init__(self, message: str, *, status: int | None = None, document: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.document = document or {}
        self.path: str | None = self.document.get("path")
