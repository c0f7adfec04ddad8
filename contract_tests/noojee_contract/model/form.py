"""Checks a file that a user wrote against its JSON Schema, and says what is wrong: a JSON path, and what to write.

The descriptions in the schema are the hints. A message repeats a value of the file only where a fixed set of words is
allowed, because any other value could be a credential.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from noojee_contract.errors import near
from noojee_contract.model.schemas import load, problems, violations


class FormError(Exception):
    """A mistake at a JSON path. `says` is what to write instead."""

    def __init__(self, place: str, says: str) -> None:
        super().__init__(f"{place}: {says}")
        self.place = place
        self.says = says


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form of a file: a schema under `schemas/`, and a hint for an unknown key that could hold a credential.

    `credential_hint` gets the JSON path of a table and the unknown key in it; None means that the key is harmless.
    """

    schema: str
    credential_hint: Callable[[str, str], str | None]

    def check(self, document: Mapping[str, Any]) -> None:
        """Raises FormError for the first mistake; unknown keys come first, then missing keys."""
        if not violations(document, self.schema):
            return
        found = sorted(self._mistakes(document), key=lambda mistake: mistake[0])
        if not found:
            raise FormError("$", self.description(()))
        _, place, says = found[0]
        raise FormError(place, says)

    def description(self, place: Iterable[str | int]) -> str:
        """The description of a place in the form, or of the closest place around it."""
        form = load(self.schema)
        definitions = form.get("$defs", {})
        says = str(form["description"])
        for step in place:
            if isinstance(step, int):
                inner = form.get("items") or {}
            else:
                inner = form.get("properties", {}).get(step) or form.get("additionalProperties") or {}
            says = inner.get("description", says)
            reference = inner.get("$ref", "").rpartition("/")[2]
            form = definitions[reference] if reference else inner
            says = inner.get("description") or form.get("description", says)
        return says

    def _mistakes(self, document: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
        for error in problems(document, self.schema):
            place, form, value = error.json_path, error.schema, error.instance
            if error.validator == "additionalProperties" and isinstance(value, dict):
                known = list(form.get("properties", {}))
                if not known:
                    yield 1, place, self._explanation(error)
                for key in [key for key in value if known and key not in known]:
                    yield self._unknown_key(place, key, known)
            elif error.validator == "required" and isinstance(value, dict):
                for missing in [key for key in error.validator_value if key not in value]:
                    hint = self.description([*error.absolute_path, missing])
                    yield 1, f"{place}.{missing}", f"is missing. {hint}"
            elif error.validator == "oneOf" and isinstance(value, dict) and (keys := _keys_of(error.validator_value)):
                yield self._one_of(error, keys)
            else:
                yield 2, place, self._explanation(error)

    def _one_of(self, error: Any, keys: list[str]) -> tuple[int, str, str]:
        """A table that must have one of some keys, and has none or several of them."""
        given = [key for key in keys if key in error.instance]
        if given:
            return 1, error.json_path, f"has {' and '.join(given)}; give only one of them"
        hint = self.description([*error.absolute_path, keys[0]])
        return (
            1,
            f"{error.json_path}.{keys[0]}",
            f"is missing. {hint} Instead of it, {' or '.join(keys[1:])} may be given",
        )

    def _unknown_key(self, place: str, key: str, known: list[str]) -> tuple[int, str, str]:
        hint = self.credential_hint(place, key)
        if hint is not None:
            return 0, f"{place}.{key}", hint
        return 0, place, f"unknown key {key!r}{near(key, known)}; use {', '.join(known)}"

    def _explanation(self, error: Any) -> str:
        """What a value must be: the description of its place, and the nearest word of a fixed set."""
        form = error.schema
        says = self.description(error.absolute_path)
        allowed = form.get("enum") or next((each["enum"] for each in form.get("anyOf", ()) if "enum" in each), None)
        if isinstance(error.instance, str) and allowed:
            return f"unknown value {error.instance!r}{near(error.instance, allowed)}. {says}"
        return f"is not valid. {says}"


def _keys_of(alternatives: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of which a table must have one; empty where the alternatives say more than that."""
    required = [each.get("required", []) if each.keys() == {"required"} else [] for each in alternatives]
    return [key for (key,) in required] if all(len(keys) == 1 for keys in required) else []
