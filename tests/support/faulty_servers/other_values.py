"""The faulty servers of clauses about options: the fake with another value of an option than the one that it declares.

Nobody writes them: each pair of values of each option in `options.toml` is one.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import permutations
from typing import Any

import httpx

from noojee_contract.resources import schemas
from noojee_fake.adapters import httpx_transport

NEW_SANDBOX = "/__noojee/sandboxes"


@cache
def option_table() -> Mapping[str, Mapping[str, Any]]:
    """The rows of `options.toml` by key."""
    return tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8"))


def values_of(key: str) -> tuple[str, ...]:
    """The values of an option, the default first."""
    row = option_table()[key]
    return (row["default"], *row["alternatives"])


def pairs_of(key: str) -> Iterator[tuple[str, str]]:
    """Every declared value of an option with every other value that a server may have instead."""
    return permutations(values_of(key), 2)


class OtherValueTransport(httpx.BaseTransport):
    """The fake in process. Each new sandbox has the value `actual` of the option `key`, and declares another one."""

    def __init__(self, key: str, actual: str) -> None:
        self._key = key
        self._actual = actual
        self._fake = httpx_transport.open()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the fake; a new sandbox gets the value `actual`, and declares the value of the request."""
        if request.method != "POST" or request.url.path != NEW_SANDBOX:
            return self._fake.handle_request(request)
        spec = json.loads(request.read())
        profile = spec.get("profile", {})
        changed = {**spec, "profile": {**profile, self._key: self._actual}}
        answer = self._fake.handle_request(httpx.Request("POST", request.url, headers=_kept(request), json=changed))
        made = json.loads(answer.read())
        made["profile"][self._key] = profile.get(self._key, values_of(self._key)[0])
        return httpx.Response(answer.status_code, json=made)


def _kept(request: httpx.Request) -> dict[str, str]:
    """The headers of a request, except of its body."""
    return {name: value for name, value in request.headers.items() if name not in ("content-length", "content-type")}
