"""The pages of the file formats, from their JSON Schemas."""

from __future__ import annotations

import json
from pathlib import Path

from schema_fields import HEAD, definition, fields
from tables import section

SCHEMAS = Path(__file__).parents[2] / "schemas" / "own"


def page(name: str) -> str:
    """The page of the format with this name: its fields, then each definition that it uses."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    source = f"JSON Schema: `schemas/own/{name}.schema.json`."
    parts = [f"# {schema['title']}\n\n{schema['description']}\n\n{source}\n"]
    choices = schema.get("oneOf", [])
    if choices:
        written = [choice for choice in choices if "$ref" not in choice]  # the others are definitions
        parts += [definition(choice["properties"]["kind"]["const"], choice) for choice in written]
    else:
        parts.append(section("The file", "Keys of the whole file.", HEAD, fields(schema, "#{}")))
    parts += [definition(key, value) for key, value in schema.get("$defs", {}).items()]
    return "\n".join(parts)
