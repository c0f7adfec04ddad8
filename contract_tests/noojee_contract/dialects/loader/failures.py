"""Reads how an API, or one of its methods, answers each kind of error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from noojee_contract.dialects.model import ErrorRule
from noojee_contract.model.form import FormError

KINDS = ("refused", "bad_request", "unknown_path", "wrong_method", "no_sound", "unknown_recording")


def read_failures(row: Mapping[str, Any], place: str, *, has_codes: bool) -> dict[str, ErrorRule]:
    """The rules in a table of failures, by the kind of error. `has_codes`: the file says where codes are.

    Raises `FormError`.
    """
    return {kind: _rule(row[kind], f"{place}.{kind}", has_codes=has_codes) for kind in KINDS if kind in row}


def _rule(row: Mapping[str, Any], place: str, *, has_codes: bool) -> ErrorRule:
    if "code" in row and not has_codes:
        raise FormError(f"{place}.code", 'the place of codes is missing; write code = "..." in [failures]')
    if "code" in row and "status" not in row:
        raise FormError(f"{place}.status", "is missing; an answer with a code has a status, such as 404")
    written = row.get("status", [])
    statuses = (written,) if isinstance(written, int) else tuple(written)
    return ErrorRule(statuses=statuses, code=row.get("code"), empty_list=row.get("empty_list", False))
