"""One PBX: `Pbx.handle(Request) -> Response`, which never raises.

The order of checks is fixed: path (404), method (405), content type (415), authentication, parameters, by-hour limit.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from noojee_fake.access import ByHourLimit, SpentHashes
from noojee_fake.clock import Clock
from noojee_fake.dialects import answers, njadmin, recording_api
from noojee_fake.dialects.encode import Encoder
from noojee_fake.dialects.njadmin import Njadmin
from noojee_fake.dialects.parameters import is_form, percent_decoded, raw_bytes, read_parameters
from noojee_fake.dialects.recording_api import RecordingApi
from noojee_fake.dialects.route import Question, Route
from noojee_fake.messages import Request, Response
from noojee_fake.profile import Profile
from noojee_fake.store import Store

DIALECTS = (recording_api.NAME, njadmin.NAME)
BUG_HEADER = "X-Noojee-Fake-Bug"

_MOST_BUGS = 100


class OwnBugs(list[BaseException]):
    """Exceptions that the fake did not expect, first ones first; bounded."""

    def keep(self, bug: BaseException) -> Response:
        """Remember a bug, and the answer that says it is one: never a trace, never a credential."""
        if len(self) < _MOST_BUGS:
            self.append(bug)
        page = answers.html(500)
        return Response(500, (*page.headers, (BUG_HEADER, type(bug).__name__)), page.body)


class Pbx:
    """A PBX with its calls, keys, clock, limits and switches.

    `default_account` is the archive's own, None where the switch decides. `api_key` is the global key. `own_bugs` is
    where the fake's own exceptions are kept; worlds of one server share it. Hold `change` while changing the rest.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        zone: ZoneInfo,
        profile: Profile,
        api_key: str,
        user_key: str,
        dialects: Sequence[str] = DIALECTS,
        default_account: str | None = None,
        own_bugs: OwnBugs | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.zone = zone
        self.api_key = api_key
        self.user_key = user_key
        self.dialects = tuple(dialects)
        self.own_bugs = OwnBugs() if own_bugs is None else own_bugs
        self.change = threading.Lock()
        self._default_account = default_account
        self._spent = SpentHashes()
        self._limit = ByHourLimit()
        self.profile = profile

    @property
    def profile(self) -> Profile:
        """The choices in force. Setting it changes the answers from the next request on; limits run on."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._routes = self._route_table(profile)
        self._any_type = profile["content_type_check"] == "any"
        self._with_body = profile["parameters_in"] == "query-and-body"
        self._profile = profile

    @property
    def default_account(self) -> str:
        """Who owns a leg that names nobody. Source: W-A4 (SEED); the name is a switch, row 33."""
        return self._profile["default_account"] if self._default_account is None else self._default_account

    def handle(self, request: Request) -> Response:
        """The answer to a request.

        A bug of the fake is kept in `own_bugs` and answered 500, with a header that names it.
        """
        return self.handle_at(request, request.path)

    def handle_at(self, request: Request, path: str) -> Response:
        """The same with another path than the request's: what is left behind the prefix of a world."""
        try:
            response = self._answer(request, path)
        except Exception as bug:  # noqa: BLE001 - the one place: a bug of ours must never look like a broken contract
            response = self.own_bugs.keep(bug)
        if request.method == "HEAD":
            return Response(response.status, response.headers)
        return response

    def _answer(self, request: Request, path: str) -> Response:
        route = self._routes.get(path) or self._decoded_route(path)
        if route is None:
            return answers.html(404)
        if request.method not in route.methods:
            return answers.html(405, allow=route.methods)
        posted = request.method == "POST"
        if posted and not self._any_type and not is_form(request.header("content-type")):
            return answers.html(415)
        question = Question(
            request, read_parameters(request, with_body=posted and self._with_body), self.clock.micros()
        )
        if route.authorise is not None:
            refusal = route.authorise(question)
            if refusal is not None:
                return refusal
        return route.answer(question)

    def _decoded_route(self, path: str) -> Route | None:
        """A path may be percent-encoded, but for its slashes (Tomcat's rule)."""
        if "%" not in path or "%2f" in path.lower():
            return None
        decoded = percent_decoded(raw_bytes(path))
        return None if decoded is None else self._routes.get(decoded.decode("latin-1"))

    def _route_table(self, profile: Profile) -> Mapping[str, Route]:
        account = profile["default_account"] if self._default_account is None else self._default_account
        encoder = Encoder(zone=self.zone, default_account=account, profile=profile)
        table: dict[str, Route] = {}
        if recording_api.NAME in self.dialects:
            table |= RecordingApi(
                store=self.store, encoder=encoder, profile=profile, api_key=self.api_key, spent=self._spent
            ).routes()
        if njadmin.NAME in self.dialects:
            table |= Njadmin(
                store=self.store,
                encoder=encoder,
                profile=profile,
                zone=self.zone,
                api_key=self.api_key,
                user_key=self.user_key,
                limit=self._limit,
            ).routes()
        return table
