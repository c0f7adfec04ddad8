"""Two faulty servers in one: a fault that hides another is a blind spot of the suite."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import httpx

from quality.detection.judge import judge
from support.faulty_servers import WIRE, FaultyServer, Send, everything


def draw_pairs(names: Sequence[str], number: int, seed: int) -> list[tuple[str, str]]:
    """So many pairs of different faulty servers, the same for a seed; none of them on the wire."""
    chance = random.Random(seed)
    inside = [name for name in names if name not in WIRE]
    return [(one, other) for one, other in (chance.sample(inside, 2) for _ in range(number))]


def together(one: FaultyServer, other: FaultyServer) -> FaultyServer:
    """A server with both mistakes: the first stands in front of the second."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        behind = memory.setdefault("behind", {})

        def wrong_already(asked: httpx.Request) -> httpx.Response:
            return send(asked) if "/__noojee" in asked.url.path else _safely(other, asked, send, behind)

        return _safely(one, request, wrong_already, memory.setdefault("before", {}))

    return FaultyServer(f"{one.name} + {other.name}", f"{one.description} {other.description}", mistake)


def _safely(server: FaultyServer, request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    """An answer; a mistake that stumbles over what the other left behind is a server error."""
    try:
        return server.mistake(request, send, memory)
    except httpx.HTTPError:
        raise
    except Exception:
        return httpx.Response(500, headers=[("content-type", "text/html")], content=b"<h1>500</h1>")


def judge_pair(one: str, other: str) -> bool:
    """Whether some clause breaks on both mistakes together."""
    servers = everything()
    return judge(together(servers[one], servers[other]), first=True).caught
