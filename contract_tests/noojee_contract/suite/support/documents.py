"""Compares a JSON document with a schema, and names the field that is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from noojee_contract.dialects.legs import kind_of_value
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.schemas import problems, violations
from noojee_contract.suite.support.listing import Mismatch, value_in_words

ERROR_FIELDS = ("Code", "Message")
TYPES = {"string": "a string", "integer": "a whole number", "number": "a number", "object": "an object"}


def schema_mismatch(what: str, document: Any, schema: str) -> Mismatch | None:
    """The first place where a document is not valid by a schema; None where it is valid. `what` starts the message."""
    if not violations(document, schema):
        return None
    return errors_mismatch(what, problems(document, schema))


def errors_mismatch(what: str, errors: Iterable[Any]) -> Mismatch:
    """The first of some errors of the reference validator as a mismatch. `what` starts the message."""
    found = sorted(errors, key=lambda error: (error.json_path, error.validator != "type"))
    if not found:
        return Mismatch(kind=FailureKind.INVALID_BODY, message=f"{what}: the validators disagree about the document")
    mismatch = _mismatch(found[0])
    return Mismatch(
        kind=mismatch.kind,
        message=f"{what}: at {found[0].json_path}, {mismatch.message}",
        field=mismatch.field,
        expected=mismatch.expected,
        actual=mismatch.actual,
    )


def _mismatch(error: Any) -> Mismatch:
    """An error of the reference validator as a mismatch without containers in its words."""
    if error.validator == "required":
        name = next(name for name in error.validator_value if name not in error.instance)
        kind = FailureKind.INVALID_ERROR_BODY if name in ERROR_FIELDS else FailureKind.MISSING_FIELD
        return Mismatch(kind=kind, message=f"{name} is missing", field=name)
    names = [part for part in error.absolute_path if isinstance(part, str)]
    field = names[-1] if names else None
    actual, expected = value_in_words(error.instance), _expected(error)
    if field is None:
        message = f"the document is {kind_of_value(error.instance)}, expected {expected}"
        return Mismatch(kind=FailureKind.INVALID_BODY, message=message, expected=expected, actual=actual)
    kind = FailureKind.INVALID_ERROR_BODY if field in ERROR_FIELDS else FailureKind.INVALID_FIELD
    message = f"{field} is {actual}, expected {expected}"
    return Mismatch(kind=kind, message=message, field=field, expected=expected, actual=actual)


def _expected(error: Any) -> str:
    """What a schema allows, in a few words."""
    if error.validator == "type":
        types = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        return " or ".join(TYPES.get(name, f"an {name}" if name == "array" else name) for name in types)
    if error.validator == "enum":
        return " or ".join(value_in_words(value) for value in error.validator_value)
    if error.validator == "const":
        return value_in_words(error.validator_value)
    return "the documented form"
