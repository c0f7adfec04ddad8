"""Writes reports to disk, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from noojee_contract.errors import TargetError


def ensure_writable(path: Path) -> None:
    """Check before a run that its report can be written. Changes nothing. Raises TargetError with the reason."""
    if path.is_dir():
        raise TargetError(f"{path} is a folder; give the name of a file for the report")
    if not path.parent.is_dir():
        raise TargetError(f"there is no folder {path.parent} for the report {path.name}; create it first")
    if path.exists() and not os.access(path, os.W_OK):
        raise TargetError(f"the report {path} cannot be overwritten: permission denied")
    try:
        descriptor, trial = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise TargetError(f"the report {path} cannot be written: {error.strerror}") from error
    os.close(descriptor)
    Path(trial).unlink()


def write(path: Path, text: str) -> None:
    """Write a report as UTF-8 in one step: a reader sees the old file or the whole new one."""
    descriptor, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        Path(made).chmod(0o666 & ~umask)
        Path(made).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(made).unlink()
        raise
