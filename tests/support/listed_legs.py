"""A server that lists given legs by unique id and by tag, from bodies that are made once: many legs cost little time."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

Entry = Mapping[str, str]
PARAMETERS = {"retrieveMetaDataByUniqueId": ("uniqueId", "UniqueId"), "retrieveMetaData": ("tag", "Tag")}
"""The parameter of each method, and the field that it selects by."""


def bodies(entries: Sequence[Entry]) -> dict[tuple[str, str], bytes]:
    """The body of each method and value."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        for method, (_, field) in PARAMETERS.items():
            found.setdefault((method, entry[field]), []).append(entry)
    return {key: json.dumps(rows).encode() for key, rows in found.items()}


@contextmanager
def serving(entries: Sequence[Entry]) -> Iterator[str]:
    """The URL of a server of either vendor dialect that lists these entries, whatever the key."""
    rendered = bodies(entries)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            url = urlsplit(self.path)
            method = url.path.rpartition("/")[2]
            body = b"[]"
            if method in PARAMETERS:
                values = parse_qs(url.query).get(PARAMETERS[method][0], [""])
                body = rendered.get((method, values[0]), body)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
