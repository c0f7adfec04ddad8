"""The first failure of a report names the fault and shows it: a sample of faulty servers, drawn by commit."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from quality.detection.detect import detect
from support.faulty_servers import everything, survivors

SAMPLE_SIZE = 20
ROOT = Path(__file__).parents[3]
ONE_CAUSE = (
    "refuses-everything", "start-in-iso", "time-of-the-wall-clock", "metadata-wrapped-in-envelope",
    "upgraded-with-owners-reset", "by-hour-is-a-server-error", "by-unique-id-is-cut-in-half",
    "locks-out-after-a-refusal", "hangs-up", "limit-of-an-hour", "upgraded-to-utc", "hash-serves-once",
)  # fmt: skip


def commit() -> str:
    """The random seed of the sample: the hash of the commit; without git, the variable NOOJEE_COMMIT or a constant."""
    process = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return process.stdout.strip() or os.environ.get("NOOJEE_COMMIT", "no commit")


def sample() -> list[str]:
    """Caught faulty servers, the same for a commit."""
    caught = [name for name in everything() if name not in survivors()]
    return sorted(random.Random(commit()).sample(caught, SAMPLE_SIZE))


@pytest.mark.parametrize("name", sample())
def test_the_first_failure_points_at_the_fault(name: str) -> None:
    """It has an expected kind with field, header or option, and an exchange that the fault changed."""
    server = everything()[name]
    row = detect(server)
    assert row.caught, server.description
    assert row.differs_at is not None
    assert not row.errors
    expected = "; or ".join(map(str, server.expected))
    assert row.names_it, f"{server.description} The first failure must be {expected}: {row.first}: {row.message}"
    assert row.shows_it, f"{server.description} {row.first}: {row.message}"


@pytest.mark.parametrize("name", ONE_CAUSE)
def test_a_fault_that_fails_many_clauses_is_one_group(name: str) -> None:
    """With one example; the other clauses are listed under it."""
    row = detect(everything()[name])
    assert len(row.failed) >= 5
    assert row.groups == 1, row.failed
