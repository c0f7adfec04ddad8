"""Explains an error of the schema validator: a sentence with a hint, and the JSON path of the value.

A message quotes short values only: never a list, an object or a pattern.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

_LONGEST_QUOTE = 60
_LONGEST_REASON = 400
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def explain(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any]) -> tuple[str, str]:
    """The sentence and the JSON path of an error that a validator of `schema` reported.

    For a missing field the path is that of the field; for an unknown one, that of the object which has it.
    """
    kind, path = error.kind, json_path(error.instance_path)
    if isinstance(kind, (Kind.OneOfNotValid, Kind.AnyOf)):
        return _explain_alternatives(error, kind.context, schema)
    if isinstance(kind, Kind.Required):
        name = str(kind.property)
        return f"the field {_quoted(name)} is missing", f"{path}.{_shortened(name)}"
    if isinstance(kind, Kind.AdditionalProperties):
        return _unknown_field(kind.unexpected[0], _schema_of(error, schema).get("properties", {})), path
    if isinstance(kind, Kind.PropertyNames):
        return f"the key {_quoted(kind.error.instance)} has a wrong form", path
    return _explain_value(error, _schema_of(error, schema)), path


def json_path(steps: Sequence[str | int]) -> str:
    """`$.calls[0].legs` for the steps to a value."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{_shortened(step)}" for step in steps)


def nearest_of(name: str, names: Iterable[str]) -> str | None:
    """The name most like another; None where none is much alike."""
    return next(iter(difflib.get_close_matches(name[:_LONGEST_QUOTE], list(names), n=1, cutoff=0.5)), None)


def _explain_alternatives(
    error: jsonschema_rs.ValidationError,
    alternatives: Sequence[Sequence[jsonschema_rs.ValidationError]],
    schema: Mapping[str, Any],
) -> tuple[str, str]:
    """Explain the alternative that was meant: named by the discriminator, or the only alternative to null."""
    part = _schema_of(error, schema)
    others = [errors for errors in alternatives if not _takes_null(errors[0])]
    if "discriminator" in part:
        constants = [[each for each in errors if isinstance(each.kind, Kind.Constant)] for errors in others]
        others = [errors for errors, different in zip(others, constants, strict=True) if not different][:1]
        if not others:
            first = constants[0][0]
            return _not_a_choice(first.instance, _constants(constants)), json_path(first.instance_path)
    if len(others) == 1:
        return explain(others[0][0], schema)
    fields = [" and ".join(each.get("required", ())) for each in part.get("oneOf", part.get("anyOf", ()))]
    return f"{_quoted(error.instance)} matches no alternative: {', or '.join(fields)}", json_path(error.instance_path)


def _takes_null(error: jsonschema_rs.ValidationError) -> bool:
    return isinstance(error.kind, Kind.Type) and error.kind.types == ["null"]


def _constants(alternatives: Iterable[Iterable[jsonschema_rs.ValidationError]]) -> list[Any]:
    return [
        error.kind.expected_value
        for errors in alternatives
        for error in errors
        if isinstance(error.kind, Kind.Constant)
    ]


def _explain_value(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any]) -> str:
    kind, value = error.kind, _quoted(error.instance)
    match kind:
        case Kind.Type():
            return f"{value} is not {' or '.join(_TYPES[name] for name in sorted(kind.types))}"
        case Kind.Enum():
            return _not_a_choice(error.instance, schema.get("enum", ()))
        case Kind.Constant():
            return f"{value} is not {_quoted(kind.expected_value)}"
        case Kind.Minimum() | Kind.Maximum():
            return f"{value} is out of range: {_range(schema, 'minimum', 'maximum')}"
        case Kind.MinLength() | Kind.MaxLength():
            return f"the text has a wrong length: {_range(schema, 'minLength', 'maxLength')} characters"
        case Kind.MinItems() | Kind.MaxItems():
            return f"the list has a wrong length: {_range(schema, 'minItems', 'maxItems')} entries"
        case Kind.MinProperties():
            return f"the object is empty; its fields are {', '.join(schema.get('properties', ()))}"
        case Kind.Pattern() | Kind.Not():
            return f"{value} has a wrong form; expected: {schema.get('description', 'see the schema')}"
        case _:
            return _shortened(error.message)


def _unknown_field(name: str, names: Mapping[str, Any]) -> str:
    near = nearest_of(name, names)
    hint = (
        f"did you mean {_quoted(near)}?" if near else f"the fields are {', '.join(names)}" if names else "it takes none"
    )
    return f"unknown field {_quoted(name)}; {hint}"


def _not_a_choice(value: Any, choices: Iterable[Any]) -> str:
    names = [_quoted(choice) for choice in choices]
    near = nearest_of(_quoted(value), names)
    hint = "" if near is None else f"did you mean {near}? "
    return f"{_quoted(value)} is not allowed; {hint}choose {', '.join(names)}"


def _range(schema: Mapping[str, Any], least: str, most: str) -> str:
    bounds = [f"at least {schema[least]}"] if least in schema else []
    bounds += [f"at most {schema[most]}"] if most in schema else []
    return " and ".join(bounds)


def _schema_of(error: jsonschema_rs.ValidationError, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of the schema whose keyword failed."""
    part: Any = schema
    for step in error.schema_path[:-1]:
        part = part[step]
    found: Mapping[str, Any] = part
    return found


def _quoted(value: Any) -> str:
    """A scalar as JSON, shortened; for a list or an object, what it is."""
    if isinstance(value, (list, dict)):
        return _TYPES["array" if isinstance(value, list) else "object"]
    text = value if isinstance(value, str) else json.dumps(value)
    text = text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) else text


def _shortened(reason: str) -> str:
    half = _LONGEST_REASON // 2
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:half]} ... {reason[-half:]}"
