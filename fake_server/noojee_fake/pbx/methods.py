"""The methods of the vendor's API as `pbx.openapi.json` describes them: paths, parameters, behaviours, on whose word."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from noojee_fake import resources as _data
from noojee_fake.errors import UsageError


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that the PBX does. `provenance` begins with a mark; `option` is what changes it, if anything does."""

    text: str
    provenance: str
    option: str | None = None

    @property
    def mark(self) -> str:
        """SPEC, DOC, CLIENT, DERIVED or UNKNOWN."""
        return self.provenance.partition(" ")[0].rstrip(":;,")

    @property
    def source(self) -> str:
        """What stands behind the mark: the pages, or the row of the open question."""
        return self.provenance[len(self.mark) :].lstrip(" :;,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a method. `since`: the product version that brought it, where it came later than the method."""

    name: str
    required: bool
    description: str
    provenance: str
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One generation of the API, with what all its methods have in common."""

    name: str
    product: str
    description: str
    since: str
    until: str
    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the API, under its first path; `also` are the other paths, `verbs` the HTTP methods, the plain one first."""

    path: str
    also: tuple[str, ...]
    verbs: tuple[str, ...]
    dialects: tuple[str, ...]
    since: str
    until: str
    summary: str
    provenance: str
    parameters: tuple[Parameter, ...]
    behaviours: tuple[Behaviour, ...]
    names: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path, *self.also)


@cache
def description() -> Mapping[str, Any]:
    """The description of the vendor's API (OpenAPI 3.1), as it ships."""
    found: dict[str, Any] = json.loads(_data.schema("pbx.openapi.json").read_text(encoding="utf-8"))
    return found


def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference within the description leads to; a part that is none, as it is."""
    place = part.get("$ref")
    if not isinstance(place, str):
        return part
    target: Any = description()
    for step in place.removeprefix("#/").split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return resolved(target)


@cache
def general() -> tuple[Behaviour, ...]:
    """What holds for every request."""
    return _behaviours(description())


@cache
def dialects() -> tuple[Dialect, ...]:
    """The generations, oldest first."""
    return tuple(
        Dialect(
            name=tag["name"],
            product=tag["x-product"],
            description=tag["description"],
            since=tag["x-since"],
            until=tag["x-until"],
            behaviours=_behaviours(tag),
        )
        for tag in description()["tags"]
    )


@cache
def methods() -> tuple[Method, ...]:
    """Every method, in the order of the description."""
    paths = description()["paths"]
    also: dict[str, list[str]] = {}
    for path, item in paths.items():
        if "$ref" in item:
            also.setdefault(item["$ref"].removeprefix("#/paths/").replace("~1", "/"), []).append(path)
    return tuple(_method(path, item, also.get(path, ())) for path, item in paths.items() if "$ref" not in item)


def find(asked: str) -> list[Method]:
    """The methods that a path, a URL or the last part of a path names. Raises UsageError, with the nearest name."""
    try:
        wanted = urlsplit(asked).path.strip("/")
    except ValueError:
        wanted = asked
    found = [
        method
        for method in methods()
        if wanted in method.names or any(_names(path.strip("/"), wanted) for path in method.paths)
    ]
    if found:
        return found
    known = [path for method in methods() for path in ((*method.paths,) if "/" in wanted else method.names)]
    near = difflib.get_close_matches(f"/{wanted}" if "/" in wanted else wanted, known, n=1, cutoff=0)[0]
    raise UsageError(f"there is no method {asked!r}; the nearest is {near}, and noojee-fake explain lists all")


def _names(path: str, wanted: str) -> bool:
    """Whether a wanted path is this one, ends in it (behind a prefix), or is its end."""
    return bool(wanted) and (path == wanted or path.endswith(f"/{wanted}") or wanted.endswith(f"/{path}"))


def _behaviours(part: Mapping[str, Any]) -> tuple[Behaviour, ...]:
    rows = [resolved(row) for row in part.get("x-behaviours", ())]
    return tuple(Behaviour(row["text"], row["provenance"], row.get("option")) for row in rows)


def _method(path: str, item: Mapping[str, Any], also: Iterable[str]) -> Method:
    plain = next(iter(item.values()))
    parameters = [resolved(row) for row in plain["parameters"]]
    choices = [row["schema"].get("enum", ()) for row in parameters if row["name"] == "method"]
    behaviours = dict.fromkeys(row for operation in item.values() for row in _behaviours(operation))
    return Method(
        path=path,
        also=tuple(also),
        verbs=tuple(verb.upper() for verb in item),
        dialects=tuple(plain["x-dialect"]),
        since=plain["x-since"],
        until=plain["x-until"],
        summary=plain["summary"],
        provenance=plain["x-provenance"],
        parameters=tuple(
            Parameter(
                name=row["name"],
                required=row["required"],
                description=row["description"],
                provenance=row["x-provenance"],
                since=row.get("x-since"),
            )
            for row in parameters
        ),
        behaviours=tuple(behaviours),
        names=(path.rpartition("/")[2], *(name for names in choices for name in names)),
    )
