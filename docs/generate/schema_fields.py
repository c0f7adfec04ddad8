"""The fields of a JSON Schema as rows of a table: key, type with bounds, whether it is required, description."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tables import code, codes, section

HEAD = ["key", "type", "required", "description"]
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
NOT_EMPTY = ("at least 1 characters", "at least 1 items")
Schema = Mapping[str, Any]


def definition(name: str, schema: Schema, anchor: str = "#{}") -> str:
    """A section with the fields of a named schema."""
    text = schema.get("description", schema.get("title", ""))
    rows = list(fields(schema, anchor))
    if rows:
        return section(name, text, HEAD, rows)
    return f"## {name}\n\n{' '.join((text, kind(schema, anchor) + '.')).strip()}\n"


def fields(schema: Schema, anchor: str, prefix: str = "") -> Iterator[list[str]]:
    """The rows of the fields of a schema, and of the objects and lists of objects that are written in place."""
    for part in (schema, *schema.get("allOf", ())):
        required = part.get("required", ())
        for key, field in part.get("properties", {}).items():
            path = f"{prefix}{key}"
            yield [code(path), kind(field, anchor), "yes" if key in required else "", field.get("description", "")]
            yield from fields(field, anchor, f"{path}.")
            yield from fields(field.get("items", {}), anchor, f"{path}[].")


def kind(schema: Schema, anchor: str) -> str:
    """The type of a value, with its bounds. References become links."""
    if "$ref" in schema:
        return _link(schema["$ref"], anchor)
    if "const" in schema:
        return code(_word(schema["const"]))
    if "enum" in schema:
        return codes(_word(value) for value in schema["enum"])
    choices = schema.get("oneOf", schema.get("anyOf"))
    if choices and "type" not in schema:
        return " or ".join(dict.fromkeys(kind(choice, anchor) for choice in choices))
    words = schema.get("type", "any value")
    text = " or ".join(words) if isinstance(words, list) else words
    if text == "array":
        items = schema.get("items", {})
        text = "list" if not items else f"list of {kind(items, anchor)}"
    bounds = [form.format(schema[key]) for key, form in BOUNDS.items() if key in schema]
    return ", ".join([text, *("not empty" if bound in NOT_EMPTY else bound for bound in bounds)])


def _link(reference: str, anchor: str) -> str:
    """A link to a definition on the same page, or to the page of another format."""
    file, _, path = reference.partition("#")
    if "/Archive/" in path:  # the control API contains the schema of archive files
        file = "archive"
    page = _page(file.rpartition("/")[2].partition(".")[0]) if file else ""
    name = path.rpartition("/")[2]
    if not name:
        return f"[{page.removesuffix('.md')}]({page})"
    return f"[{name}]({page}{anchor.format(name.lower())})"


def _page(format_name: str) -> str:
    """The page of a format. An exchange is part of files, not a file."""
    return "exchange.md" if format_name == "exchange" else f"{format_name.removesuffix('-file')}-file.md"


def _word(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
