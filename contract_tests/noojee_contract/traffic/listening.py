"""Listening sockets and TLS of the servers in this package: the recording proxy and the replay server."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from noojee_contract.errors import ContractError, TargetError

START_SECONDS = 20.0
CLOSE_SECONDS = 60.0
_RESET = struct.pack("ii", 1, 0)
_ORGANISATION = "noojee-contract, made for one run"


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free port. Raises TargetError."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while ")[0]  # the rest is the address again
        is_address = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        other = "an address of this machine, such as 127.0.0.1" if is_address else "another port, or 0 for any free one"
        raise TargetError(f"{host}:{port} cannot be listened on: {reason}; give {other}") from error


def tls_of_files(certificate: Path, key: Path) -> ssl.SSLContext:
    """A context with a certificate chain and its private key (PEM). Raises TargetError, also for an encrypted key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password="")  # an encrypted key is an error, not a question
    except ssl.SSLError as error:
        reason = error.reason or "no PEM"
        raise TargetError(f"{certificate}: the certificate and its key cannot be used: {reason}") from None
    except OSError as error:
        raise TargetError(f"the certificate {certificate} or its key {key} cannot be read: {error.strerror}") from None
    return context


def self_signed_tls(host: str) -> tuple[ssl.SSLContext, bytes]:
    """A context with a new certificate for a host, localhost and 127.0.0.1, and its authority (PEM)."""
    import trustme  # loaded only for TLS

    authority = trustme.CA(organization_name=_ORGANISATION)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*dict.fromkeys(["localhost", "127.0.0.1", host])).configure_cert(context)
    authority_pem: bytes = authority.cert_pem.bytes()
    return context, authority_pem


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and return when its last bytes are sent. Cut it if they are not after `CLOSE_SECONDS`."""
    writer.close()
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()
    except asyncio.CancelledError:
        writer.transport.abort()
        raise


Serve = Callable[[Callable[[], None], asyncio.Event], Awaitable[None]]
"""A server as a coroutine: it calls its first argument when it listens, and ends when the event is set."""


class ServerThread:
    """Runs a server in a thread while the `with` block runs. The end of the block raises what the server raised."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_SECONDS) or self._error is not None:
            self.stop()
            raise ContractError("the server did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server. Raises its error, if it had one."""
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(START_SECONDS)
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve(self._ready.set, self._ended))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that ends the server
            self._error = error
        finally:
            self._loop.run_until_complete(_settled())
            self._loop.close()
            self._ready.set()


async def _settled() -> None:
    """Let connections that were cut end: each needs a round of the loop or two."""
    for _ in range(5):
        await asyncio.sleep(0)
