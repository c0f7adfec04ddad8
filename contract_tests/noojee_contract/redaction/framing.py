"""The framing of chunked bodies: taken apart, and put together with other content. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

_SIZE_LINE = re.compile(rb"([0-9a-fA-F]{1,15})([ \t]*(?:;[^\r\n]*)?)(\r?\n)")
_LINE_END = re.compile(rb"\r?\n")
MOST_CHUNKS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A chunk as it was sent: the digits of its size, the extension and line end of that line, its content, its end."""

    digits: bytes
    extension: bytes
    line_end: bytes
    content: bytes
    end: bytes

    def resized(self, content: bytes) -> Chunk:
        """The chunk with other content, and a size that is wrong by as much as before."""
        size = max(int(self.digits, 16) + len(content) - len(self.content), 0)
        digits = f"{size:0{len(self.digits)}x}" if self.digits.startswith(b"0") else f"{size:x}"
        is_upper = self.digits.upper() == self.digits
        return replace(self, digits=(digits.upper() if is_upper else digits).encode(), content=content)

    def written(self, extension: bytes) -> bytes:
        """The bytes of the chunk with another extension."""
        return self.digits + extension + self.line_end + self.content + self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunked:
    """A chunked body. `last` is the line of the zero-size chunk, `rest` what follows: trailers, or what is no chunk."""

    chunks: Sequence[Chunk]
    last: bytes
    rest: bytes

    @property
    def content(self) -> bytes:
        """The content of all chunks."""
        return b"".join(chunk.content for chunk in self.chunks)


def chunked(body: bytes) -> Chunked:
    """Take a body apart, as far as it has the framing of chunks."""
    chunks: list[Chunk] = []
    at = 0
    while len(chunks) < MOST_CHUNKS:
        line = _SIZE_LINE.match(body, at)
        if line is None:
            break
        size = int(line[1], 16)
        if size == 0:
            return Chunked(chunks=chunks, last=line[0], rest=body[line.end() :])
        content = body[line.end() : line.end() + size]
        at = line.end() + len(content)
        end = _LINE_END.match(body, at)
        chunks.append(
            Chunk(digits=line[1], extension=line[2], line_end=line[3], content=content, end=end[0] if end else b"")
        )
        at += len(chunks[-1].end)
        if end is None:
            break
    return Chunked(chunks=chunks, last=b"", rest=body[at:])


def resized(chunks: Sequence[Chunk], content: bytes) -> list[Chunk]:
    """The chunks with other content; the last ones take the difference in length, and none becomes empty."""
    more = len(content) - sum(len(chunk.content) for chunk in chunks)
    sizes = [len(chunk.content) for chunk in chunks]
    for place in range(len(sizes) - 1, -1, -1):
        before = sizes[place]
        sizes[place] = max(before + more, min(before, 1 if place == 0 else 0))
        more -= sizes[place] - before
    found, at = [], 0
    for chunk, size in zip(chunks, sizes, strict=True):
        if size or not chunk.content:
            found.append(chunk.resized(content[at : at + size]))
        at += size
    return found
