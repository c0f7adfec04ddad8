"""One PBX: `Pbx.handle(Request) -> Response`, which never raises.

The order of checks is fixed: address, path (404), TLS, method (405), content type (415), authentication, parameters, limits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects import registry as table
from noojee_fake.api.dialects import responses as answers
from noojee_fake.api.dialects.parameters import is_form, percent_decoded, raw_bytes, read_parameters
from noojee_fake.api.dialects.route import Question, Route
from noojee_fake.api.journal import Journal
from noojee_fake.messages import CLOSED, Pending, Request, Response
from noojee_fake.pbx.access import Addresses, Attempts, ByHourLimit, UsedHashes
from noojee_fake.pbx.clock import SECOND, Clock
from noojee_fake.pbx.directory import DEFAULT, Directory
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.retention import Locations
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.versions import DIALECTS, offered, release

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
    """A PBX with its calls, keys, clock, limits and options.

    `default_account` is the archive's own, None where the option decides. `api_key` is the global key. `dialects` are
    those that may be served, `version` says which of them are (None: all). `own_bugs` is where the fake's own
    exceptions are kept; sandboxes of one server share it. `addresses` are the clients that are served, None: all. Hold `change` while changing the rest.
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
        version: str | None = None,
        directory: Directory = DEFAULT,
        default_account: str | None = None,
        addresses: Addresses | None = None,
        own_bugs: OwnBugs | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.zone = zone
        self.locations = Locations(zone)
        self.api_key = api_key
        self.user_key = user_key
        self.own_bugs = OwnBugs() if own_bugs is None else own_bugs
        self.change = threading.RLock()
        self.switchboard = Switchboard(store=store, lock=self.change, directory=directory)
        self.journal = Journal()
        self.addresses = Addresses(None) if addresses is None else addresses
        self._dialects = tuple(dialects)
        self._default_account = default_account
        self._version = version
        self._profile = profile
        self.forget_limits()

    def forget_limits(self) -> None:
        """Begin anew with hashes, authentications and the by-hour limit, as after a restart; answers are made anew too."""
        self._memory = table.Memory(
            used_once=UsedHashes(), used_for_an_hour=UsedHashes(), attempts=Attempts(), by_hour=ByHourLimit()
        )
        self._arrange()

    def set_up(self, *, profile: Profile, version: str | None) -> None:
        """Other options and another version, with limits that begin anew. Raises UsageError as `version` does."""
        release(version)
        self._profile, self._version = profile, version
        self.forget_limits()

    def forget_answers(self) -> None:
        """Write each answer anew from here on: what is known of legs was changed, not only added to."""
        self._arrange()

    @property
    def limits(self) -> table.Memory:
        """What the PBX remembers of those who asked."""
        return self._memory

    @property
    def dialects(self) -> tuple[str, ...]:
        """The dialects that are served: those asked for, as far as the version has them."""
        kept = self._profile["legacy_after_4"] == "kept"
        return tuple(name for name in offered(self._version, legacy_kept=kept) if name in self._dialects)

    @property
    def version(self) -> str | None:
        """The product version; None: everything that was ever published. Setting it is an upgrade: the archive stays.

        Raises UsageError for a version that no page names.
        """
        return self._version

    @version.setter
    def version(self, version: str | None) -> None:
        release(version)
        self._version = version
        self._arrange()

    @property
    def profile(self) -> Profile:
        """The choices in force. Setting it changes the answers from the next request on; limits run on."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._profile = profile
        self._arrange()

    @property
    def default_account(self) -> str:
        """Who owns a leg that names nobody. Source: W-A4 (SPEC); the name is a option, row 33."""
        return self._profile["default_account"] if self._default_account is None else self._default_account

    @property
    def routes(self) -> dict[str, Route]:
        """The methods that are served, by path."""
        return dict(self._routes)

    def handle(self, request: Request) -> Response:
        """The answer to a request.

        A bug of the fake is kept in `own_bugs` and answered 500, with a header that names it. A long poll is `Pending`.
        """
        return self.handle_at(request, request.path)

    def handle_at(self, request: Request, path: str) -> Response:
        """The same with another path than the request's: what is left behind the prefix of a sandbox."""
        try:
            response, matched = self._answer(request, path)
        except Exception as bug:  # noqa: BLE001 - a bug of ours must never look like a broken contract
            response, matched = self.own_bugs.keep(bug), True
        if isinstance(response, Pending):
            return self._waiting(request, response)
        return self._noted(request, response, matched=matched)

    def _waiting(self, request: Request, pending: Pending) -> Response:
        """A long poll whose answer is guarded and noted like any other; its time is also over by the PBX's clock."""
        until_micros = self.clock.micros() + round(pending.seconds * SECOND)

        def finish(over: bool) -> Response | None:
            try:
                response = pending.finish(over or self.clock.micros() >= until_micros)
            except Exception as bug:  # noqa: BLE001 - as above
                response = self.own_bugs.keep(bug)
            return None if response is None else self._noted(request, response, matched=True)

        return replace(pending, finish=finish)

    def _noted(self, request: Request, response: Response, *, matched: bool) -> Response:
        if request.method == "HEAD":
            response = Response(response.status, response.headers)
        self.journal.note(self.clock.micros(), request, response, matched=matched)
        return response

    def _answer(self, request: Request, path: str) -> tuple[Response, bool]:
        """The answer, and whether the path is one of the API."""
        route = self._routes.get(path) or self._decoded_route(path)
        if not self.addresses.allow(request.client):
            return self._stranger, route is not None
        if route is None:
            return self._not_found(), False
        if route.needs_tls and self._tls_only and not request.secure:
            return CLOSED, True
        if request.method not in route.methods:
            return answers.html(405, allow=route.methods), True
        posted = request.method == "POST"
        if posted and not self._any_type and not is_form(request.header("content-type")):
            return answers.html(415), True
        parameters = read_parameters(request, with_body=posted and self._with_body, charset=self._charset)
        question = Question(request, parameters, self.clock.micros())
        if route.authorise is not None:
            refusal = route.authorise(question)
            if refusal is not None:
                return refusal, True
        return route.answer(question), True

    def _decoded_route(self, path: str) -> Route | None:
        """A path may be percent-encoded, but for its slashes (Tomcat's rule)."""
        if "%" not in path or "%2f" in path.lower():
            return None
        decoded = percent_decoded(raw_bytes(path))
        return None if decoded is None else self._routes.get(decoded.decode("latin-1"))

    def _arrange(self) -> None:
        """Lay out the routes and the checks for the profile and the version in force."""
        profile = self._profile
        self.switchboard.tags_inherited = profile["tag_inherited"] == "inherited"
        self._any_type = profile["content_type_check"] == "any"
        self._with_body = profile["parameters_in"] == "query-and-body"
        self._charset = profile["query_charset"]
        self._tls_only = profile["plain_http"] == "refused"
        self._stranger = CLOSED if profile["address_refused"] == "closed" else answers.empty(403)
        self._not_found = table.not_found(profile)
        self._routes = table.routes(
            dialects=self.dialects,
            release=release(self._version),
            store=self.store,
            locations=self.locations,
            switchboard=self.switchboard,
            profile=profile,
            zone=self.zone,
            default_account=self.default_account,
            api_key=self.api_key,
            user_key=self.user_key,
            memory=self._memory,
        )
