"""`noojee-fake serve`: the fake PBX on a socket, by uvicorn. What is wrong with the call ends it with 2 and one line.

Keys travel in queries, so the server's own access log is off; ours, in doors/access_log.py, hides them.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import logging
import os
import signal
import socket
import ssl
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noojee_fake.adapters.access_log import access_log
from noojee_fake.adapters.asgi import App
from noojee_fake.cli.serve_options import addresses_of, one_line, sandboxes_of, secret
from noojee_fake.errors import FakeError, UsageError
from noojee_fake.server.sandboxes import SAMPLE_KEY, Sandboxes

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOP_TICKS = 10
"""Of uvicorn's loop, to a second."""
BASES = {
    "services": "/servicemanager/services/njadmin-api-recording",
    "recording-api": "/servicemanager/rest/RecordingAPI",
    "call-management": "/servicemanager/rest/CallManagementAPI",
    "njadmin": "/njadmin/rest/RecordingAPI",
}
OVER_HTTP = ("services", "recording-api")
"""The dialects that the pages show over http too; --strict-transport leaves them alone."""


def serve(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; 0 then, 2 where the options cannot be served."""
    for name in ("uvicorn", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        key = secret(options.api_key_env, "--api-key-env") or SAMPLE_KEY
        token = secret(options.control_token_env, "--control-token-env")
        addresses = addresses_of(options.allow_address)
        _check_ready_file(options.ready_file)
        tls, authority = _tls(options)
        with (
            _listen(options.host, options.port) as listening,
            closing(sandboxes_of(options, key, token, addresses)) as sandboxes,
        ):
            if options.strict_transport and tls is None and not set(sandboxes.default.dialects) & set(OVER_HTTP):
                raise UsageError(
                    "--strict-transport leaves nothing to serve over http: add --tls-self-signed or --tls-cert"
                )
            base_url = _base_url(options.host, listening, "http" if tls is None else "https")
            if options.ready_file is not None:
                options.ready_file.unlink(missing_ok=True)  # of an earlier run: nobody may take its URL for this one's
            ca_file = None if authority is None else _write_authority(authority, options.ready_file)
            _say(options, base_url, sandboxes, ca_file=ca_file, address=listening.getsockname()[0])
            log = None if options.quiet else access_log(key, token)
            gc.freeze()  # what was loaded stays: a collection of a million legs would hold up answers for half a second
            asyncio_run(App(sandboxes, log=log), listening, tls=tls, ready=options.ready_file, base_url=base_url)
    except (FakeError, OSError) as error:
        sys.stderr.write(f"noojee-fake: {one_line(error)}\n")
        return 2
    return 0


def asyncio_run(
    app: App, listening: socket.socket, *, tls: ssl.SSLContext | None, ready: Path | None, base_url: str
) -> None:
    """Serve an application on a listening socket until a signal ends it."""
    from uvicorn.config import Config
    from uvicorn.server import Server

    class Quiet(Server):
        """Ends with 0 on SIGTERM and SIGINT, and says when it answers."""

        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.handle_exit, number, None)
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if ready is not None:
                _write(ready, base_url + "\n")

        async def on_tick(self, counter: int) -> bool:
            if counter % LOOP_TICKS == 0:
                for connection in list(self.server_state.connections):
                    getattr(connection, "tick", int)()  # h11's have none
            return await super().on_tick(counter)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.close()
            await super().shutdown(sockets)

    config = Config(
        app,
        http=_protocol(),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
        ws="none",
    )
    config.load()
    config.ssl = tls
    config.loaded = True
    Quiet(config).run(sockets=[listening])


def _protocol() -> Any:
    """uvicorn's protocol within our bounds."""
    try:
        from noojee_fake.adapters.wire import Connection
    except ImportError:  # not CPython
        return "auto"
    return Connection


def _check_ready_file(path: Path | None) -> None:
    if path is None:
        return
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent} for the ready file; make it first")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise UsageError(f"the ready file {path} is no plain file; name one that may be written over")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"the folder {path.parent} of the ready file cannot be written to; name another")


def _tls(options: argparse.Namespace) -> tuple[ssl.SSLContext | None, str | None]:
    """What to serve https with, None for http; and the authority to publish (PEM), where it was made here."""
    given = options.tls_cert, options.tls_key
    if options.tls_self_signed and any(given):
        raise UsageError("--tls-self-signed makes its own certificate: leave out --tls-cert and --tls-key")
    if options.tls_self_signed:
        return _self_made(options.host)
    if not any(given):
        return None, None
    if not all(given):
        raise UsageError("--tls-cert and --tls-key go together: give both")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(*given, password="")  # an encrypted key is refused, not asked about
    except ssl.SSLError as error:
        raise UsageError(
            f"{given[0]}: the certificate and its key cannot be used: {error.reason or 'no PEM'}"
        ) from None
    except OSError as error:
        raise UsageError(f"the certificate {given[0]} or its key {given[1]} cannot be read: {error.strerror}") from None
    return context, None


def _self_made(host: str) -> tuple[ssl.SSLContext, str]:
    import trustme

    authority = trustme.CA(organization_name="noojee-fake, made for one run")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = dict.fromkeys((host, "localhost", "127.0.0.1", "::1"))
    try:
        authority.issue_cert(*(name for name in names if not _is_wildcard(name))).configure_cert(context)
    except ValueError:
        raise UsageError(f"--host {host} is no name that a certificate can be made for") from None
    return context, authority.cert_pem.bytes().decode()


def _write_authority(pem: str, ready_file: Path | None) -> Path:
    """Write the authority beside the ready file, or else to a file of its own; where it is."""
    if ready_file is not None:
        ca_file = ready_file.with_name(ready_file.name + ".ca.pem")
        _write(ca_file, pem)
        return ca_file
    descriptor, name = tempfile.mkstemp(prefix="noojee-fake-", suffix=".ca.pem")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(pem)
    return Path(name)


def _base_url(host: str, listening: socket.socket, scheme: str) -> str:
    """Where a client on this machine reaches the server: for all addresses, the loopback."""
    address, port = listening.getsockname()[:2]
    if _is_wildcard(address):
        host = "::1" if ":" in address else "127.0.0.1"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _is_wildcard(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_unspecified
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise UsageError(f"--host {host} is no address to listen on: {error.strerror}") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"{host} port {port} cannot be listened on: {error.strerror}; give another --port, 0 picks one"
        ) from None
    listening.setblocking(False)
    return listening


def _say(
    options: argparse.Namespace, base_url: str, sandboxes: Sandboxes, *, ca_file: Path | None, address: str
) -> None:
    lines = [f"noojee-fake listens on {base_url}"]
    if _is_wildcard(address):
        lines[0] += " and on every other address of this machine"
    lines += [f"  {dialect:15} {base_url}{BASES[dialect]}" for dialect in sandboxes.default.dialects]
    lines.append(f"  {'control':15} {base_url}/__noojee/")
    if options.control_token_env is None and not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        lines.append("  the control API answers the loopback alone (for others: --control-token-env NAME)")
    if ca_file is not None:
        lines.append(f"  its certificate is from {ca_file}")
    if options.api_key_env is None:
        lines.append(
            f"  API key: {SAMPLE_KEY}, the vendor's published sample, no secret (set your own: --api-key-env NAME)"
        )
    else:
        lines.append(f"  API key: from the variable {options.api_key_env}")
    if options.state is not None:
        calls, legs = sandboxes.default.store.count()
        lines.append(f"  calls are kept in {options.state}, which has {calls}, with {legs} legs")
        lines += [f"  {note}" for note in sandboxes.notes]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _write(path: Path, text: str) -> None:
    """Write a file in one step, so that whoever waits for it never reads half of it."""
    descriptor, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(made).chmod(0o644)  # neither the URL nor the authority is a secret, and others may wait for them
        Path(made).replace(path)
    except OSError:
        Path(made).unlink(missing_ok=True)
        raise
