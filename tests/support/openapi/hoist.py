"""A schema file as components of an OpenAPI description: generators of clients read no `$defs` within a component."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def components_of(file: Path, name: str, definitions: Mapping[str, str]) -> dict[str, Any]:
    """The schema of a file under `name`, and each of its definitions under the name of its component."""
    text = file.read_text(encoding="utf-8")
    for definition, component in definitions.items():
        text = text.replace(f'"#/$defs/{definition}"', f'"#/components/schemas/{component}"')
    schema = json.loads(text)
    inner = schema.pop("$defs", {})
    assert set(inner) == set(definitions), f"{file.name} has other definitions"
    whole = {key: value for key, value in schema.items() if key not in ("$schema", "$id")}
    return {name: whole, **{component: inner[definition] for definition, component in definitions.items()}}
