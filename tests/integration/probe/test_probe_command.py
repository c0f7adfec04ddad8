"""`noojee-contract probe`: it writes a profile that `noojee-fake serve` reads, and never overwrites another file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from noojee_contract.targets.profile_file import read_profile
from noojee_fake.testing.process import ServerProcess
from support.builders import KEY, archive
from support.commands import Ran, environment, run_contract
from support.probing import AUDIO, CALLS, RECORDINGS

CHOSEN = {
    "njadmin_refused_status": "403",
    "json_content_type": "application/json",
    "unknown_recording": "failure-404",
    "tag_selects": "legs",
    "by_hour_limit_status": "503",
}


Run = Callable[..., Ran]


@pytest.fixture
def run_probe(tmp_path: Path) -> Run:
    """Runs the command in the folder of the test."""
    with (tmp_path / "recordings.csv").open("w", encoding="utf-8") as file:
        file.write("kind,value\n" + "".join(f"{known.kind},{known.value}\n" for known in RECORDINGS))

    def run(url: str, *words: str) -> Ran:
        flags = ["--base-url", url, "--dialect", "njadmin", "--api-key-env", "KEY", "--recordings", "recordings.csv"]
        return run_contract(tmp_path, "probe", *flags, "--audio", AUDIO, *words, KEY=KEY)

    return run


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Path], str]]:
    """Serves the calls of the probe with a profile, as another process; the base URL."""
    (tmp_path / "calls.json").write_text(json.dumps(archive(*CALLS)), encoding="utf-8")
    started: list[ServerProcess] = []

    def start(profile: Path) -> str:
        flags = ("--quiet", "--archive", "calls.json", "--profile", str(profile))
        started.append(ServerProcess(*flags, folder=tmp_path, environment=environment()).start())
        return started[-1].base_url

    yield start
    for server in started:
        server.kill()


def test_served_profile_gives_the_same_profile(tmp_path: Path, run_probe: Run, serve: Callable[[Path], str]) -> None:
    """A fake that is served with the profile of another fake has that profile, by sockets."""
    chosen = tmp_path / "chosen.toml"
    chosen.write_text("".join(f'{key} = "{value}"\n' for key, value in CHOSEN.items()), encoding="utf-8")
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    assert run_probe(serve(chosen), "--negative-tests", "--out", str(first)).code == 0
    assert run_probe(serve(first), "--negative-tests", "--out", str(second)).code == 0
    learnt = read_profile(first).values
    assert {key: learnt[key] for key in CHOSEN} == CHOSEN
    assert read_profile(second).values == learnt


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("not toml = = =", "is no TOML"),
        ('format = "noojee-profile/9"\n', "noojee-profile/1"),
        ('unknown_recording = "empty-list"\n', "names no format"),
        ('format = "noojee-profile/1"\n[values]\n[target]\nname = "other"\ndialect = "njadmin"\n', "'other'"),
    ],
)
def test_file_that_is_no_profile_of_the_target_stays(tmp_path: Path, run_probe: Run, content: str, says: str) -> None:
    """One line, before any request: nothing answers at this address."""
    out = tmp_path / "profile.toml"
    out.write_text(content, encoding="utf-8")
    ran = run_probe("http://127.0.0.1:9")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert says in ran.err
    assert out.read_text(encoding="utf-8") == content


def test_unreachable_target_leaves_no_profile(tmp_path: Path, run_probe: Run) -> None:
    """Exit code 4, one line."""
    ran = run_probe("http://127.0.0.1:9")
    assert (ran.code, ran.err.count("\n")) == (4, 1)
    assert not (tmp_path / "profile.toml").exists()
