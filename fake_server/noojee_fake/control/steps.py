"""The steps of a call flow as a request has them. The description validates each step; names are checked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from noojee_fake.control.json_body import Refused

_KEYWORDS = {"as": "name", "from": "extension"}
"""Fields whose names are reserved words of Python, with the parameters that take them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the value of `do`, and the other fields as keyword arguments of the function that plays it."""

    do: str
    arguments: Mapping[str, Any]


def read_steps(rows: list[dict[str, Any]]) -> list[Step]:
    """The steps of a valid Flow. Raises Refused (400) for a name that is used twice, or that no earlier step gives."""
    names: set[str] = set()
    for at, row in enumerate(rows):
        path, name, call = f"$.steps[{at}]", row.get("as"), row.get("call")
        if name in names:
            raise Refused(400, f"a call is named {name!r} already; names are unique in a flow", f"{path}.as")
        if call is not None and call not in names and "." not in call:
            hint = f"the names are {', '.join(sorted(names))}" if names else "no earlier step has 'as'"
            raise Refused(400, f"no call is named {call!r}: {hint}; or give a unique id", f"{path}.call")
        if name is not None:
            names.add(name)
    return [_step(row) for row in rows]


def _step(row: dict[str, Any]) -> Step:
    return Step(row["do"], {_KEYWORDS.get(field, field): value for field, value in row.items() if field != "do"})
