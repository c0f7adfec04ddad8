"""Validates documents by the schemas in `schemas/own`: archives, directories, control bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from noojee_fake.resources import schema_text

if TYPE_CHECKING:
    import jsonschema_rs

LARGEST_EXPLAINED_BYTES = 2 * 1024 * 1024
SLICE_ENTRIES = 1000
"""A longer list is validated in slices: the validator holds the interpreter, and other threads run in between.

The entries of lists in its entries count too, such as the legs of calls.
No schema in `schemas/own` compares the entries of a list with each other.
"""


def mistake(document: Any, schema: str, component: str | None = None) -> tuple[str, str] | None:
    """The first error of a document and its JSON path; None for a valid document.

    `schema` is a file name in `schemas/own`; `component` names a schema of that file, which is an OpenAPI description.
    Half of a surrogate pair is an error everywhere: JSON can carry it, UTF-8 cannot. So is a document nested too
    deeply.
    """
    key = _long_list(document)
    if key is None:
        return _mistake(document, schema, component)
    entries = document[key]
    whole = _schema(schema, component)
    described = whole if component is None else whole["components"]["schemas"][component]
    most = described.get("properties", {}).get(key, {}).get("maxItems")
    if most is not None and len(entries) > most:
        return f"{len(entries)} entries; at most {most} entries are allowed", f"$.{key}"
    for at, after in _slices(entries):
        found = _mistake({**document, key: entries[at:after]}, schema, component)
        if found is not None:
            return found[0], _shifted(found[1], key, at)
    return None


def _long_list(document: Any) -> str | None:
    """The name of the only long list of a document; None if there is none, or more than one."""
    long = [key for key, value in document.items() if _is_long(value)] if isinstance(document, dict) else []
    return long[0] if len(long) == 1 else None


def _shifted(path: str, key: str, at: int) -> str:
    """A JSON path in a slice of a list as the path in the list."""
    match = re.match(rf"\$\.{re.escape(key)}\[([0-9]+)\]", path)
    return path if match is None else f"$.{key}[{int(match[1]) + at}]{path[match.end() :]}"


def _is_long(value: Any) -> bool:
    """Whether the slices of a list are more than one."""
    return isinstance(value, list) and len(value) > 1 and next(_slices(value))[1] < len(value)


def _slices(entries: list[Any]) -> Iterator[tuple[int, int]]:
    """The places where the slices of a list begin and end. A slice has at least one entry."""
    begin, size = 0, 0
    for at, entry in enumerate(entries):
        more = _entries_of(entry)
        if size and size + more > SLICE_ENTRIES:
            yield begin, at
            begin, size = at, 0
        size += more
    yield begin, len(entries)


def _entries_of(entry: Any) -> int:
    """One, and the entries of the lists in an entry."""
    lists = entry.values() if isinstance(entry, dict) else ()
    return 1 + sum(len(value) for value in lists if isinstance(value, list))


def _mistake(document: Any, schema: str, component: str | None) -> tuple[str, str] | None:
    found = _text_mistake(document)
    if found is not None:
        return found
    validator = _validator(schema, component)
    try:
        return None if validator.is_valid(document) else _reason(validator, _schema(schema, component), document)
    except (ValueError, TypeError, RecursionError) as refused:
        return f"is not made of JSON values: {refused}", "$"


def _reason(validator: jsonschema_rs.Validator, schema: dict[str, Any], document: Any) -> tuple[str, str]:
    """The first error of an invalid document.

    The validator writes out the values of an error, which may take a hundred times the size of the document. So each
    entry of the lists of a large document is validated alone.
    """
    if _is_small(document):
        return _first(validator, schema, document)
    whole = document if isinstance(document, dict) else {}
    lists = {key: value for key, value in whole.items() if isinstance(value, list)}
    rest = {**whole, **{key: [] for key in lists}}
    for key, entries in lists.items():
        for at, entry in enumerate(entries):
            alone = {**rest, key: [entry]}
            if not validator.is_valid(alone) and _is_small(alone):
                reason, path = _first(validator, schema, alone)
                return reason, path.replace("[0]", f"[{at}]", 1)
    return (
        "does not match its schema, and is too large to say where; send a part of it to see the error",
        "$",
    )


def _first(validator: jsonschema_rs.Validator, schema: dict[str, Any], document: Any) -> tuple[str, str]:
    import jsonschema_rs

    from noojee_fake.pbx.schema_errors import explain

    try:
        validator.validate(document)  # iter_errors would write out all of them
    except jsonschema_rs.ValidationError as error:
        return explain(error, schema)
    raise AssertionError("the validator names no error of an invalid document")


def _is_small(document: Any) -> bool:
    return len(json.dumps(document)) <= LARGEST_EXPLAINED_BYTES


@cache
def _validator(schema: str, component: str | None) -> jsonschema_rs.Validator:
    import jsonschema_rs

    return jsonschema_rs.validator_for(_schema(schema, component))


@cache
def _schema(name: str, component: str | None) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(schema_text(name))
    if component is None:
        return document
    return {"$ref": f"#/components/schemas/{component}", "components": document["components"]}


def _text_mistake(document: Any) -> tuple[str, str] | None:
    """The first text that no answer could carry, and its JSON path; None: there is none."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "holds half of a surrogate pair, which no answer can carry", _path_of_half(document) or "$"
    except (TypeError, ValueError, RecursionError) as refused:
        return f"is not made of JSON values: {refused}", "$"
    return None


def _path_of_half(value: Any, path: str = "$") -> str | None:
    """The path of the text with half of a surrogate pair, or of the object that has it in a key."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return path
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            found = _path_of_half(key, path) or _path_of_half(inner, f"{path}.{key}")
            if found is not None:
                return found
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            found = _path_of_half(inner, f"{path}[{index}]")
            if found is not None:
                return found
    return None
