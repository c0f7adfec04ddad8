"""A protocol on httptools and uvloop: as fast as a Python server gets.

It looks up an answer by the last parameter of the query, and encodes it. A JSON file has the answers by that value.

    python benchmarks/constant.py ANSWERS_FILE --ready-file FILE
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import httptools
import uvloop

ANSWERS = json.loads(Path(sys.argv[1]).read_text())


class Protocol(asyncio.Protocol):
    """One connection. The parser calls its `on_` methods."""

    def connection_made(self, transport):
        """Make a parser for the connection."""
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data):
        """Parse bytes; a complete request is answered at once."""
        self.parser.feed_data(data)

    def on_url(self, url):
        """Keep the query."""
        self.query = url.partition(b"?")[2]

    def on_message_complete(self):
        """Write the answer, or an empty list to a request without a credential."""
        parameters = dict(pair.partition("=")[::2] for pair in self.query.decode().split("&"))
        body = (
            ANSWERS[self.query.rpartition(b"=")[2].decode()].encode()
            if parameters.keys() & {"apiKey", "hash"}
            else b"[]"
        )
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )


async def main():
    """Serve on a free port, write its URL to the ready file, and never return."""
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    Path(sys.argv[sys.argv.index("--ready-file") + 1]).write_text(f"http://127.0.0.1:{port}")
    await server.serve_forever()


uvloop.run(main())
