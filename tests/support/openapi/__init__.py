"""Checks requests and answers of the control API against its description, `schemas/own/control.openapi.json`."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from noojee_fake.messages import Response
from noojee_fake.resources import schema_text

API: dict[str, Any] = json.loads(schema_text("control.openapi.json"))
VERBS = ("get", "put", "post", "delete")


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Every operation, by its HTTP method and its path template."""
    return {(verb.upper(), path): item[verb] for path, item in API["paths"].items() for verb in VERBS if verb in item}


def check_answer(method: str, path: str, sent: bytes, answer: Response) -> None:
    """Check an answer, and the body of an accepted request.

    Raises AssertionError where it differs from the description.
    """
    got = "GET" if method == "HEAD" else method
    template = path_of(path)
    operation = operations().get((got, template)) if template else None
    headers = dict(answer.headers)
    if operation is None:
        known = (
            template is not None
            and path.startswith("/__noojee/sandboxes/")
            and not path.startswith("/__noojee/sandboxes/default")
        )
        assert answer.status in ((403, 404, 405) if known else (403, 405) if template else (403, 404)), (path, answer)
        _conforms(answer.body, {"$ref": "#/components/schemas/Error"}, method)
        return
    assert str(answer.status) in operation["responses"], (method, path, answer)
    content = resolved(operation["responses"][str(answer.status)]).get("content")
    if content is None:
        assert not answer.body
        assert "Content-Type" not in headers
        return
    (media,) = content
    assert headers["Content-Type"].startswith(media)
    if media == "application/json":
        _conforms(answer.body, content[media]["schema"], method)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and answer.status < 300 and sent:
        _conforms(sent, body["schema"], method)


def path_of(path: str) -> str | None:
    """The path template of the description that matches a path; None where none does."""
    path = "/__noojee/" if path == "/__noojee" else path
    return next((template for template, pattern in _patterns().items() if pattern.fullmatch(path)), None)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """The target of a reference; any other part unchanged."""
    while "$ref" in part:
        target: Any = API
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = target
    return part


def _conforms(body: bytes, schema: dict[str, Any], method: str) -> None:
    if method == "HEAD":
        assert not body
        return
    error = next(iter(_validator(json.dumps(schema)).iter_errors(json.loads(body))), None)
    assert error is None, (error, body[:500])


@cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**json.loads(schema), "components": API["components"]}, validate_formats=True)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """A pattern for each path template, in which ids replace the names in braces."""
    return {
        path: re.compile(re.escape(path).replace(r"\{sandbox\}", "[a-z0-9]{1,40}").replace(r"\{id\}", "[0-9]{1,9}"))
        for path in API["paths"]
    }
