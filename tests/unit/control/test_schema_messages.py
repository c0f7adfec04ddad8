"""Messages about invalid documents: a sentence with a hint, without a list, an object or a pattern in it."""

from __future__ import annotations

from typing import Any

import pytest

from noojee_fake.pbx.documents import mistake

CALL = {"unique_id": "1.1", "direction": "internal", "source": "400", "legs": []}
LEG = {"start": "2026-11-20T09:00:00Z", "end": "2026-11-20T09:00:09Z", "destination": "410"}


def archive(**call: Any) -> dict[str, Any]:
    return {"format": "noojee-archive/1", "calls": [CALL | {"legs": [LEG]} | call]}


@pytest.mark.parametrize(
    ("document", "schema", "component", "message", "path"),
    [
        ({"calls": []}, "archive", None, 'the field "format" is missing', "$.format"),
        (
            {"format": "noojee-seed/1", "calls": []}, "archive", None,
            '"noojee-seed/1" is not "noojee-archive/1"', "$.format",
        ),
        (archive(direction="inwards"), "archive", None, 'did you mean "inbound"?', "$.calls[0].direction"),
        (archive(direction="inbound"), "archive", None, 'the field "did" is missing', "$.calls[0].did"),
        (archive(sauce="400"), "archive", None, 'unknown field "sauce"; did you mean "source"?', "$.calls[0]"),
        (archive(source=["400"]), "archive", None, "a list is not a text", "$.calls[0].source"),
        (archive(source=4 * 10**100), "archive", None, "... is not a text", "$.calls[0].source"),
        (archive(unique_id=""), "archive", None, "at least 1 and at most 200 characters", "$.calls[0].unique_id"),
        (archive(legs=[]), "archive", None, "at least 1 and at most 10000 entries", "$.calls[0].legs"),
        (archive(legs=[LEG | {"leg": 0}]), "archive", None, "0 is out of range: at least 1", "$.calls[0].legs[0].leg"),
        (archive(legs=[LEG | {"end": "noon"}]), "archive", None, "RFC 3339", "$.calls[0].legs[0].end"),
        (
            archive(legs=[LEG | {"sound": {}}]), "archive", None,
            "matches no alternative: file, or absent", "$.calls[0].legs[0].sound",
        ),
        (archive(legs=[LEG | {"sound": 5}]), "archive", None, "5 matches no alternative", "$.calls[0].legs[0].sound"),
        (
            {"routes": [{"did": "1 2", "to": "400"}]}, "directory", None,
            "has a wrong form; expected: ", "$.routes[0].did",
        ),
        ({"users": {"name": "Anna"}}, "directory", None, "an object is not a list", "$.users"),
        ({}, "control", "ClockChange", "its fields are now, step_seconds, frozen", "$"),
        ({"frozen": 1}, "control", "ClockChange", "1 is not true or false or null", "$.frozen"),
        ({"Key Of Mine": "x"}, "control", "Profile", 'the key "Key Of Mine" has a wrong form', "$"),
        ({"profile": 5}, "control", "SandboxSpec", "5 is not an object", "$.profile"),
        ({"version": "6"}, "control", "VersionChange", 'choose "2.7.14"', "$.version"),
        ({"x" * 500: 1}, "control", "ClockChange", "...", "$"),
    ],
)  # fmt: skip
def test_message_names_the_value_and_a_correction(
    document: Any, schema: str, component: str | None, message: str, path: str
) -> None:
    """The path is that of the value; of a missing field, its own; of an unknown field, that of its object."""
    file = "control.openapi.json" if schema == "control" else f"{schema}.schema.json"
    found = mistake(document, file, component)
    assert found is not None
    assert message in found[0]
    assert found[1] == path
    assert len(found[0]) < 400
    assert not set("{}[]^$") & set(found[0])
