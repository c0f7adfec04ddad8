"""Judges the fake that is on the path: by the shipped suite, then by our own tests. Exit 1, and who caught it, where it is wrong.

cosmic-ray runs it once for each mutant, in a copy of the checkout that holds the mutant.
"""

from __future__ import annotations

import subprocess
import sys

from noojee_contract.catalogue.clauses import DIALECTS, catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target

RIGHT = "noojee_fake.adapters.httpx_transport:open"
TESTS = ("tests/fake", "tests/live", "tests/switchboard", "tests/control", "tests/doors/test_parity.py")


def main() -> int:
    """0 where nobody notices anything."""
    clause = caught_by_the_suite()
    if clause is not None:
        print(f"caught by the suite: {clause}")
        return 1
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *TESTS],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ran.returncode:
        failed = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        print(f"caught by our tests: {failed[:1]}")
    return 1 if ran.returncode else 0


def caught_by_the_suite() -> str | None:
    """The first clause that the fake breaks, None where it holds them all."""
    targets = [Target(name=each, dialect=each, transport=RIGHT, writable=True) for each in DIALECTS]
    by_hash = Target(name="by-hash", dialect="call-management", authentication="hash", transport=RIGHT, writable=True)
    migrations = [MigrationPair("recording-api", "njadmin")]
    runner = Runner(
        RunnerConfig(targets=[*targets, by_hash], migrations=migrations, random_seed=1, examples=2, shrink_seconds=0)
    )
    try:
        for clause in catalogue().values():
            for cell in runner.cells(clause):
                if runner.result(clause, clause_functions()[clause.id], cell).outcome in (
                    Outcome.FAILED,
                    Outcome.ERROR,
                ):
                    return clause.id
    finally:
        runner.close()
    return None


if __name__ == "__main__":
    sys.exit(main())
