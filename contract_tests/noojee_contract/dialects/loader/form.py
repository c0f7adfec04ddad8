"""Judges a dialect file by its form, and says what is wrong: a JSON path, and what to write.

The form is `schemas/own/dialect.schema.json`, whose descriptions are the hints. No value of a file is repeated in a
message unless it stands where only words of ours may stand: it could be a credential.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from noojee_contract.errors import near
from noojee_contract.model.schemas import load, problems, violations
from noojee_contract.redaction.redact import names_a_credential

FORM = "own/dialect"
CREDENTIAL_HINT = "would keep a credential in the file: the key stays in the environment; write {key} where it goes"
MOMENT = datetime(2021, 9, 14, 15, 3, 30)  # noqa: DTZ001  a local time to try patterns with


class Wrong(Exception):
    """What is wrong at a JSON path, and what to write."""

    def __init__(self, place: str, says: str) -> None:
        super().__init__(f"{place}: {says}")


def check_form(document: Mapping[str, Any]) -> None:
    """Raises `Wrong` for the first thing that the form does not allow; keys that it does not know come first."""
    if not violations(document, FORM):
        return
    found = sorted(_mistakes(document), key=lambda mistake: mistake[0])
    _, place, says = found[0] if found else (0, "$", "this is no dialect file")
    raise Wrong(place, says)


def _mistakes(document: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    for error in problems(document, FORM):
        place, form, value = error.json_path, error.schema, error.instance
        if error.validator == "additionalProperties" and isinstance(value, dict):
            known = list(form.get("properties", {}))
            if not known:
                yield 1, place, _told(error)
            for key in [key for key in value if known and key not in known]:
                if names_a_credential(key) and place.endswith(("authentication", "$")):
                    yield 0, f"{place}.{key}", CREDENTIAL_HINT
                else:
                    yield 0, place, f"there is no key {key!r}{near(key, known)}; it knows {', '.join(known)}"
        elif error.validator == "required" and isinstance(value, dict):
            for missing in [key for key in error.validator_value if key not in value]:
                yield 1, f"{place}.{missing}", f"is missing. {description([*error.absolute_path, missing])}"
        else:
            yield 2, place, _told(error)


def _told(error: Any) -> str:
    """What a value should be: the description of its place, and the nearest word where it is one of a list."""
    form = error.schema
    says = description(error.absolute_path)
    allowed = form.get("enum") or next((each["enum"] for each in form.get("anyOf", ()) if "enum" in each), None)
    if isinstance(error.instance, str) and allowed:
        return f"there is no {error.instance!r}{near(error.instance, allowed)}. {says}"
    return f"is not as it must be. {says}"


def description(place: Iterable[str | int]) -> str:
    """The description of a place in the form, or of the nearest one around it."""
    form = load(FORM)
    says = str(form["description"])
    for step in place:
        inner = form.get("properties", {}).get(step) or form.get("additionalProperties") or {}
        reference = inner.get("$ref", "").rpartition("/")[2]
        says = inner.get("description", says)
        form = load(FORM)["$defs"][reference] if reference else inner
    return says


def check_pattern(written: str, place: str, moment: date, sample: str) -> None:
    """Raises `Wrong` for a pattern that does not give back the moment that it wrote."""
    try:
        shown = moment.strftime(written.replace("%z", "+1000"))
        back = datetime.strptime(shown, written).replace(tzinfo=None)  # noqa: DTZ007  a local time to try the pattern
    except ValueError:
        back = None
    if "%Z" in written or back is None or (back if isinstance(moment, datetime) else back.date()) != moment:
        raise Wrong(place, f"the pattern does not hold a whole time of its kind; write one such as {sample}")
