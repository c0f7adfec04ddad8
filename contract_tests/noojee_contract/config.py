"""Reads target files (TOML) and target options into `Target` values; what is wrong is said in one line, with its place.

A value that could be a credential is never repeated in a message.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noojee_contract._data import schemas
from noojee_contract.clauses import DIALECTS
from noojee_contract.errors import TargetError
from noojee_contract.known import Known, read_known
from noojee_contract.target import ARCHIVES, CAPABILITIES, DEFAULT_ZONE, Deviation, Target

MOST_BYTES = 1024 * 1024
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WAIT = re.compile(r"wait:([0-9]+(?:\.[0-9]+)?)s?")
_SECRET_KEYS = re.compile(r"(api_?key|apikey|key|secret|token|password|hash|credential)s?", re.IGNORECASE)
_ANY_TEXT = ("default_account", "json_content_type")  # a PBX may have one that the table does not list
_AUDIO = re.compile(r"(GET|POST) \S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A target file: its targets by name, in order, and the migrations (from, to) between them."""

    targets: Mapping[str, Target]
    migrations: tuple[tuple[str, str], ...]
    path: Path

    def choose(self, names: Sequence[str]) -> tuple[Target, ...]:
        """The targets of these names, in the order asked; all of them where none is named."""
        for name in names:
            if name not in self.targets:
                raise TargetError(
                    f"{self.path}: there is no target {name!r}{_near(name, self.targets)}; it has {', '.join(self.targets)}"
                )
        return tuple(self.targets[name] for name in dict.fromkeys(names)) if names else tuple(self.targets.values())


def load_config(path: str | Path) -> Config:
    """The targets of a file. Raises TargetError with the file, the key and the reason."""
    path = Path(path)
    document = _document(path)
    _only_keys(document, ("targets", "migration"), str(path))
    tables = document.get("targets")
    if not isinstance(tables, dict) or not tables:
        raise TargetError(f"{path}: there is no target in it; write a table such as [targets.staging]")
    targets = {}
    for name, table in tables.items():
        place = f"{path}: targets.{name}"
        if not isinstance(table, dict):
            raise TargetError(f"{place} must be a table: [targets.{name}]")
        if not name or " > " in name or not name.isprintable():
            raise TargetError(f"{place}: a target's name must be printable, without ' > '")
        targets[name] = _target(name, table, place, path.parent)
    return Config(targets=targets, migrations=_migrations(document.get("migration", []), targets, path), path=path)


def from_options(**given: Any) -> Target:
    """The target that the command line describes: the keys of a target table, `allow` and `known` as typed.

    Raises TargetError that names the option.
    """
    if not given.get("dialect"):
        raise TargetError(f"--base-url needs --dialect: one of {', '.join(DIALECTS)}")
    table = {key: value for key, value in given.items() if value not in (None, "", (), [], False)}
    if "allow" in table:
        table["allow"] = list(table["allow"])
    return _target("target", table, "the command line", Path())


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise TargetError(f"{path}: the target file cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise TargetError(f"{path}: the target file is longer than {MOST_BYTES} bytes")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise TargetError(f"{path}: the target file is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TargetError(f"{path}: the target file is no TOML: {str(error).splitlines()[0]}") from None


def _target(name: str, table: Mapping[str, Any], place: str, folder: Path) -> Target:
    for key in table:
        if key not in _READERS:
            if _SECRET_KEYS.fullmatch(key):
                raise TargetError(
                    f"{place}: {key} would keep a credential in the file: put it into an environment variable and name that, "
                    'api_key_env = "NAME"'
                )
            raise TargetError(f"{place}: there is no key {key!r}{_near(key, _READERS)}")
    values: dict[str, Any] = {}
    for key, raw in table.items():
        values |= _READERS[key](raw, f"{place}: {key}", folder)
    if "dialect" not in values:
        raise TargetError(f"{place}: dialect is missing; write one of {', '.join(DIALECTS)}")
    places = [key for key in ("base_url", "transport", "command") if key in values]
    if len(places) != 1:
        found = " and ".join(places) or "none"
        raise TargetError(f"{place}: give one of base_url, transport, command; found {found}")
    if "time_zone" not in values:
        values["notes"] = (f"no time_zone is given; dates are read as {DEFAULT_ZONE}",)
    target = Target(name=name, **values)
    if target.control_url is not None and not target.fillable:
        raise TargetError(
            f"{place}: control_url is given, but the target does not say fillable; it is never written to"
        )
    return target


def _text(raw: Any, place: str) -> str:
    if not isinstance(raw, str) or not raw:
        raise TargetError(f"{place} must be a text, and not empty")
    return raw


def _dialect(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if raw not in DIALECTS:
        raise TargetError(
            f"{place}: there is no dialect {raw!r}{_near(str(raw), DIALECTS)}; write one of {', '.join(DIALECTS)}"
        )
    return {"dialect": raw}


def _url(key: str) -> Callable[[Any, str, Path], dict[str, Any]]:
    def read(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
        text = _text(raw, place)
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
        return {"time_zone": ZoneInfo(_text(raw, place))}
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise TargetError(f"{place}: there is no time zone {raw!r}; write a name such as {DEFAULT_ZONE}") from None


def _known(raw: Any, place: str, folder: Path) -> dict[str, Any]:
    if isinstance(raw, list):
        found: list[Known] = []
        for row in raw:
            found += read_known(folder / _text(row, place))
        return {"known": tuple(dict.fromkeys(found))}
    return {"known": read_known(folder / _text(raw, place))}


def _command(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if not isinstance(raw, list) or not raw or not all(isinstance(word, str) for word in raw):
        raise TargetError(f'{place} must be a list of words, such as ["{{python}}", "-m", "noojee_fake", "serve"]')
    if "{ready_file}" not in raw:
        raise TargetError(
            f"{place} must hold the word {{ready_file}}: the server writes its base URL there once it answers"
        )
    return {"command": tuple(raw)}


def _transport(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    module, _, function = _text(raw, place).partition(":")
    if not all(part.isidentifier() for part in module.split(".")) or not function.isidentifier():
        raise TargetError(f"{place} must be module:function")
    return {"transport": raw}


def _audio(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    text = _text(raw, place)
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
    return {"fillable": raw}


def _chosen(
    key: str, possible: Sequence[str], kind: Callable[[Any], Any]
) -> Callable[[Any, str, Path], dict[str, Any]]:
    def read(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
        if not isinstance(raw, list):
            raise TargetError(f"{place} must be a list of {', '.join(possible)}")
        for word in raw:
            if word not in possible:
                raise TargetError(
                    f"{place}: there is no {word!r}{_near(str(word), possible)}; write {', '.join(possible)}"
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
    path = folder / _text(raw, place)
    if not path.is_file():
        raise TargetError(f"{place}: there is no file {path}")
    return {"ca_file": path}


def _rest_path(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if raw not in ("/rest", "/servicemanager/rest"):
        raise TargetError(f"{place} must be /servicemanager/rest or /rest")
    return {"rest_path": raw}


def _profile(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise TargetError(f"{place} must be a table of choices on open questions")
    table = open_questions()
    for key, value in raw.items():
        if key not in table:
            raise TargetError(f"{place}: there is no open question {key!r}{_near(key, table)}")
        possible = table[key]
        if not isinstance(value, str) or (possible and value not in possible):
            raise TargetError(
                f"{place}.{key}: {value!r} is no choice; write {' or '.join(possible) if possible else 'a text'}"
            )
    return {"profile": dict(raw)}


@cache
def open_questions() -> Mapping[str, tuple[str, ...]]:
    """Each open question of the API with its possible answers, the default first; an empty tuple where any text is one."""
    rows = tomllib.loads(schemas("own", "unknowns.toml").read_text(encoding="utf-8"))
    return {key: () if key in _ANY_TEXT else (row["default"], *row["alternatives"]) for key, row in rows.items()}


def _deviations(raw: Any, place: str, _folder: Path) -> dict[str, Any]:
    if not isinstance(raw, list):
        raise TargetError(f"{place} must be tables with clause, reason and expires")
    rows = []
    for number, row in enumerate(raw):
        here = f"{place}[{number}]"
        if not isinstance(row, dict):
            raise TargetError(f"{here} must be a table with clause, reason and expires")
        _only_keys(row, ("clause", "reason", "expires"), here)
        expires = row.get("expires")
        if isinstance(expires, str):
            try:
                expires = date.fromisoformat(expires)
            except ValueError:
                expires = None
        if isinstance(expires, datetime) or not isinstance(expires, date):
            raise TargetError(f"{here}: expires must be a date, such as 2027-01-31")
        rows.append(
            Deviation(
                clause=_text(row.get("clause"), f"{here}: clause"),
                reason=_text(row.get("reason"), f"{here}: reason"),
                expires=expires,
            )
        )
    return {"known_deviations": tuple(rows)}


def _migrations(raw: Any, targets: Mapping[str, Target], path: Path) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, list):
        raise TargetError(f"{path}: migration must be tables: [[migration]] with from and to")
    pairs = []
    for number, row in enumerate(raw):
        place = f"{path}: migration[{number}]"
        if not isinstance(row, dict):
            raise TargetError(f"{place} must be a table with from and to")
        _only_keys(row, ("from", "to"), place)
        pair = _text(row.get("from"), f"{place}: from"), _text(row.get("to"), f"{place}: to")
        for name in pair:
            if name not in targets:
                raise TargetError(f"{place}: there is no target {name!r}{_near(name, targets)}")
        if targets[pair[0]].dialect != "recording-api" or targets[pair[1]].dialect != "njadmin":
            raise TargetError(f"{place}: a migration goes from a recording-api target to a njadmin target")
        if targets[pair[0]].fillable != targets[pair[1]].fillable:
            raise TargetError(f"{place}: both targets must be fillable, or neither")
        pairs.append(pair)
    return tuple(pairs)


def _only_keys(table: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    for key in table:
        if key not in known:
            raise TargetError(f"{place}: there is no key {key!r}{_near(key, known)}; it knows {', '.join(known)}")


def _near(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


_READERS: Mapping[str, Callable[[Any, str, Path], dict[str, Any]]] = {
    "dialect": _dialect,
    "base_url": _url("base_url"),
    "transport": _transport,
    "command": _command,
    "time_zone": _zone,
    "api_key_env": _variable("api_key_env"),
    "known": _known,
    "capabilities": _chosen("capabilities", CAPABILITIES, frozenset),
    "archives": _chosen("archives", ARCHIVES, tuple),
    "audio": _audio,
    "rest_path": _rest_path,
    "requests_per_second": _number("requests_per_second", 0.001),
    "request_budget": _number("request_budget", 1, whole=True),
    "timeout_seconds": _number("timeout_seconds", 0.01),
    "max_body_bytes": _number("max_body_bytes", 1024, whole=True),
    "allow": _allow,
    "ca_file": _ca_file,
    "fillable": _flag,
    "control_url": _url("control_url"),
    "control_token_env": _variable("control_token_env"),
    "profile": _profile,
    "known_deviations": _deviations,
}
