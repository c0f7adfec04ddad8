"""The contract tests: one test a clause. Report them with `pytest --pyargs noojee_contract.suite`.

A test is a function of one `Subject` (or `SubjectPair`, for migration) with a `Check`; the plugin runs it in each cell: on recorded
and synthetic archives put in, on generated ones, or on what is known of a target that is only observed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

ClauseFunction = Callable[..., None]


def clause(clause_id: str) -> Callable[[ClauseFunction], Callable[..., None]]:
    """Make a function the test of a clause of the catalogue."""

    def decorate(function: ClauseFunction) -> Callable[..., None]:
        def test(noojee_cell: Callable[[ClauseFunction], None]) -> None:
            noojee_cell(function)

        test.__name__ = test.__qualname__ = function.__name__
        test.__doc__ = function.__doc__
        test.__module__ = function.__module__
        marked: Any = pytest.mark.noojee_clause(clause_id)(test)
        marked.function = function
        marked.clause_id = clause_id
        return marked  # type: ignore[no-any-return]  # pytest.mark's decorator is untyped for wrapped functions

    return decorate


@cache
def clause_functions() -> Mapping[str, ClauseFunction]:
    """Each function of the suite by the clause it is of, without pytest around it. Raises ValueError for two of a clause."""
    found: dict[str, ClauseFunction] = {}
    for module in walk_packages(__path__, f"{__name__}."):
        if not module.name.rpartition(".")[2].startswith("test_"):
            continue
        for value in vars(import_module(module.name)).values():
            clause_id = getattr(value, "clause_id", None)
            if clause_id is not None:
                if clause_id in found:
                    raise ValueError(f"two tests are of clause {clause_id}")
                found[clause_id] = value.function
    return found
