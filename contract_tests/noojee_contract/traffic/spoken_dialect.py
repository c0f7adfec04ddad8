"""Which of the vendor's dialects recorded traffic speaks, by the paths of its requests for recordings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from noojee_contract.dialects.vendor_dialect import BY_HOUR_METHOD, METHODS, REST_PATHS, VENDOR_DIALECTS
from noojee_contract.errors import TargetError
from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.parameters import all_parameters

ONLY_BY_HASH = ("recording-api",)
"""Dialects whose requests for recordings all have hashes: under another prefix, their paths alone say little."""
OF_RECORDINGS = frozenset({*(method for method, _ in METHODS.values()), BY_HOUR_METHOD})
"""The methods that list recordings: the last part of their paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenDialect:
    """A dialect, the path that replaces its usual prefix (None for the usual one), and whether hashes came.

    `base_path` is the path in front of all of its paths, as behind a reverse proxy.
    """

    name: str
    rest_path: str | None
    by_hash: bool
    base_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Base:
    """The path of the methods of a dialect under a prefix; `rest_path` is the prefix if it is an unusual one."""

    path: str
    name: str
    rest_path: str | None


def _bases() -> tuple[_Base, ...]:
    """The paths of all dialects, longer paths first."""
    found = [
        _Base(
            path=f"{prefix}/{dialect.api}",
            name=dialect.name,
            rest_path=None if prefix == dialect.prefix else prefix,
        )
        for dialect in VENDOR_DIALECTS.values()
        for prefix in (REST_PATHS if dialect.prefix in REST_PATHS else (dialect.prefix,))
    ]
    return tuple(sorted(found, key=lambda base: -len(base.path)))


def base_path_of(exchanges: Iterable[WireExchange], dialect: str) -> str:
    """The path in front of the paths of a vendor's dialect, as behind a reverse proxy; "" if there is no common one."""
    bases = [base for base in _bases() if base.name == dialect]
    found = {_split(path, bases) for path, _ in _asked(exchanges)}
    prefixes = {prefix for prefix, base in found if base is not None}
    return prefixes.pop() if len(prefixes) == 1 else ""


def spoken_dialect(exchanges: Iterable[WireExchange], path: Path) -> SpokenDialect:
    """The dialect that all requests for recordings are of. `path` is the file.

    Raises TargetError with the dialects to choose from, if the requests are of several, or of none.
    """
    bases, found, unknown, by_hash = _bases(), dict[tuple[str, _Base], None](), "", False
    for base_path, exchange in _asked(exchanges):
        parameters = all_parameters(exchange.request, exchange.request.body.content or b"")
        has_hash = any(parameter == "hash" for parameter, _ in parameters)
        by_hash = by_hash or has_hash
        prefix, base = _split(base_path, bases)
        if base is None or (prefix and base.name in ONLY_BY_HASH and not has_hash):
            unknown = unknown or base_path
        else:
            found[prefix, base] = None
    if len(found) == 1 and not unknown:
        ((prefix, base),) = found
        return SpokenDialect(name=base.name, rest_path=base.rest_path, by_hash=by_hash, base_path=prefix)
    raise TargetError(f"{path}: {_why(list(found), unknown)}")


def _asked(exchanges: Iterable[WireExchange]) -> Iterator[tuple[str, WireExchange]]:
    """The requests for recordings, each with its path without the method."""
    for exchange in exchanges:
        base_path, _, method = urlsplit(exchange.url).path.rpartition("/")
        if method in OF_RECORDINGS:
            yield base_path, exchange


def _split(path: str, bases: Iterable[_Base]) -> tuple[str, _Base | None]:
    """What is in front of the longest base that a path ends with, and that base; None for a path without a base."""
    base = next((base for base in bases if path.endswith(base.path)), None)
    return ("", None) if base is None else (path.removesuffix(base.path), base)


def _why(found: Sequence[tuple[str, _Base]], unknown: str) -> str:
    """Why no dialect was found, and what to do."""
    names = list(dict.fromkeys(base.name for _, base in found))
    choice = names or [dialect.name for dialect in VENDOR_DIALECTS.values() if "by_tag" in dialect.capabilities]
    if unknown:
        reason = f"the path {unknown} of its requests is that of no dialect, as behind a proxy that changes paths"
    elif len(names) > 1:
        reason = f"its requests are of the dialects {' and '.join(names)}"
    elif names:
        reason = "its requests have several paths"
    else:
        reason = "it has no request for recordings, so it does not say which dialect it speaks"
    return f"{reason}; give --dialect: {', '.join(choice)} or a dialect file"
