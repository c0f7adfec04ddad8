"""A migration between two read-only PBXs on sockets, with a tag, a unique id and an hour that both hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.engine.bundled import bundled
from support.commands import serve_archive

Contract = Callable[..., Any]
TEMPLATE = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
NAMED = next(call.unique_id for call in bundled().calls if len(call.legs) > 2)


def archive_without(*left_out: str) -> dict[str, Any]:
    """The bundled archive, without some calls."""
    document = bundled().document
    return {**document, "calls": [call for call in document["calls"] if call["unique_id"] not in left_out]}


class Pair:
    """A target file with an old and a new side, and the runs on it."""

    def __init__(self, server: str, folder: Path, contract: Contract) -> None:
        self._server, self._folder, self._contract = server, folder, contract
        self._keys: dict[str, str] = {}
        self._tables: list[str] = []
        tag = next(tag for tag in bundled().tags if len(tag) > 3)
        self.rows = [("tag", tag), ("unique_id", NAMED), ("hour", "2021/09/14 15")]

    def add(self, name: str, dialect: str, document: Mapping[str, Any], *, audio: bool = True, extra: str = "") -> None:
        """Serve calls read-only as a target."""
        url, key = serve_archive(self._server, document)
        self._keys[f"KEY_{name.upper()}"] = key
        self._tables.append(
            f'[targets.{name}]\nbase_url = "{url}"\ndialect = "{dialect}"\nrecordings = "r.csv"\n'
            f'api_key_env = "KEY_{name.upper()}"\ntime_zone = "Australia/Melbourne"\nnegative_tests = "allowed"\n'
            + (f'audio = "{TEMPLATE}"\n' if audio else "") + extra + "\n"
        )  # fmt: skip

    def run(self, *flags: str, window: str = "") -> Any:
        """Verify the migration; returns the finished command, with the rows of its JSON report as `rows`."""
        lines = ["kind,value", *(f"{kind},{value}" for kind, value in self.rows)]
        (self._folder / "r.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        migration = f'[[migration]]\nfrom = "old"\nto = "new"\n{window}'
        (self._folder / "noojee-contract.toml").write_text("\n".join([*self._tables, migration]), encoding="utf-8")
        return self._contract("verify", "--json", "r.jsonl", "--random-seed", "7", *flags, **self._keys)

    def report(self) -> list[dict[str, Any]]:
        """The lines of the JSON report."""
        return [json.loads(line) for line in (self._folder / "r.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def pair(server: str, tmp_path: Path, contract: Contract) -> Pair:
    return Pair(server, tmp_path, contract)


@pytest.mark.parametrize(("old", "new"), [("recording-api", "njadmin"), ("njadmin", "njadmin")])
def test_equal_sides_pass_with_their_coverage(old: str, new: str, pair: Pair) -> None:
    """Any two dialects, also the same dialect twice."""
    pair.add("old", old, bundled().document)
    pair.add("new", new, bundled().document)
    ran = pair.run()
    assert ran.code == 0, ran.out + ran.err
    covered = {
        each["what"]: (each["compared"], each["known"])
        for row in pair.report()
        if row.get("target") == "old > new"
        for each in row["coverage"]
    }
    assert covered["hours"] == (1 if old == "recording-api" else 0, 1)  # both sides share the by-hour slot of the host
    assert covered["calls"][0] == covered["calls"][1] > 3
    assert 0 < covered["sounds"][0] <= 20


def test_a_call_that_only_an_hour_of_the_new_side_lists_is_missed_on_the_old_side(pair: Pair) -> None:
    """No recordings file names it, and the old side has no by-hour method."""
    (listed,) = {leg.unique_id for leg in bundled().by_hour(*bundled_hour())[:1]}
    pair.add("old", "recording-api", archive_without(listed))
    pair.add("new", "njadmin", bundled().document)
    ran = pair.run("--only", "migration.*")
    assert ran.code == 1, ran.out + ran.err
    failed = {row["clause"] for row in pair.report() if row.get("outcome") == "failed"}
    assert {"migration.calls", "migration.by-hour"} <= failed


def bundled_hour() -> tuple[Any, int]:
    """The hour of the recordings file."""
    return next((day, hour) for day, hour in bundled().hours if (f"{day:%Y/%m/%d}", hour) == ("2021/09/14", 15))


def test_a_row_that_brings_nothing_makes_the_run_inconclusive(pair: Pair) -> None:
    """On both sides, and on a single target: exit 3, with file and line."""
    pair.rows.append(("tag", "no-such-tag-7731"))
    pair.add("old", "recording-api", bundled().document)
    pair.add("new", "njadmin", bundled().document)
    for targets in ((), ("new",)):
        ran = pair.run(*targets)
        assert ran.code == 3, ran.out + ran.err
        empty = pair.report()[-1]["empty_rows"]
        assert all(row.endswith("r.csv, line 5: tag 'no-such-tag-7731' brings nothing") for _, row in empty)
        assert {name for name, _ in empty} == set(targets or ("old", "new"))


@pytest.mark.parametrize("rows", [[("unique_id", "1111111111.1")], [("tag", "no-such-tag-7731")]])
def test_rows_that_all_bring_nothing_fail_no_clause(rows: list[tuple[str, str]], pair: Pair) -> None:
    """Nobody can say whether the file or the PBX is wrong: exit 3, and the report names the rows."""
    pair.rows = rows
    pair.add("new", "njadmin", bundled().document)
    pair.add("old", "recording-api", bundled().document)
    ran = pair.run("new")
    assert ran.code == 3, ran.out + ran.err
    assert {row["outcome"] for row in pair.report() if row["kind"] == "result"}.isdisjoint({"failed", "error"})
    assert len(pair.report()[-1]["empty_rows"]) == 1
    assert "retention" in ran.out


def test_a_row_that_brings_nothing_is_not_asked_in_other_forms(pair: Pair) -> None:
    """The clauses that need a recording take the first row that brings legs."""
    pair.rows = [("unique_id", "1111111111.1"), ("tag", "no-such-tag-7731"), *pair.rows]
    pair.add("new", "njadmin", bundled().document)
    pair.add("old", "recording-api", bundled().document)
    ran = pair.run("new")
    assert ran.code == 3, ran.out + ran.err
    outcomes = {row["clause"]: row["outcome"] for row in pair.report() if row["kind"] == "result"}
    assert set(outcomes.values()).isdisjoint({"failed", "error"})
    assert outcomes["authentication.accepted"] == outcomes["transport.accept-json"] == "passed"
    assert len(pair.report()[-1]["empty_rows"]) == 2


def test_an_hour_that_is_not_answered_makes_the_run_inconclusive(pair: Pair) -> None:
    """The clock of the server stands still, so that the by-hour limit refuses the second run with 429."""
    pair.add("old", "recording-api", bundled().document)
    pair.add("new", "njadmin", bundled().document)
    assert pair.run("--only", "migration.*").code == 0
    ran = pair.run("--only", "migration.*")
    assert ran.code == 3, ran.out + ran.err
    assert ran.out.startswith("INCONCLUSIVE")
    assert "0 of 1 hour compared on old > new (1 answered with 429 by the new side)" in ran.out.splitlines()[0]
    (row,) = (row for row in pair.report() if row.get("clause") == "migration.by-hour")
    assert row["outcome"] == "inconclusive"
    assert row["unanswered"] == [{"target": "new", "said": "429", "count": 1}]


def test_hours_that_wait_are_counted_in_the_first_line(pair: Pair) -> None:
    """The target file allows no wait, so two of three hours are not asked for: the run passes and says so."""
    pair.rows += [("hour", "2021/09/14 16"), ("hour", "2021/09/14 17")]
    pair.add("old", "recording-api", bundled().document)
    pair.add("new", "njadmin", bundled().document)
    ran = pair.run("--only", "migration.*")
    assert ran.code == 0, ran.out + ran.err
    assert "1 of 3 hours compared on old > new (2 not asked: set max_wait_seconds = 61)" in ran.out.splitlines()[0]


def test_a_row_that_one_side_lost_fails(pair: Pair) -> None:
    """Exit 1, by the clause about recordings."""
    pair.add("old", "recording-api", bundled().document)
    pair.add("new", "njadmin", archive_without(NAMED))
    ran = pair.run("--only", "migration.*")
    assert ran.code == 1, ran.out + ran.err
    (row,) = (row for row in pair.report() if row.get("clause") == "migration.recordings")
    assert ", line 3: " in row["failure"]["message"]


@pytest.mark.parametrize(("old", "new", "code"), [(True, False, 0), (False, True, 0)])
def test_without_an_audio_template_the_first_line_says_so(old: bool, new: bool, code: int, pair: Pair) -> None:
    """The run can pass, and sound was not compared."""
    pair.add("old", "recording-api", bundled().document, audio=old)
    pair.add("new", "njadmin", bundled().document, audio=new)
    ran = pair.run("--only", "migration.*")
    assert ran.code == code, ran.out + ran.err
    assert "sound not compared on old > new" in ran.out.splitlines()[0]


def test_a_sample_of_the_sounds_is_stated_and_can_be_repeated(pair: Pair) -> None:
    """The first line has both numbers, and the report the random seed."""
    pair.add("old", "recording-api", bundled().document, extra="sounds = 2")
    pair.add("new", "njadmin", bundled().document)
    ran = pair.run("--only", "migration.*")
    assert ran.code == 0, ran.out + ran.err
    (sounds,) = (each for row in pair.report() if row.get("clause") == "migration.sound" for each in row["coverage"])
    assert sounds["compared"] == 2 < sounds["known"]
    assert f"2 of {sounds['known']} sounds compared on old > new" in ran.out.splitlines()[0]
    assert "--random-seed 7" in ran.out


def test_sides_without_any_sound_are_inconclusive(pair: Pair) -> None:
    """Both sides name audio, and nothing was compared: exit 3."""
    document = archive_without()
    silent = [
        {**call, "legs": [{**leg, "sound": {"absent": True}} for leg in call["legs"]]} for call in document["calls"]
    ]
    for name, dialect in (("old", "recording-api"), ("new", "njadmin")):
        pair.add(name, dialect, {**document, "calls": silent})
    ran = pair.run("--only", "migration.*")
    assert ran.code == 3, ran.out + ran.err
    assert ["old > new", "migration.sound"] in pair.report()[-1]["missing"]
