"""Reads dialect files (TOML) into `CustomDialect` values. An error is one line: file, JSON path, what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.loader.failures import read_failures
from noojee_contract.dialects.loader.form import FORM
from noojee_contract.dialects.loader.methods import MOST_BYTES, read_method
from noojee_contract.dialects.loader.shape import read_shapes
from noojee_contract.dialects.model import ErrorRules, Shape, place_of
from noojee_contract.dialects.schemes import KeyInBasic, KeyInHeader, KeyInQuery, Scheme, VendorHash
from noojee_contract.errors import TargetError
from noojee_contract.model.files import toml_document
from noojee_contract.model.form import FormError


def is_file_name(dialect: str) -> bool:
    """Whether the dialect of a target names a file: a path, or a name that ends in .toml."""
    return "/" in dialect or "\\" in dialect or dialect.endswith(".toml")


def read_dialect(path: Path) -> CustomDialect:
    """The dialect that a file describes. Raises TargetError with the file, the JSON path and what to write."""
    document = toml_document(path, "dialect file", MOST_BYTES)
    try:
        FORM.check(document)
        return _dialect(document, path.parent)
    except FormError as error:
        raise TargetError(f"{path}: {error}") from None


def _dialect(document: Mapping[str, Any], folder: Path) -> CustomDialect:
    shapes, errors = read_shapes(document), _error_rules(document.get("failures", {}))
    return CustomDialect(
        name=document["name"],
        scheme=_scheme(document["authentication"]),
        methods={
            name: replace(
                read_method(name, row, folder, shapes.get(name, Shape())),
                failures=read_failures(
                    row.get("failures", {}), f"$.methods.{name}.failures", has_codes=errors.code is not None
                ),
            )
            for name, row in document["methods"].items()
        },
        errors=errors,
    )


def _scheme(row: Mapping[str, str]) -> Scheme:
    if "header" in row:
        return KeyInHeader(row["header"], row["value"])
    if "query" in row:
        return KeyInQuery(row["query"])
    if "basic" in row:
        return KeyInBasic(row["basic"])
    verb, _, path = row["hash"].partition(" ")
    return VendorHash(verb, path)


def _error_rules(row: Mapping[str, Any]) -> ErrorRules:
    return ErrorRules(
        code=place_of(row["code"]) if "code" in row else None,
        message=place_of(row["message"]) if "message" in row else None,
        success=row.get("success"),
        kinds=read_failures(row, "$.failures", has_codes="code" in row),
    )
