"""What the commands that listen on a port share: TLS, the ready file, and the end by a signal."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from noojee_contract.errors import TargetError
from noojee_contract.traffic.listening import listening_socket, self_signed_tls, tls_of_files

Serve = Callable[[socket.socket, Callable[[], None], asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandListener:
    """Where a command listens. `ca_file` has the authority of a self-signed certificate."""

    listening: socket.socket
    tls: ssl.SSLContext | None
    base_url: str
    ca_file: Path | None
    ready_file: Path | None

    def run(self, serve: Serve) -> None:
        """Serve until SIGTERM or SIGINT."""
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it logs clients that fail in a TLS handshake
        asyncio.run(self._until_a_signal(serve))

    async def _until_a_signal(self, serve: Serve) -> None:
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await serve(self.listening, self._report_ready, ended)

    def _report_ready(self) -> None:
        if self.ready_file is not None:
            temporary = self.ready_file.with_name(f".{self.ready_file.name}.{os.getpid()}")
            temporary.write_text(f"{self.base_url}\n", encoding="utf-8")
            temporary.replace(self.ready_file)


def listener(options: argparse.Namespace, host: str, port: int) -> CommandListener:
    """Listen as the flags say. Raises TargetError."""
    ready: Path | None = options.ready_file
    if ready is not None:
        _check_ready_file(ready)
        ready.unlink(missing_ok=True)  # the file of an earlier run has the URL of another server
    tls, ca_file = _tls(options, host)
    listening = listening_socket(host, port)
    shown = f"[{host}]" if ":" in host else host
    scheme = "http" if tls is None else "https"
    return CommandListener(
        listening=listening,
        tls=tls,
        base_url=f"{scheme}://{shown}:{listening.getsockname()[1]}",
        ca_file=ca_file,
        ready_file=ready,
    )


def _check_ready_file(path: Path) -> None:
    if not path.parent.is_dir():
        raise TargetError(f"the folder {path.parent} of the ready file does not exist; create it first")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise TargetError(f"the ready file {path} is no plain file; name a file that may be overwritten")


def _tls(options: argparse.Namespace, host: str) -> tuple[ssl.SSLContext | None, Path | None]:
    certificate, key = options.tls_cert, options.tls_key
    if options.tls_self_signed:
        if certificate or key:
            raise TargetError("--tls-self-signed makes its own certificate: leave out --tls-cert and --tls-key")
        context, authority = self_signed_tls(host)
        return context, _write_authority(authority, options.ready_file)
    if certificate is None and key is None:
        return None, None
    if certificate is None or key is None:
        raise TargetError("--tls-cert and --tls-key go together: give both")
    return tls_of_files(certificate, key), None


def _write_authority(pem: bytes, ready_file: Path | None) -> Path:
    if ready_file is not None:
        path = ready_file.with_name(f"{ready_file.name}.ca.pem")
        path.write_bytes(pem)
        return path
    descriptor, name = tempfile.mkstemp(prefix="noojee-contract-", suffix=".ca.pem")
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return Path(name)
