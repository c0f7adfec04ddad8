"""Operators on a migration: the replacement reports one field differently from the legacy API, in all its documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from support.faulty_servers import FaultyServer, Mistake, Send, with_legs
from support.faulty_servers.operators.fields import BY_HOUR_FIELDS, OPERATORS, Change, changed, expected_of
from support.faulty_servers.rewriting import is_legacy, is_method

TAKEN = ("constant", "off-by-one", "of-the-next-leg", "of-the-first-leg", "empty")


def _in_all_documents(field: str, change: Change) -> Mistake:
    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        if not is_method(request) or is_legacy(request):
            return answer
        return with_legs(answer, lambda legs: changed(legs, field, change))

    return mistake


def mutants() -> Iterator[FaultyServer]:
    """Each field by the operators that leave the document's form as it is."""
    for field in BY_HOUR_FIELDS:
        for operator in OPERATORS:
            if operator.name in TAKEN:
                yield FaultyServer(
                    name=f"replacement-{field.lower()}-{operator.name}",
                    description=f"Since the migration, {field} {operator.words}, in all documents of the replacement.",
                    mistake=_in_all_documents(field, operator.change),
                    operator=f"moved-{operator.name}",
                    kind="migration",
                    expected=expected_of(field, operator),
                    dialects=("njadmin",),
                )
