"""For a request that matched no method: the served method that is most like it, and what the request lacked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from noojee_fake.api.dialects.parameters import FORM_TYPE, Parameters, percent_decoded, raw_bytes
from noojee_fake.api.pbx import Pbx
from noojee_fake.messages import Request
from noojee_fake.pbx.methods import Method, methods
from noojee_fake.pbx.versions import VERSIONS

_DATE = re.compile(r"[0-9]{4}/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12][0-9]|3[01])")
_HOUR = re.compile(r"[01]?[0-9]|2[0-3]")
CREDENTIALS = ("apiKey", "timeStamp", "hash")

_NEAR = 0.6
_LONGEST_PATH = 1000
_LONGEST_NAME = 100
_MOST_UNKNOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A served method. `path` is its path in the sandbox; `differs` has one sentence a difference, at least one."""

    method: str
    path: str
    differs: tuple[str, ...]


def near_miss(pbx: Pbx, request: Request, *, path: str, parameters: Parameters) -> NearMiss | None:
    """The served method that is most like a request; None if the request matches it, or no method is similar.

    `path` is the path in the sandbox. Parameter names are untrusted text.
    """
    routes, method = pbx.routes, request.method
    plain = percent_decoded(raw_bytes(path))
    asked = (path if plain is None else plain.decode("utf-8", "replace"))[:_LONGEST_PATH]
    served = asked if asked in routes else _similar_path(asked, routes)
    if served is None:
        return None
    differs = [] if served == asked else _path_differs(pbx, asked, served)
    taken = routes[served].methods
    if method not in taken and not (method == "HEAD" and "GET" in taken):
        differs.append(f"wrong method: {method}; this path takes {', '.join(taken)}")
    missing = _parameters_differ(served, parameters)
    if missing:
        differs += _misplaced(served, request)
    differs += missing
    differs += _values_differ(served, parameters)
    return NearMiss(method=taken[0], path=served, differs=tuple(differs)) if differs else None


@cache
def _described() -> Mapping[str, Method]:
    return {path: method for method in methods() for path in method.paths}


def _similar_path(asked: str, served: Iterable[str]) -> str | None:
    """The served path that differs only by what `_folded` removes.

    Else the path with the most similar name; of several prefixes, the most similar prefix.
    """
    paths = {path.casefold(): path for path in served}
    wanted = _folded(asked)
    if wanted in paths:
        return paths[wanted]
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    name = _most_similar(wanted.rpartition("/")[2], list(by_name), _NEAR)
    served_path = None if name is None else _most_similar(wanted, by_name[name], 0)
    return None if served_path is None else paths[served_path]


def _most_similar(wanted: str, candidates: list[str], cutoff: float) -> str | None:
    if len(candidates) == 1 and not cutoff:
        return candidates[0]
    if wanted in candidates:
        return wanted
    return next(iter(difflib.get_close_matches(wanted[:_LONGEST_NAME], candidates, n=1, cutoff=cutoff)), None)


def _folded(path: str) -> str:
    """The path in lower case, without repeated slashes and path parameters (such as the session id of Java servers)."""
    words = path.casefold().partition(";")[0].split("/")
    return "/" + "/".join(word for word in words if word)


def _path_differs(pbx: Pbx, asked: str, served: str) -> list[str]:
    folded = _folded(asked)
    removed = next((method for path, method in _described().items() if path.casefold() == folded), None)
    if removed is not None and asked not in served and not set(removed.dialects) & set(pbx.dialects):
        return [_not_served(pbx, removed)]
    if asked.casefold() == served.casefold():
        return [f"letter case: the path is {served}"]
    if folded == served.casefold():
        return [f"slashes or a path parameter too many: the path is {served}"]
    name = served.rpartition("/")[2]
    if asked.rpartition("/")[2] == name:
        return [f"other prefix: {name} is served under {served.rpartition('/')[0]}"]
    return [f"spelling: did you mean {served}?"]


def _not_served(pbx: Pbx, method: Method) -> str:
    version, order = pbx.version, list(VERSIONS)
    name = " and ".join(method.dialects)
    if version is None or order.index(method.since) <= order.index(version) <= order.index(method.until):
        return f"not served: this PBX has {', '.join(pbx.dialects)}, the path is of {name}"
    if order.index(version) < order.index(method.since):
        return f"not there yet: {name} comes with version {method.since}, this PBX is version {version}"
    after = order[order.index(method.until) + 1]
    return (
        f"removed: {name} was served up to version {method.until}, not from {after} on; this PBX is version {version}"
    )


def _parameters_differ(path: str, parameters: Parameters) -> list[str]:
    described = _described().get(path)
    if described is None:
        return []
    names = [row.name for row in described.parameters]
    unknown = [name for name in parameters if name not in names][:_MOST_UNKNOWN]
    differs: list[str] = []
    for row in described.parameters:
        if row.name not in parameters:
            other = _misspelt(row.name, unknown)
            if other is not None:
                unknown.remove(other)
                differs.append(_spelt(row.name, other, parameters[other]))
            elif row.required:
                differs.append(f"{row.name} is missing")
    if not any(row.required for row in described.parameters if row.name in CREDENTIALS):
        differs += _no_credentials(names, parameters)
    return differs


def _misplaced(path: str, request: Request) -> list[str]:
    """Where a request has its parameters, if not in the query or a form: in JSON, in a multipart form, in a header."""
    described = _described().get(path)
    names = {row.name.casefold() for row in described.parameters} if described is not None else set()
    differs = []
    kind = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if request.body and kind == "multipart/form-data":
        differs.append(f"a multipart form: send the parameters in the query, or as {FORM_TYPE}")
    elif request.body and (kind == "application/json" or request.body.lstrip()[:1] in (b"{", b"[")):
        differs.append(f"a JSON body: send the parameters in the query, or as {FORM_TYPE}")
    for name, _ in request.headers:
        folded = name.replace("-", "").removeprefix("x")
        if name == "authorization" or folded in names or folded == "apikey":
            differs.append(f"a credential in the header {name[:_LONGEST_NAME]}: send it as a parameter")
    return differs


def _values_differ(path: str, parameters: Parameters) -> list[str]:
    """Values of a form that the method does not take."""
    described = _described().get(path)
    names = {row.name for row in described.parameters} if described else set()
    differs = []
    date, hour = parameters.get("date"), parameters.get("hour")
    if "date" in names and date and not _DATE.fullmatch(date):
        differs.append("another form of date: it is YYYY/MM/DD, such as 2021/09/14")
    if "hour" in names and hour and not _HOUR.fullmatch(hour):
        differs.append("another form of hour: it is 0 to 23")
    return differs


def _no_credentials(names: Iterable[str], parameters: Parameters) -> list[str]:
    wanted = [name for name in names if name in CREDENTIALS]
    return ["apiKey is missing, or timeStamp and hash"] if wanted and not set(wanted) & set(parameters) else []


def _misspelt(name: str, unknown: list[str]) -> str | None:
    """The unknown parameter that is probably a misspelling of this name; None if there is none."""
    same = [other for other in unknown if other.casefold() == name.casefold()]
    longer = [other for other in unknown if other.startswith(name)]
    near = [other for other in unknown if len(other) <= 2 * len(name)]
    return next(iter(same or longer or difflib.get_close_matches(name, near, n=1, cutoff=0.75)), None)


def _spelt(name: str, other: str, value: str | None) -> str:
    if other.casefold() == name.casefold():
        return f"misspelt parameter: {other[:_LONGEST_NAME]}; names are case-sensitive, it is {name}"
    if other.startswith(name) and value == "":
        return f"a parameter without its =: {name}"
    return f"misspelt parameter: {other[:_LONGEST_NAME]}; it is {name}"
