"""What a PBX is set to, read and changed while it runs: profile, version, directory, addresses, storage, clock."""

from __future__ import annotations

from typing import Any

from noojee_fake.api.pbx import Pbx
from noojee_fake.control.json_body import Refused, answer, body_of, choices_of, flag_of, instant_of, only
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.access import Addresses
from noojee_fake.pbx.clock import EARLIEST, LATEST, SECOND, format_instant
from noojee_fake.pbx.directory import read_directory, write_directory
from noojee_fake.pbx.retention import read_rules, write_rules
from noojee_fake.pbx.versions import VERSIONS

_LONGEST_STEP_SECONDS = 1e12


def get_profile(pbx: Pbx, _: Request) -> Response:
    return answer(200, dict(pbx.profile))


def put_profile(pbx: Pbx, request: Request) -> Response:
    choices = choices_of(body_of(request), "$")
    with pbx.change:
        pbx.profile = pbx.profile.with_choices(choices)
    return answer(200, dict(pbx.profile))


def get_version(pbx: Pbx, _: Request) -> Response:
    return answer(200, _version(pbx))


def put_version(pbx: Pbx, request: Request) -> Response:
    """An upgrade, or the way back: the archive stays."""
    body = body_of(request)
    only(body, "version")
    version = body.get("version")
    if "version" not in body or not (version is None or isinstance(version, str)):
        raise Refused(400, "send a version such as 6.0.1, or null for all generations", "$.version")
    with pbx.change:
        pbx.version = version
        return answer(200, _version(pbx))


def get_directory(pbx: Pbx, _: Request) -> Response:
    return answer(200, write_directory(pbx.switchboard.directory))


def put_directory(pbx: Pbx, request: Request) -> Response:
    """Another directory in place of the whole one. Calls that live stay as they are."""
    directory = read_directory(body_of(request))
    with pbx.change:
        pbx.switchboard.directory = directory
        return answer(200, write_directory(directory))


def get_access(pbx: Pbx, _: Request) -> Response:
    return answer(200, access_of(pbx))


def put_access(pbx: Pbx, request: Request) -> Response:
    body = body_of(request)
    only(body, "allowed_addresses")
    allowed = body.get("allowed_addresses")
    if "allowed_addresses" not in body or not (allowed is None or isinstance(allowed, list)):
        raise Refused(400, "send a list of addresses and networks, or null for all", "$.allowed_addresses")
    for at, address in enumerate(allowed or ()):
        path = f"$.allowed_addresses[{at}]"
        try:
            Addresses([address if isinstance(address, str) else ""])
        except ValueError:
            raise Refused(400, "is neither an address nor a network such as 10.0.0.0/8", path) from None
    with pbx.change:
        pbx.addresses = Addresses(allowed)
        return answer(200, access_of(pbx))


def access_of(pbx: Pbx) -> dict[str, Any]:
    """The addresses that are served; null: all."""
    networks = pbx.addresses.networks
    return {"allowed_addresses": None if networks is None else list(networks)}


def get_storage(pbx: Pbx, _: Request) -> Response:
    return answer(200, write_rules(pbx.locations.rules))


def put_storage(pbx: Pbx, request: Request) -> Response:
    """The rules that are named; the others stay."""
    body = {name: int(value) if _is_whole(value) else value for name, value in body_of(request).items()}
    with pbx.change:
        pbx.locations.rules = read_rules(body, pbx.locations.rules)
        return answer(200, write_rules(pbx.locations.rules))


def _is_whole(value: Any) -> bool:
    """JSON's 90.0 is as whole as its 90."""
    return isinstance(value, float) and value.is_integer()


def _version(pbx: Pbx) -> dict[str, Any]:
    return {"version": pbx.version, "dialects": list(pbx.dialects), "versions": list(VERSIONS)}


def clock_of(pbx: Pbx) -> dict[str, Any]:
    """What a clock shows, and whether it stands."""
    return {"now": format_instant(pbx.clock.micros()), "frozen": pbx.clock.frozen}


def get_clock(pbx: Pbx, _: Request) -> Response:
    return answer(200, clock_of(pbx))


def set_clock(pbx: Pbx, request: Request) -> Response:
    body = body_of(request)
    only(body, "now", "step_seconds", "frozen")
    if not body:
        raise Refused(400, "send now, step_seconds or frozen")
    now, frozen = instant_of(body, "now", "$"), flag_of(body, "frozen", "$")
    step = body.get("step_seconds", 0)
    if isinstance(step, bool) or not isinstance(step, (int, float)):
        raise Refused(400, "step_seconds is a number of seconds", "$.step_seconds")
    with pbx.change:
        at = pbx.clock.micros() if now is None else now
        if abs(step) > _LONGEST_STEP_SECONDS or not EARLIEST <= at + round(step * SECOND) <= LATEST:
            raise Refused(400, "the clock would leave the years 1970 to 9998", "$.step_seconds")
        if frozen is not None:
            pbx.clock.freeze(frozen)
        if now is not None or step:
            pbx.clock.set(at + round(step * SECOND))
        pbx.switchboard.wake()
        return answer(200, clock_of(pbx))
