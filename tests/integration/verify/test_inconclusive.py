"""A run that tests too little is inconclusive: exit code 3, with the reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from noojee_contract.cli.main import main

FAKE = 'transport = "noojee_fake.adapters.httpx_transport:open"\nwritable = true\n'
OBSERVED = """
[targets.pbx]
base_url = "{url}"
dialect = "njadmin"
api_key_env = "PBX_KEY"
{more}
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each command runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(list(words))
    captured = capsys.readouterr()
    return code, " ".join((captured.out + captured.err).split())


@pytest.mark.parametrize("text", ["", "[targets]\n"])
def test_no_target(text: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A target file without a target."""
    (elsewhere / "pbx.toml").write_text(text)
    code, output = run(capsys, "verify", "--config", "pbx.toml")
    assert (code, "there is no target in it" in output) == (3, True), output


def test_no_clause_selected(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The chosen clauses are of another dialect than the chosen target."""
    (elsewhere / "pbx.toml").write_text(f'[targets.pbx]\ndialect = "recording-api"\n{FAKE}')
    code, output = run(capsys, "verify", "--config", "pbx.toml", "--only", "by-hour.*")
    assert (code, "none of the chosen clauses applies" in output) == (3, True), output


def test_everything_skipped(served: Any, elsewhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Each chosen clause needs what the target does not have."""
    monkeypatch.setenv("PBX_KEY", served.key)
    (elsewhere / "pbx.toml").write_text(OBSERVED.format(url=served.url, more='capabilities = ["by_tag"]'))
    code, output = run(capsys, "verify", "--config", "pbx.toml", "--only", "by-hour.*")
    assert code == 3
    assert "INCONCLUSIVE" in output


@pytest.mark.parametrize(
    ("known", "more", "name"),
    [
        ("tag,INV-1042", 'capabilities = ["by_tag", "by_unique_id", "by_hour"]', "by_hour"),
        (
            "hour,2001/01/01 10",
            'audio = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"',
            "audio",
        ),
    ],
)
def test_a_claimed_capability_that_nothing_exercised(
    known: str, more: str, name: str, served: Any, elsewhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    """The target file names it, but no hour is known, or no leg with audio, so no clause uses it."""
    monkeypatch.setenv("PBX_KEY", served.key)
    (elsewhere / "recordings.csv").write_text(f"kind,value\n{known}\n")
    (elsewhere / "pbx.toml").write_text(OBSERVED.format(url=served.url, more=f'recordings = "recordings.csv"\n{more}'))
    code, output = run(capsys, "verify", "--config", "pbx.toml")
    assert (code, f"the claimed capability {name} (no clause used it) on pbx" in output) == (3, True), output


@pytest.fixture
def report(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A report of a run that is good."""
    (elsewhere / "pbx.toml").write_text(f'[targets.pbx]\ndialect = "njadmin"\n{FAKE}')
    words = ("verify", "--config", "pbx.toml", "--only", "metadata.by-tag-answered", "--examples", "1")
    code, output = run(capsys, *words, "--json", "run.jsonl")
    assert code == 0, output
    return elsewhere / "run.jsonl"


def test_a_whole_report_is_shown_again(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With its verdict, its exit code, and in other forms."""
    code, output = run(
        capsys, "report", str(report), "--markdown", "run.md", "--html", "run.html", "--junit", "run.xml"
    )
    assert (code, output.startswith("PASSED")) == (0, True), output
    assert Path("run.md").read_text().startswith("# PASSED")
    assert Path("run.html").stat().st_size > Path("run.xml").stat().st_size > 0


def test_a_report_that_was_cut_off(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Results before the cut do not count."""
    lines = report.read_text().splitlines(keepends=True)
    for cut in (lines[:-1], [*lines[:1], *lines[2:]], []):
        report.write_text("".join(cut))
        code, output = run(capsys, "report", str(report))
        assert (code, "run.jsonl: " in output) == (3, True), output


def test_a_report_of_another_suite(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The report comes from another catalogue."""
    header, *rest = report.read_text().splitlines()
    other = json.dumps({**json.loads(header), "catalogue": "0123456789ab"})
    report.write_text("\n".join([other, *rest]) + "\n")
    code, output = run(capsys, "report", str(report))
    assert (code, "with the catalogue 0123456789ab" in output) == (3, True), output


def test_a_report_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong use: exit 2."""
    code, output = run(capsys, "report", "nowhere.jsonl")
    assert (code, "cannot be read" in output) == (2, True), output


def test_a_required_clause_that_is_missing(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], served: Any, monkeypatch: Any
) -> None:
    """Nothing failed, but no call of several legs is known."""
    monkeypatch.setenv("PBX_KEY", served.key)
    (elsewhere / "recordings.csv").write_text("kind,value\nunique_id,1392271611.238\n")
    (elsewhere / "pbx.toml").write_text(
        OBSERVED.format(url=served.url, more='recordings = "recordings.csv"\nnegative_tests = "allowed"')
    )
    code, output = run(capsys, "verify", "--config", "pbx.toml")
    assert code == 3
    assert "! metadata.several-legs on pbx" in output
