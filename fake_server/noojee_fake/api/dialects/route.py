"""What a dialect hands to the core: a table from path to route. The core walks it in one fixed order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from noojee_fake.api.dialects.parameters import Parameters
from noojee_fake.messages import Request, Response


@dataclass(slots=True)
class Question:
    """One call to the API: its request, its parameters, and when it came."""

    request: Request
    parameters: Parameters
    now_micros: int


Answer = Callable[[Question], Response]
Authorise = Callable[[Question], Response | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of the API. `authorise` gives the refusal, or None where the caller may pass.

    `needs_tls`: the pages show it over HTTPS alone (DOC W-AK), which a option or `--strict-transport` enforces.
    """

    answer: Answer
    authorise: Authorise | None = None
    methods: tuple[str, ...] = ("POST",)
    needs_tls: bool = False
