"""What the commands that listen on a port share: TLS, the ready file, and the end by a signal."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from noojee_contract.cli.ready_file import ReadyFile
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
    ready_file: ReadyFile

    def run(self, serve: Serve) -> None:
        """Serve until SIGTERM or SIGINT."""
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it logs clients that fail in a TLS handshake
        try:
            asyncio.run(self._until_a_signal(serve))
        finally:
            self.ready_file.remove()

    async def _until_a_signal(self, serve: Serve) -> None:
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._end, ended)
        await serve(self.listening, self._report_ready, ended)

    def _report_ready(self) -> None:
        self.ready_file.write(self.base_url)

    def _end(self, ended: asyncio.Event) -> None:
        self.ready_file.remove()
        ended.set()


def listener(options: argparse.Namespace, host: str, port: int) -> CommandListener:
    """Listen as the flags say. Raises TargetError."""
    ready = ReadyFile(options.ready_file)
    ready.clear()
    tls, authority = _tls(options, host)
    listening = listening_socket(host, port)
    shown = f"[{host}]" if ":" in host else host
    scheme = "http" if tls is None else "https"
    return CommandListener(
        listening=listening,
        tls=tls,
        base_url=f"{scheme}://{shown}:{listening.getsockname()[1]}",
        ca_file=None if authority is None else ready.write_authority(authority),
        ready_file=ready,
    )


def _tls(options: argparse.Namespace, host: str) -> tuple[ssl.SSLContext | None, bytes | None]:
    """The context for https, None for http; and the authority (PEM) of a self-signed certificate."""
    certificate, key = options.tls_cert, options.tls_key
    if options.tls_self_signed:
        if certificate or key:
            raise TargetError("--tls-self-signed makes its own certificate: leave out --tls-cert and --tls-key")
        return self_signed_tls(host)
    if certificate is None and key is None:
        return None, None
    if certificate is None or key is None:
        raise TargetError("--tls-cert and --tls-key go together: give both")
    return tls_of_files(certificate, key), None
