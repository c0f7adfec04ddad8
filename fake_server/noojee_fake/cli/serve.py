"""`noojee-fake serve`: the fake PBX on a socket. Wrong use ends it with 2 and one line.

Queries contain keys: adapters/access_log.py writes a log without credentials.
"""

from __future__ import annotations

import argparse
import errno
import gc
import ipaddress
import logging
import shlex
import socket
import ssl
import sys
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from urllib.parse import quote

from noojee_fake.adapters.access_log import access_log
from noojee_fake.adapters.service import Service
from noojee_fake.adapters.tls import from_files, self_signed
from noojee_fake.adapters.wire_server import run_server
from noojee_fake.cli.ready_file import ReadyFile
from noojee_fake.cli.serve_options import FLAGS, add_flags, addresses_of, one_line, sandboxes_of, secret
from noojee_fake.control import DEFAULT_SANDBOX, sandbox_path
from noojee_fake.errors import FakeError, UsageError
from noojee_fake.pbx.clock import SECOND, format_instant, real_micros
from noojee_fake.pbx.versions import CALL_MANAGEMENT, NJADMIN, RECORDING_API, SERVICES
from noojee_fake.server.sandboxes import SAMPLE_KEY, Sandboxes

__all__ = ["DESCRIPTION", "FLAGS", "SUMMARY", "add_flags", "run"]

SUMMARY = "serve a fake PBX over http or https"
DESCRIPTION = "Serve a fake PBX over http or https until SIGTERM or SIGINT."

BASES = {
    SERVICES: "/servicemanager/services/njadmin-api-recording",
    RECORDING_API: "/servicemanager/rest/RecordingAPI",
    CALL_MANAGEMENT: "/servicemanager/rest/CallManagementAPI",
    NJADMIN: "/njadmin/rest/RecordingAPI",
}
MOST_CALLS_TO_READ = 1000
"""The banner looks for a stored call among so many, and no more: a start must stay fast."""
SAME_TIME_MICROS = 60 * SECOND
"""The banner does not mention a clock that differs by less from the computer's."""
OVER_HTTP = (SERVICES, RECORDING_API)
"""The dialects with http on the vendor's pages; --strict-transport does not refuse http for them."""


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Returns 0, or 2 for options that cannot be served."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # it logs clients that fail in a TLS handshake
    try:
        _serve(options)
    except (FakeError, OSError) as error:
        sys.stderr.write(f"noojee-fake: {one_line(error)}\n")
        return 2
    return 0


def _serve(options: argparse.Namespace) -> None:
    key = secret(options.api_key_env, "--api-key-env") or SAMPLE_KEY
    token = secret(options.control_token_env, "--control-token-env")
    addresses = addresses_of(options.allow_address)
    ready = ReadyFile(options.ready_file)
    ready.clear()
    context, authority_pem = _tls(options)
    with (
        _listen(options.host, options.port) as listening,
        closing(sandboxes_of(options, key, token, addresses)) as sandboxes,
        ExitStack() as stack,
    ):
        if options.strict_transport and context is None and not set(sandboxes.default.dialects) & set(OVER_HTTP):
            raise UsageError(
                "--strict-transport leaves nothing to serve over http: add --tls-self-signed or --tls-cert"
            )
        base_url = _base_url(options.host, listening, "http" if context is None else "https")
        stack.callback(ready.remove)
        ca_file = None if authority_pem is None else ready.write_authority(authority_pem)
        _print_addresses(options, base_url, sandboxes, ca_file=ca_file, address=listening.getsockname()[0])
        log = None if options.quiet else access_log(key, token)
        service = Service(sandboxes, log=log, origins=options.allow_origin or ())
        gc.freeze()  # the objects loaded so far stay; collecting a million legs would delay answers by half a second
        run_server(service, listening, tls=context, on_ready=partial(ready.write, base_url), on_end=ready.remove)


def _tls(options: argparse.Namespace) -> tuple[ssl.SSLContext | None, bytes | None]:
    """The context for https, None for http; and the authority (PEM) of a self-signed certificate."""
    certificate, key = options.tls_cert, options.tls_key
    if options.tls_self_signed:
        if certificate or key:
            raise UsageError("--tls-self-signed makes its own certificate: leave out --tls-cert and --tls-key")
        return _self_signed(options.host)
    if certificate is None and key is None:
        return None, None
    if certificate is None or key is None:
        raise UsageError("--tls-cert and --tls-key go together: give both")
    return from_files(certificate, key), None


def _self_signed(host: str) -> tuple[ssl.SSLContext, bytes]:
    names = dict.fromkeys((host, "localhost", "127.0.0.1", "::1"))
    try:
        return self_signed(*(name for name in names if not _is_wildcard(name)))
    except ValueError:
        raise UsageError(f"no certificate can be made for --host {host}; give a host name or an address") from None


def _base_url(host: str, listening: socket.socket, scheme: str) -> str:
    """The URL for clients on this machine. For a server on all addresses it is that of the loopback."""
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
        is_address = error.errno == errno.EADDRNOTAVAIL
        other = "an address of this machine as --host" if is_address else "another --port, 0 for any free port"
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}; give {other}") from None
    listening.setblocking(False)
    return listening


def _print_addresses(
    options: argparse.Namespace, base_url: str, sandboxes: Sandboxes, *, ca_file: Path | None, address: str
) -> None:
    lines = [f"noojee-fake listens on {base_url}"]
    if _is_wildcard(address):
        lines[0] += " and on every other address of this machine"
    lines += [f"  {dialect:15} {base_url}{BASES[dialect]}" for dialect in sandboxes.default.dialects]
    lines.append(f"  {'control':15} {base_url}/__noojee/")
    if options.control_token_env is None and not ipaddress.ip_address(address.partition("%")[0]).is_loopback:
        lines.append("  the control API accepts clients on the loopback only (for others: --control-token-env NAME)")
    named = [name for name in sandboxes.names() if name != DEFAULT_SANDBOX]
    lines += [f"  {'sandbox':15} {base_url}/{sandbox_path(name)}" for name in named]
    if ca_file is not None:
        lines.append(f"  certificate authority: {ca_file}")
    if options.api_key_env is None:
        lines.append(f"  API key: {SAMPLE_KEY}, the vendor's published sample, no secret (yours: --api-key-env NAME)")
    else:
        lines.append(f"  API key: from the variable {options.api_key_env}")
    lines += _clock(sandboxes)
    command = _curl(base_url, sandboxes, options.api_key_env, ca_file)
    is_cut = base_url.startswith("http:") and sandboxes.default.profile["plain_http"] == "refused"
    if command and not (options.allow_address or is_cut):
        lines.append(f"  try: {command}")
    if options.state is not None:
        calls, legs = sandboxes.default.store.count()
        lines.append(f"  state file: {options.state}, with {calls} calls and {legs} legs")
        lines += [f"  {note}" for note in sandboxes.notes]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _clock(sandboxes: Sandboxes) -> list[str]:
    """A line about a clock that differs from the computer's."""
    clock = sandboxes.default.clock
    now_micros = clock.micros()
    now = format_instant(now_micros - now_micros % SECOND)
    if clock.frozen:
        return [
            f"  clock: frozen at {now}, so the by-hour limit of a minute does not end (to let it run: --clock running)"
        ]
    if abs(now_micros - real_micros()) < SAME_TIME_MICROS:
        return []
    return [f"  clock: it shows {now} and runs (to freeze it: --clock frozen)"]


def _curl(base_url: str, sandboxes: Sandboxes, key_variable: str | None, ca_file: Path | None) -> str:
    """A command that asks this server for a recording; nothing for dialects without an API key."""
    authority = "" if ca_file is None else f"--cacert {shlex.quote(str(ca_file))} "
    served = [dialect for dialect in (NJADMIN, CALL_MANAGEMENT) if dialect in sandboxes.default.dialects]
    if not served:
        return ""
    key = SAMPLE_KEY if key_variable is None else f"${key_variable}"
    url = f"{base_url}{BASES[served[0]]}/{_question(sandboxes)}&apiKey={key}"
    return f'curl -s {authority}-X POST "{url}"'


def _question(sandboxes: Sandboxes) -> str:
    """A method and a parameter that select a stored call.

    The tag is 1234 if no call has a tag, or if there are too many calls to search.
    """
    store = sandboxes.default.store
    calls = store.calls() if store.count()[0] <= MOST_CALLS_TO_READ else []
    tag = next((leg.tag for call in calls for leg in call.legs if leg.tag), None)
    if tag is None and calls:
        return f"retrieveMetaDataByUniqueId?uniqueId={quote(calls[0].unique_id)}"
    return f"retrieveMetaData?tag={quote(tag or '1234', safe='')}"
