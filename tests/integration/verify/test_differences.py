"""`verify --differences` writes every difference between two sides: 37 planted ones in 12,040 legs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.listed_legs import entry, migration

CALLS, LEGS = 40, 301
PLANTED = {"Duration": range(20), "Tag": range(20, 30), "Username": range(30, 37)}
"""The field that differs in each of the 37 legs, by the number of the leg among them."""
BETWEEN = 317
"""Every 317th leg differs, so that the 37 legs lie in all calls."""


def leg_of(call: int, leg: int) -> dict[str, str]:
    """A leg of one of the calls, a minute after the leg before it."""
    start = datetime(2024, 3, 4, 9, tzinfo=UTC) + timedelta(minutes=call * 500 + leg)
    return entry(
        leg, Start=f"{start:%Y-%m-%d %H:%M:%S}.0", Tag=f"T-{call}", Username=f"user{leg}",
        CallRecordId=str(call * 1000 + leg), UniqueId=f"17095{call:05}.{call}",
    )  # fmt: skip


def planted(entries: list[dict[str, str]]) -> tuple[list[dict[str, str]], dict[tuple[str, str, str], tuple[str, str]]]:
    """The legs of the new side, and the old and new value of each (unique id, leg, field) that differs."""
    new = [dict(each) for each in entries]
    wanted: dict[tuple[str, str, str], tuple[str, str]] = {}
    for field, numbers in PLANTED.items():
        for number in numbers:
            leg = new[number * BETWEEN]
            old = leg[field]
            leg[field] = "31" if field == "Duration" else f"+{number}{old}"
            wanted[leg["UniqueId"], leg["Leg"], field] = (old, leg[field])
    return new, wanted


Sides = tuple[Path, dict[tuple[str, str, str], tuple[str, str]]]


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[Sides]:
    """A target file with two served sides of 12,040 legs, and the differences between them."""
    old = [leg_of(call, leg) for call in range(1, CALLS + 1) for leg in range(1, LEGS + 1)]
    new, wanted = planted(old)
    with migration(tmp_path, old, new):
        yield tmp_path, wanted


FIELD_CLAUSES = (
    "--only", "migration.durations", "--only", "migration.tags",
    "--only", "migration.owners", "--only", "migration.parties",
)  # fmt: skip


def test_all_planted_differences_are_found(sides: Sides, contract: Any) -> None:
    """12,040 legs, 37 differences in three fields: 37 rows of two workers, each with both values."""
    folder, wanted = sides
    ran = contract(
        "verify", "--config", "t.toml", *FIELD_CLAUSES, "--differences", "d.csv", "--json", "r.jsonl", "-n", "2",
        PBX_KEY="k-123456",
    )  # fmt: skip
    assert ran.code == 1, ran.out + ran.err
    with (folder / "d.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {(row["unique_id"], row["leg"], row["field"]): (row["old"], row["new"].removeprefix("'")) for row in rows}
    assert found == wanted
    assert len(rows) == 37
    assert {row["migration"] for row in rows} == {"old > new"}
    results = [json.loads(line) for line in (folder / "r.jsonl").read_text().splitlines()[1:-1]]
    extents = {row["clause"]: row["failure"]["extent"] for row in results if row["failure"]}
    assert {each: (extent["differing"], extent["compared"]) for each, extent in extents.items()} == {
        "migration.durations": (20, 12040),
        "migration.tags": (10, 12040),
        "migration.owners": (7, 12040),
    }
    assert "20 of 12,040 legs differ (Duration: 20); one second longer (20 of 20)" in " ".join(ran.out.split())


def test_differences_need_a_migration(sides: Sides, contract: Any) -> None:
    """One side alone has no differences: exit 2, before the first request."""
    ran = contract("verify", "old", "--config", "t.toml", "--differences", "d.csv", PBX_KEY="k-123456")
    assert ran.code == 2
    assert "[[migration]]" in ran.err


def test_the_file_of_an_earlier_run_is_not_kept(sides: Sides, contract: Any) -> None:
    """A run whose target cannot be reached has compared nothing."""
    folder, _ = sides
    text = (folder / "t.toml").read_text()
    port = text.split("127.0.0.1:")[1].split('"')[0]
    (folder / "t.toml").write_text(text.replace(f"127.0.0.1:{port}", "127.0.0.1:9"))
    (folder / "d.csv").write_text("old")
    ran = contract("verify", "--config", "t.toml", "--differences", "d.csv", PBX_KEY="k-123456")
    assert ran.code == 4, ran.out + ran.err
    assert not (folder / "d.csv").exists()
