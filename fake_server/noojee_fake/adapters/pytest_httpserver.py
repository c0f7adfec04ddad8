"""The door of pytest-httpserver: a handler for every request, so that its server answers as the PBX does.

    httpserver.expect_request(ANY_PATH).respond_with_handler(handler(build(archive=document)))

A long poll waits in its thread: without `HTTPServer(threaded=True)`, nobody else is answered until it is over.
Python's `http.server`, below it, makes one slash of several at the start of a path before any handler sees them.
Werkzeug prints queries, and so keys, in its log: `handler` mutes that.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from werkzeug.wrappers import Request as WerkzeugRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from noojee_fake.adapters.long_poll import settled
from noojee_fake.messages import Pending, Request
from noojee_fake.server.sandboxes import Sandboxes

ANY_PATH = re.compile(r".*", re.DOTALL)
LARGEST_BODY_BYTES = 256 * 1024 * 1024


def handler(sandboxes: Sandboxes) -> Callable[[WerkzeugRequest], WerkzeugResponse]:
    """A handler that answers any request from `sandboxes`."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    return lambda request: answer(sandboxes, request)


def answer(sandboxes: Sandboxes, request: WerkzeugRequest) -> WerkzeugResponse:
    """The answer of `sandboxes` to a request, as Werkzeug has them."""
    environ = request.environ
    target: str = environ.get("REQUEST_URI") or environ["RAW_URI"]
    path, _, query = target.partition("?")
    body = request.get_data(cache=False)  # whole already: pytest-httpserver reads it before it chooses a handler
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
    made = WerkzeugResponse(response.body, response.status)
    made.headers.clear()
    for name, value in response.headers:
        made.headers.add(name, value)
    made.automatically_set_content_length = False
    return made
