"""The pages of the two HTTP interfaces, from their OpenAPI descriptions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schema_fields import definition, kind
from tables import cited, code, table

OWN = Path(__file__).parents[2] / "schemas" / "own"
VERBS = ("get", "head", "post", "put", "patch", "delete")
PBX_HEAD = """# The vendor's API

What `noojee-fake` serves. `noojee-fake explain PATH` shows one method. The last column is the [source](sources.md) of
each statement; a statement with an [option](options.md) is the default.

A path `/servicemanager/rest/...` is also served as `/rest/...`.

OpenAPI: `schemas/own/pbx.openapi.json`; a server returns it at `/__noojee/pbx.openapi.json`.
"""
Node = Mapping[str, Any]


def control_api() -> str:
    """The page of the control API: each operation, then each schema."""
    document = _document("control")
    parts = [
        (
            f"# Control API\n\n{document['info']['description']}\n\n"
            "OpenAPI: `schemas/own/control.openapi.json`; a server returns it at `/__noojee/openapi.json`.\n"
        )
    ]
    parts += [_operation(document, *each) for each in _operations(document)]
    parts += [definition(name, schema) for name, schema in document["components"]["schemas"].items()]
    return "\n".join(parts)


def pbx_api() -> str:
    """The page of the vendor's API: each method with what it does, and the source of each statement."""
    document = _document("pbx")
    parts = [PBX_HEAD]
    for path, verb, operation in _operations(document):
        since, until = operation.get("x-since"), operation.get("x-until")
        versions = f" From version {since}" + (f" to {until}." if until else ".") if since else ""
        rows = [_behaviour(_resolved(document, each)) for each in operation.get("x-behaviours", ())]
        dialects = ", ".join(code(name) for name in operation.get("x-dialect", ()))
        parts.append(
            f"## {verb.upper()} {path}\n\n{operation['summary']} Dialect: {dialects}.{versions}\n\n"
            + table(["what it does", "option", "source"], rows)
        )
    return "\n".join(parts)


def _document(name: str) -> Node:
    document: Node = json.loads((OWN / f"{name}.openapi.json").read_text(encoding="utf-8"))
    return document


def _operations(document: Node) -> Iterator[tuple[str, str, Node]]:
    """Each operation with its path and verb; other spellings of a path are left out."""
    for path, item in document["paths"].items():
        for verb in VERBS:
            if verb in item and "x-same-as" not in item[verb]:
                yield path, verb, item[verb]


def _operation(document: Node, path: str, verb: str, operation: Node) -> str:
    text = " ".join(filter(None, (operation["summary"], operation.get("description"))))
    parameters = [_resolved(document, each) for each in operation.get("parameters", ())]
    rows = [
        [code(each["name"]), each["in"], kind(each["schema"], "#{}"), each.get("description", "")]
        for each in parameters
        if each["in"] != "path"
    ]
    parts = [f"## {verb.upper()} {path}\n\n{text}\n"]
    if rows:
        parts.append(table(["parameter", "in", "type", "description"], rows))
    body = operation.get("requestBody")
    if body is not None:
        kinds = [f"{code(media)}: {kind(each['schema'], '#{}')}" for media, each in body["content"].items()]
        parts.append(f"Body: {'; '.join(kinds)}.\n")
    responses = [_response(document, status, each) for status, each in operation["responses"].items()]
    parts.append(table(["status", "body", "description"], responses))
    return "\n".join(parts)


def _response(document: Node, status: str, response: Node) -> list[str]:
    response = _resolved(document, response)
    bodies = [kind(each.get("schema", {}), "#{}") for each in response.get("content", {}).values()]
    return [status, " or ".join(dict.fromkeys(bodies)), response.get("description", "")]


def _behaviour(behaviour: Node) -> list[str]:
    option = behaviour.get("option")
    return [behaviour["text"], code(option) if option else "", cited(behaviour["provenance"])]


def _resolved(document: Node, node: Node) -> Node:
    while "$ref" in node:
        found: Node = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node
