"""The description of the vendor's API: valid, with a source for each thing it says.

It has no schema of its own where one ships.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from noojee_contract.resources import schemas
from support.openapi.hoist import components_of

API: dict[str, Any] = json.loads(schemas("own", "pbx.openapi.json").read_text(encoding="utf-8"))
MARKS = ("SPEC", "DOC", "CLIENT", "DERIVED", "UNKNOWN")
INLINED: dict[str, tuple[str, dict[str, str]]] = {
    "Time": ("recording-api/time", {}),
    "Legs": ("recording-api/metadata", {"leg": "Leg"}),
    "Failure": ("recording-api/failure", {}),
    "NjadminLegs": ("njadmin/metadata", {"leg": "NjadminLeg"}),
    "LegsByHour": ("njadmin/metadata-by-hour", {"leg": "LegByHour"}),
    "NjadminFailure": ("njadmin/failure", {}),
}


def walk(value: Any, place: str = "$") -> Iterator[tuple[str, Any]]:
    yield place, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from walk(each, f"{place}.{key}")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in API["paths"].items():
        if not path.startswith("/rest/"):
            yield from ((f"{verb} {path}", operation) for verb, operation in item.items())


def behaviours() -> list[dict[str, Any]]:
    lists = [value["x-behaviours"] for _, value in walk(API) if isinstance(value, dict) and "x-behaviours" in value]
    rows = [row for each in lists for row in (each.values() if isinstance(each, dict) else each)]
    return [row for row in rows if "$ref" not in row]


def test_it_is_valid_openapi() -> None:
    """OpenAPI 3.1, by the validator of the specification."""
    assert API["openapi"].startswith("3.1.")
    validate(API)


@pytest.mark.parametrize("name", sorted(INLINED))
def test_a_schema_that_ships_is_the_same_here(name: str) -> None:
    """The fake's wheel has our own formats alone, so the vendor's answers are copied in."""
    file, definitions = INLINED[name]
    expected = components_of(schemas(f"{file}.schema.json"), name, definitions)
    assert {component: API["components"]["schemas"][component] for component in expected} == expected


def test_everything_it_says_has_a_source() -> None:
    """Generations, operations, parameters, responses and properties: each has a provenance mark and a source."""
    bare = []
    for place, value in walk(API):
        wanted = re.search(r"\.(properties\.\w+|parameters\.\w+|responses\.\w+|tags\.\d|get|post)$", place)
        if wanted and isinstance(value, dict) and "$ref" not in value:
            said = value.get("x-provenance", "")
            if not said.startswith(MARKS) or not value.get("summary", value.get("description")):
                bare.append(place)
    assert not bare


def test_each_behaviour_is_a_sentence_with_a_source() -> None:
    """`text` and `provenance`, and `option` if an option changes it."""
    rows = behaviours()
    assert len(rows) > 80
    for row in rows:
        assert set(row) <= {"text", "provenance", "option"}
        assert row["text"].endswith((".", "}"))
        assert row["provenance"].startswith(MARKS), row


def test_each_source_is_named_and_each_name_is_used() -> None:
    """The keys of the reference: W- for wiki pages, C- for clients, A- for Asterisk, J- for Java."""
    texts = [value for place, value in walk(API) if place.endswith(("provenance",)) and isinstance(value, str)]
    used = {key for text in texts for key in re.findall(r"\b[A-Z]-[A-Z0-9]\w*", text)}
    assert used == set(API["x-sources"])


def test_each_shared_part_is_used() -> None:
    """Every entry of `components` is referenced."""
    used = {value for place, value in walk(API) if place.endswith("$ref")}
    shared = {f"#/components/{kind}/{name}" for kind, parts in API["components"].items() for name in parts}
    assert shared <= used


def test_every_path_is_there_and_the_bare_ones_are_the_same() -> None:
    """Four generations; /rest is /servicemanager/rest again (option bare_rest)."""
    paths = API["paths"]
    legacy = ["start", "stop", "retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieve", "retrieveByUniqueId"]
    expected = {f"/rest/RecordingAPI/{name}" for name in legacy}
    expected |= {f"/rest/CallManagementAPI/{name}" for name in (*legacy, "dial", "hangup", "answer", "subscribe")}
    expected |= {"/rest/Time"}
    expected |= {f"/servicemanager{path}" for path in expected}
    expected |= {f"/njadmin/rest/RecordingAPI/{name}" for name in (*legacy[2:], "retrieveMetaDataByHour")}
    assert set(paths) == expected | {"/servicemanager/services/njadmin-api-recording"}
    for path in paths:
        if path.startswith("/rest/"):
            main = f"/servicemanager{path}"
            assert set(paths[path]) == set(paths[main])
            for verb, operation in paths[path].items():
                same = {key: value for key, value in paths[main][verb].items() if key != "x-behaviours"}
                assert operation == {**same, "x-same-as": main, "operationId": operation["operationId"]}


def test_each_operation_has_its_own_id() -> None:
    """Generators of clients name their functions by it."""
    ids = [operation["operationId"] for item in API["paths"].values() for operation in item.values()]
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_an_operation_belongs_to_the_generations_of_its_tags() -> None:
    """`x-dialect` and `tags` say the same; the generation's span of versions is the operation's, but for Time."""
    spans = {tag["name"]: (tag["x-since"], tag["x-until"]) for tag in API["tags"]}
    for name, operation in operations():
        assert operation["x-dialect"] == operation["tags"]
        if len(operation["tags"]) == 1:
            assert (operation["x-since"], operation["x-until"]) == spans[operation["tags"][0]], name
