"""Settings of a PBX that can change while it runs: profile, version, directory, addresses, retention, clock."""

from __future__ import annotations

from typing import Any

from noojee_fake.api.pbx import Pbx
from noojee_fake.control.json_body import Refused, answer, read_body, read_instant
from noojee_fake.errors import StateError
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.clock import EARLIEST, LATEST, SECOND, format_instant
from noojee_fake.pbx.directory import read_directory, write_directory
from noojee_fake.pbx.retention import read_rules, write_rules
from noojee_fake.pbx.versions import VERSIONS


def get_profile(pbx: Pbx, _: Request) -> Response:
    """The options of the PBX."""
    return answer(200, dict(pbx.profile))


def put_profile(pbx: Pbx, request: Request) -> Response:
    """Change the options that the body names. Raises ProfileError."""
    choices = read_body(request, "Profile")
    with pbx.change:
        pbx.profile = pbx.profile.with_values(choices)
    return answer(200, dict(pbx.profile))


def get_version(pbx: Pbx, _: Request) -> Response:
    """The product version and its dialects."""
    return answer(200, _version(pbx))


def put_version(pbx: Pbx, request: Request) -> Response:
    """Change the version, as an upgrade or a downgrade does; the archive stays."""
    version = read_body(request, "VersionChange")["version"]
    with pbx.change:
        pbx.version = version
        return answer(200, _version(pbx))


def get_directory(pbx: Pbx, _: Request) -> Response:
    """Users, queues and routes."""
    return answer(200, write_directory(pbx.switchboard.directory))


def put_directory(pbx: Pbx, request: Request) -> Response:
    """Replace the whole directory. Live calls do not change. Raises UsageError or MemoryBudgetError."""
    directory = read_directory(read_body(request, "Directory")).counted(pbx.budget)
    with pbx.change:
        pbx.switchboard.directory = directory
        return answer(200, write_directory(directory))


def get_access(pbx: Pbx, _: Request) -> Response:
    """The allowed client addresses."""
    return answer(200, access_of(pbx))


def put_access(pbx: Pbx, request: Request) -> Response:
    """Set the client addresses that the PBX serves. Raises Refused (400) for text that is no address."""
    allowed = read_body(request, "Access")["allowed_addresses"]
    for at, address in enumerate(allowed or ()):
        try:
            Addresses([address])
        except ValueError:
            path = f"$.allowed_addresses[{at}]"
            raise Refused(400, "not an address, and not a network such as 10.0.0.0/8", path) from None
    with pbx.change:
        pbx.addresses = Addresses(allowed)
        return answer(200, access_of(pbx))


def access_of(pbx: Pbx) -> dict[str, Any]:
    """The addresses that the PBX serves; null for all."""
    networks = pbx.addresses.networks
    return {"allowed_addresses": None if networks is None else list(networks)}


def get_retention(pbx: Pbx, _: Request) -> Response:
    """The retention rules."""
    return answer(200, write_rules(pbx.retention.rules))


def put_retention(pbx: Pbx, request: Request) -> Response:
    """Change the retention rules that the body names."""
    body = read_body(request, "RetentionChange")
    rules = {
        name: int(value) if isinstance(value, float) else value for name, value in body.items()
    }  # 90.0 is an integer
    with pbx.change:
        pbx.retention.rules = read_rules(rules, pbx.retention.rules)
        return answer(200, write_rules(pbx.retention.rules))


def _version(pbx: Pbx) -> dict[str, Any]:
    return {"version": pbx.version, "dialects": list(pbx.dialects), "versions": list(VERSIONS)}


def clock_of(pbx: Pbx) -> dict[str, Any]:
    """The time of the clock, and whether it is frozen."""
    return {"now": format_instant(pbx.clock.micros()), "frozen": pbx.clock.frozen}


def get_clock(pbx: Pbx, _: Request) -> Response:
    """The time, and whether the clock is frozen."""
    return answer(200, clock_of(pbx))


def set_clock(pbx: Pbx, request: Request) -> Response:
    """Freeze or unfreeze the clock, then set it, then step it. Raises Refused (400) beyond the years 1970 to 9998."""
    body = read_body(request, "ClockChange")
    now, frozen, step_seconds = read_instant(body, "now", "$"), body.get("frozen"), body.get("step_seconds", 0)
    with pbx.change:
        at = (pbx.clock.micros() if now is None else now) + round(step_seconds * SECOND)
        if not EARLIEST <= at <= LATEST:
            raise Refused(400, "the clock would leave the years 1970 to 9998", "$.step_seconds")
        kept = pbx.clock.state()
        if frozen is not None:
            pbx.clock.freeze(frozen)
        if now is not None or step_seconds:
            pbx.clock.set(at)
        try:
            pbx.store.note_time()
        except StateError:
            pbx.clock.restore(kept)
            raise
        pbx.switchboard.wake()
        return answer(200, clock_of(pbx))
