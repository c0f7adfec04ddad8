"""Validates documents against JSON Schemas.

The fast validator (jsonschema-rs) says whether a document is valid; the reference (jsonschema) says what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import jsonschema_rs

from noojee_contract.model.exchange import beginning
from noojee_contract.resources import schemas

MOST = 10


def violations(document: Any, schema: str) -> list[str]:
    """What is wrong with a document, at most ten places, each with its JSON path; empty if it is valid.

    `schema` is a file under `schemas/` without its ending: "recording-api/metadata". If the two validators
    differ, the document is reported as invalid, with a line that says so.
    """
    if _fast(schema).is_valid(document):
        return []
    found = reference(document, schema)
    return found or [f"$: the fast validator refuses this by {schema}, the reference does not"]


def is_valid(document: Any, schema: str) -> bool:
    """Whether a document is valid, by the fast validator alone. Raises ValueError for half a surrogate pair."""
    return bool(_fast(schema).is_valid(document))


def reference(document: Any, schema: str) -> list[str]:
    """`violations` by the reference validator alone; it takes about a hundred times as long."""
    return _said(problems(document, schema))


def problems(document: Any, schema: str) -> Iterable[Any]:
    """`violations` as errors of jsonschema, for a caller that writes its own messages."""
    found: Iterable[Any] = _reference(schema).iter_errors(document)
    return found


class Schema:
    """A JSON Schema of a user, complete in itself: nothing is fetched. Raises ValueError if it is no schema."""

    def __init__(self, document: Any) -> None:
        self._document = document
        try:
            self._fast = jsonschema_rs.validator_for(document, retriever=_nothing)
        except jsonschema_rs.ValidationError as error:
            raise ValueError(str(error).splitlines()[0]) from error

    def violations(self, document: Any) -> list[str]:
        """What is wrong with a document, in the form of `violations`."""
        if self._fast.is_valid(document):
            return []
        found = _said(self.problems(document))
        return found or ["$: the fast validator refuses this, the reference does not"]

    def problems(self, document: Any) -> Iterable[Any]:
        """What is wrong with a document, as errors of the reference validator."""
        from jsonschema.validators import validator_for
        from referencing import Registry

        registry: Any = Registry()
        found: Iterable[Any] = validator_for(self._document)(self._document, registry=registry).iter_errors(document)
        return found


def _nothing(uri: str) -> Any:
    raise ValueError(f"{uri} is not in the file")


def _said(errors: Iterable[Any]) -> list[str]:
    """At most ten errors of the reference validator in words, each with its JSON path."""
    from jsonschema.exceptions import best_match

    lines: dict[str, None] = {}
    for error in errors:
        deepest = best_match([error]) or error
        message = beginning(deepest.message, 300)
        lines[f"{deepest.json_path}: {message}"] = None
        if len(lines) == MOST:
            break
    return sorted(lines)


def load(schema: str) -> dict[str, Any]:
    """A schema as a document."""
    document: dict[str, Any] = json.loads(schemas(f"{schema}.schema.json").read_text(encoding="utf-8"))
    return document


@cache
def _documents() -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(schemas("own").parent.rglob("*.schema.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        found[document["$id"]] = document
    return found


@cache
def _fast(schema: str) -> jsonschema_rs.Draft202012Validator:
    registry = jsonschema_rs.Registry(list(_documents().items()))
    return jsonschema_rs.Draft202012Validator(load(schema), registry=registry)


@cache
def _reference(schema: str) -> Any:
    import jsonschema
    from referencing import Registry, Resource

    registry: Any = Registry().with_resources(
        (name, Resource.from_contents(document)) for name, document in _documents().items()
    )
    return jsonschema.Draft202012Validator(load(schema), registry=registry)
