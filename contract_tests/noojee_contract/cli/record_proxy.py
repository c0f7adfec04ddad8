"""`noojee-contract record --listen PORT --upstream URL`: records the traffic of a live client until a signal."""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from noojee_contract.cli.messages import say, say_error
from noojee_contract.cli.record import check_files, print_redaction, record, redactor_of
from noojee_contract.cli.serving import CommandListener, listener
from noojee_contract.clients.tls import tls_context
from noojee_contract.errors import ContractError, TargetError
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_OK
from noojee_contract.model.wire import WireExchange
from noojee_contract.redaction.exchanges import ExchangeRedactor
from noojee_contract.redaction.redact import names_a_credential, names_a_credential_header
from noojee_contract.report.summary import count_of
from noojee_contract.targets.config import from_flags
from noojee_contract.targets.flags import TARGET_FLAGS, given
from noojee_contract.targets.target import Target
from noojee_contract.traffic.authentication import Authenticator
from noojee_contract.traffic.credential_names import credential_names
from noojee_contract.traffic.exchange_file import LARGEST_BODY_BYTES, ExchangeWriter, FileHeader
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.har_writer import write_har
from noojee_contract.traffic.parameters import Pairs, all_parameters
from noojee_contract.traffic.proxy.conversation import ProxyBounds
from noojee_contract.traffic.proxy.server import MOST_KEPT_BYTES, ProxyConfig, RecordingProxy, check_upstream
from noojee_contract.traffic.redaction_rules import redaction_rules

LINE_SECONDS = 10.0
USUAL_DIALECT = "njadmin"
"""The dialect whose field names are known where none is named; the vendor's dialects share them."""
MOST_SECRETS = 1_000
_HASH = re.compile(r"[0-9a-fA-F]{64}")


def record_or_relay(options: argparse.Namespace) -> int:
    """Record a target, or with --listen the traffic of a client. Returns the exit code."""
    return record(options) if options.listen is None else record_proxy(options)


def record_proxy(options: argparse.Namespace) -> int:
    """Relay and record. Returns 0, 2 for wrong use or a file that cannot be written, 3 if nothing was recorded."""
    try:
        return _record(options)
    except ContractError as error:
        return say_error(error)


def _record(options: argparse.Namespace) -> int:
    _check(options)
    target = _target(options)
    key = _key(options)
    rules = redaction_rules(
        target, [key] if key else [], keep_sound=options.keep_sound, keep_unparsed=options.keep_unparsed
    )
    redactor = redactor_of(options, rules)
    largest = options.largest_body or LARGEST_BODY_BYTES
    proxy_config = ProxyConfig(
        upstream=options.upstream,
        upstream_tls=tls_context(target, target.ca_file) if options.upstream.startswith("https:") else None,
        server_name=target.tls_server_name,
        keeps_host=options.keep_host,
        idle_seconds=options.idle_timeout,
        bounds=ProxyBounds(largest, max(MOST_KEPT_BYTES, 2 * largest)),
    )
    place = listener(options, *options.listen)
    proxy_config = replace(proxy_config, tls=place.tls)
    with ExchangeWriter(options.out, _header(options, target, redactor), largest_body_bytes=largest) as writer:
        sink = _Sink(writer, redactor, target, key)
        proxy = RecordingProxy(proxy_config, sink.write)
        _say_start(options, place)
        place.run(proxy.serve)
    if options.har is not None:
        with ExchangeReader(options.out) as reader:
            write_har(reader, options.har)
    print(f"{options.out}: {count_of(writer.written, 'exchange')}")
    print_redaction(redactor)
    return EXIT_OK if writer.written else EXIT_INCONCLUSIVE


def _check(options: argparse.Namespace) -> None:
    """Raises TargetError for flags that contradict each other or are missing, before a port is taken."""
    if options.upstream is None:
        raise TargetError("--listen needs --upstream: the URL of the PBX, such as https://pbx.example")
    check_upstream(options.upstream)
    if options.target is not None or options.day or options.hours is not None:
        raise TargetError("--listen records what a client asks: leave out TARGET, --day and --hours")
    check_files(options)


def _target(options: argparse.Namespace) -> Target:
    """The upstream as a target: its names for the redaction, its TLS."""
    flags = given(TARGET_FLAGS, vars(options))
    return from_flags({"dialect": USUAL_DIALECT, **flags, "base_url": options.upstream})


def _key(options: argparse.Namespace) -> str | None:
    """The API key that the hashes and keys of requests are checked with, None if none is named."""
    if options.api_key_env is None:
        return None
    key = os.environ.get(options.api_key_env, "").strip()
    if not key:
        raise TargetError(f"the variable {options.api_key_env} is not set: export it")
    return key


def _header(options: argparse.Namespace, target: Target, redactor: ExchangeRedactor | None) -> FileHeader:
    is_named = options.dialect is not None
    return FileHeader(
        made_by="proxy",
        started=datetime.now(UTC),
        dialect=target.dialect if is_named else None,
        scheme=target.scheme if is_named else None,
        time_zone=None if options.time_zone is None else target.time_zone.key,
        audio=target.audio,
        credentials=credential_names(target) if is_named else None,
        redaction=None if redactor is None else redactor.fingerprint,
    )


class _Sink:
    """Redacts and writes exchanges, and says now and then how many."""

    def __init__(
        self, writer: ExchangeWriter, redactor: ExchangeRedactor | None, target: Target, key: str | None
    ) -> None:
        self._writer = writer
        self._redactor = redactor
        self._authenticator = Authenticator(target.api.scheme, key)
        self._names = frozenset(name.lower() for name in credential_names(target))
        self._secrets: set[str] = set()
        self._last = time.monotonic()

    def write(self, exchange: WireExchange) -> None:
        """Write an exchange: the meaning of its credentials, and not the credentials."""
        request = exchange.request
        parameters = all_parameters(request, request.body.content or b"")
        exchange = self._authenticator.authenticated(exchange)
        if self._redactor is not None:
            self._know(set(_credentials(parameters, request.fields(), self._names)))
            exchange = self._redactor.redact(exchange)
        self._writer.write(exchange)
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            say(f"recorded {count_of(self._writer.written, 'exchange')}")

    def _know(self, secrets: set[str]) -> None:
        """Look for the credentials of clients in what follows. A hash is found by its form."""
        new = secrets - self._secrets
        if new and self._redactor is not None and len(self._secrets) < MOST_SECRETS:
            self._secrets |= new
            self._redactor.know(new)


def _credentials(parameters: Pairs, headers: Sequence[tuple[str, str]], names: frozenset[str]) -> Iterator[str]:
    """The credentials of a request, without hashes. `names` are more names of credentials, in lower case."""
    values = [value for name, value in parameters if names_a_credential(name) or name.lower() in names]
    for name, value in headers:
        if names_a_credential_header(name) or name.lower() in names:
            values += [value, *value.split()[1:]]
    yield from (value for value in values if value and not _HASH.fullmatch(value))


def _say_start(options: argparse.Namespace, place: CommandListener) -> None:
    say(f"recording to {options.out}: point the client at {place.base_url} instead of the PBX; Ctrl-C ends")
    if place.ca_file is not None:
        say(f"the certificate is self-signed; clients trust {place.ca_file}")
