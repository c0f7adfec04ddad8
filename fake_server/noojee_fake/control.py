"""What other teams drive the fake with, as JSON under `/__noojee/`: worlds, calls, sound, switches, clock.

Open to the loopback, or to whoever holds the token; a page in a browser (Origin) needs the token too.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from noojee_fake import __version__, audio, seeds
from noojee_fake.access import same_text
from noojee_fake.calls import Leg
from noojee_fake.clock import EARLIEST, LATEST, SECOND, format_instant, parse_instant
from noojee_fake.core import Pbx
from noojee_fake.dialects.parameters import read_parameters
from noojee_fake.dialects.recordings import AUDIO
from noojee_fake.dialects.services import AUDIO as SERVICES_AUDIO
from noojee_fake.errors import FakeError, ProfileError, SeedError, UsageError
from noojee_fake.messages import Request, Response
from noojee_fake.store import Absent
from noojee_fake.versions import DIALECTS, SERVICES

ROOT = "/__noojee"
DEFAULT_WORLD = "default"
LARGEST_BODY_BYTES = 256 * 1024 * 1024

_LONGEST_STEP_SECONDS = 1e12
_LONGEST_REASON = 1000
_PATH = re.compile(r"/__noojee(?:|/|/worlds|/worlds/([a-z0-9]{1,40})(?:|/(calls|sound|profile|clock)))")
_FORWARDED_FOR = re.compile(r"for\s*=\s*(\"[^\"]*\"|[^;,\s]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a new world is to be; None: as the seed or the server has it."""

    seed: Mapping[str, Any] | None = None
    profile: Mapping[str, str] = field(default_factory=dict)
    dialects: Sequence[str] | None = None
    version: str | None = None
    directory: Any = None
    time_zone: str | None = None
    now_micros: int | None = None
    frozen: bool | None = None


class TooManyWorlds(Exception):
    """The server holds as many worlds as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"this server holds {limit} worlds already; DELETE those that are done with")


class Registry(Protocol):
    """The worlds, as far as the control API needs them."""

    def names(self) -> list[str]: ...
    def find(self, world: str) -> Pbx | None: ...
    def make(self, wish: Wish) -> tuple[str, Pbx]: ...
    def drop(self, world: str) -> bool: ...


class _Refused(Exception):
    """A control request that is answered with an error."""

    def __init__(self, status: int, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.path = path


class Control:
    """Answers control requests. Refusals say what, where and what to do; the caller guards against exceptions."""

    def __init__(self, registry: Registry, *, token: str | None) -> None:
        self._registry = registry
        self._token = token or None

    def handle(self, request: Request) -> Response:
        try:
            self._admit(request)
            response = self._route(request)
        except _Refused as refused:
            response = _error(refused.status, refused.message, refused.path)
        except (SeedError, ProfileError, UsageError) as error:
            response = _error(400, error.message, error.path)
        except FakeError as error:
            response = _error(400, str(error), None)
        except TooManyWorlds as error:
            response = _error(507, str(error), None)
        return Response(response.status, response.headers) if request.method == "HEAD" else response

    def _admit(self, request: Request) -> None:
        if self._has_token(request):
            return
        if not _is_local(request):
            raise _Refused(
                403,
                "the control API answers the loopback alone; from elsewhere, start the server with a control token"
                " and send it as 'Authorization: Bearer ...'",
            )
        if request.header("origin") is not None:
            raise _Refused(403, "the control API does not answer pages in a browser unless they send its token")

    def _has_token(self, request: Request) -> bool:
        given = request.header("authorization")
        if self._token is None or given is None:
            return False
        scheme, _, token = given.partition(" ")
        return scheme.lower() == "bearer" and same_text(token.strip(), self._token)

    def _route(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise _Refused(404, f"the control API has no such path; begin at {ROOT}/")
        world, part = match[1], match[2]
        if world is None:
            table = self._worlds_methods() if request.path.endswith("/worlds") else {"GET": _about}
        else:
            table = self._world_methods(world, part)
        method = "GET" if request.method == "HEAD" else request.method
        answer = table.get(method)
        if answer is None:
            return _error(405, f"this path takes {', '.join(table)}", None, ("Allow", ", ".join(table)))
        return answer(request)

    def _worlds_methods(self) -> dict[str, Callable[[Request], Response]]:
        return {
            "GET": lambda _: _json(200, {"worlds": self._registry.names()}),
            "POST": self._make_world,
        }

    def _world_methods(self, world: str, part: str | None) -> dict[str, Callable[[Request], Response]]:
        pbx = self._registry.find(world)
        if pbx is None:
            raise _Refused(404, f"there is no world {world!r}; GET {ROOT}/worlds lists them")
        if part is None:
            return {
                "GET": lambda _: _json(200, describe(world, pbx)),
                "DELETE": lambda _: self._drop_world(world),
            }
        if part == "calls":
            return {"GET": lambda _: _list_calls(pbx), "POST": lambda request: _add_calls(pbx, request)}
        if part == "sound":
            return {
                "GET": lambda request: _get_sound(pbx, request),
                "PUT": lambda request: _put_sound(pbx, request),
                "DELETE": lambda request: _delete_sound(pbx, request),
            }
        if part == "profile":
            return {
                "GET": lambda _: _json(200, dict(pbx.profile)),
                "PUT": lambda request: _put_profile(pbx, request),
            }
        return {"GET": lambda _: _json(200, _clock(pbx)), "POST": lambda request: _set_clock(pbx, request)}

    def _make_world(self, request: Request) -> Response:
        wish = _read_wish(_body(request))
        try:
            world, pbx = self._registry.make(wish)
        except SeedError as error:
            raise _Refused(400, error.message, f"$.seed{error.path[1:]}") from None
        except ProfileError as error:
            raise _Refused(400, error.message, f"$.profile{error.path[1:]}") from None
        return _json(201, describe(world, pbx))

    def _drop_world(self, world: str) -> Response:
        if world == DEFAULT_WORLD:
            raise _Refused(409, "the default world stays as long as the server; make another to drop it")
        self._registry.drop(world)
        return Response(204)


def describe(world: str, pbx: Pbx) -> dict[str, Any]:
    """The world object: what a client has to know to ask this PBX."""
    calls, legs = pbx.store.count()
    return {
        "world": world,
        "path": "" if world == DEFAULT_WORLD else f"w/{world}",
        "api_key": pbx.api_key,
        "user_key": pbx.user_key,
        "profile": dict(pbx.profile),
        "dialects": list(pbx.dialects),
        "version": pbx.version,
        "audio": {name: SERVICES_AUDIO if name == SERVICES else AUDIO for name in pbx.dialects},
        "time_zone": pbx.zone.key,
        "clock": _clock(pbx),
        "calls": calls,
        "legs": legs,
    }


def _about(_: Request) -> Response:
    return _json(
        200,
        {
            "server": "noojee-fake",
            "version": __version__,
            "control": 1,
            "worlds": True,
            "dialects": list(DIALECTS),
        },
    )


def _read_wish(body: dict[str, Any]) -> Wish:
    _only(body, "seed", "profile", "dialects", "version", "directory", "time_zone", "clock")
    seed = body.get("seed")
    if seed is not None and not isinstance(seed, dict):
        raise _Refused(400, "a seed is an object", "$.seed")
    dialects = body.get("dialects")
    if dialects is not None and not (isinstance(dialects, list) and all(isinstance(name, str) for name in dialects)):
        raise _Refused(400, "dialects is a list of names", "$.dialects")
    zone = body.get("time_zone")
    if zone is not None and not isinstance(zone, str):
        raise _Refused(400, "a time zone is a name such as Australia/Melbourne", "$.time_zone")
    version = body.get("version")
    if version is not None and not isinstance(version, str):
        raise _Refused(400, "a version is a text such as 6.0.1", "$.version")
    clock = body.get("clock")
    if clock is None:
        clock = {}
    if not isinstance(clock, dict):
        raise _Refused(400, "a clock is an object with now or frozen", "$.clock")
    _only(clock, "now", "frozen", path="$.clock")
    return Wish(
        seed=seed,
        profile=_choices({} if body.get("profile") is None else body["profile"], "$.profile"),
        dialects=dialects,
        version=version,
        directory=body.get("directory"),
        time_zone=zone,
        now_micros=_now(clock, "$.clock"),
        frozen=_frozen(clock, "$.clock"),
    )


def _list_calls(pbx: Pbx) -> Response:
    did = "internal" if pbx.profile["outbound_did"] == "internal" else ""
    calls = seeds.write_calls(pbx.store, default_account=pbx.default_account, outbound_did=did)
    return _json(200, {"calls": calls})


def _add_calls(pbx: Pbx, request: Request) -> Response:
    body = _body(request)
    _only(body, "calls")
    with pbx.change:
        calls, legs = seeds.read_calls(body.get("calls"), pbx.store)
    return _json(201, {"calls": calls, "legs": legs})


def _leg(pbx: Pbx, request: Request) -> Leg:
    parameters = read_parameters(request, with_body=False)
    unique_id, number = parameters.get("unique_id"), parameters.get("leg")
    if not unique_id or not number or not (number.isascii() and number.isdigit() and len(number) < 10):
        raise _Refused(400, "name the leg in the query: ?unique_id=U&leg=N")
    call = pbx.store.call(unique_id)
    for leg in call.legs if call else ():
        if leg.number == int(number):
            return leg
    raise _Refused(404, "there is no such leg in this world; GET its calls to see which there are")


def _get_sound(pbx: Pbx, request: Request) -> Response:
    leg = _leg(pbx, request)
    stored = pbx.store.sound(leg)
    sound = audio.made(leg, "wav-pcm") if stored is None else stored
    if sound is None or isinstance(sound, Absent):
        raise _Refused(404, "this leg has no sound")
    return Response(200, (("Content-Type", "audio/x-wav"), ("Content-Length", str(len(sound)))), sound)


def _put_sound(pbx: Pbx, request: Request) -> Response:
    leg = _leg(pbx, request)
    _bounded(request)
    try:
        audio.wav_form(request.body)
    except ValueError as error:
        raise _Refused(400, f"{error}; send a whole WAV file in PCM, A-law or mu-law") from None
    pbx.store.put_sound(leg, request.body)
    return Response(204)


def _delete_sound(pbx: Pbx, request: Request) -> Response:
    pbx.store.put_sound(_leg(pbx, request), Absent.GONE)
    return Response(204)


def _put_profile(pbx: Pbx, request: Request) -> Response:
    choices = _choices(_body(request), "$")
    with pbx.change:
        pbx.profile = pbx.profile.with_choices(choices)
    return _json(200, dict(pbx.profile))


def _clock(pbx: Pbx) -> dict[str, Any]:
    return {"now": format_instant(pbx.clock.micros()), "frozen": pbx.clock.frozen}


def _set_clock(pbx: Pbx, request: Request) -> Response:
    body = _body(request)
    _only(body, "now", "step_seconds", "frozen")
    if not body:
        raise _Refused(400, "send now, step_seconds or frozen")
    now, frozen = _now(body, "$"), _frozen(body, "$")
    step = body.get("step_seconds", 0)
    if isinstance(step, bool) or not isinstance(step, (int, float)):
        raise _Refused(400, "step_seconds is a number of seconds", "$.step_seconds")
    with pbx.change:
        at = pbx.clock.micros() if now is None else now
        if abs(step) > _LONGEST_STEP_SECONDS or not EARLIEST <= at + round(step * SECOND) <= LATEST:
            raise _Refused(400, "the clock would leave the years 1970 to 9998", "$.step_seconds")
        if frozen is not None:
            pbx.clock.freeze(frozen)
        if now is not None or step:
            pbx.clock.set(at + round(step * SECOND))
        return _json(200, _clock(pbx))


def _now(clock: dict[str, Any], path: str) -> int | None:
    now = clock.get("now")
    if now is None:
        return None
    try:
        return parse_instant(now if isinstance(now, str) else "")
    except ValueError as error:
        raise _Refused(400, f"now {error}", f"{path}.now") from None


def _frozen(clock: dict[str, Any], path: str) -> bool | None:
    frozen = clock.get("frozen")
    if frozen is not None and not isinstance(frozen, bool):
        raise _Refused(400, "frozen is true or false", f"{path}.frozen")
    return frozen


def _choices(profile: Any, path: str) -> dict[str, str]:
    if not isinstance(profile, dict):
        raise _Refused(400, "a profile is an object of switches", path)
    for key, choice in profile.items():
        if not isinstance(choice, str):
            raise _Refused(400, f"the choice for {key} is a text", f"{path}.{key}")
    return profile


def _only(body: dict[str, Any], *allowed: str, path: str = "$") -> None:
    for key in body:
        if key not in allowed:
            raise _Refused(400, f"there is no {key!r} here; there may be {', '.join(allowed)}", path)


def _body(request: Request) -> dict[str, Any]:
    content_type = request.header("content-type") or ""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise _Refused(415, "send the body as 'Content-Type: application/json'")
    _bounded(request)
    try:
        body = json.loads(request.body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _Refused(400, f"the body is no JSON: {error}") from None
    if not isinstance(body, dict):
        raise _Refused(400, "the body is to be a JSON object", "$")
    return body


def _bounded(request: Request) -> None:
    if len(request.body) > LARGEST_BODY_BYTES:
        raise _Refused(413, f"a body may have {LARGEST_BODY_BYTES} bytes; send the calls in several requests")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _is_local(request: Request) -> bool:
    """Whether the client and every hop that a proxy reports are loopback addresses."""
    hops = [request.client or ""]
    for name, value in request.headers:
        if name == "x-forwarded-for":
            hops += [hop.strip() for hop in value.split(",") if hop.strip()]
        elif name == "x-real-ip":
            hops.append(value.strip())
        elif name == "forwarded":
            hops += [hop.strip('"') for hop in _FORWARDED_FOR.findall(value)]
    return all(_is_loopback(hop) for hop in hops)


def _is_loopback(hop: str) -> bool:
    host = hop
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _json(status: int, answer: Mapping[str, Any], *headers: tuple[str, str]) -> Response:
    body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(
        status,
        (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers),
        body,
    )


def _error(status: int, message: str, path: str | None, *headers: tuple[str, str]) -> Response:
    if len(message) > _LONGEST_REASON:
        message = f"{message[: _LONGEST_REASON // 2]} ... {message[-_LONGEST_REASON // 2 :]}"
    return _json(status, {"error": message} if path is None else {"error": message, "path": path}, *headers)
