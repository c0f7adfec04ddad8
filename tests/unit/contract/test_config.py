"""Target files and target flags: an error is one line with the place and what to write, and repeats no credential."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from noojee_contract.errors import NothingToCheck, TargetError
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.question import Question
from noojee_contract.resources import fixtures
from noojee_contract.targets.config import OLD_KEYS, from_flags, load_config
from noojee_contract.targets.profile_file import options_table
from noojee_contract.targets.recordings import read_recordings
from noojee_contract.targets.target import ALL

PLANTED = "PL4NTED-SECRET"
GOOD = '[targets.pbx]\nbase_url = "https://pbx.invalid/prefix/"\ndialect = "njadmin"\n'


OTHER = (
    "[targets.next]\nbase_url = 'https://next.invalid'\ndialect = 'njadmin'\n[[migration]]\nfrom = 'pbx'\nto = 'next'\n"
)


def load(folder: Path, text: str) -> object:
    path = folder / "noojee-contract.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_the_embedded_targets_load() -> None:
    """The embedded PBX speaks every dialect."""
    config = load_config(fixtures("targets", "embedded.toml"))
    assert MigrationPair("legacy", "replacement") in config.migrations
    assert {target.dialect for target in config.targets.values()} == {
        "services",
        "recording-api",
        "call-management",
        "njadmin",
    }


def test_every_key_of_a_target_is_read(tmp_path: Path) -> None:
    """Each key becomes a field of the target."""
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
sounds = "all"
longest_sound = 120
calls = 50
negative_tests = "allowed"
max_wait_seconds = 61
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
    assert (target.negative_tests, target.max_wait_seconds, target.writable) == (True, 61.0, True)
    assert (target.sounds, target.longest_sound, target.calls) == (ALL, 120, 50)
    assert target.recording_places[Question("hour", "2021/09/01 5")] == f"{tmp_path / 'recordings.csv'}, line 3"
    assert target.expected_failures[0].expires == date(2027, 1, 31)
    assert target.profile == {"tag_selects": "legs", "default_account": "Reception"}
    assert target.secret({"KEY": "k-1"}).reveal() == "k-1"
    assert "k-1" not in repr(target.secret({"KEY": "k-1"}))


PBX = "$.targets.pbx"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("[targets.pbx", "", "is no TOML"),
        ("[target.pbx]\n", "$", "unknown key 'target' (did you mean targets?)"),
        ("targets = 3\n", "$.targets", "a table [targets.NAME] for each"),
        ("[targets]\npbx = 3\n", PBX, "Give dialect, and exactly one of base_url, transport and command"),
        ('[targets.pbx]\ndialect = "njadmin"\n', f"{PBX}.base_url", "is missing. The base URL, https://host"),
        (GOOD + 'transport = "a:b"\n', PBX, "has base_url and transport; give only one of them"),
        ('[targets.pbx]\nbase_url = "https://h"\n', f"{PBX}.dialect", "is missing. The dialect:"),
        (GOOD.replace("njadmin", "njadmn"), f"{PBX}.dialect", "did you mean njadmin?"),
        (GOOD + "tme_zone = 'x'\n", PBX, "did you mean time_zone?"),
        (GOOD + "time_zone = 'Mars/Base'\n", f"{PBX}.time_zone", "unknown time zone 'Mars/Base'"),
        (GOOD + "time_zone = 1979-05-27\n", f"{PBX}.time_zone", "unknown time zone '1979-05-27'"),
        (GOOD + f"api_key = '{PLANTED}'\n", f"{PBX}.api_key", "api_key_env"),
        (GOOD + f"password = '{PLANTED}'\n", f"{PBX}.password", "api_key_env"),
        (GOOD + f"api_key_env = '{PLANTED}'\n", f"{PBX}.api_key_env", "not a value"),
        (GOOD.replace("//pbx", f"//user:{PLANTED}@pbx"), f"{PBX}.base_url", "without credentials or a query"),
        (GOOD.replace("prefix/", f"?apiKey={PLANTED}"), f"{PBX}.base_url", "without credentials or a query"),
        (GOOD.replace("https:", "ftp:"), f"{PBX}.base_url", "https://host[:port][/prefix]"),
        (GOOD.replace("pbx.invalid", "pbx.invalid:99999"), f"{PBX}.base_url", "not a valid URL"),
        (GOOD + "plain_base_url = 'h'\n", f"{PBX}.plain_base_url", "The http URL of the same PBX"),
        (GOOD + "recordings = 'nowhere.csv'\n", "nowhere.csv", "write the columns kind,value"),
        (GOOD + "ca_file = 'nowhere.pem'\n", f"{PBX}.ca_file", "there is no file"),
        (GOOD + "negative_tests = 'everything'\n", f"{PBX}.negative_tests", 'Write "allowed"'),
        (GOOD + "negative_tests = 'waived'\nwritable = true\n", f"{PBX}.negative_tests", "remove this key"),
        (GOOD + "max_wait_seconds = -1\n", f"{PBX}.max_wait_seconds", "a number from 0"),
        (GOOD + "request_budget = 0\n", f"{PBX}.request_budget", "a whole number from 1"),
        (GOOD + "requests_per_second = nan\n", f"{PBX}.requests_per_second", "0.001 or more"),
        (GOOD + "timeout_seconds = true\n", f"{PBX}.timeout_seconds", "a number from 0.01"),
        (GOOD + "audio = 'retrieve'\n", f"{PBX}.audio", "The method and URL of a leg's audio"),
        (GOOD + "audio = 'POST {base}/x?leg={leg}&u={uid}'\n", f"{PBX}.audio", "{unique_id} and {tag}"),
        (GOOD + "capabilities = ['by_tga']\n", f"{PBX}.capabilities[0]", "did you mean by_tag?"),
        (GOOD + "sources = []\n", f"{PBX}.sources", "a list of bundled and generated"),
        (GOOD + "profile = { tag_select = 'legs' }\n", f"{PBX}.profile", "did you mean tag_selects?"),
        (GOOD + "profile = { tag_selects = 'all' }\n", f"{PBX}.profile.tag_selects", "write calls or legs"),
        (GOOD + "profile = 'java-client'\n", f"{PBX}.profile", "noojee-contract probe writes a profile file"),
        (GOOD + "profile = 3\n", f"{PBX}.profile", "or a profile file of noojee-contract probe"),
        (
            GOOD + "profile = { tag_selects = 3 }\n",
            f"{PBX}.profile",
            "a table by the keys of docs/reference/options.md",
        ),
        (GOOD + "writable = 'yes'\n", f"{PBX}.writable", "Set true"),
        (GOOD + "control_url = 'https://h'\n", f"{PBX}.control_url", "needs writable = true"),
        (
            GOOD + "[[targets.pbx.expected_failures]]\nclause='a'\nreason='b'\nexpires='2027-01-31'\npattern='('\n",
            f"{PBX}.expected_failures[0].pattern",
            "regular expression",
        ),
        (
            GOOD + "[[targets.pbx.expected_failures]]\nclause='a'\nreason='b'\nexpires='soon'\n",
            f"{PBX}.expected_failures[0].expires",
            "a date such as 2027-01-31",
        ),
        (
            GOOD + "[[targets.pbx.expected_failures]]\nclause='a'\nreason='b'\nexpires='2027-02-30'\n",
            f"{PBX}.expected_failures[0].expires",
            "not a date",
        ),
        (GOOD + "[[migration]]\nfrom = 'pbx'\nto = 'pxb'\n", "$.migration[0].to", "did you mean pbx?"),
        (GOOD + "[[migration]]\nfrom = 'pbx'\nto = 'pbx'\n", "$.migration[0]", "the same target"),
        (GOOD + OTHER + "since = 'soon'\n", "$.migration[0].since", "write one such as 2026-03-01"),
        (GOOD + OTHER + "since = 2026-03-02\nuntil = 2026-03-01\n", "$.migration[0].until", "later than since"),
        (GOOD + OTHER.replace("'njadmin'", "'services'"), "$.migration[0]", "lists no legs"),
        (GOOD + "sounds = 0\n", f"{PBX}.sounds", 'or "all"'),
        (GOOD + "authentication = 'hash'\n", f"{PBX}.authentication", "only call-management has a choice"),
        (
            GOOD.replace("njadmin", "call-management") + "authentication = 'both'\n",
            f"{PBX}.authentication",
            "hash or api-key",
        ),
    ],
)
def test_a_wrong_file_is_one_line_with_path_and_hint(tmp_path: Path, text: str, place: str, says: str) -> None:
    """File, JSON path, and the description of the schema; a value that could be a credential is not repeated."""
    with pytest.raises(TargetError) as raised:
        load(tmp_path, text)
    message = str(raised.value)
    assert place in message
    assert says in message
    assert "noojee-contract.toml" in message or "nowhere" in message
    assert "\n" not in message
    assert PLANTED not in message


PROFILE = """format = "noojee-profile/1"
target = { name = "production", dialect = "njadmin" }
values = { tag_selects = "legs", unknown_recording = "empty-list" }
"""


def test_profile_file_sets_the_options_of_a_target(tmp_path: Path) -> None:
    """The file that a probe wrote, next to the target file; the name of the PBX that was probed does not matter."""
    (tmp_path / "profile.toml").write_text(PROFILE, encoding="utf-8")
    target = load(tmp_path, GOOD + "profile = 'profile.toml'\n").targets["pbx"]
    assert target.profile == {"tag_selects": "legs", "unknown_recording": "empty-list"}


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("values = 3", "profile.toml", "names no format"),
        (PROFILE.replace("/1", "/9"), "profile.toml", "this version reads noojee-profile/1"),
        (PROFILE.replace("= {", "= ["), "profile.toml", "is no TOML"),
        (PROFILE.replace("tag_selects", "tag_select"), "$.values", "did you mean tag_selects?"),
        (PROFILE.replace('"legs"', '"all"'), "$.values.tag_selects", "write calls or legs"),
        (PROFILE.replace("njadmin", "recording-api"), f"{PBX}.profile", "a PBX by recording-api"),
    ],
)
def test_wrong_profile_file_is_one_line(tmp_path: Path, text: str, place: str, says: str) -> None:
    """A file that is broken, or of another version or dialect: the message names the file, or the key that names it."""
    (tmp_path / "profile.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TargetError) as raised:
        load(tmp_path, GOOD + "profile = 'profile.toml'\n")
    message = str(raised.value)
    assert (place in message, says in message, "\n" in message) == (True, True, False), message


@pytest.mark.parametrize(("word", "allowed", "waived"), [("allowed", True, False), ("waived", False, True)])
def test_negative_tests_are_allowed_or_waived(tmp_path: Path, word: str, allowed: bool, waived: bool) -> None:
    """A waived target is sent no negative test, and a run can pass without them."""
    target = load(tmp_path, GOOD + f"negative_tests = '{word}'\n").targets["pbx"]
    assert (target.negative_tests, target.waives_negative_tests) == (allowed, waived)


def test_the_new_side_of_a_migration_cannot_waive_negative_tests(tmp_path: Path) -> None:
    """A replacement that takes any key must not pass; production may be left alone."""
    old = "[targets.old]\nbase_url = 'https://h'\ndialect = 'recording-api'\nnegative_tests = 'waived'\n"
    pair = "[[migration]]\nfrom = 'old'\nto = 'pbx'\n"
    assert load(tmp_path, GOOD + old + pair).targets["old"].waives_negative_tests
    with pytest.raises(TargetError) as raised:
        load(tmp_path, GOOD + "negative_tests = 'waived'\n" + old + pair)
    assert f"{PBX}.negative_tests: pbx is the new side of $.migration[0]" in str(raised.value)


@pytest.mark.parametrize("text", ["", "[targets]\n"])
def test_a_file_without_a_target_has_nothing_to_check(tmp_path: Path, text: str) -> None:
    """Nothing to check is not a success."""
    with pytest.raises(NothingToCheck, match="there is no target in it"):
        load(tmp_path, text)


@pytest.mark.parametrize("key", sorted(OLD_KEYS))
def test_an_old_key_names_the_new_one(tmp_path: Path, key: str) -> None:
    """A target file of an older format is refused in one line."""
    with pytest.raises(TargetError) as raised:
        load(tmp_path, GOOD + f"{key} = ['x']\n")
    assert f"$.targets.pbx.{key}: this key was replaced; write {OLD_KEYS[key]}" in str(raised.value)


def test_a_target_file_may_be_json(tmp_path: Path) -> None:
    """The same document, for files that a program writes."""
    table = {"base_url": "https://h", "dialect": "njadmin", "negative_tests": "allowed"}
    path = tmp_path / "targets.json"
    path.write_text(json.dumps({"targets": {"pbx": table}}))
    assert load_config(path).targets["pbx"].negative_tests
    path.write_text("[]")
    with pytest.raises(TargetError, match="no JSON object"):
        load_config(path)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({}, "--dialect: is missing. The dialect:"),
        ({"dialect": "njadmn"}, "--dialect: unknown value 'njadmn' (did you mean njadmin?)"),
        ({"dialect": "njadmin", "api_key_env": PLANTED}, "--api-key-env: is not valid. The name of the"),
        ({"dialect": "njadmin", "request_budget": 0}, "--request-budget: is not valid. The most requests of one run"),
        ({"dialect": "njadmin", "timeout_seconds": 0.0}, "--timeout: is not valid. The longest time"),
        ({"dialect": "njadmin", "control_url": "https://h"}, "--control-url: needs writable"),
        ({"dialect": "njadmin", "audio": "x"}, "--audio: "),
    ],
)
def test_a_wrong_flag_is_named(flags: dict[str, object], says: str) -> None:
    """The line names the flag and what to write, not a JSON path."""
    with pytest.raises(TargetError) as raised:
        from_flags({"base_url": "https://h", **flags})
    assert says in str(raised.value)
    assert "$." not in str(raised.value)
    assert PLANTED not in str(raised.value)


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    """A missing file, and a file that is not UTF-8."""
    with pytest.raises(TargetError, match="cannot be read"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(TargetError, match="not UTF-8"):
        load_config(tmp_path / "latin.toml")


def test_an_unknown_target_is_reported_with_the_nearest(tmp_path: Path) -> None:
    """Users type names."""
    config = load_config(fixtures("targets", "embedded.toml"))
    with pytest.raises(TargetError, match="did you mean replacement"):
        config.choose(["replacemnt"])


def test_a_missing_variable_is_reported_by_name() -> None:
    """The value of a credential is read only when a client needs it."""
    target = from_flags({"base_url": "https://h", "dialect": "njadmin", "api_key_env": "STAGING_KEY"})
    with pytest.raises(TargetError, match="STAGING_KEY"):
        target.secret({})
    with pytest.raises(TargetError, match="names no credential"):
        from_flags({"base_url": "https://h", "dialect": "njadmin"}).secret({})


@pytest.mark.parametrize(
    ("dialect", "authentication", "scheme"),
    [
        ("services", None, "none"),
        ("recording-api", None, "hash"),
        ("call-management", None, "api-key"),
        ("call-management", "hash", "hash"),
        ("njadmin", None, "api-key"),
    ],
)
def test_a_dialect_decides_the_authentication_scheme(dialect: str, authentication: str | None, scheme: str) -> None:
    """DOC: call-management accepts both schemes; services has no credentials, and so needs no variable."""
    chosen = {} if authentication is None else {"authentication": authentication}
    target = from_flags({"base_url": "https://h", "dialect": dialect, **chosen})
    assert target.scheme == scheme
    if scheme == "none":
        assert target.secret({}).reveal() == ""


def test_a_default_time_zone_is_noted() -> None:
    """A wrong zone would look like wrong dates."""
    assert "Australia/Melbourne" in from_flags({"base_url": "https://h", "dialect": "njadmin"}).notes[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "header kind,value"), (b"kind,value\n", "no known recording"), (b"a,b\ntag,1\n", "header kind,value"),
        (b"kind,value\ntgg,1\n", "the nearest is tag"), (b"kind,value\ntag\n", "line 2"),
        (b"kind,value\ntag,\n", "empty"),
        (b"kind,value\nhour,2021-09-14\n", "2021/09/14 15"), (b"kind,value\nhour,2021/02/30 4\n", "2021/09/14 15"),
        (b'kind,value\ntag,"a\n', "line 2"), (b"kind,value\ntag,\xff\n", "not UTF-8"),
        (b"kind,value\ntag,1,2\n", "3 columns"),
    ],
)  # fmt: skip
def test_a_wrong_recordings_file_is_reported_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    """The line and the reason."""
    (tmp_path / "recordings.csv").write_bytes(content)
    with pytest.raises(TargetError, match=says):
        read_recordings(tmp_path / "recordings.csv")


def test_recordings_are_read_with_quotes_comments_and_marks(tmp_path: Path) -> None:
    """As spreadsheets write them."""
    (tmp_path / "recordings.csv").write_text(
        '\ufeffKind,Value\r\n# ours\r\ntag," a ""b"", c"\r\n\r\ntag,x\r\ntag,x\r\n', encoding="utf-8"
    )
    assert tuple(read_recordings(tmp_path / "recordings.csv")) == (Question("tag", ' a "b", c'), Question("tag", "x"))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("unique_id,1.7732E+09", "line 3: the value '1.7732E+09' is a rounded number"),
        ("tag,1.23457E+17", "is a rounded number"), ("unique_id, 1795460698.32", "has a blank in front"),
        ("unique_id,1795460698.32 ", "has a blank at its end"), ("tag,\u00a0INV-7", "has a blank in front"),
        ("unique_id,'1795460698.32", "begins with an apostrophe"), ('unique_id,="1795460698.32"', "is a formula"),
        ("tag,#NAME?", "is the error of a formula"), ("tag,\u201cINV-7\u201d", "is in curly quotes"),
        ("tag,\ufeffINV-7", "byte order mark"),
        ("hour,14/09/2021 15", "perhaps a spreadsheet changed it"),
        ("hour,2021-09-14 15:00", "perhaps a spreadsheet changed it"),
        ("hour,14-Sep-21 15", "perhaps a spreadsheet changed it"),
    ],
)  # fmt: skip
def test_the_damage_of_a_spreadsheet_is_named_with_its_line(tmp_path: Path, row: str, says: str) -> None:
    """A run with a damaged value would say that the PBX has lost a call."""
    (tmp_path / "recordings.csv").write_text(f"kind,value\ntag,1\n{row}\n", encoding="utf-8")
    with pytest.raises(TargetError) as raised:
        read_recordings(tmp_path / "recordings.csv")
    assert "line 3: " in str(raised.value)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("header", "says"),
    [("kind;value", "semicolons"), ("kind\tvalue", "tabs"), ('"kind,value"', "put quotes around values only")],
)
def test_the_separator_of_a_spreadsheet_is_named(tmp_path: Path, header: str, says: str) -> None:
    """Spreadsheets of many countries write semicolons."""
    (tmp_path / "recordings.csv").write_text(f"{header}\n", encoding="utf-8")
    with pytest.raises(TargetError, match=says):
        read_recordings(tmp_path / "recordings.csv")


@pytest.mark.parametrize("value", [" INV-7", "INV-7 ", "1.7732E+09", "'7", '="7"', "#NAME?"])
def test_a_quoted_value_is_taken_as_it_is(tmp_path: Path, value: str) -> None:
    """A tag is any text: it may begin with a blank."""
    written = value.replace('"', '""')
    for kind in ("tag", '"tag"'):
        (tmp_path / "recordings.csv").write_text(f'kind,value\n{kind},"{written}"\n', encoding="utf-8")
        assert tuple(read_recordings(tmp_path / "recordings.csv")) == (Question("tag", value),)


def test_options_are_those_of_the_table() -> None:
    """The default comes first."""
    assert options_table()["tag_selects"] == ("calls", "legs")
    assert options_table()["default_account"] == ()


@pytest.mark.parametrize("written", ["2026-03-01", "2026-03-01T00:00:00", "2026-02-28T13:00:00Z", "'2026-03-01 00:00'"])
def test_a_migration_has_a_window_in_time(written: str, tmp_path: Path) -> None:
    """A date or a time; without an offset, it is local time of the old side."""
    path = tmp_path / "t.toml"
    path.write_text(GOOD + OTHER + f"since = {written}\n")
    (pair,) = load_config(path).migrations
    assert (pair.since, pair.until, str(pair)) == (datetime(2026, 2, 28, 13, tzinfo=UTC), None, "pbx > next")


@pytest.mark.parametrize("old", ["recording-api", "call-management", "njadmin"])
@pytest.mark.parametrize("new", ["recording-api", "call-management", "njadmin"])
def test_any_dialect_may_be_on_either_side(old: str, new: str, tmp_path: Path) -> None:
    """An upgrade within one generation, and the way back, can be compared too."""
    path = tmp_path / "t.toml"
    path.write_text(GOOD.replace("njadmin", old) + OTHER.replace("njadmin", new))
    assert load_config(path).migrations == (MigrationPair("pbx", "next"),)
