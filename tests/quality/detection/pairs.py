"""Two faults in one server: the suite must not miss a fault because another one hides it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import httpx

from quality.detection.detect import detect
from support.faulty_servers import WIRE, FaultyServer, Send, everything


def draw_pairs(names: Sequence[str], number: int, random_seed: int) -> list[tuple[str, str]]:
    """Pairs of different faulty servers, the same for a random seed. Faults on the wire are left out."""
    generator = random.Random(random_seed)
    inside = [name for name in names if name not in WIRE]
    return [(one, other) for one, other in (generator.sample(inside, 2) for _ in range(number))]


def together(one: FaultyServer, other: FaultyServer) -> FaultyServer:
    """A server with both faults: the first changes the answers of the second."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        behind = memory.setdefault("behind", {})

        def faulty_already(inner: httpx.Request) -> httpx.Response:
            return send(inner) if "/__noojee" in inner.url.path else _safely(other, inner, send, behind)

        return _safely(one, request, faulty_already, memory.setdefault("before", {}))

    return FaultyServer(f"{one.name} + {other.name}", f"{one.description} {other.description}", mistake)


def _safely(server: FaultyServer, request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    """An answer; status 500 where one fault raises on the answer of the other."""
    try:
        return server.mistake(request, send, memory)
    except httpx.HTTPError:
        raise
    except Exception:
        return httpx.Response(500, headers=[("content-type", "text/html")], content=b"<h1>500</h1>")


def detect_pair(one: str, other: str) -> bool:
    """Whether some clause fails on both faults together."""
    servers = everything()
    return detect(together(servers[one], servers[other]), first=True).caught
