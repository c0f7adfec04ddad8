"""The file of `--ready-file`, and the certificate authority next to it: they exist only while the command answers.

A script waits for the ready file. A file of an earlier run would send it to a server that ended.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from noojee_contract.errors import TargetError

Identity = tuple[int, int, int]
"""Device, inode and time of a file: another file with the same content has another one."""


class ReadyFile:
    """The ready file of one server; without a path, only an authority is written, to a temporary file.

    The file belongs to the server that started last: `remove` leaves the file of a later server.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._written: dict[Path, Identity] = {}

    def clear(self) -> None:
        """Remove the files of an earlier run. Raises TargetError for a path that cannot be written."""
        path = self._path
        if path is None:
            return
        if not path.parent.is_dir():
            raise TargetError(f"the folder {path.parent} of the ready file does not exist; create it first")
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise TargetError(f"the ready file {path} is no plain file; name a file that may be overwritten")
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise TargetError(f"the folder {path.parent} of the ready file is not writable; name another folder")
        path.unlink(missing_ok=True)
        _authority_of(path).unlink(missing_ok=True)

    def write_authority(self, pem: bytes) -> Path:
        """Write the authority (PEM) of a self-signed certificate. Returns its path."""
        if self._path is not None:
            path = _authority_of(self._path)
            self._write(path, pem)
            return path
        descriptor, name = tempfile.mkstemp(prefix="noojee-contract-", suffix=".ca.pem")
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        self._written[Path(name)] = _identity(Path(name))
        return Path(name)

    def write(self, base_url: str) -> None:
        """Write the base URL: the server answers."""
        if self._path is not None:
            self._write(self._path, f"{base_url}\n".encode())

    def remove(self) -> None:
        """Remove the files that this server wrote, the ready file first. Another call does nothing."""
        for path in reversed(self._written):
            with contextlib.suppress(OSError):
                _remove(path, self._written[path])
        self._written.clear()

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file in one step, so that nobody reads half of it."""
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            temporary.chmod(0o644)  # neither the URL nor the authority is secret, and other users may wait for them
            self._written[path] = _identity(temporary)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise


def _authority_of(ready_file: Path) -> Path:
    return ready_file.with_name(f"{ready_file.name}.ca.pem")


def _identity(path: Path) -> Identity:
    status = path.stat()
    return status.st_dev, status.st_ino, status.st_mtime_ns


def _remove(path: Path, identity: Identity) -> None:
    """Remove a file unless another server has replaced it, even in this moment. Raises OSError."""
    if _identity(path) != identity:
        return
    aside = path.with_name(f".{path.name}.{os.getpid()}.removed")
    path.rename(aside)
    if _identity(aside) != identity:
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    aside.unlink()
