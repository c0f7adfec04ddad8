"""The schemas themselves, and what they take and refuse; the fast validator agrees with the reference."""

from __future__ import annotations

import copy
import csv
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from noojee_contract.engine.strategies import archive_files
from noojee_contract.model import schemas as validate
from noojee_contract.resources import fixtures, schemas

SCHEMAS = sorted(schemas("own").parent.rglob("*.schema.json"))
NAMES = [f"{path.parent.name}/{path.name.removesuffix('.schema.json')}" for path in SCHEMAS]


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def published(name: str) -> Any:
    exchange = load(fixtures("exchanges", "published", f"{name}.json"))
    return json.loads(exchange["response"]["body"]["text"])


def properties(schema: Any, place: str = "$") -> Iterator[tuple[str, Any]]:
    """Every schema of a property, at any depth."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            if isinstance(inner, dict) and not place.endswith(("if", "then", "not")):
                yield f"{place}.{name}", inner
        for key, inner in schema.items():
            yield from properties(inner, f"{place}.{key}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner, place)


def test_each_answer_of_each_dialect_has_a_file() -> None:
    """One file an answer and dialect; own formats apart."""
    assert set(NAMES) == {
        "recording-api/time", "recording-api/metadata", "recording-api/failure",
        "call-management/metadata", "call-management/failure", "call-management/success", "call-management/dial",
        "call-management/changes", "njadmin/metadata", "njadmin/metadata-by-hour", "njadmin/failure",
        "own/archive", "own/recordings", "own/exchange", "own/exchange-file", "own/target", "own/report", "own/options",
        "own/directory", "own/dialect", "own/profile", "own/capture",
    }  # fmt: skip


@pytest.mark.parametrize("path", SCHEMAS, ids=NAMES)
def test_a_schema_is_valid_and_described(path: Path) -> None:
    """By the metaschema of 2020-12; each field has a description and a provenance."""
    schema = load(path)
    Draft202012Validator.check_schema(schema)
    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(f"{path.parent.name}/{path.name}")
    assert schema["title"]
    assert schema["description"]
    missing = [place for place, inner in properties(schema) if not ({"description", "x-provenance"} <= set(inner))]
    assert [place for place in missing if ".if" not in place and ".then" not in place] == []


def agreed(document: Any, name: str) -> bool:
    """Whether a document is valid; both validators must say the same."""
    fast = validate.violations(document, name) == []
    assert fast == (validate.reference(document, name) == [])
    return fast


def test_the_published_answers_are_valid() -> None:
    """SPEC and DOC: the samples of the pages."""
    assert agreed(published("metadata-by-tag"), "recording-api/metadata")
    assert agreed(published("metadata-by-tag"), "njadmin/metadata")
    assert agreed(published("metadata-by-hour"), "njadmin/metadata-by-hour")
    assert agreed(published("expired-time-stamp"), "recording-api/failure")
    assert agreed(published("expired-time-stamp"), "njadmin/failure")
    assert agreed({"code": 101, "message": "x"}, "njadmin/failure")
    assert agreed("1392356108888", "recording-api/time")
    assert agreed([], "recording-api/metadata")


MUTATIONS: tuple[tuple[str, Any], ...] = (
    ("Leg", 1), ("Leg", "0"), ("Leg", "one"), ("Leg", "-1"), ("Leg", "01"), ("Start", "2014-02-13T17:06:52Z"),
    ("Start", "2014-02-13 17:06:52"), ("Start", "2014-13-13 17:06:52.0"), ("Start", 1392356108888), ("Start", None),
    ("Tag", None), ("Tag", ["1234"]), ("Duration", 4), ("Duration", "4.0"), ("Duration", "-4"), ("Duration", ""),
    ("Username", None), ("CallRecordId", 198348), ("CallRecordId", "x"), ("UniqueId", ""), ("UniqueId", 1392271611.238),
    ("DID", None), ("Direction", "3"), ("Direction", 2), ("Direction", ""), ("Direction", "Internal"),
    ("Destination", 410), ("Source", 400),
)  # fmt: skip


@pytest.mark.parametrize(("field", "value"), MUTATIONS)
@pytest.mark.parametrize("name", ["recording-api/metadata", "call-management/metadata", "njadmin/metadata"])
def test_a_wrong_value_is_refused(name: str, field: str, value: Any) -> None:
    """Each field by its own rule; the place is named."""
    document = published("metadata-by-tag")
    document[0][field] = value
    assert not agreed(document, name)
    assert f"$[0].{field}" in validate.violations(document, name)[0]


@pytest.mark.parametrize("field", sorted(published("metadata-by-hour")[0]))
def test_a_missing_field_is_refused(field: str) -> None:
    """The eleven and twelve published fields."""
    document = published("metadata-by-hour")
    del document[1][field]
    assert not agreed(document, "njadmin/metadata-by-hour")
    if field != "callend":
        plain = published("metadata-by-tag")
        del plain[0][field]
        assert not agreed(plain, "recording-api/metadata")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("callend", "2021-09-14 15:03:34.0"), ("Start", "Tue Sep 14 15:03:30 2021"),
        ("Start", "Tue Sep 32 15:03:30 AEST 2021"), ("Direction", "0"), ("callend", ""), ("Leg", 1),
    ],
)  # fmt: skip
def test_a_wrong_value_by_hour_is_refused(field: str, value: Any) -> None:
    """Dates and Direction are words there."""
    document = published("metadata-by-hour")
    document[2][field] = value
    assert not agreed(document, "njadmin/metadata-by-hour")


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ({"Code": 0, "Message": "OK"}, "recording-api/failure"), ({"Message": "x"}, "recording-api/failure"),
        ({"Code": "-1", "Message": "x"}, "recording-api/failure"),
        ({"code": 5, "message": "x"}, "recording-api/failure"), ({"Code": 1.5}, "njadmin/failure"),
        ([], "njadmin/failure"), ("139235610888", "recording-api/time"), ("13923561088880", "recording-api/time"),
        (1392356108888, "recording-api/time"), ({}, "recording-api/metadata"), ({"legs": []}, "njadmin/metadata"),
        ([[]], "njadmin/metadata"), (None, "njadmin/metadata-by-hour"),
    ],
)  # fmt: skip
def test_what_is_no_such_answer_is_refused(document: Any, name: str) -> None:
    """Failures, times and envelopes."""
    assert not agreed(document, name)


def test_more_fields_and_another_order_are_fine() -> None:
    """DERIVED: the order is that of a Java hash map, and a later version may add fields."""
    (leg,) = published("metadata-by-tag")
    assert agreed([dict(reversed(leg.items())) | {"Codec": None}], "recording-api/metadata")


def test_every_fixture_is_valid() -> None:
    """Archives, exchanges, the embedded targets, the table of options."""
    seeds = [load(path) for path in fixtures("archives").rglob("*.json") if load(path).get("format")]
    exchanges = [load(path) for path in fixtures("exchanges").rglob("*.json")]
    assert len(seeds) >= 18
    assert len(exchanges) >= 15
    assert all(agreed(document, "own/archive") for document in seeds)
    assert all(agreed(document, "own/exchange") for document in exchanges)
    assert agreed(tomllib.loads(fixtures("targets", "embedded.toml").read_text(encoding="utf-8")), "own/target")
    assert agreed(tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8")), "own/options")


def test_known_recordings_have_a_schema() -> None:
    """A row of the CSV as a document."""
    rows = csv.DictReader(["kind,value", 'tag,"a,b"', "hour,2021/09/14 15"])
    assert all(agreed(row, "own/recordings") for row in rows)
    assert not agreed({"kind": "hour", "value": "15"}, "own/recordings")
    assert not agreed({"kind": "name", "value": "x"}, "own/recordings")


@settings(max_examples=60)
@given(archive_files(), st.data())
def test_both_validators_agree_on_seeds_with_a_mistake(document: dict[str, Any], data: st.DataObject) -> None:
    """Generated archives are valid; with one value changed, both say the same."""
    assert agreed(document, "own/archive")
    changed = copy.deepcopy(document)
    leg = changed["calls"][0]["legs"][0]
    holder = data.draw(st.sampled_from([changed, changed["calls"][0], leg]))
    key = data.draw(st.sampled_from(sorted(holder)))
    holder[key] = data.draw(st.one_of(st.none(), st.integers(-2, 2), st.text(max_size=5), st.just([]), st.just({})))
    agreed(changed, "own/archive")


@settings(max_examples=100)
@given(st.sampled_from(["recording-api/metadata", "njadmin/metadata", "njadmin/metadata-by-hour"]), st.data())
def test_both_validators_agree_on_answers_with_a_mistake(name: str, data: st.DataObject) -> None:
    """Any value in any field, and any field gone."""
    document = published("metadata-by-hour" if name.endswith("hour") else "metadata-by-tag")
    key = data.draw(st.sampled_from(sorted(document[0])))
    value = data.draw(
        st.one_of(st.none(), st.integers(), st.text(max_size=30), st.from_regex(r"[0-9]{1,20}", fullmatch=True))
    )
    document[0][key] = value
    agreed(document, name)
