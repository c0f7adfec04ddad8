"""Applies rate, budget and the one-a-minute rule of by hour across all processes of a run: one locked file a server.

The file is in a folder of the run. Every worker reads and writes it under the lock. Targets with one host and port
share it, whatever their dialect or key.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock

from noojee_contract.clients.clock import CLOCK, Clock
from noojee_contract.errors import BudgetSpent, TimeSpent, TooSoon
from noojee_contract.targets.target import Target

BY_HOUR_SECONDS = 61.0  # "1 per minute" (DOC), and one second for the network
MOST_RETRY_AFTER_SECONDS = 120.0
"""The longest time that a run waits because a server says Retry-After, over all requests and workers."""
LOCK_SECONDS = 120.0
LOCK_POLL_SECONDS = 0.005
ARRIVAL_SECONDS = 0.3
"""How long a request may take to arrive: a busy server may see it so much later than it was sent."""
POLL_SECONDS = 0.005
SHORTEST_GAP = 0.9
"""The shortest gap between two requests that a server may see, as a part of 1 / rate."""
DEFAULT_PORTS = {"http": 80, "https": 443}
OnWait = Callable[[float, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits of one server: the lowest rate and the lowest budget of its targets; None for no limit."""

    requests_per_second: float | None = None
    request_budget: int | None = None


class Limits:
    """The limits of one server. Wall-clock seconds, shared by processes of one machine.

    Each request calls `before_request`, then `begin_sending` and `end_sending` around the moment when it is written to
    the socket, and `answered` when its answer begins to come.
    """

    def __init__(
        self,
        path: Path,
        bounds: Bounds,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        until: float | None = None,
    ) -> None:
        self._path = path
        self._lock = FileLock(f"{path}.lock", timeout=LOCK_SECONDS, poll_interval=LOCK_POLL_SECONDS)
        self._gap = 1 / bounds.requests_per_second if bounds.requests_per_second else 0.0
        self._budget = bounds.request_budget
        self._now = now
        self._sleep = sleep
        self._until = until
        self._sent = 0.0
        self._next_is_by_hour = False
        self._next_by_hour = 0.0

    def before_request(self) -> None:
        """Wait for the turn of a request and count it.

        Raises BudgetSpent if the budget is used up, and TimeSpent if the turn is after the end of the run.
        """
        with self._lock:
            state = self._read()
            turn = max(self._now(), state["next"])
            self._check_left(state, turn)
            self._write({**state, "spent": state["spent"] + 1, "next": turn + self._gap})
        wait = turn - self._now()
        if wait > 0:
            self._sleep(wait)

    def begin_sending(self) -> None:
        """Wait until the server saw the last request long enough ago, and lock the file until `end_sending`.

        The turn of `before_request` is not enough: a connection that opens slowly, or a server that is slow to see a
        request, would shorten the gap to the next one.
        """
        while self._gap:
            self._lock.acquire()
            state = self._read()
            least = ARRIVAL_SECONDS + SHORTEST_GAP * self._gap if state["unanswered"] else self._gap
            wait = min(state["sent"] + least - self._now(), least)
            if wait <= 0:
                return
            self._lock.release()
            self._sleep(min(wait, POLL_SECONDS) if state["unanswered"] else wait)

    def end_sending(self) -> None:
        """Note that a request was sent, and let others send."""
        if self._gap:
            self._sent = self._now()
            state = {**self._read(), "sent": self._sent, "unanswered": True}
            if self._next_is_by_hour:  # the rate may have delayed it, and the server counts from when it comes
                self._next_by_hour = max(state["next_by_hour"], self._sent + BY_HOUR_SECONDS)
                state["next_by_hour"] = self._next_by_hour
                self._next_is_by_hour = False
            self._write(state)
            self._lock.release()

    def answered(self) -> None:
        """Note that the answer arrives: the server saw the request between its sending and this moment."""
        if self._gap:
            seen = min(self._now(), self._sent + ARRIVAL_SECONDS)
            with self._lock:
                state = self._read()
                if state["sent"] == self._sent:  # no other request was sent since
                    sent = max(self._sent, seen - (1 - SHORTEST_GAP) * self._gap)
                    self._write({**state, "sent": sent, "unanswered": False})

    def wait_to_retry(self, seconds: float) -> bool:
        """Wait as long as a server asks for; False, without a wait, if the run has waited too long already."""
        with self._lock:
            state = self._read()
            if state["waited"] + seconds > MOST_RETRY_AFTER_SECONDS:
                return False
            self._check_left(state, self._now() + seconds)
            self._write({**state, "waited": state["waited"] + seconds})
        self._sleep(seconds)
        return True

    def before_by_hour(self, most_seconds: float, on_wait: OnWait = lambda seconds, number: None) -> None:
        """Wait until a by-hour request is within one a minute.

        `on_wait` gets the seconds of a wait that begins, and the number of the minute that it waits for.

        Raises TooSoon if the wait is longer than `most_seconds`, BudgetSpent if the budget is used up, and TimeSpent if
        the wait ends after the end of the run.
        """
        with self._lock:
            state = self._read()
            turn = max(self._now(), state["next_by_hour"])
            wait = turn - self._now()
            self._check_left(state, turn)
            if wait > most_seconds:
                raise TooSoon(wait)
            self._next_by_hour = turn + BY_HOUR_SECONDS
            minute = state["minute"] + 1
            self._write({**state, "next_by_hour": self._next_by_hour, "minute": minute})
        self._next_is_by_hour = True
        if wait > 0:
            on_wait(wait, minute)
            self._sleep(wait)

    def after_by_hour(self, used: bool) -> None:
        """Begin the next minute now, or allow a by-hour request at once if the last one did not use up its minute."""
        with self._lock:
            state = self._read()
            if used:
                self._write({**state, "next_by_hour": max(state["next_by_hour"], self._now() + BY_HOUR_SECONDS)})
            elif state["next_by_hour"] == self._next_by_hour:  # no other worker has taken the next minute
                self._write({**state, "next_by_hour": self._now(), "minute": state["minute"] - 1})

    def by_hour_wait_seconds(self) -> float:
        """How long a by-hour request must wait now."""
        with self._lock:
            return max(0.0, float(self._read()["next_by_hour"]) - self._now())

    def pause(self, seconds: float) -> None:
        """Wait as long as a clause needs. Raises BudgetSpent or TimeSpent if no request can follow."""
        with self._lock:
            self._check_left(self._read(), self._now() + seconds)
        self._sleep(seconds)

    def _check_left(self, state: Mapping[str, Any], at: float) -> None:
        if self._budget is not None and state["spent"] >= self._budget:
            raise BudgetSpent(self._budget)
        if self._until is not None and at > self._until:
            raise TimeSpent

    def _read(self) -> dict[str, Any]:
        start = {"spent": 0, "next": 0.0, "next_by_hour": 0.0, "minute": 0}
        start |= {"sent": 0.0, "unanswered": False, "waited": 0.0}
        try:
            return {**start, **json.loads(self._path.read_text(encoding="utf-8"))}
        except FileNotFoundError:
            return start

    def _write(self, state: dict[str, Any]) -> None:
        self._path.write_text(json.dumps(state), encoding="utf-8")


def limits_of(
    targets: Sequence[Target], folder: Path, *, clock: Clock = CLOCK, until: float | None = None
) -> Mapping[str, Limits | None]:
    """The limits of each target, by name; None for a writable target on a server without limits.

    `folder` is shared by all workers of the run. Targets on one server share its limits; of different values, the
    lowest one applies. `until` is the end of the run, by the clock.
    """
    limits: dict[str, Limits | None] = {}
    for server, served in by_server(targets).items():
        bounds = bounds_of(served)
        name = hashlib.sha256(server.encode()).hexdigest()[:16]
        for target in served:
            limited = not target.writable or bounds != Bounds()
            path = folder / f"{name}.json"
            shared = Limits(path, bounds, now=clock.now, sleep=clock.sleep, until=until)
            limits[target.name] = shared if limited else None
    return limits


def by_server(targets: Sequence[Target]) -> Mapping[str, Sequence[Target]]:
    """The targets of each server, by what identifies it."""
    servers: dict[str, list[Target]] = {}
    for target in targets:
        servers.setdefault(_server(target), []).append(target)
    return servers


def bounds_of(served: Sequence[Target]) -> Bounds:
    """The limits of a server with these targets: the lowest of each."""
    return Bounds(
        requests_per_second=min(
            (each.requests_per_second for each in served if each.requests_per_second), default=None
        ),
        request_budget=min((each.request_budget for each in served if each.request_budget is not None), default=None),
    )


def _server(target: Target) -> str:
    """What identifies the server of a target: its host and port, its command, or its transport."""
    if target.base_url is None:
        return "\0".join(target.command or (target.transport or "",))
    url = urlsplit(target.base_url)
    return f"{url.hostname}:{url.port or DEFAULT_PORTS[url.scheme]}"
