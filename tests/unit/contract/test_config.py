"""Target files and options: what is wrong is said in one line, with its place, and never repeats a credential."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from noojee_contract.errors import TargetError
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.question import Question
from noojee_contract.resources import fixtures
from noojee_contract.targets.config import from_options, load_config
from noojee_contract.targets.recordings import read_recordings
from noojee_contract.targets.target_keys import options_table

PLANTED = "PL4NTED-SECRET"
GOOD = '[targets.pbx]\nbase_url = "https://pbx.invalid/prefix/"\ndialect = "njadmin"\n'


def load(folder: Path, text: str) -> object:
    path = folder / "noojee-contract.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_the_embedded_targets_load() -> None:
    """What `verify` judges when it is given no target."""
    config = load_config(fixtures("targets", "embedded.toml"))
    assert MigrationPair("legacy", "replacement") in config.migrations
    assert {target.dialect for target in config.targets.values()} == {
        "services",
        "recording-api",
        "call-management",
        "njadmin",
    }


def test_every_key_of_a_target_is_read(tmp_path: Path) -> None:
    """A target with all that it may say."""
    (tmp_path / "recordings.csv").write_text(
        'kind,value\ntag,"a,b"\nhour,2021/9/1 5\n'.replace("2021/9/1 5", "2021/09/01 05")
    )
    (tmp_path / "ca.pem").write_text("x")
    path = tmp_path / "t.toml"
    path.write_text(
        GOOD
        + """time_zone = "Europe/Berlin"
api_key_env = "KEY"
recordings = "recordings.csv"
capabilities = ["by_tag", "audio"]
audio = "POST {base}/retrieve?leg={leg}&tag={tag}"
rest_path = "/rest"
requests_per_second = 2
request_budget = 500
timeout_seconds = 3.5
max_body_bytes = 4096
allow = ["provoke", "wait:61s"]
ca_file = "ca.pem"
writable = true
control_url = "https://pbx.invalid/control"
control_token_env = "TOKEN"
sources = ["bundled"]
profile = { tag_selects = "legs", default_account = "Reception" }
[[targets.pbx.expected_failures]]
clause = "metadata.tag"
reason = "ticket 12"
expires = 2027-01-31
"""
    )
    target = load_config(path).targets["pbx"]
    assert target.base_url == "https://pbx.invalid/prefix"
    assert target.recordings == (Question("tag", "a,b"), Question("hour", "2021/09/01 5"))
    assert (target.provoke, target.wait_seconds, target.writable) == (True, 61.0, True)
    assert target.expected_failures[0].expires == date(2027, 1, 31)
    assert target.profile == {"tag_selects": "legs", "default_account": "Reception"}
    assert target.secret({"KEY": "k-1"}).reveal() == "k-1"
    assert "k-1" not in repr(target.secret({"KEY": "k-1"}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no target in it"),
        ("[targets.pbx", "is no TOML"),
        ("[target.pbx]\n", "no key 'target' (did you mean targets?)"),
        ('[targets.pbx]\ndialect = "njadmin"\n', "give one of base_url, transport, command; found none"),
        (GOOD + 'transport = "a:b"\n', "found base_url and transport"),
        (GOOD.replace("njadmin", "njadmn"), "did you mean njadmin?"),
        ('[targets.pbx]\nbase_url = "https://h"\n', "dialect is missing"),
        (GOOD + "tme_zone = 'x'\n", "did you mean time_zone?"),
        (GOOD + "time_zone = 'Mars/Base'\n", "no time zone 'Mars/Base'"),
        (GOOD + f"api_key = '{PLANTED}'\n", "api_key_env"),
        (GOOD + f"password = '{PLANTED}'\n", "api_key_env"),
        (GOOD + f"api_key_env = '{PLANTED}'\n", "not a value"),
        (GOOD.replace("//pbx", f"//user:{PLANTED}@pbx"), "holds a credential"),
        (GOOD.replace("prefix/", f"?apiKey={PLANTED}"), "without it"),
        (GOOD.replace("https:", "ftp:"), "no http or https URL"),
        (GOOD.replace("pbx.invalid", "pbx.invalid:99999"), "no URL"),
        (GOOD + "recordings = 'nowhere.csv'\n", "nowhere.csv: the file of known recordings cannot be read"),
        (GOOD + "ca_file = 'nowhere.pem'\n", "there is no file"),
        (GOOD + "allow = ['everything']\n", 'knows "provoke" and "wait:15s"'),
        (GOOD + "request_budget = 0\n", "whole number, 1 or more"),
        (GOOD + "timeout_seconds = true\n", "number"),
        (GOOD + "audio = 'retrieve'\n", "must be a method and a URL"),
        (GOOD + "audio = 'POST {base}/x?leg={leg}&u={uid}'\n", "knows {base}"),
        (GOOD + "capabilities = ['by_tga']\n", "did you mean by_tag?"),
        (GOOD + "profile = { tag_select = 'legs' }\n", "did you mean tag_selects?"),
        (GOOD + "profile = { tag_selects = 'all' }\n", "write calls or legs"),
        (GOOD + "writable = 'yes'\n", "true or false"),
        (GOOD + "control_url = 'https://h'\n", "does not say writable"),
        (
            GOOD + "[[targets.pbx.expected_failures]]\nclause='a'\nreason='b'\nexpires='soon'\n",
            "expires must be a date",
        ),
        (GOOD + "[[migration]]\nfrom = 'pbx'\nto = 'pxb'\n", "did you mean pbx?"),
        (GOOD + "[[migration]]\nfrom = 'pbx'\nto = 'pbx'\n", "from a recording-api or call-management target"),
        (GOOD + "authentication = 'hash'\n", "a choice of call-management alone"),
        (GOOD.replace("njadmin", "call-management") + "authentication = 'both'\n", "must be hash or api-key"),
        (GOOD + "plain_base_url = 'h'\n", "no http or https URL"),
        ("targets = 3\n", "no target in it"),
        ("[targets]\npbx = 3\n", "must be a table"),
    ],
)
def test_a_wrong_file_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    """File, key and reason; what could be a credential is not repeated."""
    with pytest.raises(TargetError) as raised:
        load(tmp_path, text)
    message = str(raised.value)
    assert says in message
    assert "noojee-contract.toml" in message or "nowhere" in message
    assert "\n" not in message
    assert PLANTED not in message


def test_a_file_that_is_not_there_or_not_utf_8_is_told(tmp_path: Path) -> None:
    """Unreadable files."""
    with pytest.raises(TargetError, match="cannot be read"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(TargetError, match="not UTF-8"):
        load_config(tmp_path / "latin.toml")


def test_an_unknown_target_is_told_with_the_nearest(tmp_path: Path) -> None:
    """Names are typed by hand."""
    config = load_config(fixtures("targets", "embedded.toml"))
    with pytest.raises(TargetError, match="did you mean replacement"):
        config.choose(["replacemnt"])


def test_a_missing_variable_is_told_by_name() -> None:
    """A credential is named, and read at the last moment."""
    target = from_options(base_url="https://h", dialect="njadmin", api_key_env="STAGING_KEY")
    with pytest.raises(TargetError, match="STAGING_KEY"):
        target.secret({})
    with pytest.raises(TargetError, match="names no credential"):
        from_options(base_url="https://h", dialect="njadmin").secret({})


@pytest.mark.parametrize(
    ("dialect", "authentication", "proof"),
    [
        ("services", None, "none"),
        ("recording-api", None, "hash"),
        ("call-management", None, "api-key"),
        ("call-management", "hash", "hash"),
        ("njadmin", None, "api-key"),
    ],
)
def test_a_dialect_says_how_it_is_proved_who_asks(dialect: str, authentication: str | None, proof: str) -> None:
    """DOC: the generation between the old and the new takes both; the oldest asks for nothing, and so needs no variable."""
    target = from_options(base_url="https://h", dialect=dialect, authentication=authentication)
    assert target.scheme == proof
    if proof == "none":
        assert target.secret({}).reveal() == ""


def test_the_zone_is_noted_where_it_was_assumed() -> None:
    """A wrong zone would look like wrong dates."""
    assert "Australia/Melbourne" in from_options(base_url="https://h", dialect="njadmin").notes[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "header kind,value"), (b"kind,value\n", "no known recording"), (b"a,b\ntag,1\n", "header kind,value"),
        (b"kind,value\ntgg,1\n", "the nearest is tag"), (b"kind,value\ntag\n", "line 2"), (b"kind,value\ntag,\n", "empty"),
        (b"kind,value\nhour,2021-09-14\n", "2021/09/14 15"), (b"kind,value\nhour,2021/02/30 4\n", "2021/09/14 15"),
        (b'kind,value\ntag,"a\n', "line 2"), (b"kind,value\ntag,\xff\n", "not UTF-8"), (b"kind,value\ntag,1,2\n", "3 columns"),
    ],
)  # fmt: skip
def test_a_wrong_file_of_known_recordings_is_told_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    """The line and the reason."""
    (tmp_path / "recordings.csv").write_bytes(content)
    with pytest.raises(TargetError, match=says):
        read_recordings(tmp_path / "recordings.csv")


def test_known_recordings_are_read_with_quotes_comments_and_marks(tmp_path: Path) -> None:
    """As spreadsheets write them."""
    (tmp_path / "recordings.csv").write_text(
        '\ufeffKind,Value\r\n# ours\r\ntag," a ""b"", c"\r\n\r\ntag,x\r\ntag,x\r\n', encoding="utf-8"
    )
    assert read_recordings(tmp_path / "recordings.csv") == (Question("tag", ' a "b", c'), Question("tag", "x"))


def test_open_questions_are_those_of_the_table() -> None:
    """The default comes first."""
    assert options_table()["tag_selects"] == ("calls", "legs")
    assert options_table()["default_account"] == ()
