"""Declared differences are rewritten before both sides are compared, and hide nothing else."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from support.listed_legs import Entry, entry, migration

MAP = """[migration.map]
numbers = [{from = "+61", to = "0"}]
usernames = "users.csv"
unique_ids = "ids.csv"
"""
CLAUSES = ("--only", "migration.*", "--differences", "d.csv")


def legs(*, new: bool) -> list[dict[str, str]]:
    """Three calls of three legs as one side has them."""
    found = []
    for call in range(3):
        unique_id = f"17095428{call}1.{call + 7}" if new else f"17095428{call}0.{call}"
        source = f"039876543{call}" if new else f"+6139876543{call}"
        names = ("a.smith", "b.jones") if new else ("alice", "bob")
        found += [
            entry(
                leg, Source=source, Start=f"2024-03-04 09:0{call}:{leg:02}.0", Tag=f"T-{call}", Username=names[leg % 2],
                CallRecordId=str(call * 10 + leg), UniqueId=unique_id,
            )
            for leg in range(1, 4)
        ]  # fmt: skip
    return found


@pytest.fixture
def verified(tmp_path: Path, contract: Any) -> Any:
    """Runs the clauses of migrations on two sides; gives the exit code, the output and the rows of the CSV."""

    def run(new: list[Entry], table: str = MAP) -> tuple[int, str, list[dict[str, str]]]:
        (tmp_path / "users.csv").write_text("old,new\nalice,a.smith\nbob,b.jones\n")
        rows = [(f"17095428{call}0.{call}", f"17095428{call}1.{call + 7}") for call in range(3)]
        (tmp_path / "ids.csv").write_text("old,new\n" + "".join(f"{old},{new}\n" for old, new in rows))
        with migration(tmp_path, legs(new=False), new, tags=["T-0"], of_migration=table):
            ran = contract("verify", "--config", "t.toml", *CLAUSES, PBX_KEY="k-123456")
        with (tmp_path / "d.csv").open(encoding="utf-8", newline="") as file:
            return ran.code, ran.out + ran.err, list(csv.DictReader(file))

    return run


def test_declared_differences_are_no_failures(verified: Any) -> None:
    """Numbers without their country prefix, other user names, and renumbered calls."""
    code, said, rows = verified(legs(new=True))
    assert rows == [], said
    assert code == 0, said


def test_another_fault_of_a_mapped_leg_is_found(verified: Any) -> None:
    """A wrong Duration, and a user name that is another one than declared."""
    new: list[Any] = legs(new=True)
    new[4] |= {"Duration": "31", "Username": "c.brown"}
    code, said, rows = verified(new)
    assert code == 1, said
    assert {(row["field"], row["old"], row["new"]) for row in rows} == {
        ("Duration", "30", "31"),
        ("Username", "a.smith", "c.brown"),
    }


def test_without_declaration_the_same_sides_fail(verified: Any) -> None:
    code, said, rows = verified(legs(new=True), "")
    assert code == 1, said
    assert rows
