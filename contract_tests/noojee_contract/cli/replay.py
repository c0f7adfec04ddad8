"""`noojee-contract replay`: serves an exchange file until a signal, and says what it had no answer for."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from noojee_contract.cli.messages import say, say_error
from noojee_contract.cli.serving import listener
from noojee_contract.dialects.schemes import Scheme
from noojee_contract.errors import TargetError
from noojee_contract.model.outcome import EXIT_FAILED, EXIT_OK
from noojee_contract.targets.config import from_flags
from noojee_contract.targets.target import REPLAY_KEY
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.opened import opened
from noojee_contract.traffic.replay.matcher import Matcher, Miss, ReplayConfig
from noojee_contract.traffic.replay.modes import Order, Repetition
from noojee_contract.traffic.replay.server import ReplayService

SHOWN_UNUSED = 10
NOWHERE = "http://recorded.invalid"
"""The base URL of a target that is only read for its dialect."""


def replay(options: argparse.Namespace) -> int:
    """Serve the file. Returns 0, 1 if a request had no recorded answer, 2 for a file or flag that cannot be used."""
    try:
        with opened(options.file) as reader:
            return _serve(options, reader)
    except TargetError as error:
        return say_error(error)


def _serve(options: argparse.Namespace, reader: ExchangeReader) -> int:
    if not len(reader):
        raise TargetError(f"{options.file}: the file holds no exchange, so there is nothing to replay")
    matcher = Matcher(reader, _config(options))
    place = listener(options, options.host, options.port)
    _say_start(options.file, matcher, place.base_url)
    if place.ca_file is not None:
        say(f"The certificate is self-signed; clients trust {place.ca_file}")
    service = ReplayService(matcher, _say_miss)

    async def serve(listening: socket.socket, on_ready: Callable[[], None], ended: asyncio.Event) -> None:
        await service.serve(listening, place.tls, on_ready, ended)

    place.run(serve)
    _say_end(matcher)
    return EXIT_FAILED if matcher.misses else EXIT_OK


def _say_start(path: Path, matcher: Matcher, base_url: str) -> None:
    count = len(matcher.reader)
    say(f"{path}: {count} exchanges at {base_url}")
    if matcher.reader.dropped:
        say(f"{path}: the last line is partial and was dropped: the recording was killed")
    if matcher.old_count and matcher.oldest is not None:
        say(
            f"{path}: {matcher.old_count} of {count} exchanges are older than {matcher.config.old_days} days "
            f"(oldest {matcher.oldest:%Y-%m-%d}); record again if the PBX has changed"
        )


def _say_miss(miss: Miss) -> None:
    say(f"no recorded answer: {miss.request}: {miss.reason}")


def _say_end(matcher: Matcher) -> None:
    say(f"{matcher.served} requests answered, {len(matcher.misses)} without a recorded answer")
    if matcher.unused_count:
        say(f"{matcher.unused_count} of {len(matcher.reader)} exchanges were not used:")
        for request in islice(matcher.unused(), SHOWN_UNUSED):
            say(f"  {request}")
        if matcher.unused_count > SHOWN_UNUSED:
            say(f"  and {matcher.unused_count - SHOWN_UNUSED} more")


def _config(options: argparse.Namespace) -> ReplayConfig:
    key = REPLAY_KEY if options.of_verify else None
    if options.api_key_env is not None:
        key = os.environ.get(options.api_key_env, "").strip()
        if not key:
            raise TargetError(f"the variable {options.api_key_env} is not set: export it")
    return ReplayConfig(
        key=key,
        scheme=_scheme(options.dialect),
        base_path=options.base_path,
        order=Order(options.order),
        repetition=Repetition(options.repeat),
        ignored=frozenset(options.ignore or ()),
        old_days=options.old_days,
    )


def _scheme(dialect: str | None) -> Scheme | None:
    """The authentication scheme of a dialect or a dialect file. Raises TargetError."""
    return None if dialect is None else from_flags({"dialect": dialect, "base_url": NOWHERE}).api.scheme
