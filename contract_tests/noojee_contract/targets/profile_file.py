"""Profile files: the options of one PBX, as `noojee-contract probe` wrote them. This module reads them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError, near
from noojee_contract.model.files import json_document, toml_document
from noojee_contract.model.form import Form, FormError
from noojee_contract.resources import schemas

FORMAT = "noojee-profile/1"
MOST_BYTES = 1024 * 1024
FORM = Form(schema="own/profile", credential_hint=lambda place, key: None)
_ANY_TEXT = ("default_account", "json_content_type")  # a PBX may have a value that the table does not list


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileFile:
    """A profile file: the asked target, the learnt options with evidence, and the behaviour that no option covers."""

    name: str
    dialect: str
    values: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Sequence[str]] = field(default_factory=dict)
    other_behaviour: tuple[str, ...] = ()


def read_profile(path: Path) -> ProfileFile:
    """A profile file, TOML or (with the suffix .json) JSON. Raises TargetError with file, JSON path and hint."""
    read = json_document if path.suffix == ".json" else toml_document
    document: Mapping[str, Any] = read(path, "profile", MOST_BYTES)
    found = document.get("format")
    if found != FORMAT:
        has = f"has the format {found!r}" if isinstance(found, str) else "names no format"
        raise TargetError(f"{path}: the profile {has}; this version reads {FORMAT}, which noojee-contract probe writes")
    try:
        FORM.check(document)
        values = checked_options(document["values"], "$.values")
    except FormError as error:
        raise TargetError(f"{path}: {error}") from None
    target = document["target"]
    return ProfileFile(
        name=target["name"],
        dialect=target["dialect"],
        values=values,
        evidence=document.get("evidence", {}),
        other_behaviour=tuple(row["saw"] for row in document.get("other_behaviour", ())),
    )


def checked_options(values: Mapping[str, str], place: str) -> dict[str, str]:
    """Options whose keys and values exist. Raises FormError with the JSON path, which begins with `place`."""
    table = options_table()
    for key, choice in values.items():
        if key not in table:
            raise FormError(
                place, f"unknown option {key!r}{near(key, table)}; docs/reference/options.md lists the options"
            )
        possible = table[key]
        if possible and choice not in possible:
            raise FormError(f"{place}.{key}", f"unknown value {choice!r}; write {' or '.join(possible)}")
    return dict(values)


@cache
def options_table() -> Mapping[str, tuple[str, ...]]:
    """Each option of the API with its possible values, the default first; an empty tuple where any text is possible."""
    rows = tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8"))
    return {key: () if key in _ANY_TEXT else (row["default"], *row["alternatives"]) for key, row in rows.items()}
