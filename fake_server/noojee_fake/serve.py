"""`noojee-fake serve`: the fake PBX on a socket, by uvicorn. What is wrong with the call ends it with 2 and one line.

Keys travel in queries, so the server's own access log is off; ours, in doors/access_log.py, hides them.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import gc
import ipaddress
import json
import logging
import os
import re
import signal
import socket
import ssl
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noojee_fake.access import Addresses
from noojee_fake.doors.access_log import access_log
from noojee_fake.doors.asgi import App
from noojee_fake.errors import FakeError, SeedError, UsageError
from noojee_fake.profile import named_profiles, questions
from noojee_fake.versions import DIALECTS, VERSIONS
from noojee_fake.worlds import SAMPLE_KEY, Worlds, build

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOP_TICKS = 10
"""Of uvicorn's loop, to a second."""
LARGEST_FILE_BYTES = 256 * 1024 * 1024
BASES = {
    "services": "/servicemanager/services/njadmin-api-recording",
    "recording-api": "/servicemanager/rest/RecordingAPI",
    "call-management": "/servicemanager/rest/CallManagementAPI",
    "njadmin": "/njadmin/rest/RecordingAPI",
}
OVER_HTTP = ("services", "recording-api")
"""The dialects that the pages show over http too; --strict-transport leaves them alone."""
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 0 picks one (default 8000)")
    parser.add_argument(
        "--dialect", action="append", metavar="NAME", help=f"{', '.join(DIALECTS)}; repeat for several (default all)"
    )
    parser.add_argument(
        "--version",
        metavar="VERSION",
        dest="product",
        help=f"serve what this version of the product has: {', '.join(VERSIONS)} (default: all generations)",
    )
    parser.add_argument("--directory", type=Path, metavar="FILE", help="users, queues and routes of the PBX (JSON)")
    parser.add_argument(
        "--allow-address",
        action="append",
        metavar="ADDRESS",
        help="serve this client address or network alone; repeat for several (default: all)",
    )
    parser.add_argument(
        "--strict-transport", action="store_true", help="refuse plain http where the vendor's pages demand HTTPS"
    )
    parser.add_argument("--seed", type=Path, metavar="FILE", help="calls to start from (a seed document, JSON)")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the calls in this file over restarts (SQLite, made if missing)"
    )
    parser.add_argument(
        "--profile",
        metavar="NAME|FILE",
        help=f"choices on open questions: {', '.join(named_profiles())}; or a file, TOML or JSON, key = value",
    )
    parser.add_argument(
        "--api-key-env", metavar="NAME", help="variable that holds the API key (default: the vendor's sample key)"
    )
    parser.add_argument(
        "--control-token-env",
        metavar="NAME",
        help="variable that holds a token for the control API beyond the loopback",
    )
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="gets the base URL once the server answers")
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate chain (PEM)")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="... and this private key (PEM)")
    parser.add_argument("--tls-self-made", action="store_true", help="serve https with a certificate made for this run")
    parser.add_argument("--quiet", action="store_true", help="no line for each request")


def serve(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; 0 then, 2 where the options cannot be served."""
    for name in ("uvicorn", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        key = _secret(options.api_key_env, "--api-key-env") or SAMPLE_KEY
        token = _secret(options.control_token_env, "--control-token-env")
        addresses = _addresses(options.allow_address)
        _check_ready_file(options.ready_file)
        tls, authority = _tls(options)
        with (
            _listen(options.host, options.port) as listening,
            closing(_worlds(options, key, token, addresses)) as worlds,
        ):
            if options.strict_transport and tls is None and not set(worlds.default.dialects) & set(OVER_HTTP):
                raise UsageError(
                    "--strict-transport leaves nothing to serve over http: add --tls-self-made or --tls-cert"
                )
            base_url = _base_url(options.host, listening, "http" if tls is None else "https")
            if options.ready_file is not None:
                options.ready_file.unlink(missing_ok=True)  # of an earlier run: nobody may take its URL for this one's
            ca_file = None if authority is None else _write_authority(authority, options.ready_file)
            _say(options, base_url, worlds, ca_file=ca_file, address=listening.getsockname()[0])
            log = None if options.quiet else access_log(key, token)
            gc.freeze()  # what was loaded stays: a collection of a million legs would hold up answers for half a second
            asyncio_run(App(worlds, log=log), listening, tls=tls, ready=options.ready_file, base_url=base_url)
    except (FakeError, OSError) as error:
        sys.stderr.write(f"noojee-fake: {_one_line(error)}\n")
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
        from noojee_fake.doors.wire import Connection
    except ImportError:  # not CPython
        return "auto"
    return Connection


def _worlds(options: argparse.Namespace, key: str, token: str | None, addresses: Addresses) -> Worlds:
    seed = _document(options.seed, "seed") if options.seed is not None else None
    try:
        return build(
            seed=seed,
            seed_folder=None if options.seed is None else options.seed.parent,
            profile=_choices(options),
            dialects=options.dialect,
            version=options.product,
            directory=None if options.directory is None else _document(options.directory, "directory"),
            api_key=key,
            control_token=token,
            addresses=addresses,
            state=options.state,
        )
    except SeedError as error:
        raise UsageError(f"{options.seed}: {error}") from error


def _choices(options: argparse.Namespace) -> Mapping[str, str]:
    """The choices of the profile, and what an option decides of them."""
    choices = {} if options.profile is None else dict(_profile(options.profile))
    if options.strict_transport:
        choices["plain_http"] = "refused"
    return choices


def _addresses(networks: list[str] | None) -> Addresses:
    try:
        return Addresses(networks)
    except ValueError as error:
        raise UsageError(f"--allow-address: {error}; write an address or a network such as 10.0.0.0/8") from None


def _document(path: Path, what: str) -> Any:
    try:
        return json.loads(_content(path, what).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the {what} file is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: the {what} file is no JSON: {error}") from None


def _profile(given: str) -> Mapping[str, str]:
    """The choices of a named profile, or of a file: what has an ending or a folder is one."""
    named, path = named_profiles(), Path(given)
    if given in named:
        return named[given].choices
    if path.name == given and not path.suffix and not path.exists():
        near = difflib.get_close_matches(given, named, n=1, cutoff=0)[0]
        raise UsageError(f"there is no profile {given!r}; the nearest is {near}, and a file is named with its ending")
    if path.suffix == ".json":
        found = _document(path, "profile")
    else:
        try:
            found = tomllib.loads(_content(path, "profile").decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: the profile is no TOML: {_one_line(error)}") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f'{path}: a profile is a flat table of texts, such as tag_selects = "legs"')
    return _checked(path, found)


def _checked(path: Path, choices: Mapping[str, str]) -> Mapping[str, str]:
    """The choices of a profile file, once each is one that the table of open questions has."""
    table = questions()
    for key, choice in choices.items():
        question = table.get(key)
        if question is None:
            near = difflib.get_close_matches(key, table, n=1, cutoff=0) or sorted(table)
            raise UsageError(f"{path}: there is no switch {key!r}; the nearest is {near[0]}")
        allowed = (question.default, *question.alternatives)
        if choice not in allowed:
            raise UsageError(f"{path}: {key} is {choice!r}; it may be {', '.join(allowed)}")
    return choices


def _content(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: the {what} file cannot be read: {error.strerror}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise UsageError(f"{path}: the {what} file is longer than {LARGEST_FILE_BYTES} bytes")
    return content


def _secret(variable: str | None, option: str) -> str | None:
    if variable is None:
        return None
    if not _VARIABLE.fullmatch(variable):
        raise UsageError(f"{option} takes the name of an environment variable, not a value")
    value = os.environ.get(variable, "").strip()
    if not value:
        raise UsageError(f"the variable {variable} of {option} is not set: export it")
    return value


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
    if options.tls_self_made and any(given):
        raise UsageError("--tls-self-made makes its own certificate: leave out --tls-cert and --tls-key")
    if options.tls_self_made:
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


def _say(options: argparse.Namespace, base_url: str, worlds: Worlds, *, ca_file: Path | None, address: str) -> None:
    lines = [f"noojee-fake listens on {base_url}"]
    if _is_wildcard(address):
        lines[0] += " and on every other address of this machine"
    lines += [f"  {dialect:15} {base_url}{BASES[dialect]}" for dialect in worlds.default.dialects]
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
        calls, legs = worlds.default.store.count()
        lines.append(f"  calls are kept in {options.state}, which has {calls}, with {legs} legs")
        lines += [f"  {note}" for note in worlds.notes]
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


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("must be a port, 0 to 65535")
    return int(text)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
