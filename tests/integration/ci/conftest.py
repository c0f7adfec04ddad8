"""A served PBX, and a machine of CI whose repository has a target file for it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from noojee_contract.engine.bundled import bundled
from noojee_fake.testing.process import ServerProcess
from support.commands import serve_archive
from support.pipelines import github, gitlab, jenkins
from support.pipelines.run import Machine, Pipeline, write_wheel

TARGETS = """
[targets.old]
base_url = "{url}"
dialect = "recording-api"
api_key_env = "OLD_PBX_KEY"
recordings = "recordings.csv"
negative_tests = "waived"

[targets.staging]
base_url = "{url}"
dialect = "njadmin"
api_key_env = "STAGING_PBX_KEY"
recordings = "recordings.csv"
negative_tests = "allowed"

[targets.off]
base_url = "http://127.0.0.1:1"
dialect = "njadmin"
api_key_env = "STAGING_PBX_KEY"
recordings = "recordings.csv"

[targets.faulty]
transport = "support.faulty_servers.transports:drops_last_leg"
dialect = "njadmin"
writable = true
"""


@dataclass(frozen=True, slots=True)
class ServedPbx:
    """A PBX with all bundled archives."""

    url: str
    key: str


@pytest.fixture(scope="session")
def pbx() -> Iterator[ServedPbx]:
    """A PBX that is served as long as the tests of this worker run."""
    with ServerProcess("--quiet") as server:
        yield ServedPbx(*serve_archive(server.base_url, bundled().document))


@pytest.fixture
def machine(pbx: ServedPbx, tmp_path: Path) -> Machine:
    """A machine with the target file, the recordings file, an empty storage, and the wheel of this project."""
    made = Machine(repository=tmp_path / "repository", storage=tmp_path / "storage", wheels=tmp_path / "wheels")
    for folder in (made.repository, made.storage, made.wheels):
        folder.mkdir()
    write_wheel(made.wheels)
    (made.repository / "noojee-contract.toml").write_text(TARGETS.format(url=pbx.url), encoding="utf-8")
    (made.repository / "requirements-contract.txt").write_text("noojee-contract\n", encoding="utf-8")
    archive = bundled()
    with (made.repository / "recordings.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("kind", "value"))
        rows.writerows(("tag", tag) for tag in archive.tags[:6])
        rows.writerow(("unique_id", archive.calls[4].unique_id))
    return made


Runs = Callable[..., Pipeline]
SYSTEMS = ("github", "gitlab", "jenkins")


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> str:
    """The name of a CI system."""
    return str(request.param)


@pytest.fixture
def runs(machine: Machine, pbx: ServedPbx, tmp_path: Path) -> Runs:
    """Runs the recipe of a CI system with flags. Each run has a new workspace; keys are those of the PBX, or others."""
    made: list[Path] = []

    def run(system: str, flags: str, keys: Mapping[str, str] | None = None) -> Pipeline:
        folder = tmp_path / f"run-{len(made)}"
        folder.mkdir()
        made.append(folder)
        secrets = {"OLD_PBX_KEY": pbx.key, "STAGING_PBX_KEY": pbx.key} if keys is None else keys
        if system == "github":
            return github.GitHubRun(machine, folder, len(made), secrets, flags).run()
        module = gitlab if system == "gitlab" else jenkins
        return module.run(machine, folder, {**secrets, "VERIFY_FLAGS": flags})

    return run
