"""For a request that missed: the nearest method of what is served now, and in words what differs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from noojee_fake.api.dialects.parameters import Parameters, percent_decoded, raw_bytes
from noojee_fake.api.pbx import Pbx
from noojee_fake.pbx.methods import Method, methods
from noojee_fake.pbx.versions import VERSIONS

CREDENTIALS = ("apiKey", "timeStamp", "hash")

_NEAR = 0.6
_LONGEST_PATH = 1000
_LONGEST_NAME = 100
_MOST_STRANGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """A method that is served, by its path within the sandbox; `differs` says how the request was another, never empty."""

    method: str
    path: str
    differs: tuple[str, ...]


def nearest(pbx: Pbx, *, path: str, method: str, parameters: Parameters) -> Nearest | None:
    """The nearest method to a request, None where the request is one of it, or nothing served is near.

    `path` is that within the sandbox. Names of parameters come as they were sent: they may hold anything.
    """
    routes = pbx.routes
    plain = percent_decoded(raw_bytes(path))
    asked = (path if plain is None else plain.decode("utf-8", "replace"))[:_LONGEST_PATH]
    served = asked if asked in routes else _nearest_path(asked, routes)
    if served is None:
        return None
    differs = [] if served == asked else _path_differs(pbx, asked, served)
    taken = routes[served].methods
    if method not in taken and not (method == "HEAD" and "GET" in taken):
        differs.append(f"wrong method: {method}; this path takes {', '.join(taken)}")
    differs += _parameters_differ(served, parameters)
    return Nearest(method=taken[0], path=served, differs=tuple(differs)) if differs else None


@cache
def _described() -> Mapping[str, Method]:
    return {path: method for method in methods() for path in method.paths}


def _nearest_path(asked: str, served: Iterable[str]) -> str | None:
    """The path that is the same but for what `_folded` takes away; else that of the nearest name, by the nearest way."""
    paths = {path.casefold(): path for path in served}
    wanted = _folded(asked)
    if wanted in paths:
        return paths[wanted]
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    name = _nearest(wanted.rpartition("/")[2], list(by_name), _NEAR)
    nearest_path = None if name is None else _nearest(wanted, by_name[name], 0)
    return None if nearest_path is None else paths[nearest_path]


def _nearest(wanted: str, known: list[str], cutoff: float) -> str | None:
    if len(known) == 1 and not cutoff:
        return known[0]
    if wanted in known:
        return wanted
    return next(iter(difflib.get_close_matches(wanted[:_LONGEST_NAME], known, n=1, cutoff=cutoff)), None)


def _folded(path: str) -> str:
    """Without what does no more than get in the way: letter case, slashes too many, a session id of Java servers."""
    words = path.casefold().partition(";")[0].split("/")
    return "/" + "/".join(word for word in words if word)


def _path_differs(pbx: Pbx, asked: str, served: str) -> list[str]:
    folded = _folded(asked)
    gone = next((method for path, method in _described().items() if path.casefold() == folded), None)
    if gone is not None and asked not in served and not set(gone.dialects) & set(pbx.dialects):
        return [_gone(pbx, gone)]
    if asked.casefold() == served.casefold():
        return [f"letter case: the path is {served}"]
    if folded == served.casefold():
        return [f"slashes or a path parameter too many: the path is {served}"]
    name = served.rpartition("/")[2]
    if asked.rpartition("/")[2] == name:
        return [f"other prefix: {name} is served under {served.rpartition('/')[0]}"]
    return [f"spelling: the nearest path is {served}"]


def _gone(pbx: Pbx, method: Method) -> str:
    version, order = pbx.version, list(VERSIONS)
    name = " and ".join(method.dialects)
    if version is None or order.index(method.since) <= order.index(version) <= order.index(method.until):
        return f"not served: this PBX has {', '.join(pbx.dialects)}, the path is of {name}"
    if order.index(version) < order.index(method.since):
        return f"not there yet: {name} comes with version {method.since}, this PBX is version {version}"
    after = order[order.index(method.until) + 1]
    return f"gone in this version: {name} was served up to version {method.until}, not since {after}; this is {version}"


def _parameters_differ(path: str, parameters: Parameters) -> list[str]:
    described = _described().get(path)
    if described is None:
        return []
    known = [row.name for row in described.parameters]
    strange = [name for name in parameters if name not in known][:_MOST_STRANGE]
    differs: list[str] = []
    for row in described.parameters:
        if row.name not in parameters:
            other = _misspelt(row.name, strange)
            if other is not None:
                strange.remove(other)
                differs.append(_spelt(row.name, other, parameters[other]))
            elif row.required:
                differs.append(f"{row.name} is missing")
    if not any(row.required for row in described.parameters if row.name in CREDENTIALS):
        differs += _no_credentials(known, parameters)
    return differs


def _no_credentials(known: Iterable[str], parameters: Parameters) -> list[str]:
    wanted = [name for name in known if name in CREDENTIALS]
    return ["apiKey is missing, or timeStamp and hash"] if wanted and not set(wanted) & set(parameters) else []


def _misspelt(name: str, strange: list[str]) -> str | None:
    """The parameter among those that nobody takes that was meant to be this one."""
    same = [other for other in strange if other.casefold() == name.casefold()]
    begun = [other for other in strange if other.startswith(name)]
    near = [other for other in strange if len(other) <= 2 * len(name)]
    return next(iter(same or begun or difflib.get_close_matches(name, near, n=1, cutoff=0.75)), None)


def _spelt(name: str, other: str, value: str | None) -> str:
    if other.casefold() == name.casefold():
        return f"misspelt parameter: {other[:_LONGEST_NAME]}; names are case-sensitive, it is {name}"
    if other.startswith(name) and value == "":
        return f"a parameter without its =: {name}"
    return f"misspelt parameter: {other[:_LONGEST_NAME]}; it is {name}"
