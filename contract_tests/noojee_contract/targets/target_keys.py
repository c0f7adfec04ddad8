"""The keys of a target table, one reader each: a raw TOML value becomes a value of `Target`, or a line that says why not.

A value that could be a credential is never repeated in a message.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noojee_contract.catalogue.clauses import DIALECTS, SCHEMES
from noojee_contract.dialects.loader.file import is_file_name, read_dialect
from noojee_contract.errors import TargetError, near
from noojee_contract.model.question import Question
from noojee_contract.resources import schemas
from noojee_contract.targets.recordings import read_recordings
from noojee_contract.targets.target import CALL_SOURCES, CAPABILITIES, DEFAULT_ZONE, ExpectedFailure

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WAIT = re.compile(r"wait:([0-9]+(?:\.[0-9]+)?)s?")
_ANY_TEXT = ("default_account", "json_content_type")  # a PBX may have one that the table does not list
_AUDIO = re.compile(r"(GET|POST) \S+")


def only_keys(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Refuse a key that a table does not know, with the nearest that it does."""
    for key in table:
        if key not in known:
            raise TargetError(f"{place}: there is no key {key!r}{near(key, known)}; it knows {', '.join(known)}")


def text_of(raw: Any, place: str) -> str:
    """A raw value that must be a text, and not empty."""
    if not isinstance(raw, str) or not raw:
        raise TargetError(f"{place} must be a text, and not empty")
    return raw


def _dialect(raw: Any, place: str, folder: Path) -> dict[str, Any]:
    if isinstance(raw, str) and is_file_name(raw):
        described = read_dialect(folder / raw)
        return {"dialect": described.name, "described": described}
    if raw not in DIALECTS:
        raise TargetError(
            f"{place}: there is no dialect {raw!r}{near(str(raw), DIALECTS)}; write one of {', '.join(DIALECTS)}, "
            "or a file such as ./dialect.toml"
        )
    return {"dialect": raw}


def _url(key: str) -> Callable[[Any, str, Path], dict[str, Any]]:
    def read(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
        text = text_of(raw, place)
        try:
            url = urlsplit(text)
            port_is_fine = url.port is None or url.port > 0
        except ValueError:
            raise TargetError(f"{place} is no URL; write https://host[:port][/prefix]") from None
        if url.username is not None or url.password is not None or "@" in url.netloc:
            raise TargetError(
                f"{place} holds a credential before the host; take it out, and name a variable in api_key_env"
            )
        if url.query or url.fragment or "?" in text or "#" in text:
            raise TargetError(f"{place} holds a query or a fragment; give the URL without it")
        if (
            url.scheme not in ("http", "https")
            or not url.hostname
            or not port_is_fine
            or any(c.isspace() for c in text)
        ):
            raise TargetError(f"{place} is no http or https URL; write https://host[:port][/prefix]")
        return {key: text.rstrip("/")}

    return read


def _variable(key: str) -> Callable[[Any, str, Path], dict[str, Any]]:
    def read(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
        if not isinstance(raw, str) or not _VARIABLE.fullmatch(raw):
            raise TargetError(f"{place} must be the name of an environment variable, not a value (letters, digits, _)")
        return {key: raw}

    return read


def _zone(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    try:
        return {"time_zone": ZoneInfo(text_of(raw, place))}
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TargetError(f"{place}: there is no time zone {raw!r}; write a name such as {DEFAULT_ZONE}") from None


def _recordings(raw: Any, place: str, folder: Path) -> dict[str, Any]:
    if isinstance(raw, list):
        found: list[Question] = []
        for row in raw:
            found += read_recordings(folder / text_of(row, place))
        return {"recordings": tuple(dict.fromkeys(found))}
    return {"recordings": read_recordings(folder / text_of(raw, place))}


def _command(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if not isinstance(raw, list) or not raw or not all(isinstance(word, str) for word in raw):
        raise TargetError(f'{place} must be a list of words, such as ["{{python}}", "-m", "noojee_fake", "serve"]')
    if "{ready_file}" not in raw:
        raise TargetError(
            f"{place} must hold the word {{ready_file}}: the server writes its base URL there once it answers"
        )
    return {"command": tuple(raw)}


def _transport(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    module, _, function = text_of(raw, place).partition(":")
    if not all(part.isidentifier() for part in module.split(".")) or not function.isidentifier():
        raise TargetError(f"{place} must be module:function")
    return {"transport": raw}


def _audio(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    text = text_of(raw, place)
    if not _AUDIO.fullmatch(text):
        raise TargetError(
            f"{place} must be a method and a URL: POST {{base}}/retrieveByUniqueId?uniqueId={{unique_id}}&leg={{leg}}"
        )
    unknown = set(re.findall(r"\{([^}]*)\}", text)) - {"base", "unique_id", "leg", "tag"}
    if unknown or "{leg}" not in text:
        raise TargetError(f"{place} knows {{base}}, {{unique_id}}, {{leg}} and {{tag}}, and needs {{leg}}")
    return {"audio": text}


def _number(key: str, least: float, *, whole: bool = False) -> Callable[[Any, str, Path], dict[str, Any]]:
    def read(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
        fits = isinstance(raw, int if whole else (int, float)) and not isinstance(raw, bool)
        if not fits or not least <= raw <= 1e12:
            raise TargetError(f"{place} must be a {'whole ' * whole}number, {least:g} or more")
        return {key: raw}

    return read


def _flag(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if not isinstance(raw, bool):
        raise TargetError(f"{place} must be true or false")
    return {"writable": raw}


def _chosen(
    key: str, possible: Sequence[str], kind: Callable[[Any], Any]
) -> Callable[[Any, str, Path], dict[str, Any]]:
    def read(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
        if not isinstance(raw, list):
            raise TargetError(f"{place} must be a list of {', '.join(possible)}")
        for word in raw:
            if word not in possible:
                raise TargetError(
                    f"{place}: there is no {word!r}{near(str(word), possible)}; write {', '.join(possible)}"
                )
        return {key: kind(raw)}

    return read


def _allow(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    allowed: dict[str, Any] = {}
    for word in raw if isinstance(raw, list) else [raw]:
        wait = _WAIT.fullmatch(word) if isinstance(word, str) else None
        if wait is not None:
            allowed["wait_seconds"] = float(wait[1])
        elif word == "provoke":
            allowed["provoke"] = True
        else:
            raise TargetError(f'{place} knows "provoke" and "wait:15s"; found {word!r}')
    return allowed


def _ca_file(raw: Any, place: str, folder: Path) -> dict[str, Any]:
    path = folder / text_of(raw, place)
    if not path.is_file():
        raise TargetError(f"{place}: there is no file {path}")
    return {"ca_file": path}


def _rest_path(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if raw not in ("/rest", "/servicemanager/rest"):
        raise TargetError(f"{place} must be /servicemanager/rest or /rest")
    return {"rest_path": raw}


def _authentication(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if raw not in SCHEMES:
        raise TargetError(f"{place} must be {' or '.join(SCHEMES)}")
    return {"authentication": raw}


def _profile(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise TargetError(f"{place} must be a table of choices on open questions")
    table = options_table()
    for key, value in raw.items():
        if key not in table:
            raise TargetError(f"{place}: there is no open question {key!r}{near(key, table)}")
        possible = table[key]
        if not isinstance(value, str) or (possible and value not in possible):
            raise TargetError(
                f"{place}.{key}: {value!r} is no choice; write {' or '.join(possible) if possible else 'a text'}"
            )
    return {"profile": dict(raw)}


@cache
def options_table() -> Mapping[str, tuple[str, ...]]:
    """Each open question of the API with its possible answers, the default first; an empty tuple where any text is one."""
    rows = tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8"))
    return {key: () if key in _ANY_TEXT else (row["default"], *row["alternatives"]) for key, row in rows.items()}


def _expected_failures(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if not isinstance(raw, list):
        raise TargetError(f"{place} must be tables with clause, reason and expires")
    rows = []
    for number, row in enumerate(raw):
        here = f"{place}[{number}]"
        if not isinstance(row, dict):
            raise TargetError(f"{here} must be a table with clause, reason and expires")
        only_keys(row, ("clause", "reason", "expires"), here)
        expires = row.get("expires")
        if isinstance(expires, str):
            try:
                expires = date.fromisoformat(expires)
            except ValueError:
                expires = None
        if isinstance(expires, datetime) or not isinstance(expires, date):
            raise TargetError(f"{here}: expires must be a date, such as 2027-01-31")
        rows.append(
            ExpectedFailure(
                clause=text_of(row.get("clause"), f"{here}: clause"),
                reason=text_of(row.get("reason"), f"{here}: reason"),
                expires=expires,
            )
        )
    return {"expected_failures": tuple(rows)}


READERS: Mapping[str, Callable[[Any, str, Path], dict[str, Any]]] = {
    "dialect": _dialect,
    "base_url": _url("base_url"),
    "transport": _transport,
    "command": _command,
    "time_zone": _zone,
    "api_key_env": _variable("api_key_env"),
    "recordings": _recordings,
    "capabilities": _chosen("capabilities", CAPABILITIES, frozenset),
    "sources": _chosen("sources", CALL_SOURCES, tuple),
    "audio": _audio,
    "rest_path": _rest_path,
    "authentication": _authentication,
    "plain_base_url": _url("plain_base_url"),
    "requests_per_second": _number("requests_per_second", 0.001),
    "request_budget": _number("request_budget", 1, whole=True),
    "timeout_seconds": _number("timeout_seconds", 0.01),
    "max_body_bytes": _number("max_body_bytes", 1024, whole=True),
    "allow": _allow,
    "ca_file": _ca_file,
    "writable": _flag,
    "control_url": _url("control_url"),
    "control_token_env": _variable("control_token_env"),
    "profile": _profile,
    "expected_failures": _expected_failures,
}
