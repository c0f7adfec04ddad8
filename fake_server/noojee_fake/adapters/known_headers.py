"""Reads requests with headers that the connection has sent before, without the parser.

Most clients send the same headers with each request of a connection; only the target differs. After each request line
that `_LINE` matches, the parser is in the same state. So the same bytes after it are the same headers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from noojee_fake.messages import Request

MOST_BYTES = 8 * 1024
"""Longer headers are not kept: each connection keeps some."""
_LINE = re.compile(r"(GET|HEAD|POST) ((/[!\"$->@-~]*)(?:\?([!\"$-~]*))?) HTTP/1\.1")
"""A request line whose target is visible ASCII, a path with or without a query, and no fragment."""


@dataclass(slots=True, kw_only=True)
class KnownHeaders:
    """The headers of a request without a body that the parser accepted, and that kept its connection.

    `after_line` are their bytes, from the end of the request line on; `most_target_bytes` is the limit of a target with
    these headers. Nobody changes it; it is not frozen for the reason of `Request`.
    """

    after_line: bytes
    headers: tuple[tuple[str, str], ...]
    head_bytes: int
    most_target_bytes: int

    def request(self, data: bytes, client: str | None, *, secure: bool) -> Request | None:
        """The request of these bytes: a request line and these headers. None for other bytes."""
        if not data.endswith(self.after_line):
            return None
        line = _LINE.fullmatch(data[: -len(self.after_line)].decode("latin-1"))
        if line is None:
            return None
        method, target, path, query = line.groups()
        if len(target) > self.most_target_bytes:
            return None
        return Request(
            method=method,
            path=path,
            query=query or "",
            headers=self.headers,
            client=client,
            secure=secure,
            head_bytes=len(target) + self.head_bytes,
        )


def known_headers(data: bytes, request: Request, *, most_head_bytes: int) -> KnownHeaders | None:
    """The headers of a request that is all of `data`; None if they are not to be kept."""
    first = data.partition(b"\r\n")[0]
    line = _LINE.fullmatch(first.decode("latin-1"))
    if line is None or len(data) - len(first) > MOST_BYTES:
        return None
    head_bytes = request.head_bytes - len(line[2])
    return KnownHeaders(
        after_line=data[len(first) :],
        headers=request.headers,
        head_bytes=head_bytes,
        most_target_bytes=most_head_bytes - head_bytes,
    )
