"""Each field of a vendor answer has a schema, the same description in the API, and a rule of the redaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from noojee_contract.redaction.rules import FOLDED_FIELDS
from noojee_contract.resources import schemas

API: dict[str, Any] = json.loads(schemas("own", "pbx.openapi.json").read_text(encoding="utf-8"))["components"][
    "schemas"
]
DIALECTS = ("recording-api", "call-management", "njadmin")
FILES = sorted(file for dialect in DIALECTS for file in schemas(dialect).glob("*.schema.json"))
CALL_MANAGEMENT = {
    "changes": {"": "Events", "call": "Event", "call-data": "CallData"},
}
"""The component of the API's description for each definition of a schema that is not copied whole."""


def fields_of(schema: Any) -> Iterator[str]:
    """The names of all properties, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from fields_of(part)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_each_field_of_an_answer_has_a_redaction_rule(file: Any) -> None:
    """A field without a rule is replaced in recorded traffic, although it may name nobody."""
    fields = set(fields_of(json.loads(file.read_text(encoding="utf-8"))))
    assert fields - {name for name in fields if name.lower() in FOLDED_FIELDS} == set()


@pytest.mark.parametrize("name", CALL_MANAGEMENT)
def test_schema_and_description_have_the_same_fields(name: str) -> None:
    """The schema checks answers; clients are generated from the description."""
    schema = json.loads(schemas("call-management", f"{name}.schema.json").read_text(encoding="utf-8"))
    for definition, component in CALL_MANAGEMENT[name].items():
        part = schema["$defs"][definition] if definition else schema
        assert set(part["properties"]) == set(API[component]["properties"]), component
