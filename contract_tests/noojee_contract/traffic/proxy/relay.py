"""Relays one client connection: bytes go both ways as they come, with their ends and resets. A copy is parsed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from noojee_contract.traffic.listening import close, reset
from noojee_contract.traffic.proxy.conversation import Conversation

READ_BYTES = 64 * 1024
LINGER_SECONDS = 60.0
"""How long an answer is awaited after the client has closed its side of the connection."""

Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
Room = Callable[[], Awaitable[None]]


class Relay:
    """One client connection and its connection to the upstream.

    `connect` opens the second. `room` returns when there is room for more exchanges. `idle_seconds` is the longest wait
    for a byte of the upstream.
    """

    def __init__(
        self,
        conversation: Conversation,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        connect: Connect,
        room: Room,
    ) -> None:
        self._conversation = conversation
        self._reader = reader
        self._writer = writer
        self._connect = connect
        self._room = room
        self.idle_seconds = 3600.0
        self._error: str | None = None  # how the connection ended: the first cause

    async def run(self) -> None:
        """Relay until both sides have ended. The exchanges that are not whole are given away at the end."""
        try:
            try:
                upstream = await self._connect()
            except OSError as error:
                await self._refuse(f"the upstream cannot be reached: {_reason(error)}")
            else:
                await self._both_ways(*upstream)
        except asyncio.CancelledError:
            self._writer.transport.abort()
            raise
        finally:
            self._conversation.client_closed()
            self._conversation.closed(self._error or "the proxy ended")
            await close(self._writer)

    async def _both_ways(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up = asyncio.create_task(self._to_upstream(writer))
        down = asyncio.create_task(self._to_client(reader))
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if not down.done():
                await asyncio.wait({down}, timeout=LINGER_SECONDS if self._can_half_close(writer) else 0)
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            for task in (up, down):
                task.cancel()
            try:
                await asyncio.gather(up, down, return_exceptions=True)
                self._writer.close()  # the client must not wait for the end of the other connection
                await close(writer)
            finally:
                writer.transport.abort()  # if this was cancelled before the connection was closed

    async def _to_upstream(self, writer: asyncio.StreamWriter) -> None:
        """Pass on what the client sends, until it closes."""
        try:
            while data := await self._reader.read(READ_BYTES):
                writer.write(self._conversation.client_sent(data, datetime.now(UTC)))
                await writer.drain()
                await self._room()
        except OSError as error:
            self._end(f"the client left: {_reason(error)}")
            reset(writer)
            return
        self._conversation.client_closed()
        self._end("the client closed the connection")
        if self._can_half_close(writer):
            with contextlib.suppress(OSError):
                writer.write_eof()

    async def _to_client(self, reader: asyncio.StreamReader) -> None:
        """Pass on what the upstream sends, until it closes."""
        try:
            async with asyncio.timeout(None) as limit:
                while True:
                    limit.reschedule(asyncio.get_running_loop().time() + self.idle_seconds)
                    data = await reader.read(READ_BYTES)
                    if not data:
                        break
                    self._conversation.upstream_sent(data, datetime.now(UTC))
                    self._writer.write(data)
                    await self._drain()
                    await self._room()
        except TimeoutError:
            self._end(f"nothing came for {self.idle_seconds:g} s")
        except _ClientLeft as error:
            self._end(f"the client left: {error}")
        except OSError as error:
            self._end(f"the upstream reset the connection: {_reason(error)}")
            reset(self._writer)
        else:
            self._end("the upstream closed the connection")

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except OSError as error:
            raise _ClientLeft(_reason(error)) from error

    async def _refuse(self, error: str) -> None:
        """Read one request, and answer that the upstream cannot be reached."""
        self._end(error)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._conversation.is_waiting and (data := await self._reader.read(READ_BYTES)):
                    self._conversation.client_sent(data, datetime.now(UTC))
            if self._conversation.is_waiting:
                self._writer.write(_bad_gateway(error))
                await self._writer.drain()

    def _end(self, error: str) -> None:
        self._error = self._error or error

    def _can_half_close(self, upstream: asyncio.StreamWriter) -> bool:
        return self._writer.can_write_eof() and upstream.can_write_eof()


class _ClientLeft(Exception):
    """The client does not read any more."""


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate cannot be verified: {error.verify_message}"
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


def _bad_gateway(error: str) -> bytes:
    body = f"noojee-contract record: {error}\n".encode()
    head = f"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
