"""The client of one target: HTTP client, credentials, limits, and the sandboxes made on it."""

from __future__ import annotations

import contextlib
import importlib
import ipaddress
import os
from collections.abc import Mapping
from http.cookiejar import CookieJar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from noojee_contract.clients.body import CODINGS
from noojee_contract.clients.body_file import BodyFile
from noojee_contract.clients.client import Client
from noojee_contract.clients.control import CONTROL_TIMEOUT_SECONDS, ControlClient, Sandbox
from noojee_contract.clients.limits import Limits, OnWait
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.proxies import proxies_of_environment
from noojee_contract.clients.sandbox_urls import check_below, check_template
from noojee_contract.clients.sender import AnswerBounds, Sender
from noojee_contract.clients.tls import tls_context
from noojee_contract.clients.transport import BoundedTransport
from noojee_contract.dialects.dialect import Dialect
from noojee_contract.errors import TargetError
from noojee_contract.model.exchange import Headers
from noojee_contract.model.result import Tally
from noojee_contract.targets.credentials import credentials_of
from noojee_contract.targets.target import Target

IN_PROCESS = "https://in-process.invalid"
IN_PROCESS_PLAIN = "http://in-process.invalid"


class TargetClient:
    """One target: its HTTP client, credentials, limits and sandboxes.

    It opens its connection on first use. `servers` are the server processes of the run. `tally` counts the requests
    that were sent to the API, and their answers. `on_by_hour_wait` is called when a wait for the by-hour limit begins.

    Raises Unreachable if nothing answers within the target's time-out, TargetError if the configuration is wrong.
    """

    def __init__(
        self,
        target: Target,
        *,
        servers: Servers,
        limits: Limits | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.target = target
        self.tally = Tally()
        self.on_by_hour_wait: OnWait = lambda seconds, number: None
        self._limits = limits
        self._environ = os.environ if environ is None else environ
        self._servers = servers
        self._http: httpx.Client | None = None
        self._root = target.base_url or IN_PROCESS
        self._ca_files = target.ca_file
        self._bodies = BodyFile()
        self._secret_headers = target.secret_headers(self._environ)
        self._clients: list[Client] = []
        self._sandboxes: dict[str, Sandbox] = {}
        self._dropped_secrets: list[str] = []
        self._roots: set[str] = set()

    @property
    def http(self) -> httpx.Client:
        """The HTTP client; opened on first use."""
        if self._http is None:
            self._http = self._open()
        return self._http

    @property
    def root(self) -> str:
        """The base URL of the target."""
        _ = self.http
        return self._root

    @property
    def plain_root(self) -> str | None:
        """The base URL of the same PBX over plain http, None if unknown."""
        if self.root.startswith("http:"):
            return self.root
        return IN_PROCESS_PLAIN if self.target.transport is not None else self.target.plain_base_url

    @property
    def control(self) -> ControlClient:
        """The control API. Raises TargetError if the target is not writable."""
        if not self.target.writable:
            raise TargetError(f"target {self.target.name!r} is read-only; set writable = true to use its control API")
        token = None
        if self.target.control_token_env:
            token = self._environ.get(self.target.control_token_env) or None
        url = self.target.control_url or f"{self.root}/__noojee"
        return ControlClient(
            self.http,
            url,
            token=token,
            headers=self._headers_for(url),
            timeout_seconds=max(self.target.timeout_seconds, CONTROL_TIMEOUT_SECONDS),
        )

    def secrets(self) -> list[str]:
        """All credentials of the target and of proxies, sent or to be sent, for redaction."""
        sent = [secret for client in self._clients for secret in client.secrets if secret]
        return [*sent, *self._dropped_secrets, *credentials_of(self.target, self._environ)]

    def below_root(self, url: str) -> str:
        """The path of a URL below the root of its sandbox."""
        root = max((root for root in self._roots if url.startswith(root)), key=len, default=self._root)
        return urlsplit(url.removeprefix(root)).path

    def make_sandbox(self, document: Mapping[str, object], options: Mapping[str, str] | None = None) -> Sandbox:
        """Make a sandbox filled with an archive file; `options` go on top of the target's profile."""
        sandbox = self.control.make_sandbox(document, profile={**self.target.profile, **(options or {})})
        check_below(self.root, f"{self.root}/{sandbox.path}", f"the path of sandbox {sandbox.id}")
        self._sandboxes[sandbox.id] = sandbox
        return sandbox

    def sandbox_client(self, sandbox: Sandbox, zone: ZoneInfo) -> Client:
        """A client for the API of a sandbox."""
        root = f"{self.root}/{sandbox.path}".rstrip("/")
        template = self.target.audio or sandbox.audio.get(self.target.dialect)
        dialect = self.target.api.configured(sandbox.profile, template)
        if self.target.audio is None and template is not None:
            check_template(template, dialect, root)
        client = self._client(root=root, key=sandbox.api_key, zone=zone, dialect=dialect)
        client.secrets.append(sandbox.user_key)
        return client

    def plain_root_of(self, sandbox: Sandbox) -> str | None:
        """The base URL of a sandbox over plain http, None if unknown."""
        return None if self.plain_root is None else f"{self.plain_root}/{sandbox.path}".rstrip("/")

    def drop_sandbox(self, sandbox: Sandbox, client: Client) -> None:
        """Delete a sandbox. The secrets of its client still count."""
        self._dropped_secrets += client.secrets
        with contextlib.suppress(ValueError):
            self._clients.remove(client)
        self.control.drop(sandbox)
        self._sandboxes.pop(sandbox.id, None)

    def read_only_client(self) -> Client:
        """A client for the API of the target itself. Raises TargetError if the variable with its key is not set."""
        target = self.target
        return self._client(
            root=self.root,
            key=target.secret(self._environ).reveal(),
            zone=target.time_zone,
            dialect=target.api.configured(target.profile, target.audio),
        )

    def before_by_hour(self) -> None:
        """Wait until a by-hour request is within one a minute. Raises TooSoon if the target allows no such wait."""
        if self._limits is not None:
            self._limits.before_by_hour(self.target.max_wait_seconds, self.on_by_hour_wait)

    def after_by_hour(self, used: bool) -> None:
        """Say whether a by-hour request has used up its minute."""
        if self._limits is not None:
            self._limits.after_by_hour(used)

    def by_hour_wait_seconds(self) -> float:
        """How long a by-hour request must wait now."""
        return 0.0 if self._limits is None else self._limits.by_hour_wait_seconds()

    def pause(self, seconds: float) -> None:
        """Let seconds pass. Raises BudgetSpent or TimeSpent if no request can follow."""
        if self._limits is not None:
            self._limits.pause(seconds)

    def close(self) -> None:
        """Delete the sandboxes and close the connections."""
        if self._http is not None:
            if self.target.base_url is not None:  # the server outlives the run
                for sandbox in self._sandboxes.values():
                    self.control.drop(sandbox)
            self._sandboxes.clear()
            self._http.close()
            self._http = None
        self._bodies.close()

    def _client(self, *, root: str, key: str, zone: ZoneInfo, dialect: Dialect) -> Client:
        self._roots.add(root)
        client = Client(self._sender(), root=root, dialect=dialect, key=key, zone=zone)
        self._clients.append(client)
        return client

    def _sender(self) -> Sender:
        target = self.target
        sender = Sender(
            self.http,
            bounds=AnswerBounds(
                timeout_seconds=target.timeout_seconds,
                max_body_bytes=target.max_body_bytes,
                largest_audio_bytes=target.largest_audio_bytes,
            ),
            bodies=self._bodies,
            limits=self._limits,
            tally=self.tally,
            headers_for=self._headers_for,
        )
        sender.is_replay = target.is_replayed
        return sender

    def _headers_for(self, url: str) -> Headers:
        """The fixed headers of a request: those of the target, if it goes to the scheme, host and port of its root."""
        if urlsplit(url)[:2] != urlsplit(self._root)[:2]:
            return ()
        return (*self.target.headers, *self._secret_headers)

    def _open(self) -> httpx.Client:
        target = self.target
        if target.transport is not None:
            return _http_client(_transport(target), timeout_seconds=target.timeout_seconds)
        if target.command is not None:
            server = self._servers.start(target.command, target.name)
            self._root = server.base_url
            if not self._ca_files and server.ca_file is not None:
                self._ca_files = (server.ca_file,)
        urls = (self._root, target.control_url or "", target.plain_base_url or "")
        context = tls_context(target, self._ca_files) if any(url.startswith("https:") for url in urls) else None
        name = target.tls_server_name
        proxies = {} if is_loopback(self._root) else proxies_of_environment(urlsplit(self._root).hostname or "")
        mounts = {
            pattern: None if proxy is None else BoundedTransport(context, proxy=proxy, server_name=name)
            for pattern, proxy in proxies.items()
        }
        direct = BoundedTransport(context, server_name=name)
        return _http_client(direct, timeout_seconds=target.timeout_seconds, mounts=mounts)


class _NoCookies(CookieJar):
    """Keeps no cookie: each request carries its own credentials, and no state of an earlier answer."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Ignore the cookies of an answer."""


def _http_client(
    transport: httpx.BaseTransport,
    *,
    timeout_seconds: float,
    mounts: Mapping[str, httpx.BaseTransport | None] | None = None,
) -> httpx.Client:
    return httpx.Client(
        transport=transport,
        mounts=mounts,
        cookies=_NoCookies(),
        headers={"accept-encoding": CODINGS},
        timeout=timeout_seconds,
        trust_env=False,
    )


def is_loopback(url: str) -> bool:
    """Whether the host of a URL is a loopback address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _transport(target: Target) -> httpx.BaseTransport:
    module, _, function = (target.transport or "").partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, TypeError) as error:
        raise TargetError(
            f"the transport {target.transport!r} of target {target.name!r} cannot be opened: {error}"
        ) from error
    if not isinstance(made, httpx.BaseTransport):
        raise TargetError(
            f"the transport {target.transport!r} of target {target.name!r} does not return an httpx transport"
        )
    return made
