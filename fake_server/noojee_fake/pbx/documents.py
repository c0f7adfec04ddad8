"""Judges documents of our own formats, whatever they hold: seeds, directories. The schemas are those of `schemas/own`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from noojee_fake import resources as _data

if TYPE_CHECKING:
    import jsonschema_rs

LARGEST_EXPLAINED_BYTES = 2 * 1024 * 1024
_LONGEST_REASON = 400


def mistake(document: Any, schema: str) -> tuple[str, str] | None:
    """What is wrong with a document, and the JSON path of it; None where it is as the schema of that file name wants it.

    Half of a surrogate pair is wrong everywhere: JSON can carry it, UTF-8 cannot. So is what is nested too deeply.
    """
    found = text_mistake(document)
    if found is not None:
        return found
    validator = _validator(schema)
    try:
        return None if validator.is_valid(document) else _reason(validator, document)
    except (ValueError, TypeError, RecursionError) as refused:
        return f"is not made of JSON values: {refused}", "$"


def _reason(validator: jsonschema_rs.Validator, document: Any) -> tuple[str, str]:
    """The first thing that is wrong.

    The validator writes out what it is about, which may be all of the document and take a hundred times its size. So of
    a large one each entry of its lists is judged by itself.
    """
    if _is_small(document):
        return _first(validator, document)
    whole = document if isinstance(document, dict) else {}
    lists = {key: value for key, value in whole.items() if isinstance(value, list)}
    rest = {**whole, **{key: [] for key in lists}}
    for key, entries in lists.items():
        for at, entry in enumerate(entries):
            alone = {**rest, key: [entry]}
            if not validator.is_valid(alone) and _is_small(alone):
                reason, path = _first(validator, alone)
                return reason, path.replace("[0]", f"[{at}]", 1)
    return (
        "does not have the form that its schema wants, and is too large to say where: send a part of it to be told",
        "$",
    )


def _first(validator: jsonschema_rs.Validator, document: Any) -> tuple[str, str]:
    import jsonschema_rs

    try:
        validator.validate(document)  # iter_errors would write out all of them
    except jsonschema_rs.ValidationError as error:
        return _shortened(error.message), json_path(error.instance_path)
    raise AssertionError("a document is valid, and is not")


def _is_small(document: Any) -> bool:
    return len(json.dumps(document)) <= LARGEST_EXPLAINED_BYTES


def json_path(steps: list[Any]) -> str:
    """`$.calls[0].legs` of the steps to a value."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    import jsonschema_rs

    return jsonschema_rs.validator_for(json.loads(_data.schema(schema).read_text("utf-8")))


def _shortened(reason: str) -> str:
    half = _LONGEST_REASON // 2
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:half]} ... {reason[-half:]}"


def text_mistake(document: Any) -> tuple[str, str] | None:
    """What no answer could carry in a document, and the JSON path of it; None: nothing."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "holds half of a surrogate pair, which no answer can carry", _path_of_half(document) or "$"
    except (TypeError, ValueError, RecursionError) as refused:
        return f"is not made of JSON values: {refused}", "$"
    return None


def _path_of_half(value: Any, path: str = "$") -> str | None:
    """Where half of a surrogate pair stands: the path of the text, or of the object that has it in a key."""
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
