"""`noojee-fake serve`: the fake PBX on a socket, by uvicorn. What is wrong with the call ends it with 2 and one line.

Keys travel in queries, so the server's own access log is off; ours hides them.
"""

from __future__ import annotations

import argparse
import asyncio
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
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from noojee_fake.core import DIALECTS
from noojee_fake.doors.asgi import App
from noojee_fake.errors import FakeError, UsageError
from noojee_fake.messages import Request, Response
from noojee_fake.worlds import SAMPLE_KEY, Worlds, build

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_FILE_BYTES = 256 * 1024 * 1024
HIDDEN = "[redacted]"
BASES = {
    "recording-api": "/servicemanager/rest/RecordingAPI",
    "njadmin": "/njadmin/rest/RecordingAPI",
}
_PUBLIC = re.compile(r"(tag|uniqueid|unique_id|leg|date|hour|timestamp)=", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on, 0 picks one (default 8000)")
    parser.add_argument(
        "--dialect", action="append", metavar="NAME", help=f"{' or '.join(DIALECTS)}; repeat for both (default both)"
    )
    parser.add_argument("--seed", type=Path, metavar="FILE", help="calls to start from (a seed document, JSON)")
    parser.add_argument(
        "--profile", type=Path, metavar="FILE", help="choices on open questions: TOML or JSON, key = value"
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
        worlds = _worlds(options, key)
        if options.ready_file is not None and not options.ready_file.parent.is_dir():
            raise UsageError(f"there is no folder {options.ready_file.parent} for the ready file; make it first")
        tls = _tls(options)
        listening = _listen(options.host, options.port)
    except (FakeError, OSError) as error:
        sys.stderr.write(f"noojee-fake: {_one_line(error)}\n")
        return 2
    with listening:
        scheme = "http" if tls is None else "https"
        host = f"[{options.host}]" if ":" in options.host else options.host
        base_url = f"{scheme}://{host}:{listening.getsockname()[1]}"
        _say(options, base_url, worlds.default.dialects)
        log = None if options.quiet else _log_of(key)
        asyncio_run(App(worlds, log=log), listening, tls=tls, ready=options.ready_file, base_url=base_url)
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

    config = Config(
        app,
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


def _worlds(options: argparse.Namespace, key: str) -> Worlds:
    seed = _document(options.seed, "seed") if options.seed is not None else None
    try:
        return build(
            seed=seed,
            seed_folder=None if options.seed is None else options.seed.parent,
            profile=_profile(options.profile) if options.profile is not None else None,
            dialects=options.dialect,
            api_key=key,
            control_token=_secret(options.control_token_env, "--control-token-env"),
        )
    except FakeError as error:
        where = f"{options.seed}: " if type(error).__name__ == "SeedError" else ""
        raise UsageError(f"{where}{error}") from error


def _document(path: Path, what: str) -> Any:
    try:
        return json.loads(_content(path, what).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the {what} file is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: the {what} file is no JSON: {error}") from None


def _profile(path: Path) -> Mapping[str, str]:
    if path.suffix == ".json":
        found = _document(path, "profile")
    else:
        try:
            found = tomllib.loads(_content(path, "profile").decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}: the profile is no TOML: {_one_line(error)}") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f'{path}: a profile is a flat table of texts, such as tag_selects = "legs"')
    return found


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


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    given = options.tls_cert, options.tls_key
    if options.tls_self_made and any(given):
        raise UsageError("--tls-self-made makes its own certificate: leave out --tls-cert and --tls-key")
    if options.tls_self_made:
        return _self_made(options)
    if not any(given):
        return None
    if not all(given):
        raise UsageError("--tls-cert and --tls-key go together: give both")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(*given)
    except ssl.SSLError as error:
        raise UsageError(
            f"{given[0]}: the certificate and its key cannot be used: {error.reason or 'no PEM'}"
        ) from None
    except OSError as error:
        raise UsageError(f"the certificate {given[0]} or its key {given[1]} cannot be read: {error.strerror}") from None
    return context


def _self_made(options: argparse.Namespace) -> ssl.SSLContext:
    import trustme

    authority = trustme.CA(organization_name="noojee-fake, made for one run")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = dict.fromkeys((options.host, "localhost", "127.0.0.1", "::1"))
    authority.issue_cert(*(name for name in names if name not in ("0.0.0.0", "::"))).configure_cert(context)  # noqa: S104  a comparison
    pem = authority.cert_pem.bytes().decode()
    if options.ready_file is not None:
        options.ca_file = options.ready_file.with_name(options.ready_file.name + ".ca.pem")
        _write(options.ca_file, pem)
    else:
        descriptor, name = tempfile.mkstemp(prefix="noojee-fake-", suffix=".ca.pem")
        os.close(descriptor)
        options.ca_file = Path(name)
        options.ca_file.write_text(pem)
    return context


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


def _say(options: argparse.Namespace, base_url: str, dialects: tuple[str, ...]) -> None:
    lines = [f"noojee-fake listens on {base_url}"]
    lines += [f"  {dialect:14} {base_url}{BASES[dialect]}" for dialect in dialects]
    lines.append(f"  {'control':14} {base_url}/__noojee/")
    if options.tls_self_made:
        lines.append(f"  its certificate is from {options.ca_file}")
    if options.api_key_env is None:
        lines.append(
            f"  API key: {SAMPLE_KEY}, the vendor's published sample, no secret (set your own: --api-key-env NAME)"
        )
    else:
        lines.append(f"  API key: from the variable {options.api_key_env}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _log_of(key: str) -> Any:
    write, flush = sys.stderr.write, sys.stderr.flush

    def log(request: Request, response: Response) -> None:
        target = request.path + (f"?{'&'.join(map(_shown, request.query.split('&')))}" if request.query else "")
        if key in unquote_plus(target) or key in target:
            target = "/" + HIDDEN  # it stands where no credential belongs; nothing of it is shown
        write(f"{request.client} {request.method} {_printable(target)} {response.status} {len(response.body)}\n")
        flush()

    return log


def _shown(pair: str) -> str:
    """A parameter as the log shows it: the values of those that are no credential."""
    name, equals, _ = pair.partition("=")
    return pair if _PUBLIC.match(pair) else f"{name if equals else ''}{equals}{HIDDEN}"


def _printable(text: str) -> str:
    text = text if len(text) <= 500 else text[:500] + "..."
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]


def _write(path: Path, text: str) -> None:
    """Write a file in one step, so that whoever waits for it never reads half of it."""
    descriptor, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(made).replace(path)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("must be a port, 0 to 65535")
    return int(text)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
