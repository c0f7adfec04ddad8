"""Fixtures that hand the builders of `support.builders` to tests, and the Hypothesis profiles."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from noojee_fake.pbx.clock import Clock, parse_instant
from noojee_fake.server.sandboxes import Sandboxes
from support import builders
from support.builders import Caller

gc.set_threshold(50_000, 20, 20)  # full collections took a quarter of the time of tests with many sandboxes

for profile in ("default", "ci"):
    settings.register_profile(
        profile, settings.get_profile(profile), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )  # a busy machine is no failure
settings.register_profile("stateful", max_examples=1000, deadline=None, derandomize=False)
"""For `--hypothesis-profile=stateful`: random and long. Tests that set a number of their own ask for the name."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts background jobs with SIGINT ignored, and processes that tests start and interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if os.name == "posix" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # So it is with SIGHUP and `nohup`. A handler is not inherited; this one keeps the tests running.
    signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(scope="session")
def leg() -> Callable[..., dict[str, Any]]:
    """Builds a leg of an archive file."""
    return builders.leg


@pytest.fixture(scope="session")
def call() -> Callable[..., dict[str, Any]]:
    """Builds a call of an archive file."""
    return builders.call


@pytest.fixture(scope="session")
def archive() -> Callable[..., dict[str, Any]]:
    """Builds an archive file."""
    return builders.archive


@pytest.fixture(scope="session")
def pbx() -> Callable[..., Caller]:
    """Builds a caller of a new default sandbox with these calls and options."""
    return builders.caller


@pytest.fixture(scope="session")
def calling() -> Callable[[Sandboxes], Caller]:
    """Builds a caller of sandboxes that the test made."""
    return Caller


@pytest.fixture(scope="session")
def at() -> Callable[[str], Clock]:
    """Builds a clock that is frozen at an RFC 3339 time."""
    return lambda text: Clock(now=parse_instant(text), frozen=True)
