"""Metadata: the form of the document: an array of objects, their fields, and strings as values."""

from __future__ import annotations

import codecs
import re
from dataclasses import replace

from noojee_contract.dialects.legs import kind_of_value
from noojee_contract.dialects.model import METHOD_OF, Method
from noojee_contract.dialects.vendor import COMMON
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import NotJson
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.schemas import Schema
from noojee_contract.suite import clause
from noojee_contract.suite.support.documents import errors_mismatch, schema_mismatch
from noojee_contract.suite.support.listing import (
    Mismatch,
    check_mismatch,
    entries,
    listed_legs,
    question_in_words,
    value_in_words,
)

CONTROL = re.compile("[\u0000-\u001f\u007f-\u009f\ufeff]")


@clause("metadata.schema")
def test_the_document_is_valid_by_its_schema(subject: Subject, check: Check) -> None:
    """SPEC: a json encoded array. The schema of the dialect describes each field of an entry."""
    described = subject.target.described
    for answer in subject.listings() if described is None else subject.all_answers():
        if answer.exchange.status != 200 or answer.reading.error_body is not None:
            continue
        if answer.exchange.body_start.startswith(codecs.BOM_UTF8):
            message = f"{question_in_words(answer)}: the document starts with a byte order mark, which JSON forbids"
            check(False, message, answer.exchange, kind=FailureKind.INVALID_BODY)
        if described is not None:
            method = described.methods[METHOD_OF[answer.asked.kind]]
            if method.schema is not None:
                check_mismatch(check, _described_mismatch(answer, method, method.schema), answer.exchange)
            continue
        document = entries(answer)
        if document:
            mismatch = schema_mismatch(question_in_words(answer), document, f"{subject.dialect}/metadata")
            check_mismatch(check, mismatch, answer.exchange)


def _described_mismatch(answer: Answer, method: Method, schema: Schema) -> Mismatch | None:
    """What is wrong with the whole document of a custom dialect; None where it is valid by its schema."""
    try:
        document = answer.exchange.json()
    except NotJson as problem:
        return Mismatch(kind=FailureKind.INVALID_BODY, message=f"{question_in_words(answer)}: {problem}")
    if not schema.violations(document):
        return None
    mismatch = errors_mismatch(question_in_words(answer), schema.problems(document))
    fields = {place[-1]: name for name, place in method.shape.fields.items() if place}
    return replace(mismatch, field=fields.get(mismatch.field or ""))


@clause("metadata.eleven-fields")
def test_each_leg_has_the_eleven_fields(subject: Subject, check: Check) -> None:
    """SPEC: the following fields are returned: eleven, each described."""
    for listed in listed_legs(subject):
        missing = [field for field in COMMON if field not in listed.leg.raw]
        message = f"{', '.join(missing)} is missing"
        listed.check(check, not missing, message, kind=FailureKind.MISSING_FIELD, field=next(iter(missing), None))


@clause("metadata.strings")
def test_each_value_is_a_string(subject: Subject, check: Check) -> None:
    """SPEC: the sample shows strings, also for numbers."""
    for listed in listed_legs(subject):
        values = {field: listed.leg.raw[field] for field in COMMON if listed.leg.raw.get(field) is not None}
        field, value = next(((name, value) for name, value in values.items() if not isinstance(value, str)), (None, ""))
        listed.check(
            check,
            field is None,
            f"{field} is {value_in_words(value)}, expected a string",
            kind=FailureKind.INVALID_FIELD,
            field=field,
            expected="a string",
            actual=value_in_words(value),
        )


@clause("metadata.never-null")
def test_no_value_is_null(subject: Subject, check: Check) -> None:
    """DERIVED from W-H: a value that is not set is an empty string."""
    for listed in listed_legs(subject):
        nulls = [field for field in COMMON if field in listed.leg.raw and listed.leg.raw[field] is None]
        message = f"{', '.join(nulls)} is null"
        listed.check(check, not nulls, message, kind=FailureKind.INVALID_FIELD, field=next(iter(nulls), None))


@clause("metadata.one-leg-array")
def test_a_single_leg_is_in_an_array(subject: Subject, check: Check) -> None:
    """SPEC: the sample is an array with one entry."""
    for answer in subject.listings():
        try:
            document = answer.exchange.json()
        except ValueError:
            continue
        if isinstance(document, dict) and "UniqueId" in document:
            message = f"{question_in_words(answer)}: a leg came as an object, not in an array"
            check(False, message, answer.exchange, kind=FailureKind.INVALID_BODY)
        elif isinstance(document, list) and len(document) == 1:
            message = f"{question_in_words(answer)}: the entry is {kind_of_value(document[0])}, not an object"
            check(isinstance(document[0], dict), message, answer.exchange, kind=FailureKind.INVALID_BODY)


@clause("metadata.no-control-characters")
def test_only_tags_may_have_control_characters(subject: Subject, check: Check) -> None:
    """DERIVED from the samples of W-A4 and W-H. A tag is the client's own text."""
    for listed in listed_legs(subject):
        fields = [field for field in COMMON if field != "Tag" and CONTROL.search(listed.text(field) or "")]
        message = f"{', '.join(fields)} has a control character"
        listed.check(check, not fields, message, kind=FailureKind.INVALID_FIELD, field=next(iter(fields), None))
