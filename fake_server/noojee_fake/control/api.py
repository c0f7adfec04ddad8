"""Finds what a control request asks for, and answers: a table of methods for each path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from noojee_fake import __version__
from noojee_fake.control import archive, settings
from noojee_fake.control.admission import admit
from noojee_fake.control.bodies import Refused, answer, body_of, error
from noojee_fake.control.wishes import DEFAULT_WORLD, Registry, TooManyWorlds, describe, read_wish
from noojee_fake.core import Pbx
from noojee_fake.errors import FakeError, ProfileError, SeedError, StateError, UsageError
from noojee_fake.messages import Request, Response
from noojee_fake.versions import DIALECTS

ROOT = "/__noojee"

_PATH = re.compile(r"/__noojee(?:|/|/worlds|/worlds/([a-z0-9]{1,40})(?:|/([a-z]+)))")

Handler = Callable[[Request], Response]
OfAWorld = Callable[[Pbx, Request], Response]

_PARTS: Mapping[str, Mapping[str, OfAWorld]] = {
    "calls": {"GET": archive.list_calls, "POST": archive.add_calls},
    "sound": {"GET": archive.get_sound, "PUT": archive.put_sound, "DELETE": archive.delete_sound},
    "profile": {"GET": settings.get_profile, "PUT": settings.put_profile},
    "clock": {"GET": settings.get_clock, "POST": settings.set_clock},
}


class Control:
    """Answers control requests. Refusals say what, where and what to do; the caller guards against exceptions."""

    def __init__(self, registry: Registry, *, token: str | None) -> None:
        self._registry = registry
        self._token = token or None

    def handle(self, request: Request) -> Response:
        try:
            admit(request, self._token)
            response = self._route(request)
        except Refused as refused:
            response = error(refused)
        except (SeedError, ProfileError, UsageError) as wrong:
            response = error(Refused(400, wrong.message, wrong.path))
        except (TooManyWorlds, StateError) as full:
            response = error(Refused(507, str(full)))
        except FakeError as wrong:
            response = error(Refused(400, str(wrong)))
        return Response(response.status, response.headers) if request.method == "HEAD" else response

    def _route(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise _unknown_path()
        world, part = match[1], match[2]
        if world is not None:
            table = self._world_methods(world, part)
        else:
            table = self._worlds_methods() if request.path.endswith("/worlds") else {"GET": _about}
        handler = table.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = ", ".join(table)
            return error(Refused(405, f"this path takes {allowed}"), ("Allow", allowed))
        return handler(request)

    def _worlds_methods(self) -> dict[str, Handler]:
        return {
            "GET": lambda _: answer(200, {"worlds": self._registry.names()}),
            "POST": self._make_world,
        }

    def _world_methods(self, world: str, part: str | None) -> dict[str, Handler]:
        if part is not None and part not in _PARTS:
            raise _unknown_path()
        pbx = self._registry.find(world)
        if pbx is None:
            raise Refused(404, f"there is no world {world!r}; GET {ROOT}/worlds lists them")
        if part is None:
            return {
                "GET": lambda _: answer(200, describe(world, pbx)),
                "DELETE": lambda _: self._drop_world(world),
            }
        return {method: _of(pbx, handler) for method, handler in _PARTS[part].items()}

    def _make_world(self, request: Request) -> Response:
        wish = read_wish(body_of(request))
        try:
            world, pbx = self._registry.make(wish)
        except SeedError as wrong:
            raise Refused(400, wrong.message, f"$.seed{wrong.path[1:]}") from None
        except ProfileError as wrong:
            raise Refused(400, wrong.message, f"$.profile{wrong.path[1:]}") from None
        return answer(201, describe(world, pbx))

    def _drop_world(self, world: str) -> Response:
        if world == DEFAULT_WORLD:
            raise Refused(409, "the default world stays as long as the server; make another to drop it")
        self._registry.drop(world)
        return Response(204)


def _of(pbx: Pbx, handler: OfAWorld) -> Handler:
    return lambda request: handler(pbx, request)


def _unknown_path() -> Refused:
    return Refused(404, f"the control API has no such path; begin at {ROOT}/")


def _about(_: Request) -> Response:
    return answer(
        200,
        {
            "server": "noojee-fake",
            "version": __version__,
            "control": 1,
            "worlds": True,
            "dialects": list(DIALECTS),
        },
    )
