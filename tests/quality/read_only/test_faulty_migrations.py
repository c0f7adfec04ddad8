"""Faulty migrations are data that fits the services.

The services are written without the fake and without the suite.
"""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from quality.detection.read_only import check_texts
from support.faulty_migrations import FOLDER, SERVICES, faulty_migrations


def test_each_change_fits_its_service() -> None:
    """Each old piece occurs once, and the changed text is Python."""
    assert check_texts(list(faulty_migrations().values())) == []


def test_there_are_many_faults_of_each_service() -> None:
    """Eighty or more, over all services; no two stories of a service are alike."""
    faults = faulty_migrations().values()
    assert len(faults) >= 80
    assert min(Counter(fault.service for fault in faults).values()) >= 20
    assert [story for story, count in Counter(fault.story for fault in faults).items() if count > 1] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_shares_no_code_with_both_halves(service: str) -> None:
    """A bug that a service shared with the fake or with the suite would be invisible."""
    tree = ast.parse((FOLDER / f"{service}_service.py").read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [name for name in imported if name.startswith("noojee")]
    assert {name for name in imported if name.startswith("support")} <= {"support.faulty_migrations.coding"}
