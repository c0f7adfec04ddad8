"""A handler for pytest-httpserver that answers every request like the PBX.

    httpserver.expect_request(ANY_PATH).respond_with_handler(handler(build(archive=document)))

A long poll blocks its thread: use `HTTPServer(threaded=True)` to answer other requests meanwhile. Python's
`http.server` replaces several slashes at the start of a path by one before the handler is called. Werkzeug logs
queries, which contain keys: `handler` turns its log off.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable, Iterator

from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from noojee_fake.adapters.long_poll import settled
from noojee_fake.control import json_body
from noojee_fake.messages import Closed, Pending, Request, Streamed
from noojee_fake.server.sandboxes import Sandboxes

ANY_PATH = re.compile(r".*", re.DOTALL)
LARGEST_BODY_BYTES = json_body.LARGEST_BODY_BYTES


def handler(sandboxes: Sandboxes) -> Callable[[WerkzeugRequest], WerkzeugResponse]:
    """A handler that answers any request from `sandboxes`."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    return lambda request: answer(sandboxes, request)


def answer(sandboxes: Sandboxes, request: WerkzeugRequest) -> WerkzeugResponse:
    """The answer of `sandboxes` to a request, as objects of Werkzeug."""
    environ = request.environ
    target: str = environ.get("REQUEST_URI") or environ["RAW_URI"]
    path, _, query = target.partition("?")
    body = request.get_data(cache=False)  # complete: pytest-httpserver reads the body before it chooses a handler
    if len(body) > LARGEST_BODY_BYTES:
        return WerkzeugResponse(status=413, content_type="text/plain")
    response = sandboxes.handle(
        Request(
            method=request.method,
            path=path,
            query=query,
            headers=tuple((name.lower(), value) for name, value in request.headers),
            body=body,
            client=request.remote_addr,
            secure=request.scheme == "https",
        )
    )
    if isinstance(response, Pending):
        response = settled(response)
    if isinstance(response, Closed):
        connection = environ.get("werkzeug.socket")
        if connection is not None:
            connection.shutdown(socket.SHUT_RDWR)
    content: bytes | Iterator[bytes] = response.pieces() if isinstance(response, Streamed) else response.body
    made = WerkzeugResponse(content, response.status)
    made.headers.clear()
    for name, value in response.headers:
        made.headers.add(name, value)
    made.automatically_set_content_length = False
    return made
