"""The keys of a target table whose values are more than JSON: files, zones, dates. One reader each.

The schema of the target file has already checked the type and the form of each value. A reader raises FormError with
the JSON path, and never repeats a value that could be a credential.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noojee_contract.dialects.loader.file import is_file_name, read_dialect
from noojee_contract.model.form import FormError
from noojee_contract.model.question import Question
from noojee_contract.redaction.redact import names_a_credential, names_a_credential_header
from noojee_contract.targets.profile_file import checked_options, read_profile
from noojee_contract.targets.recordings import read_recordings
from noojee_contract.targets.target import ALL, DEFAULT_ZONE, ExpectedFailure

OWN_HEADERS = frozenset(
    ("accept-encoding", "connection", "content-encoding", "content-length", "expect", "keep-alive", "te", "trailer",
     "transfer-encoding", "upgrade")
)  # fmt: skip
"""The headers that a target file cannot set: they say how a request and its answer are framed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is: its JSON path, for messages, and the folder that relative paths start from."""

    path: str
    folder: Path


def _dialect(value: Any, place: Place) -> dict[str, Any]:
    if not is_file_name(value):
        return {"dialect": value}
    described = read_dialect(place.folder / value)
    return {"dialect": described.name, "described": described}


def _url(value: Any, place: Place) -> str:
    try:
        url = urlsplit(value)
        valid = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError:
        valid = False
    if not valid:
        raise FormError(place.path, "not a valid URL; write https://host[:port][/prefix]")
    return str(value).rstrip("/")


def _time_zone(value: Any, place: Place) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FormError(place.path, f"unknown time zone {value!r}; write a name such as {DEFAULT_ZONE}") from None


def _recordings(value: Any, place: Place) -> dict[str, Any]:
    places: dict[Question, str] = {}
    for file in value if isinstance(value, list) else [value]:
        for question, row in read_recordings(place.folder / file).items():
            places.setdefault(question, row)
    return {"recordings": tuple(places), "recording_places": places}


def _file(value: Any, place: Place) -> Path:
    path = place.folder / str(value)
    if not path.is_file():
        raise FormError(place.path, f"there is no file {path}")
    return path


def _ca_file(value: Any, place: Place) -> dict[str, Any]:
    return {"ca_file": tuple(_file(each, place) for each in (value if isinstance(value, list) else [value]))}


def _headers(value: Any, place: Place) -> tuple[tuple[str, str], ...]:
    """The names and values of headers. A name of a credential needs `headers_env`."""
    pairs = _header_pairs(value, place)
    for number, (name, _) in enumerate(pairs):
        if names_a_credential(name) or names_a_credential_header(name):
            raise FormError(
                f"{place.path}[{number}]",
                f"{name} would keep a credential in the file: put its value into an environment variable, and write "
                f'headers_env = ["{name}: VARIABLE"]',
            )
    return pairs


def _header_pairs(value: Any, place: Place) -> tuple[tuple[str, str], ...]:
    pairs = []
    for number, text in enumerate(value):
        name, _, words = text.partition(":")
        if name.lower() in OWN_HEADERS:
            raise FormError(f"{place.path}[{number}]", f"the client sets {name} itself; leave it out")
        pairs.append((name, words.strip()))
    return tuple(pairs)


def _profile(value: Any, place: Place) -> dict[str, Any]:
    """The options, and the dialect of the PBX that a profile file is of."""
    if isinstance(value, str):
        path = place.folder / value
        if not path.is_file():
            raise FormError(place.path, f"there is no file {path}; noojee-contract probe writes a profile file")
        read = read_profile(path)
        return {"profile": read.values, "profile_dialect": read.dialect}
    return {"profile": checked_options(value, place.path)}


def _expected_failures(value: Any, place: Place) -> tuple[ExpectedFailure, ...]:
    rows = []
    for number, row in enumerate(value):
        try:
            expires = date.fromisoformat(row["expires"])
        except ValueError:
            raise FormError(f"{place.path}[{number}].expires", "not a date; write one such as 2027-01-31") from None
        try:
            pattern = None if "pattern" not in row else re.compile(row["pattern"])
        except re.error as error:
            raise FormError(f"{place.path}[{number}].pattern", f"not a regular expression: {error}") from None
        rows.append(
            ExpectedFailure(
                clause=row["clause"],
                reason=row["reason"],
                expires=expires,
                field=row.get("field"),
                pattern=pattern,
            )
        )
    return tuple(rows)


def _negative_tests(value: Any, _place: Place) -> dict[str, Any]:
    return {"negative_tests": value == "allowed", "waives_negative_tests": value == "waived"}


def _limit(value: Any, _place: Place) -> int:
    return ALL if value == "all" else int(value)


def _frozen_set(value: Any, _place: Place) -> frozenset[str]:
    return frozenset(value)


def _tuple(value: Any, _place: Place) -> tuple[str, ...]:
    return tuple(value)


_SEVERAL: Mapping[str, Callable[[Any, Place], dict[str, Any]]] = {
    "dialect": _dialect,
    "recordings": _recordings,
    "profile": _profile,
    "ca_file": _ca_file,
    "negative_tests": _negative_tests,
}
"""The keys that set several fields of a target."""

_READERS: Mapping[str, Callable[[Any, Place], Any]] = {
    "base_url": _url,
    "plain_base_url": _url,
    "control_url": _url,
    "time_zone": _time_zone,
    "capabilities": _frozen_set,
    "binding": _frozen_set,
    "command": _tuple,
    "sources": _tuple,
    "client_cert": _file,
    "client_key": _file,
    "headers": _headers,
    "headers_env": _header_pairs,
    "sounds": _limit,
    "calls": _limit,
    "expected_failures": _expected_failures,
}


def target_values(table: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """The fields of a `Target` that a valid table sets. Raises FormError, or TargetError for a file that it names."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        here = Place(f"{place.path}.{key}", place.folder)
        if key in _SEVERAL:
            values |= _SEVERAL[key](value, here)
        else:
            values[key] = _READERS[key](value, here) if key in _READERS else value
    return values
