"""Runs the shipped suite and then our own tests on the fake that is on the path.

Exit 1, and what caught it, where one fails. cosmic-ray runs it once for each code mutant, in a copy of the checkout
that holds the mutant. Its arguments go to pytest: `-n 2` for the run without a mutant.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

from noojee_contract.catalogue.clauses import DIALECTS
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.target import Target
from support.running import run_clauses

FAKE = "noojee_fake.adapters.httpx_transport:open"
TESTS = (
    "tests/unit/fake", "tests/unit/live_calls", "tests/unit/switchboard", "tests/unit/control",
    "tests/quality/stateful", "tests/integration/adapters/test_parity.py",
)  # fmt: skip
BY_SUITE, BY_TESTS = "caught by the suite", "caught by our tests"


def main() -> int:
    """0 where nothing fails."""
    clause = failed_clause()
    if clause is not None:
        print(f"{BY_SUITE}: {clause}")
        return 1
    flags = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *sys.argv[1:])
    process = subprocess.run(
        [sys.executable, "-m", "pytest", *flags, *TESTS], capture_output=True, text=True, check=False
    )
    if process.returncode:
        failed = [line for line in process.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        print(f"{BY_TESTS}: {failed[0] if failed else process.stdout[-300:]}")
    return 1 if process.returncode else 0


def failed_clause() -> str | None:
    """The first clause that fails on the fake; None where all pass."""
    targets = [Target(name=each, dialect=each, transport=FAKE, writable=True) for each in DIALECTS]
    by_hash = Target(name="by-hash", dialect="call-management", authentication="hash", transport=FAKE, writable=True)
    migrations = [MigrationPair("recording-api", "njadmin")]
    config = RunnerConfig(
        targets=[*targets, by_hash], migrations=migrations, random_seed=1, examples=2, shrink_seconds=0
    )
    with closing(run_clauses(config)) as results:
        return next((each.clause for each in results if each.outcome in (Outcome.FAILED, Outcome.ERROR)), None)


if __name__ == "__main__":
    sys.exit(main())
