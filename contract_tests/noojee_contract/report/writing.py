"""Writes reports to disk, whole or not at all. Never replaces anything but a regular file."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from noojee_contract.errors import TargetError


def ensure_writable(path: Path) -> None:
    """Check before a run that its report can be written. Changes nothing. Raises TargetError with the reason."""
    _ensure_regular(path)
    if not path.parent.is_dir():
        raise TargetError(f"there is no folder {path.parent} for the report {path.name}; create it first")
    if path.exists() and not os.access(path, os.W_OK):
        raise TargetError(f"the report {path} cannot be overwritten: permission denied")
    try:
        descriptor, trial = tempfile.mkstemp(prefix=".noojee-", dir=path.parent)
    except OSError as error:
        raise TargetError(f"the report {path} cannot be written: {error.strerror}") from error
    os.close(descriptor)
    Path(trial).unlink()


def write(path: Path, text: str) -> None:
    """Write a report as UTF-8 in one step: a reader sees the old file or the whole new one.

    Raises TargetError with the reason.
    """
    _ensure_regular(path)
    made: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix=".noojee-", dir=path.parent)
        made = Path(name)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
        umask = os.umask(0)
        os.umask(umask)
        made.chmod(0o666 & ~umask)
        made.replace(path)
    except BaseException as error:
        if made is not None:
            with contextlib.suppress(OSError):
                made.unlink()
        if isinstance(error, OSError):
            raise TargetError(f"the report {path} could not be written: {error.strerror}") from error
        raise


def _ensure_regular(path: Path) -> None:
    """Raises TargetError for a path that is there, but is no regular file: renaming a report to it would replace it."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise TargetError(f"the report {path} cannot be written: {error.strerror}") from error
    if stat.S_ISLNK(mode):
        raise TargetError(f"{path} is a symbolic link; give the name of the file itself for the report")
    if stat.S_ISDIR(mode):
        raise TargetError(f"{path} is a folder; give the name of a file for the report")
    if not stat.S_ISREG(mode):
        raise TargetError(f"{path} is a device, pipe or socket; give the name of a file for the report")
