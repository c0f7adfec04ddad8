"""What verify answers to a wrong staging PBX: exit code, first failure, or the line of the target file to change."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from noojee_contract.report.jsonlines import read
from noojee_contract.report.summary import summarize
from support.commands import environment
from support.faulty_migrations.archive import write_archive, write_recordings
from support.wrong_stagings import OLD_KEY, RECORDINGS, WRONG_STAGINGS, fake, staged, target_file


@dataclass(frozen=True, slots=True)
class OldPbx:
    """The old PBX, and the folder with its archive and the recordings file."""

    url: str
    folder: Path


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldPbx]:
    """The old PBX of all stagings."""
    folder = tmp_path_factory.mktemp("staging")
    archive = write_archive(folder)
    write_recordings(folder / "recordings.csv", RECORDINGS)
    with fake(archive, OLD_KEY) as url:
        yield OldPbx(url, folder)


@pytest.mark.parametrize("name", WRONG_STAGINGS)
def test_a_wrong_staging_pbx_has_its_answer(name: str, old: OldPbx) -> None:
    """The operator sees what is wrong with the staging PBX, not a list of clauses."""
    staging = WRONG_STAGINGS[name]
    with staged(staging, old.folder) as url:
        path = target_file(staging, old.folder, old_url=old.url, staging_url=url)
        names = [] if staging.compared else ["staging"]
        report = old.folder / "report.jsonl"
        report.unlink(missing_ok=True)
        ran = subprocess.run(
            [sys.executable, "-m", "noojee_contract", "verify", "--config", str(path), "--json", str(report), *names],
            env=environment(OLD_PBX_KEY=OLD_KEY, STAGING_PBX_KEY=staging.key),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == staging.exit_code, ran.stdout[:2000] + ran.stderr[-2000:]
    assert [word for word in staging.words if word not in ran.stdout + ran.stderr] == []
    if staging.failures:
        groups = summarize(read(report.read_text(encoding="utf-8"))).groups
        failure = groups[0].example.failure
        assert failure is not None
        assert any(expected.matches(failure) for expected in staging.failures), failure.message
