"""Expected failures of one field, and informational clauses that a target file makes binding, in a whole run."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.listed_legs import entry, migration

Verify = Callable[..., tuple[int, dict[str, str]]]
EXPECTED = """[[targets.new.expected_failures]]
clause = "migration.parties"
field = "Source"
reason = "ticket 12"
expires = 2999-01-01
"""


@pytest.fixture
def verify(tmp_path: Path, contract: Any) -> Verify:
    """Compares a call of two legs with one whose second leg has changes.

    Gives the exit code and the outcome of each field.
    """

    def run(*flags: str, extra: str = "", **changes: str) -> tuple[int, dict[str, str]]:
        old, new = [entry(1), entry(2)], [entry(1), entry(2, **changes)]
        with migration(tmp_path, old, new, of_new=extra):
            ran = contract("verify", "--config", "t.toml", *flags, "--differences", "d.csv", PBX_KEY="k-123456")
        with (tmp_path / "d.csv").open(encoding="utf-8", newline="") as file:
            return ran.code, {row["field"]: row["outcome"] for row in csv.DictReader(file)}

    return run


PARTIES = ("--only", "migration.parties")
RECORD_IDS = ("--only", "migration.record-ids", "--only", "migration.legs")


def test_an_expected_field_is_no_failure(verify: Verify) -> None:
    assert verify(*PARTIES, extra=EXPECTED, Source="+61398765432") == (0, {"Source": "expected_failure"})


def test_another_field_of_the_same_leg_fails(verify: Verify) -> None:
    found = verify(*PARTIES, extra=EXPECTED, Source="+61398765432", Destination="203")
    assert found == (1, {"Source": "expected_failure", "Destination": "failed"})


@pytest.mark.parametrize(
    ("extra", "code", "outcome"), [("", 0, "informational"), ('binding = ["migration.record-ids"]', 1, "failed")]
)
def test_a_binding_clause_fails(verify: Verify, extra: str, code: int, outcome: str) -> None:
    """Whether an upgrade keeps CallRecordId is not documented, so that the clause is informational elsewhere."""
    assert verify(*RECORD_IDS, extra=extra, CallRecordId="77") == (code, {"CallRecordId": outcome})


def test_a_required_informational_clause_is_missing_where_it_fails(verify: Verify) -> None:
    flags = (*RECORD_IDS, "--require", "migration.record-ids")
    assert verify(*flags, CallRecordId="77") == (3, {"CallRecordId": "informational"})


def test_a_key_in_a_pattern_or_a_row_is_redacted(tmp_path: Path, contract: Any) -> None:
    """A new side that writes the key into each leg shows it in no report."""
    key = "k3y-0f-the-staging-pbx"
    legs = [entry(number, Username=f"user{number}") for number in range(1, 5)]
    with migration(tmp_path, legs, [{**leg, "Username": key} for leg in legs]):
        ran = contract(
            "verify", "--config", "t.toml", "--only", "migration.owners", "--differences", "d.csv", "--json", "r.jsonl",
            PBX_KEY=key,
        )  # fmt: skip
    written = "".join((tmp_path / name).read_text(encoding="utf-8") for name in ("d.csv", "r.jsonl"))
    assert "[redacted]' in every leg (4 of 4)" in written
    assert key not in written + ran.out + ran.err
