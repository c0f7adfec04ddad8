"""The first failure of a report names the fault and shows it: a sample of faulty servers, drawn by the commit."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from quality.detection.judge import judge
from support.faulty_servers import everything, survivors

DRAWN = 20
ROOT = Path(__file__).parents[3]
ONE_CAUSE = (
    "refuses-everything", "start-in-iso", "time-of-the-wall-clock", "metadata-wrapped-in-envelope", "upgraded-with-owners-reset",
    "by-hour-is-a-server-error", "by-unique-id-is-cut-in-half", "locks-out-after-a-refusal", "hangs-up", "limit-of-an-hour",
    "upgraded-to-utc", "hash-serves-once",
)  # fmt: skip


def commit() -> str:
    """What is drawn by: the hash of the commit; without git, the variable NOOJEE_COMMIT or a constant."""
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return told.stdout.strip() or os.environ.get("NOOJEE_COMMIT", "no commit")


def drawn() -> list[str]:
    """Faulty servers that are caught, the same for a commit."""
    caught = [name for name in everything() if name not in survivors()]
    return sorted(random.Random(commit()).sample(caught, DRAWN))


@pytest.mark.parametrize("name", drawn())
def test_a_faulty_server_is_caught_and_the_first_finding_points_at_the_fault(name: str) -> None:
    """The field, the header or the words of the fault, and an exchange that the fault changed."""
    server = everything()[name]
    row = judge(server)
    assert row.caught, server.description
    assert row.differs_at is not None
    assert not row.errors
    assert row.names_it, f"{server.description} The first failure must say {server.says!r}: {row.first}: {row.said}"
    assert row.shows_it, f"{server.description} The first failure shows a right answer: {row.first}: {row.said}"


@pytest.mark.parametrize("name", ONE_CAUSE)
def test_one_cause_that_breaks_many_clauses_is_one_group(name: str) -> None:
    """With one example; the other clauses are named under it."""
    row = judge(everything()[name])
    assert len(row.broken) >= 5
    assert row.groups == 1, row.broken
