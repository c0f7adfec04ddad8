"""A server of pytest-httpserver that answers like the PBX, except for requests that the test expects.

Queries contain keys, and Werkzeug would log them. This server logs nothing, and does not change other loggers.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any, Unpack

from pytest_httpserver import HTTPServer
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Request, Response

from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.adapters.pytest_httpserver import answer
from noojee_fake.adapters.tls import self_signed
from noojee_fake.client.async_control_client import AsyncControlClient
from noojee_fake.client.control_client import ControlClient, Sandbox
from noojee_fake.client.types import PbxSettings
from noojee_fake.testing.embedded import check, fresh_sandboxes

HOST = "127.0.0.1"


class PbxServer(HTTPServer):
    """A fake PBX on a free port with a frozen clock.

    `sandbox` controls it, `control` makes more sandboxes; `async_control` does the same in async tests. `ca_file` is
    the certificate authority (PEM) of a server with TLS. Requests that match `expect_request`,
    `expect_oneshot_request` or `expect_ordered_request` of pytest-httpserver do not reach the PBX.
    """

    def __init__(self, *, ssl_context: ssl.SSLContext | None = None, ca_file: Path | None = None) -> None:
        super().__init__(host=HOST, port=0, ssl_context=ssl_context, threaded=True)
        self.ca_file = ca_file
        self.sandboxes = fresh_sandboxes()
        self._control: ControlClient | None = None
        self._sandbox: Sandbox | None = None

    @property
    def base_url(self) -> str:
        """The base URL, without a slash at the end."""
        return self.url_for("").rstrip("/")

    @property
    def api_key(self) -> str:
        """The global key of the PBX."""
        return self.sandbox.api_key

    @property
    def user_key(self) -> str:
        """The key of a user."""
        return self.sandbox.user_key

    @property
    def control(self) -> ControlClient:
        """The client of the control API, which makes more sandboxes."""
        if self._control is None:
            self._control = ControlClient(self.base_url, transport=Transport(self.sandboxes))
        return self._control

    @property
    def async_control(self) -> AsyncControlClient:
        """The async client of the control API."""
        return AsyncControlClient(self.base_url, transport=Transport(self.sandboxes))

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox object that controls the PBX."""
        if self._sandbox is None:
            self._sandbox = self.control.sandbox()
        return self._sandbox

    def __repr__(self) -> str:
        return f"<PbxServer {self.base_url}>"

    def open(self, **settings: Unpack[PbxSettings]) -> None:
        """Start with a new PBX with settings of `fresh_sandboxes`, and drop the expected requests."""
        self.clear()
        self.sandboxes = fresh_sandboxes(**settings)
        self._control = self._sandbox = None

    def start(self) -> None:
        """Start to serve."""
        super().start()
        server: Any = self.server
        server.RequestHandlerClass = _SilentHandler

    def check(self) -> None:
        """Raise the exceptions of handlers and assertions; AssertionError if the fake had an unexpected exception."""
        super().check()
        check(self.sandboxes)

    def respond_nohandler(self, request: Request, extra_message: str = "") -> Response:
        """The answer of the PBX; that of pytest-httpserver if an ordered request is missing."""
        if self.permanently_failed:
            return super().respond_nohandler(request, extra_message)
        try:
            return answer(self.sandboxes, request)
        except Exception as bug:
            self.handler_errors.append(bug)
            raise


def tls_server(ca_file: Path) -> PbxServer:
    """A PbxServer over https with a new certificate. Its authority is written to `ca_file` (PEM)."""
    context, authority_pem = self_signed(HOST, "localhost")
    ca_file.write_bytes(authority_pem)
    return PbxServer(ssl_context=context, ca_file=ca_file)


class _SilentHandler(WSGIRequestHandler):
    """A request handler without a log."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Log nothing, unlike werkzeug."""
