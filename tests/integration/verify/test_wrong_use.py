"""A first command that is used in a wrong way ends with one line that says what to do, and with exit code 2."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from noojee_contract.cli.main import main
from noojee_contract.clients.transport_errors import in_words
from support.recorded import exchange, exchange_file

REDACTION = ("--redaction-key-env", "REDACTION_KEY")
TARGET = ("--base-url", "http://127.0.0.1:9", "--dialect", "njadmin", "--recordings", "recordings.csv")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user without a target file, with recordings and an exchange file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PBX_KEY", "a-key-of-the-test")
    monkeypatch.setenv("REDACTION_KEY", "a redaction key of the tests")
    (tmp_path / "recordings.csv").write_text("kind,value\ntag,A\n", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine", encoding="utf-8")
    exchange_file(tmp_path / "day.jsonl", [exchange("/one")])
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("probe",),
            "there is no target file noojee-contract.toml in this folder: write one with",
        ),
        (("record", "--out", "new.jsonl"), "write one with noojee-contract init"),
        (("capture", "--out", "new", *REDACTION), "write one with noojee-contract init"),
        (("upgrade-check", "full", *REDACTION), "write one with noojee-contract init"),
        (("verify", *TARGET), "set api_key_env (--api-key-env) to the name of the variable"),
        (("init", "."), ". is a folder; give the name of a file"),
        (
            ("capture", *TARGET, "--api-key-env", "PBX_KEY", "--out", "full", *REDACTION),
            "full: the folder has files, but no capture; name a new folder with --out",
        ),
        (("replay", "day.jsonl", "--host", "203.0.113.7"), "give an address of this machine"),
    ],
    ids=["probe", "record", "capture", "upgrade-check", "verify", "init", "capture into a full folder", "replay"],
)
def test_one_line_says_what_to_do(words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is printed on standard output."""
    assert main(words) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1), shown
    assert says in shown.err


def test_an_error_of_the_system_has_no_number() -> None:
    """The words say enough, and a redactor would replace the number."""
    assert in_words(httpx.ConnectError("[Errno 111] Connection refused")) == "ConnectError: Connection refused"
    assert in_words(httpx.ConnectError("[Errno -2] Name or service not known")) == (
        "ConnectError: Name or service not known"
    )
