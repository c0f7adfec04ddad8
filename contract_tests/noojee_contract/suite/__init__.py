"""The contract tests: one test for each clause. Run them with `pytest --pyargs noojee_contract.suite`.

A test is a function of a `Subject` (for migrations a `SubjectPair`) and a `Check`. The plugin runs it in each cell:
with bundled archives, with generated archives, and with the recordings of a read-only target.
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
    """The clause functions by clause id, without pytest. Raises ValueError if a clause has two functions."""
    found: dict[str, ClauseFunction] = {}
    for module in walk_packages(__path__, f"{__name__}."):
        if not module.name.rpartition(".")[2].startswith("test_"):
            continue
        for value in vars(import_module(module.name)).values():
            clause_id = getattr(value, "clause_id", None)
            if clause_id is not None:
                if clause_id in found:
                    raise ValueError(f"two functions for clause {clause_id}")
                found[clause_id] = value.function
    return found
