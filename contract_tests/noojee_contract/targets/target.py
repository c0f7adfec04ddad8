"""Targets as values: where a PBX is, its dialect, and what a run may do to it. `config` reads them from files.

A target names the environment variable of a credential. The value is read only when a client needs it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.dialect import Dialect
from noojee_contract.dialects.vendor_dialect import vendor_dialect
from noojee_contract.errors import TargetError
from noojee_contract.model.question import Question

DEFAULT_ZONE = "Australia/Melbourne"
CAPABILITIES = ("by_tag", "by_unique_id", "by_hour", "audio")
CALL_SOURCES = ("bundled", "generated")
DEFAULT_TIMEOUT_SECONDS = 10.0
DEFAULT_MAX_BODY_BYTES = 16 * 1024 * 1024
DEFAULT_LARGEST_AUDIO_BYTES = 64 * 1024 * 1024
REPLAY_KEY = "key-of-a-replay"
"""The key of a target whose answers are recorded: its requests are checked with it. It is no secret."""
ALL = sys.maxsize
"""The value of a limit that is written "all"."""


class Secret:
    """A credential that does not show in a repr, a log or a traceback."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The credential itself, for the request that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedFailure:
    """A clause that is expected to fail on a target: why, and the last day on which that is accepted.

    `field` narrows it to failed checks of one field. `pattern` narrows it to failed checks whose message it is found
    in; the message has the values of both sides. Without either, the whole clause is expected to fail.
    """

    clause: str
    reason: str
    expires: date
    field: str | None = None
    pattern: re.Pattern[str] | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether it names a field or a pattern, so that other failures of the clause are not expected."""
        return self.field is not None or self.pattern is not None

    def matches(self, field: str | None, message: str) -> bool:
        """Whether it is about a failed check with this field and message."""
        return self.field in (None, field) and (self.pattern is None or self.pattern.search(message) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One PBX with one dialect: one of the vendor's, or a custom dialect (`described`).

    The fields are the keys of a target table; `schemas/own/target.schema.json` describes them. Exactly one of
    `base_url`, `transport` and `command` is set. `recording_places` holds the file and line of each
    recording. `claimed` are the capabilities that the target file names: a run passes only if it has exercised each.
    `headers` are names and values, `headers_env` names and variables. `notes` go into the report. `negative_tests` says
    that they are allowed, `waives_negative_tests` that a run may pass without them.
    """

    name: str
    dialect: str
    described: CustomDialect | None = None
    base_url: str | None = None
    transport: str | None = None
    command: tuple[str, ...] | None = None
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo(DEFAULT_ZONE))
    api_key_env: str | None = None
    recordings: tuple[Question, ...] = ()
    recording_places: Mapping[Question, str] = field(default_factory=dict)
    capabilities: frozenset[str] = frozenset(CAPABILITIES)
    claimed: frozenset[str] = frozenset()
    audio: str | None = None
    rest_path: str | None = None
    plain_base_url: str | None = None
    authentication: str = "api-key"
    requests_per_second: float | None = None
    request_budget: int | None = None
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    slow_seconds: float | None = None
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    largest_audio_bytes: int = DEFAULT_LARGEST_AUDIO_BYTES
    sounds: int | None = None
    longest_sound: float | None = None
    calls: int | None = None
    negative_tests: bool = False
    waives_negative_tests: bool = False
    max_wait_seconds: float = 0.0
    ca_file: tuple[Path, ...] = ()
    client_cert: Path | None = None
    client_key: Path | None = None
    tls_server_name: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    headers_env: tuple[tuple[str, str], ...] = ()
    writable: bool = False
    control_url: str | None = None
    control_token_env: str | None = None
    sources: tuple[str, ...] = CALL_SOURCES
    profile: Mapping[str, str] = field(default_factory=dict)
    expected_failures: tuple[ExpectedFailure, ...] = ()
    binding: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    exchanges: Path | None = None

    @property
    def is_replayed(self) -> bool:
        """Whether recorded traffic (`exchanges`) answers instead of a PBX."""
        return self.exchanges is not None

    @property
    def api(self) -> Dialect:
        """The dialect itself: its requests, answers and rules. `dialect` is its name."""
        if self.described is not None:
            return self.described
        return vendor_dialect(self.dialect, authentication=self.authentication, rest_path=self.rest_path)

    @property
    def scheme(self) -> str:
        """The kind of its authentication scheme: "hash", "api-key", or "none" in the oldest dialect."""
        return self.api.scheme.kind

    @property
    def has_by_hour(self) -> bool:
        """Whether it has the by-hour method."""
        return "by_hour" in self.capabilities and "by_hour" in self.api.capabilities

    @property
    def once_a_minute(self) -> bool:
        """Whether by hour may be asked once a minute only."""
        return self.api.once_a_minute and not self.is_replayed

    def declares(self, profile: Mapping[str, str]) -> Mapping[str, str]:
        """A profile with the options that its dialect declares."""
        return {**profile, **self.api.options}

    def secret_headers(self, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The headers whose values are in variables. Raises TargetError if a variable is not set, or holds no value."""
        found = []
        for name, variable in self.headers_env:
            value = environ.get(variable, "").strip()
            if not value:
                raise TargetError(
                    f"the variable {variable} of the header {name}, which target {self.name!r} names, "
                    "is not set: export it"
                )
            if not value.isascii() or not value.isprintable():
                raise TargetError(f"the variable {variable} holds something that is no header value (printable ASCII)")
            found.append((name, value))
        return tuple(found)

    def secret(self, environ: Mapping[str, str]) -> Secret:
        """The API key; empty where the dialect knows none.

        Raises TargetError where the target names no variable, or the variable is not set.
        """
        if self.scheme == "none":
            return Secret("")
        if self.is_replayed:
            return Secret(REPLAY_KEY)
        if self.api_key_env is None:
            raise TargetError(
                f"target {self.name!r} names no credential: "
                "set api_key_env (--api-key-env) to the name of the variable that holds its API key"
            )
        value = environ.get(self.api_key_env, "").strip()
        if not value:
            raise TargetError(
                f"the variable {self.api_key_env}, which target {self.name!r} names, is not set: export it"
            )
        if not value.isascii() or not value.isprintable():
            raise TargetError(f"the variable {self.api_key_env} holds something that is no API key (printable ASCII)")
        return Secret(value)
