"""The methods of the vendor's API as `pbx.openapi.json` describes them: paths, parameters, behaviours, sources."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from noojee_fake.errors import UsageError
from noojee_fake.pbx.options import option_table
from noojee_fake.resources import schema_text


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that the PBX does. `provenance` begins with a mark; `option` is the option that changes it, if any."""

    text: str
    provenance: str
    option: str | None = None

    @property
    def mark(self) -> str:
        """SPEC, DOC, CLIENT, DERIVED or UNKNOWN."""
        return mark_of(self.provenance)

    @property
    def source(self) -> str:
        """The provenance without its mark: the pages, or what was chosen."""
        return self.provenance[len(self.mark) :].lstrip(" :;,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a method. `since`: the product version that brought it; None: as old as the method."""

    name: str
    required: bool
    description: str
    provenance: str
    since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One dialect of the API, with the behaviours that all its methods share."""

    name: str
    product: str
    description: str
    since: str
    until: str
    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method of the API under its first path.

    `also` are its other paths, `verbs` its HTTP methods, default first.
    """

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
        """The path and its other spellings."""
        return (self.path, *self.also)


@cache
def description() -> Mapping[str, Any]:
    """The description of the vendor's API (OpenAPI 3.1), as it ships."""
    found: dict[str, Any] = json.loads(schema_text("pbx.openapi.json"))
    return found


def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """The target of a reference within the description; a part that is no reference is returned unchanged."""
    reference = part.get("$ref")
    if not isinstance(reference, str):
        return part
    target: Any = description()
    for step in reference.removeprefix("#/").split("/"):
        target = target[step.replace("~1", "/").replace("~0", "~")]
    return resolved(target)


@cache
def general() -> tuple[Behaviour, ...]:
    """The behaviours of every request, then the options that the description does not mention, as questions."""
    return (*_behaviours(description()), *_undescribed_options())


@cache
def dialects() -> tuple[Dialect, ...]:
    """The dialects, oldest first."""
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
        also.setdefault(_main_path(path, item), []).append(path)
    return tuple(_method(main, paths[main], found[1:]) for main, found in also.items())


def find(name: str) -> list[Method]:
    """The methods of a path, a URL or the last part of a path. Raises UsageError, which names a similar method."""
    try:
        wanted = urlsplit(name).path.strip("/")
    except ValueError:
        wanted = name
    found = [
        method
        for method in methods()
        if wanted in method.names or any(_names(path.strip("/"), wanted) for path in method.paths)
    ]
    if found:
        return found
    paths = [path for method in methods() for path in ((*method.paths,) if "/" in wanted else method.names)]
    near = difflib.get_close_matches(f"/{wanted}" if "/" in wanted else wanted, paths, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"there is no method {name!r}; {hint}noojee-fake explain lists all methods")


def mark_of(provenance: str) -> str:
    """The mark that a provenance begins with: SPEC, DOC, CLIENT, DERIVED or UNKNOWN."""
    return provenance.partition(" ")[0].rstrip(":;,")


def _names(path: str, wanted: str) -> bool:
    """Whether `wanted` is this path, ends in it (after a prefix), or is its end."""
    return bool(wanted) and (path == wanted or path.endswith(f"/{wanted}") or wanted.endswith(f"/{path}"))


def _behaviours(part: Mapping[str, Any]) -> tuple[Behaviour, ...]:
    rows = [resolved(row) for row in part.get("x-behaviours", ())]
    return tuple(Behaviour(row["text"], row["provenance"], row.get("option")) for row in rows)


def _undescribed_options() -> Iterator[Behaviour]:
    parts = [description(), *description()["tags"]]
    parts += [operation for item in description()["paths"].values() for operation in item.values()]
    described = {row.option for part in parts for row in _behaviours(part)}
    for option in option_table().values():
        if option.key not in described:
            yield Behaviour(option.question, option.provenance, option.key)


def _main_path(path: str, item: Mapping[str, Any]) -> str:
    """The path itself, or the path that it is another spelling of."""
    operation: Mapping[str, Any] = next(iter(item.values()))
    main: str = operation.get("x-same-as", path)
    return main


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
