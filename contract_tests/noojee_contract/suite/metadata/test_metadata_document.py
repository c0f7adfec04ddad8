"""Metadata: the form of the document: array, fields, strings."""

from __future__ import annotations

import re

from noojee_contract.dialects.model import METHOD_OF, Dialect
from noojee_contract.dialects.vendor import COMMON
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import NotJson
from noojee_contract.model.schemas import violations
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import asked, entries, listed_legs

CONTROL = re.compile("[\u0000-\u001f\u007f-\u009f\ufeff]")


@clause("metadata.schema")
def test_the_document_is_valid_by_its_schema(subject: Subject, check: Check) -> None:
    """SPEC: a json encoded array; the schema of the dialect says field by field what an entry holds."""
    described = subject.target.described
    for answer in subject.listings() if described is None else subject.all_answers():
        if answer.exchange.status == 200 and answer.reading.error_body is None:
            problems = _violations(answer, described, subject.dialect)
            said = f"{asked(answer)}: {'; '.join(problems[:3])}"
            check(not problems, said, answer.exchange)


def _violations(answer: Answer, described: Dialect | None, dialect: str) -> list[str]:
    """What is wrong with the array of the vendor's answer, or with the whole of another API's."""
    if described is None:
        return violations(entries(answer), f"{dialect}/metadata")
    schema = described.methods[METHOD_OF[answer.asked.kind]].schema
    try:
        return [] if schema is None else schema.violations(answer.exchange.json())
    except NotJson as problem:
        return [str(problem)]


@clause("metadata.eleven-fields")
def test_each_leg_has_the_eleven_fields(subject: Subject, check: Check) -> None:
    """SPEC: the following fields are returned: eleven, each described."""
    for listed in listed_legs(subject):
        missing = [field for field in COMMON if field not in listed.leg.raw]
        listed.check(check, not missing, f"{', '.join(missing)} is missing")


@clause("metadata.strings")
def test_each_value_is_a_string(subject: Subject, check: Check) -> None:
    """SPEC: the sample shows strings, numbers included."""
    for listed in listed_legs(subject):
        values = {field: listed.leg.raw[field] for field in COMMON if listed.leg.raw.get(field) is not None}
        others = {field: value for field, value in values.items() if not isinstance(value, str)}
        listed.check(check, not others, f"expected strings, got {others}")


@clause("metadata.never-null")
def test_no_value_is_null(subject: Subject, check: Check) -> None:
    """DERIVED from W-H: what is not set is an empty string."""
    for listed in listed_legs(subject):
        null = [field for field in COMMON if field in listed.leg.raw and listed.leg.raw[field] is None]
        listed.check(check, not null, f"{', '.join(null)} is null")


@clause("metadata.one-leg-array")
def test_a_single_leg_comes_in_an_array_too(subject: Subject, check: Check) -> None:
    """SPEC: the sample is an array with one entry."""
    for answer in subject.listings():
        try:
            document = answer.exchange.json()
        except ValueError:
            continue
        if isinstance(document, dict) and "UniqueId" in document:
            check(False, f"{asked(answer)}: a leg came that stands in no array", answer.exchange)
        elif isinstance(document, list) and len(document) == 1:
            check(isinstance(document[0], dict), f"{asked(answer)}: the entry is no object", answer.exchange)


@clause("metadata.no-control-characters")
def test_no_value_but_a_tag_holds_a_control_character(subject: Subject, check: Check) -> None:
    """DERIVED from the samples of W-A4 and W-H; a tag is a client's own text."""
    for listed in listed_legs(subject):
        held = [field for field in COMMON if field != "Tag" and CONTROL.search(listed.text(field) or "")]
        listed.check(check, not held, f"{', '.join(held)} holds a control character")
