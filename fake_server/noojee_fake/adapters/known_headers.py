"""Reads requests that differ only in the query from one that the connection has sent before, without the parser.

Most clients send the same headers with each request of a connection. Where the request line begins with the same
method and path, and the bytes after the query are the same, the parser would read the same headers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from noojee_fake.messages import Request

MOST_BYTES = 8 * 1024
"""Longer headers are not kept: each connection keeps some."""
_IN_QUERY = bytes(byte for byte in range(0x21, 0x7F) if byte != 0x23)
"""Visible ASCII; `#` begins a fragment."""
_LINE = re.compile(r"(?:GET|HEAD|POST) /[!\"$->@-~]*\?")
"""A request line up to its query: a path of visible ASCII without a fragment."""


@dataclass(slots=True, kw_only=True)
class KnownHeaders:
    """A request without a body that the parser accepted, and that kept its connection.

    `start` are the bytes up to its query, `end` those after it; `most_query_bytes` is the limit of a query between
    them. Nobody changes it; it is not frozen for the reason of `Request`.
    """

    start: bytes
    end: bytes
    request: Request
    most_query_bytes: int

    def read(self, data: bytes) -> Request | None:
        """The request of these bytes: the same request with another query. None for other bytes."""
        start, end = self.start, self.end
        query_bytes = len(data) - len(start) - len(end)
        if not 0 <= query_bytes <= self.most_query_bytes or not data.startswith(start) or not data.endswith(end):
            return None
        query = data[len(start) : len(start) + query_bytes]
        if query.translate(None, _IN_QUERY):
            return None
        known = self.request
        head_bytes = known.head_bytes + query_bytes
        # by position: names would double the time
        return Request(
            known.method, known.path, query.decode(), known.headers, b"", known.client, known.secure, False, head_bytes
        )


def known_headers(data: bytes, request: Request, *, most_head_bytes: int) -> KnownHeaders | None:
    """The headers of a request that is all of `data`; None if they are not to be kept."""
    line = _LINE.match(data.decode("latin-1"))
    if line is None:
        return None
    start = line[0].encode()
    end = data[len(start) + len(request.query) :]
    if not end.startswith(b" HTTP/1.1\r\n") or len(start) + len(end) > MOST_BYTES:
        return None
    head_bytes = request.head_bytes - len(request.query)
    return KnownHeaders(
        start=start,
        end=end,
        request=replace(request, query="", head_bytes=head_bytes),
        most_query_bytes=most_head_bytes - head_bytes,
    )
