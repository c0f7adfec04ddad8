"""The contract tests: one test a clause. Run them with `pytest --pyargs noojee_contract.suite`.

A test is a check of one `Case` (or `Pair`, for migration) with a `Judge`; the plugin runs it in each lane: on recorded
and synthetic archives put in, on generated ones, or on what is known of a target that is only observed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

Check = Callable[..., None]


def clause(clause_id: str) -> Callable[[Check], Callable[..., None]]:
    """Make a check the test of a clause of the catalogue."""

    def decorate(check: Check) -> Callable[..., None]:
        def test(noojee_lane: Callable[[Check], None]) -> None:
            noojee_lane(check)

        test.__name__ = test.__qualname__ = check.__name__
        test.__doc__ = check.__doc__
        test.__module__ = check.__module__
        marked: Any = pytest.mark.noojee_clause(clause_id)(test)
        marked.check = check
        marked.clause_id = clause_id
        return marked  # type: ignore[no-any-return]  # pytest.mark's decorator is untyped for wrapped functions

    return decorate


@cache
def checks() -> Mapping[str, Check]:
    """Each check of the suite by the clause it is of, without pytest around it. Raises ValueError for two of a clause."""
    found: dict[str, Check] = {}
    for module in walk_packages(__path__, f"{__name__}."):
        if not module.name.rpartition(".")[2].startswith("test_"):
            continue
        for value in vars(import_module(module.name)).values():
            clause_id = getattr(value, "clause_id", None)
            if clause_id is not None:
                if clause_id in found:
                    raise ValueError(f"two tests are of clause {clause_id}")
                found[clause_id] = value.check
    return found
