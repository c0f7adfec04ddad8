"""One PBX: `Pbx.handle(Request) -> Response`, which never raises.

The checks have a fixed order: address, path (404), TLS, method (405), content type (415), authentication, parameters,
limits.
"""

from __future__ import annotations

import threading
import traceback
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects import registry
from noojee_fake.api.dialects.context import AccessState, DialectContext
from noojee_fake.api.dialects.encode import Encoder
from noojee_fake.api.dialects.parameters import is_form, percent_decoded, raw_bytes, read_parameters
from noojee_fake.api.dialects.responses import JsonWriter, empty, html
from noojee_fake.api.dialects.route import ApiCall, ApiRoute
from noojee_fake.api.journal import Journal
from noojee_fake.errors import MemoryBudgetError, StateError
from noojee_fake.messages import CLOSED, Closed, Pending, Request, Response
from noojee_fake.pbx.addresses import Addresses
from noojee_fake.pbx.clock import SECOND, Clock
from noojee_fake.pbx.credentials import ApiKeys, UsedHashes
from noojee_fake.pbx.directory import DEFAULT, Directory
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.memory_budget import MemoryBudget
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.retention import Retention
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.versions import DIALECTS, offered, release

BUG_HEADER = "X-Noojee-Fake-Bug"

_MOST_BUGS = 100
_LONGEST_BUG = 16 * 1024


@dataclass(frozen=True, slots=True)
class OwnBug:
    """An unexpected exception of the fake, as text: its frames would keep whole requests in memory."""

    name: str
    text: str


class OwnBugs(list[OwnBug]):
    """The unexpected exceptions of the fake, oldest first; at most 100."""

    def keep(self, bug: BaseException) -> Response:
        """Keep an exception. Returns the response that reports it, without a trace and without credentials."""
        if len(self) < _MOST_BUGS:
            text = "".join(traceback.format_exception(bug))
            self.append(OwnBug(type(bug).__name__, text[-_LONGEST_BUG:]))
        page = html(500)
        return Response(500, (*page.headers, (BUG_HEADER, type(bug).__name__)), page.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxConfig:
    """The settings of a PBX.

    `dialects` are the dialects that may be served; `version` narrows them (None: all). `default_account` owns the legs
    that name no owner (None: the option decides). `addresses` are the clients that are served. The sandboxes of a
    server share one `budget`.
    """

    profile: Profile
    zone: ZoneInfo
    keys: ApiKeys
    dialects: tuple[str, ...] = DIALECTS
    version: str | None = None
    directory: Directory = DEFAULT
    default_account: str | None = None
    addresses: Addresses = field(default_factory=lambda: Addresses(None))
    budget: MemoryBudget = field(default_factory=MemoryBudget)


class Pbx:
    """A PBX with its calls, keys, clock, limits and options.

    `own_bugs` keeps the unexpected exceptions of the fake; the sandboxes of a server share it. Hold `change` while you
    change more than one thing.
    """

    def __init__(self, config: PbxConfig, *, store: Store, clock: Clock, own_bugs: OwnBugs | None = None) -> None:
        """Raises MemoryBudgetError if the budget has no room for another PBX."""
        self.store = store
        self.budget = config.budget
        self.clock = clock
        self.zone = config.zone
        self.keys = config.keys
        self.addresses = config.addresses
        self.own_bugs = OwnBugs() if own_bugs is None else own_bugs
        self.change = threading.RLock()
        self.retention = Retention(config.zone)
        self.switchboard = Switchboard(store=store, lock=self.change, directory=config.directory, budget=config.budget)
        self.journal = Journal(self.budget)
        self._config = config
        self._version = config.version
        self._profile = config.profile
        self.forget_limits()

    @property
    def api_key(self) -> str:
        """The global key."""
        return self.keys.global_key

    @property
    def user_key(self) -> str:
        """The key of a user."""
        return self.keys.user_key

    def forget_limits(self) -> None:
        """Reset used hashes, authentications and the by-hour limit, and drop cached answers."""
        self._access = AccessState(used_once=UsedHashes(self.budget), used_for_an_hour=UsedHashes(self.budget))
        self._arrange()

    def set_up(self, *, profile: Profile, version: str | None) -> None:
        """Set options and version, and reset the limits. Raises UsageError for an unknown version."""
        release(version)
        self._profile, self._version = profile, version
        self.forget_limits()

    def forget_answers(self) -> None:
        """Drop cached answers. Call it after a change or a removal of legs; added legs need no call."""
        self._arrange()

    @property
    def limits(self) -> AccessState:
        """The used hashes, the authentications under way and the by-hour limit."""
        return self._access

    @property
    def dialects(self) -> tuple[str, ...]:
        """The dialects that are served: the configured dialects that the version offers."""
        kept = self._profile["legacy_after_4"] == "kept"
        return tuple(name for name in offered(self._version, legacy_kept=kept) if name in self._config.dialects)

    @property
    def version(self) -> str | None:
        """The product version; None: everything that was ever published. Setting it is an upgrade: calls stay.

        Raises UsageError for an unknown version.
        """
        return self._version

    @version.setter
    def version(self, version: str | None) -> None:
        release(version)
        self._version = version
        self._arrange()

    @property
    def profile(self) -> Profile:
        """The options in force. Setting it changes the answers from the next request on; limits continue."""
        return self._profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._profile = profile
        self._arrange()

    @property
    def default_account(self) -> str:
        """The owner of a leg that names no owner. Source: W-A4 (SPEC); the name is the option `default_account`."""
        account = self._config.default_account
        return self._profile["default_account"] if account is None else account

    @property
    def routes(self) -> dict[str, ApiRoute]:
        """The methods that are served, by path."""
        return dict(self._routes)

    def handle(self, request: Request) -> Response:
        """The response to a request.

        An unexpected exception is kept in `own_bugs` and answered with 500 and a header that names it. A state file
        that cannot be written gives 507. A long poll gives a `Pending`.
        """
        return self.handle_at(request, request.path)

    def handle_at(self, request: Request, path: str) -> Response:
        """The response to a request under another path: the path without the prefix of a sandbox."""
        return self.handle_routed(request, self.route(path))

    def handle_routed(self, request: Request, route: ApiRoute | None) -> Response:
        """The response to a request whose path has this route; None: the path does not belong to the API."""
        try:
            response = self._answer(request, route)
        except (StateError, MemoryBudgetError):
            response = html(507)
        except Exception as bug:  # noqa: BLE001 - a bug of the fake must never look like a contract failure
            response = self.own_bugs.keep(bug)
        if isinstance(response, Pending):
            return self._pending(request, response)
        return self._journaled(request, response, matched=route is not None)

    def route(self, path: str) -> ApiRoute | None:
        """The method that a path names; None if the path does not belong to the API."""
        return self._routes.get(path) or self._decoded_route(path)

    def record_malformed(self, request: Request, response: Response, reason: str) -> None:
        """Keep a request that is no valid HTTP in the journal, with the reason."""
        self.journal.record(self.clock.micros(), request, response, matched=False, malformed=reason)

    def _pending(self, request: Request, pending: Pending) -> Response:
        """A long poll with the same guard and journal as other responses. It also ends by the PBX's clock."""
        until_micros = self.clock.micros() + round(pending.seconds * SECOND)

        def finish(over: bool) -> Response | None:
            try:
                response = pending.finish(over or self.clock.micros() >= until_micros)
            except Exception as bug:  # noqa: BLE001 - as above
                response = self.own_bugs.keep(bug)
            return None if response is None else self._journaled(request, response, matched=True)

        return replace(pending, finish=finish)

    def _journaled(self, request: Request, response: Response, *, matched: bool) -> Response:
        if request.method == "HEAD" and not isinstance(response, Closed):
            response = Response(response.status, response.headers)
        self.journal.record(self.clock.micros(), request, response, matched=matched)
        return response

    def _answer(self, request: Request, route: ApiRoute | None) -> Response:
        if not self.addresses.allow(request.client):
            return self._address_refused
        if route is None:
            return self._not_found
        if route.needs_tls and self._tls_only and not request.secure:
            return CLOSED
        if request.method not in route.methods:
            return html(405, allow=route.methods)
        posted = request.method == "POST"
        if posted and not self._any_type and not is_form(request.header("content-type")):
            return html(415)
        parameters = read_parameters(request, with_body=posted and self._with_body, charset=self._charset)
        api_call = ApiCall(request, parameters, self.clock.micros())
        if route.authorise is not None:
            refusal = route.authorise(api_call)
            if refusal is not None:
                return refusal
        return route.handle(api_call)

    def _decoded_route(self, path: str) -> ApiRoute | None:
        """The route of a percent-encoded path. An encoded slash matches no route (Tomcat's rule)."""
        if "%" not in path or "%2f" in path.lower():
            return None
        decoded = percent_decoded(raw_bytes(path))
        return None if decoded is None else self._routes.get(decoded.decode("latin-1"))

    def _arrange(self) -> None:
        """Build the routes and the checks for the profile and the version in force."""
        profile = self._profile
        self.switchboard.tags_inherited = profile["tag_inherited"] == "inherited"
        self._any_type = profile["content_type_check"] == "any"
        self._with_body = profile["parameters_in"] == "query-and-body"
        self._charset = profile["query_charset"]
        self._tls_only = profile["plain_http"] == "refused"
        self._address_refused = CLOSED if profile["address_refused"] == "closed" else empty(403)
        self._not_found = registry.not_found(profile)
        context = DialectContext(
            store=self.store,
            retention=self.retention,
            switchboard=self.switchboard,
            access=self._access,
            keys=self.keys,
            profile=profile,
            release=release(self._version),
            zone=self.zone,
            encoder=Encoder(zone=self.zone, default_account=self.default_account, profile=profile, budget=self.budget),
            json=JsonWriter(profile["json_content_type"]),
            budget=self.budget,
        )
        self._routes = registry.routes(self.dialects, context)
