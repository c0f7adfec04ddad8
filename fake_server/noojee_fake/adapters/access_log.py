"""The access log: a line a request, without credentials, headers and bodies.

The queries of the API contain keys and hashes.
"""

from __future__ import annotations

import sys

from noojee_fake.adapters.service import Log
from noojee_fake.messages import Request, Response
from noojee_fake.redaction import Redaction

_LONGEST_TARGET = 500


def access_log(*secrets: str | None) -> Log:
    """A log that writes to standard error. It replaces `secrets` everywhere in a target."""
    write, flush = sys.stderr.write, sys.stderr.flush
    redaction = Redaction(secrets)

    def log(request: Request, response: Response) -> None:
        target = _printable(redaction.target(request.path, request.query))
        try:
            write(f"{request.client} {request.method} {target} {response.status} {response.size_bytes}\n")
            flush()
        except OSError:  # nobody reads the log any more, or its disk is full: clients get their responses
            pass

    return log


def _printable(text: str) -> str:
    text = text if len(text) <= _LONGEST_TARGET else text[:_LONGEST_TARGET] + "..."
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]
