"""Wrong servers: what the metadata methods answer."""

from __future__ import annotations

from typing import Any

import httpx
from wrong_servers import Send, with_legs, wrong


@wrong("drops-last-leg", "A migration script joined on the next leg and so lost the last one.")
def drops_last_leg(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return with_legs(send(request), lambda legs: legs[:-1])


@wrong("first-leg-only", "The new query ends in LIMIT 1.")
def first_leg_only(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    return with_legs(send(request), lambda legs: legs[:1])
