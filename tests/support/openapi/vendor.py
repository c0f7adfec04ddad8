"""Checks answers of the vendor's API against its OpenAPI description, without any key that the description lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from noojee_fake.messages import Response
from noojee_fake.resources import schema_text

API: dict[str, Any] = json.loads(schema_text("pbx.openapi.json"))
SCHEMAS = Path(__file__).parents[3] / "schemas"
BASE = "https://noojee-contract.invalid/schemas/"


def closed(schema: Any) -> Any:
    """A copy of a schema in which no object may have a key that the schema does not declare."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(value) for key, value in schema.items()}
    if isinstance(copy.get("properties"), dict) and schema.get("type") == "object":
        copy.setdefault("additionalProperties", False)
    return copy


def check_vendor_answer(method: str, path: str, answer: Response) -> None:
    """Check status, Content-Type and body. Raises AssertionError for an undeclared status, type or key."""
    item = API["paths"][path]
    responses = item[method.lower()]["responses"]
    assert str(answer.status) in responses, (method, path, answer)
    content = resolved(responses[str(answer.status)]).get("content", {})
    media = dict(answer.headers).get("Content-Type", "").partition(";")[0]
    assert media in content, (method, path, answer)
    if media == "application/json":
        schema = {**content[media]["schema"], "components": {"schemas": API["components"]["schemas"]}}
        error = first_error(json.dumps(schema), json.loads(answer.body))
        assert error is None, (method, path, error, answer.body[:500])


def first_error(schema: str, document: Any) -> str | None:
    """The first error of a document by the closed copy of a schema; None for a valid document."""
    return next((str(error) for error in _validator(schema).iter_errors(document)), None)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """The target of a reference; any other part unchanged."""
    while "$ref" in part:
        target: Any = API
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        part = target
    return part


def declared_keys(schema: Any) -> Iterator[str]:
    """Every key that a schema file declares, in the files that it refers to as well."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        reference = schema.get("$ref", "")
        if reference.startswith(BASE):
            yield from declared_keys(json.loads((SCHEMAS / reference.removeprefix(BASE)).read_text(encoding="utf-8")))
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from declared_keys(each)


def keys_of(document: Any) -> Iterator[str]:
    """Every key of every object in a JSON document."""
    if isinstance(document, dict):
        yield from document
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from keys_of(each)


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(closed(json.loads(schema)), registry=_schema_files())


@cache
def _schema_files() -> jsonschema_rs.Registry:
    """The schemas of all answers, closed, by their address."""
    files = [path for path in SCHEMAS.glob("*/*.schema.json") if path.parent.name != "own"]
    return jsonschema_rs.Registry(
        [(f"{BASE}{path.relative_to(SCHEMAS)}", closed(json.loads(path.read_text(encoding="utf-8")))) for path in files]
    )
