"""Copies of the requests and answers of one connection: where each ends, and its bytes within a bound. Pure.

h11 reads the copy only to find the end of a message. What a live client gets never depends on it.
"""

from __future__ import annotations

import hashlib
import re
from enum import Enum

import h11

from noojee_contract.model.wire import WireBody, WireMessage

LARGEST_HEAD = 256 * 1024
"""The bytes of a head that are read; a longer head is unreadable."""
_HEAD_END = re.compile(rb"\n\r?\n")
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) (HTTP/1\.[01])\r?\n")
_METHOD_START = re.compile(rb"[\r\n]*[!#$%&'*+.^_`|~0-9A-Za-z-]*(?:[ \r\n]|\Z)")
_SWITCHING = 101


class Ending(Enum):
    """How a message ended."""

    OPEN = "open"
    COMPLETE = "complete"
    CUT_OFF = "cut off"
    UNREADABLE = "unreadable"


class MessageCopy:
    """A copy of one message. `largest_bytes` bounds what is kept of its body; a longer body is kept as hash and size.

    `head` is None until it is whole. The head of a message that cannot be read is its beginning.
    """

    def __init__(self, largest_bytes: int) -> None:
        self.ending = Ending.OPEN
        self.head: bytes | None = None
        self._start = bytearray()  # what came of the head
        self._largest_bytes = largest_bytes
        self._kept: bytearray | None = bytearray()
        self._digest = hashlib.sha256()
        self._size = 0

    @property
    def kept_bytes(self) -> int:
        """The bytes in memory."""
        return len(self._start) + len(self.head or b"") + (0 if self._kept is None else len(self._kept))

    def drop(self) -> None:
        """Free the bytes of the body: only its size and hash stay known."""
        self._kept = None

    def add(self, data: bytes) -> None:
        """Count bytes to the body."""
        self._digest.update(data)
        self._size += len(data)
        if self._kept is not None:
            if self._size > self._largest_bytes:
                self.drop()
            else:
                self._kept += data

    def message(self) -> WireMessage:
        """The message as far as it came."""
        content = None if self._kept is None else bytes(self._kept)
        body = WireBody(content=content, size=self._size, sha256=self._digest.hexdigest())
        return WireMessage(head=bytes(self._start) if self.head is None else self.head, body=body)

    def _unreadable(self, data: bytes) -> None:
        """Keep what came as head and body, without its framing."""
        self.ending = Ending.UNREADABLE
        if self.head is None:
            garbage = bytes(self._start + data)
            self._start.clear()
            self.head, data = garbage[:LARGEST_HEAD], garbage[LARGEST_HEAD:]
        self.add(data)


class RequestCopy(MessageCopy):
    """A copy of a request. `method` and `upgrades` (it asks for another protocol) are known when its head is whole."""

    def __init__(self, largest_bytes: int) -> None:
        super().__init__(largest_bytes)
        self.method = b""
        self.upgrades = False
        self._framing = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the client. Returns those after the end of the request."""
        if self.ending is Ending.UNREADABLE:
            self.add(data)
            return b""
        if self.head is not None:
            return self._read(b"", data)
        self._start += data
        end = _HEAD_END.search(self._start)
        if end is None:
            if len(self._start) > LARGEST_HEAD or not _METHOD_START.match(self._start):
                self._unreadable(b"")
            return b""
        self.head, body = bytes(self._start[: end.end()]), bytes(self._start[end.end() :])
        self._start.clear()
        head = self.head.lstrip(b"\r\n")
        line = _REQUEST_LINE.match(head)
        if line is None:
            self._unreadable(body)
            return b""
        self.method = line[1]
        self.upgrades = b"\nupgrade:" in head.lower()
        return self._read(_head_for_framing(head, line), body)

    def end(self) -> None:
        """The client has closed."""
        if self.ending is Ending.OPEN:
            self.ending = Ending.CUT_OFF

    def _read(self, head: bytes, body: bytes) -> bytes:
        rest = b""
        try:
            self._framing.receive_data(head + body)
            event = self._framing.next_event()
            while event is not h11.NEED_DATA and event is not h11.PAUSED:
                if isinstance(event, h11.EndOfMessage):
                    self.ending = Ending.COMPLETE
                    rest = self._framing.trailing_data[0]
                    break
                event = self._framing.next_event()
        except h11.RemoteProtocolError:
            self._unreadable(body)
            return b""
        self.add(body[: len(body) - len(rest)])
        return rest


class AnswerCopy(MessageCopy):
    """A copy of the answer to a request, without the interim answers (1xx) before it.

    `upgrades`: the request asks for another protocol.
    """

    def __init__(self, method: bytes, largest_bytes: int, *, upgrades: bool = False) -> None:
        super().__init__(largest_bytes)
        self.is_tunnel = False
        self._framing = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        headers = [(b"host", b"x"), *([(b"upgrade", b"x"), (b"connection", b"upgrade")] if upgrades else [])]
        self._framing.send(h11.Request(method=method or b"GET", target=b"/", headers=headers))
        self._framing.send(h11.EndOfMessage())

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the upstream. Returns those after the end of the answer."""
        if self.ending is Ending.UNREADABLE or self.is_tunnel:
            self.add(data)
            return b""
        had_head = self.head is not None
        try:
            heads, rest = self._read(data)
        except h11.RemoteProtocolError:
            self._unreadable(data)
            return b""
        used = data[: len(data) - len(rest)]
        if had_head:
            self.add(used)
        else:
            self._start += used
            self._divide(heads)
        return rest

    def end(self) -> None:
        """The upstream has closed: the end of an answer without a length, else an answer that is cut off."""
        if self.ending is not Ending.OPEN:
            return
        self.ending = Ending.CUT_OFF
        if self.is_tunnel:
            self.ending = Ending.COMPLETE
            return
        try:
            self._framing.receive_data(b"")
            if isinstance(self._framing.next_event(), h11.EndOfMessage):
                self.ending = Ending.COMPLETE
        except h11.RemoteProtocolError:
            return

    def _read(self, data: bytes) -> tuple[list[bool], bytes]:
        """Whether each head that ends in the bytes is that of the answer itself, and the bytes after the answer."""
        heads = []
        self._framing.receive_data(data)
        while True:
            event = self._framing.next_event()
            if isinstance(event, h11.InformationalResponse):
                self.is_tunnel = event.status_code == _SWITCHING
                heads.append(self.is_tunnel)
            elif isinstance(event, h11.Response):
                heads.append(True)
            elif isinstance(event, h11.EndOfMessage):
                self.ending = Ending.COMPLETE
                return heads, self._framing.trailing_data[0]
            elif event is h11.NEED_DATA or event is h11.PAUSED:
                self.is_tunnel = self.is_tunnel or event is h11.PAUSED
                return heads, b""

    def _divide(self, heads: list[bool]) -> None:
        """Divide what came first into the heads before the answer, its head and its body."""
        for is_own in heads:
            end = _HEAD_END.search(self._start)
            at = len(self._start) if end is None else end.end()
            head, self._start = bytes(self._start[:at]), self._start[at:]
            if is_own:
                self.head = head
                self.add(bytes(self._start))
                self._start.clear()


def _head_for_framing(head: bytes, line: re.Match[bytes]) -> bytes:
    """A head that h11 reads whatever the target and the host are: only the other headers say where the request ends."""
    rest = re.sub(rb"(?im)^host[ \t]*:.*\n", b"", head[line.end() :])
    return line[1] + b" / " + line[3] + b"\r\nHost: x\r\n" + rest
