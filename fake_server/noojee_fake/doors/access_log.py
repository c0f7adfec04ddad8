"""One line for each request that was served, without its credentials: keys and hashes travel in queries here.

A parameter is shown only where it is known to be harmless; headers and bodies never are.
"""

from __future__ import annotations

import re
import sys
from urllib.parse import unquote_plus

from noojee_fake.doors.asgi import Log
from noojee_fake.messages import Request, Response

HIDDEN = "[redacted]"

_LONGEST_TARGET = 500
_PUBLIC = re.compile(r"(tag|uniqueid|unique_id|leg|date|hour|timestamp)=", re.IGNORECASE)


def access_log(*secrets: str | None) -> Log:
    """What writes the lines, to stderr; a path or a harmless parameter that holds one of `secrets` is not shown."""
    write, flush = sys.stderr.write, sys.stderr.flush
    known = tuple(secret for secret in secrets if secret)

    def log(request: Request, response: Response) -> None:
        target = request.path + (f"?{'&'.join(map(_shown, request.query.split('&')))}" if request.query else "")
        plain = unquote_plus(target)
        if any(secret in target or secret in plain for secret in known):
            target = "/" + HIDDEN  # it stands where no credential belongs; nothing of it is shown
        write(f"{request.client} {request.method} {_printable(target)} {response.status} {len(response.body)}\n")
        flush()

    return log


def _shown(pair: str) -> str:
    """A parameter as the log shows it: the values of those that are no credential."""
    name, equals, _ = pair.partition("=")
    return pair if _PUBLIC.match(pair) else f"{name if equals else ''}{equals}{HIDDEN}"


def _printable(text: str) -> str:
    text = text if len(text) <= _LONGEST_TARGET else text[:_LONGEST_TARGET] + "..."
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]
