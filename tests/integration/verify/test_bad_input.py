"""Wrong use ends with exit code 2 and one line, before the first request and before any file is written."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from noojee_contract.cli.main import main

PLANTED = "PL4NTED-SECRET-7f3a"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each call runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    return tmp_path


CONFIG = '[targets.pbx]\nbase_url = "http://127.0.0.1:9"\ndialect = "njadmin"\napi_key_env = "NO_SUCH_KEY"\n'


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--only", "metadata.by-tga"], "no clause matches"),
        (["--require", "nothing.at-all"], "no clause matches"),
        (["staging"], "no target file noojee-contract.toml in this folder, so there is no target 'staging'"),
        (["legacy"], "no target file noojee-contract.toml in this folder, so there is no target 'legacy'"),
        (["--config", "embedded", "legcy"], "the embedded PBX has no target 'legcy' (did you mean legacy?)"),
        (["--config", "nowhere.toml"], "cannot be read"),
        (["--config", "good.toml", "pxb"], "did you mean pbx?"),
        (["--config", "good.toml"], "NO_SUCH_KEY"),
        (["--config", "wrong.toml"], "is no TOML"),
        (["--base-url", "http://127.0.0.1:9"], "--dialect: is missing"),
        (["--base-url", "http://127.0.0.1:9", "--dialect", "njadmn"], "did you mean njadmin?"),
        (["--base-url", f"http://u:{PLANTED}@127.0.0.1:9", "--dialect", "njadmin"], "--base-url: is not valid"),
        (["--base-url", "http://127.0.0.1:9", "--dialect", "njadmin", "--api-key-env", PLANTED], "not a value"),
        (["--base-url", "http://127.0.0.1:9", "--dialect", "njadmin", "--recordings", "nowhere.csv"], "nowhere.csv"),
        (["--base-url", "http://127.0.0.1:9", "--dialect", "njadmin", "--config", "good.toml"], "leave out --config"),
        (["--dialect", "njadmin"], "give --base-url too"),
        (["--timeout", "2", "--config", "good.toml"], "set timeout_seconds in the target file"),
        (["--smoke", "--html", "no-folder/report.html"], "no-folder"),
        (["--smoke", "--json", "."], "."),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], says: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, what to change, and nothing lost or written."""
    (elsewhere / "good.toml").write_text(CONFIG)
    (elsewhere / "wrong.toml").write_text("[targets.pbx")
    before = sorted(elsewhere.iterdir())
    code = main(["verify", *arguments])
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert captured.err.startswith("noojee-contract: ")
    assert says in captured.err
    assert PLANTED not in captured.err
    assert "embedded.toml" not in captured.err
    assert sorted(elsewhere.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--examples", "0"],
        ["--random-seed", "x"],
        ["--no-such-flag"],
        ["-n", "many"],
        ["--api-key", PLANTED],
        [f"--token={PLANTED}"],
    ],
)
def test_a_wrong_flag_is_refused_by_the_parser(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One line that names the flag, and never its value: that may be a key."""
    with pytest.raises(SystemExit) as left:
        main(["verify", *arguments])
    captured = capsys.readouterr()
    assert left.value.code == 2
    assert captured.err.count("\n") == 1
    assert arguments[0].partition("=")[0] in captured.err
    assert PLANTED not in captured.err + captured.out


@pytest.mark.parametrize(
    ("flag", "says"),
    [
        ("seed", "use --random-seed"),
        ("finds", "use --counterexamples"),
        ("allow", "use --negative-tests or --max-wait"),
        ("randon-seed", "did you mean --random-seed?"),
        ("api-key", "did you mean --api-key-env?"),
    ],
)
def test_an_unknown_flag_names_the_new_or_nearest_one(flag: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """There are no aliases for the flags of an older version."""
    with pytest.raises(SystemExit) as left:
        main(["verify", f"--{flag}", PLANTED])
    captured = capsys.readouterr()
    assert left.value.code == 2
    assert f"unknown flag --{flag}" in captured.err
    assert says in captured.err
    assert PLANTED not in captured.err


def test_the_target_file_of_the_folder_is_verified(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without arguments, `verify` takes noojee-contract.toml, and not the embedded PBX."""
    (elsewhere / "noojee-contract.toml").write_text(CONFIG)
    assert main(["verify"]) == 2
    assert "NO_SUCH_KEY" in capsys.readouterr().err


def test_an_existing_report_survives_wrong_use(elsewhere: Path) -> None:
    """Nothing is lost."""
    (elsewhere / "report.html").write_text("the last good one")
    assert main(["verify", "--only", "no.such", "--html", "report.html"]) == 2
    assert (elsewhere / "report.html").read_text() == "the last good one"


def test_a_target_that_cannot_be_reached_ends_with_4(
    elsewhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the configured time-out; the report says so too."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nothing listens there
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("A_KEY", "k-123456")
        code = main(
            [
                "verify",
                "--base-url",
                address,
                "--dialect",
                "njadmin",
                "--api-key-env",
                "A_KEY",
                "--timeout",
                "2",
                "--json",
                "r.jsonl",
            ]
        )
    captured = capsys.readouterr()
    assert code == 4
    assert captured.out.splitlines()[0].count("cannot be reached") == 1
    assert "--base-url" in captured.out.splitlines()[0]
    assert (
        '"exit_code": 4' in (elsewhere / "r.jsonl").read_text()
        or '"exit_code":4' in (elsewhere / "r.jsonl").read_text()
    )


def test_a_target_that_never_answers_ends_with_4(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is taken and never answered counts as not reached."""
    monkeypatch.setenv("A_KEY", "k-123456")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        code = main(
            [
                "verify",
                "--base-url",
                address,
                "--dialect",
                "recording-api",
                "--api-key-env",
                "A_KEY",
                "--timeout",
                "0.3",
            ]
        )
    assert code == 4
    assert "no answer within 0.3 s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("where", "code", "says"),
    [
        ('transport = "no_such_module:open"', 2, "cannot be opened"),
        ('transport = "json:loads"', 2, "cannot be opened"),
        ('command = ["no-such-program", "{ready_file}"]', 3, "does not start"),
        ('command = ["{python}", "-c", "raise SystemExit(\'no port left\')", "{ready_file}"]', 4, "no port left"),
    ],
)
def test_a_target_that_does_not_start_is_reported_once(
    where: str, code: int, says: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A transport or a command that does not exist: the reason, not a traceback."""
    (elsewhere / "t.toml").write_text(f'[targets.pbx]\ndialect = "njadmin"\nwritable = true\n{where}\n')
    assert main(["verify", "--config", "t.toml", "-n", "1", "--only", "authentication.accepted"]) == code
    captured = capsys.readouterr()
    assert says in captured.out + captured.err
    assert "Traceback" not in captured.out + captured.err


@pytest.mark.parametrize("words", [["--config", "odd"], ["--config", "good.toml"], ["report"]])
def test_a_file_that_never_ends_is_refused(
    words: list[str], elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe that nobody writes to must not keep a run waiting."""
    os.mkfifo(elsewhere / "odd")
    table = CONFIG.replace("NO_SUCH_KEY", "HOME") + 'recordings = "odd"\n'
    (elsewhere / "good.toml").write_text(table)
    code = main(["report", "odd"] if words == ["report"] else ["verify", *words])
    captured = capsys.readouterr()
    assert code == 2
    assert captured.err.count("\n") == 1, captured.err
    assert "pipe, device or socket" in captured.err


@pytest.mark.parametrize(
    "value",
    ["9" * 5000, "0x" + "f" * 5000, "1979-13-01", "[" * 5000, "{a=" * 3000, '"\\ud800"'],
    ids=["digits", "hexadecimal", "date", "arrays", "tables", "surrogate"],
)
def test_a_hostile_toml_value_is_one_line(value: str, elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Python refuses an integer of more than 4,300 digits with an error of its own."""
    (elsewhere / "t.toml").write_text(f"{CONFIG}timeout_seconds = {value}\n")
    assert main(["verify", "--config", "t.toml"]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1, captured.err
    assert len(captured.err) < 1000
