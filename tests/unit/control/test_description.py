"""The OpenAPI description of the control API is valid, served, complete, and true for the example of each operation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from noojee_contract.resources import schemas
from noojee_fake.control import router
from noojee_fake.pbx.directory import Record
from noojee_fake.pbx.options import option_table
from noojee_fake.pbx.versions import DIALECTS, VERSIONS
from support.openapi import API, operations, path_of, resolved
from support.openapi.hoist import components_of

WAV = b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\4\0\0\0\1\2\3\4"
QUERIES = {
    "get_sound": "?unique_id=1.1&leg=1",
    "put_sound": "?unique_id=1.1&leg=1",
    "delete_sound": "?unique_id=1.1&leg=1",
    "delete_calls": "?unique_id=1.1&leg=1",
    "read_journal": "?path=/&method=get&status=200&from=1&limit=2&unmatched=false&tag=1&parameter=tag",
}


def walk(value: Any, place: str = "$") -> Iterator[tuple[str, Any]]:
    yield place, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from walk(each, f"{place}.{key}")


def test_description_is_valid_openapi() -> None:
    """OpenAPI 3.1, checked by the validator of the specification."""
    assert API["openapi"].startswith("3.1.")
    validate(API)


@pytest.mark.parametrize(
    ("field", "file"),
    [
        ("openapi", "control.openapi.json"),
        ("pbx_openapi", "pbx.openapi.json"),
        ("archive_schema", "archive.schema.json"),
        ("directory_schema", "directory.schema.json"),
    ],
)
def test_each_description_is_served_as_it_ships(pbx: Any, field: str, file: str) -> None:
    """The first page of the API has its path; a client needs no file of this project."""
    about = json.loads(pbx().control("GET", "/").body)
    answer = pbx().ask(about[field], method="GET")
    assert answer.body == schemas("own", file).read_bytes()


@pytest.mark.parametrize(
    "path", ["/options.toml", "/target.schema.json", "/../openapi.json", "/sandboxes.json", "/schemas"]
)
def test_no_other_file_is_served(pbx: Any, path: str) -> None:
    """The table of descriptions decides, never the path."""
    assert pbx().control("GET", path).status == 404


def test_description_has_exactly_the_served_routes() -> None:
    """Each path of the code with its methods, and no other path."""
    sandbox = "/__noojee/sandboxes/{sandbox}"
    served = {
        ("GET", "/__noojee/"),
        ("GET", "/__noojee/health"),
        *(("GET", path) for path in router.DESCRIPTIONS),
        ("GET", "/__noojee/sandboxes"),
        ("POST", "/__noojee/sandboxes"),
    }
    served |= {("GET", sandbox), ("DELETE", sandbox)}
    served |= {(method, f"{sandbox}/{part}") for part, methods in router._PARTS.items() for method in methods}
    served |= {("DELETE", f"{sandbox}/snapshots/{{id}}"), ("POST", f"{sandbox}/snapshots/{{id}}/restore")}
    assert set(operations()) == served


def test_every_operation_has_an_id_and_descriptions() -> None:
    """Operations have a unique id and a sentence; parameters, answers and bodies have a description."""
    ids = [operation["operationId"] for operation in operations().values()]
    assert len(set(ids)) == len(ids)
    for operation in operations().values():
        assert operation["summary"].endswith(".")
        for status, answer in operation["responses"].items():
            assert resolved(answer)["description"].endswith("."), (operation["operationId"], status)
    for place, value in walk(API["components"]["parameters"]):
        if place.count(".") == 1:
            assert value["description"].endswith(".")


def test_each_component_is_used() -> None:
    """Each part of `components` has a reference."""
    used = {value for place, value in walk(API) if place.endswith("$ref")}
    shared = {
        f"#/components/{kind}/{name}"
        for kind in ("parameters", "responses", "schemas")
        for name in API["components"][kind]
    }
    assert {each for each in shared if not any(ref == each or ref.startswith(f"{each}/") for ref in used)} == set()


@pytest.mark.parametrize(
    ("name", "file", "definitions"),
    [
        ("Archive", "archive", {"instant": "ArchiveInstant", "leg": "ArchiveLeg", "call": "ArchiveCall"}),
        ("Directory", "directory", {"number": "DirectoryNumber"}),
    ],
)
def test_component_equals_the_schema_file_of_its_format(name: str, file: str, definitions: dict[str, str]) -> None:
    """The description works without other files."""
    expected = components_of(schemas("own", f"{file}.schema.json"), name, definitions)
    assert {component: API["components"]["schemas"][component] for component in expected} == expected


def test_enumerations_are_those_of_the_code() -> None:
    """Dialects, versions and transitions."""
    lists = {
        tuple(word for word in value if word is not None)
        for place, value in walk(API["components"]["schemas"])
        if place.endswith("enum") and isinstance(value, list)
    }
    assert {tuple(DIALECTS), tuple(VERSIONS), tuple(record.value for record in Record)} <= lists


@pytest.mark.parametrize(("method", "path"), sorted(operations()))
def test_each_operation_answers_as_described(pbx: Any, call: Any, leg: Any, method: str, path: str) -> None:
    """The example of each operation is accepted, and the answer matches the description."""
    caller = pbx(call("1.1", leg()))
    caller.control_json("POST", "/snapshots", status=201)
    name = (
        json.loads(caller.control("POST", "/sandboxes", {}).body)["sandbox"]
        if method == "DELETE" and path.endswith("}")
        else "default"
    )
    if path.endswith("{id}"):
        name = "default"
    operation = operations()[method, path]
    content = operation.get("requestBody", {}).get("content", {})
    body: Any = WAV if "audio/x-wav" in content else None
    if "application/json" in content:
        body = content["application/json"].get("example", {})
    where = path.removeprefix("/__noojee").replace("{sandbox}", name).replace("{id}", "1")
    answer = caller.control(method, where + QUERIES.get(operation["operationId"], ""), body)
    assert answer.status < 300, answer
    assert path_of(f"/__noojee{where}") == path


def test_undescribed_answer_fails_a_test(pbx: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of answers against the description can fail."""
    caller = pbx()
    monkeypatch.setattr("noojee_fake.control.settings.clock_of", lambda _: {"now": "noon", "frozen": True})
    with pytest.raises(AssertionError):
        caller.control("GET", "/sandboxes/default/clock")
    monkeypatch.setattr(
        "noojee_fake.control.settings.clock_of", lambda _: {"now": "2026-11-24T00:00:00Z", "frozen": True, "x": 1}
    )
    with pytest.raises(AssertionError):
        caller.control("GET", "/sandboxes/default/clock")


def test_option_keys_match_the_schema() -> None:
    """The keys of a profile."""
    pattern = API["components"]["schemas"]["Profile"]["propertyNames"]["pattern"]
    assert all(re.search(pattern, key) for key in option_table())


def test_discriminator_names_the_schema_of_each_step() -> None:
    """Without the mapping, generators of clients take the name of the schema for the value of `do`."""
    components = API["components"]["schemas"]
    steps = components["Flow"]["properties"]["steps"]["items"]
    mapping = steps["discriminator"]["mapping"]
    assert list(mapping.values()) == [each["$ref"] for each in steps["oneOf"]]
    for word, reference in mapping.items():
        assert components[reference.rpartition("/")[2]]["properties"]["do"]["const"] == word
