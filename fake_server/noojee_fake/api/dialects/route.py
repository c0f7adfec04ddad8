"""The parts that a dialect gives to `Pbx`: a table from path to route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from noojee_fake.api.dialects.parameters import Parameters
from noojee_fake.messages import Request, Response


@dataclass(slots=True)
class ApiCall:
    """One call of an API method: the HTTP request, its parameters, and when it arrived (microseconds since 1970)."""

    request: Request
    parameters: Parameters
    now_micros: int


Handler = Callable[[ApiCall], Response]
Authorise = Callable[[ApiCall], Response | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRoute:
    """One method of the API: its handler, the check of its caller, and its HTTP methods.

    `authorise` returns the refusal, or None for an accepted caller. `needs_tls`: the pages show the method over HTTPS
    only (DOC W-AK), which the option `plain_http` and `--strict-transport` enforce. `is_slow`: the handler may encode
    sound, so a server runs it in a thread.
    """

    handle: Handler
    authorise: Authorise | None = None
    methods: tuple[str, ...] = ("POST",)
    needs_tls: bool = False
    is_slow: bool = False
