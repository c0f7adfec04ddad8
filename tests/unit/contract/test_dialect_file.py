"""Dialect files: the documented example loads; an error is one line with the JSON path and a hint."""

from __future__ import annotations

import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.hour import DateAndHour
from noojee_contract.dialects.loader.file import is_file_name, read_dialect
from noojee_contract.dialects.model import ErrorRule
from noojee_contract.dialects.schemes import KeyInBasic, KeyInHeader, KeyInQuery, VendorHash
from noojee_contract.errors import TargetError
from noojee_contract.model.cell import MigrationPair
from noojee_contract.targets.config import from_flags, load_config

EXAMPLE = Path(__file__).parents[3] / "docs" / "guides" / "replacement"
TEXT = (EXAMPLE / "dialect.toml").read_text(encoding="utf-8")
PLANTED = "PL4NTED-SECRET"
HEADER = 'header = "Authorization"\nvalue = "Bearer {key}"\n'
OWN = 'legs/{leg}/audio"\n'
"""The end of the method audio; tables of failures of methods may follow."""
UNKNOWN = "[methods.by_unique_id.failures]\nunknown_recording = "
AUDIO = "GET /api/v2/calls/{unique_id}/legs/{leg}/audio"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the JSON Schema of the example."""
    shutil.copy(EXAMPLE / "legs.schema.json", tmp_path)
    return tmp_path


def read(folder: Path, old: str = "", new: str = "") -> CustomDialect:
    """The example with a part of its text replaced."""
    assert old in TEXT
    (folder / "records-v2.toml").write_text(TEXT.replace(old, new, 1) if old else TEXT, encoding="utf-8")
    return read_dialect(folder / "records-v2.toml")


def test_the_documented_example_loads() -> None:
    """Its paths, credentials, fields and errors."""
    dialect = read_dialect(EXAMPLE / "dialect.toml")
    assert dialect.name == "records-v2"
    assert dialect.scheme == KeyInHeader("Authorization", "Bearer {key}")
    assert dialect.capabilities == {"by_tag", "by_unique_id", "by_hour", "audio"}
    assert dialect.methods["by_tag"].url({"tag": "a b&c"}) == "/api/v2/recordings?reference=a%20b%26c"
    assert dialect.methods["audio"].url({"unique_id": "1.2", "leg": "3"}) == "/api/v2/calls/1.2/legs/3/audio"
    assert dialect.methods["by_tag"].shape.fields["Tag"] == ("reference",)
    assert dialect.errors.kinds["refused"] == ErrorRule(statuses=(401,), code="unauthorized")
    assert dialect.options == {"unknown_recording": "empty-list", "audio_unknown_leg": "404"}


@pytest.mark.parametrize(
    ("written", "scheme"),
    [
        ('query = "access_key"\n', KeyInQuery("access_key")),
        ('basic = "{key}:"\n', KeyInBasic("{key}:")),
        ('basic = "records:{key}"\n', KeyInBasic("records:{key}")),
        ('hash = "POST /servicemanager/rest/Time"\n', VendorHash("POST", "/servicemanager/rest/Time")),
        ('header = "X-Caller"\nvalue = "{key}"\n', KeyInHeader("X-Caller", "{key}")),
    ],
)
def test_each_authentication_scheme_is_read(folder: Path, written: str, scheme: object) -> None:
    """A parameter, HTTP Basic, the vendor's hash, or any header."""
    assert read(folder, HEADER, written).scheme == scheme


def test_places_formats_and_errors_may_be_nested(folder: Path) -> None:
    """A dot goes one level deeper; an error may have several statuses; hours may be padded."""
    dialect = read(folder, 'Source = "from"', 'Source = "from.number"')
    assert dialect.methods["by_hour"].shape.fields["Source"] == ("from", "number")
    dialect = read(folder, "{ status = 404, code", "{ status = [404, 410], code")
    assert dialect.errors.kinds["unknown_path"].statuses == (404, 410)
    dialect = read(folder, 'date = "%Y-%m-%d"', 'date = "%d.%m.%Y"\nhour = "padded"')
    assert dialect.methods["by_hour"].hour == DateAndHour(day_pattern="%d.%m.%Y", padded=True)
    start = read(folder, 'Start = "rfc3339"', 'Start = "%d.%m.%Y %H:%M:%S"').methods["by_tag"].shape.formats["Start"]
    assert len(start("05.04.2026 02:30:00", ZoneInfo("Australia/Melbourne"))) == 2


def test_a_method_may_answer_errors_in_its_own_way(folder: Path) -> None:
    """204 or 404 for an unknown call in the path, an empty list for a search; other kinds are as for all methods."""
    dialect = read(folder, OWN, f"{OWN}{UNKNOWN}{{ status = [204, 404] }}\n")
    assert dialect.error_rule("unknown_recording", "by_unique_id") == ErrorRule(statuses=(204, 404))
    assert dialect.error_rule("unknown_recording", "by_tag") == ErrorRule(statuses=(), empty_list=True)
    assert dialect.error_rule("refused", "by_unique_id") == dialect.errors.kinds["refused"]
    assert dialect.error_rule("refused", "by_unique_id", own=True) is None
    assert dialect.options["unknown_recording"] == "empty-list by tag, failure-204 or failure-404 by unique id"


def test_an_unknown_recording_may_be_an_error_or_an_empty_list(folder: Path) -> None:
    """Two servers behind one address may differ; a method may have an empty list where the others have an error."""
    common = "[failures]\nunknown_recording = { status = 404, empty_list = true }"
    dialect = read(
        folder, "[failures]", f"[methods.by_tag.failures]\nunknown_recording = {{ empty_list = true }}\n{common}"
    )
    found = {name: dialect.error_rule("unknown_recording", name) for name in ("by_tag", "by_unique_id")}
    assert {name: rule.option_values for name, rule in found.items() if rule is not None} == {
        "by_tag": ("empty-list",),
        "by_unique_id": ("empty-list", "failure-404"),
    }


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("[methods.by_tag]", "[methodx.by_tag]", "$", "unknown key 'methodx' (did you mean methods?)"),
        ("[methods.audio]", "[methods.sound]", "$.methods", "use by_tag, by_unique_id, by_hour, audio"),
        ("noojee-dialect/1", "noojee-dialect/2", "$.format", "noojee-dialect/1"),
        ('"records-v2"', '"Records V2"', "$.name", "lower-case letters, digits, dots and dashes"),
        ('name = "records-v2"\n', "", "$.name", "is missing"),
        ('"records-v2"', '"njadmin"', "$.name", "not the name of one of the vendor's dialects"),
        ("header = ", "headerx = ", "$.authentication", "did you mean header?"),
        ("Bearer {key}", f"Bearer {PLANTED}", "$.authentication.value", "with {key} where the key goes"),
        ("value = ", f'token = "{PLANTED}"\nvalue = ', "$.authentication.token", "stays in the environment"),
        ("[authentication]", f'api_key = "{PLANTED}"\n[authentication]', "$.api_key", "stays in the environment"),
        ('value = "Bearer {key}"\n', "", "$.authentication", "one of header (with value), query, basic, hash"),
        (HEADER, "", "$.authentication", "one of header (with value), query, basic, hash"),
        (HEADER, HEADER + 'query = "key"\n', "$.authentication", "one of header (with value), query, basic, hash"),
        (HEADER, f'basic = "user:{PLANTED}"\n', "$.authentication.basic", "with {key} for one of them"),
        (HEADER, f'basic = "{{key}}:{PLANTED}"\n', "$.authentication.basic", "with {key} for one of them"),
        (HEADER, 'hash = "/Time"\n', "$.authentication.hash", "POST /servicemanager/rest/Time"),
        ("={tag}", f"={{tag}}&token={PLANTED}", "$.methods.by_tag.request", "the parameter token would keep"),
        ("={tag}", "={tga}", "$.methods.by_tag.request", "GET /recordings?reference={tag}"),
        ("={tag}", "=tag", "$.methods.by_tag.request", "GET /recordings?reference={tag}"),
        ("reference={tag}", "{tag}=1", "$.methods.by_tag.request", "the name of a parameter is fixed"),
        ("GET /api/v2/rec", "FETCH /api/v2/rec", "$.methods.by_tag.request", "The verb, and the path"),
        ("GET /api/v2/rec", "GET https://h/rec", "$.methods.by_tag.request", "The verb, and the path"),
        (AUDIO, "GET /audio/{unique_id}", "$.methods.audio.request", "{leg}"),
        ("&hour={hour}", "", "$.methods.by_hour.request", "GET /legs?day={date}&hour={hour}"),
        ('"legs.schema.json"', '"nowhere.json"', "$.methods.by_tag.schema", "nowhere.json cannot be read"),
        ('"legs.schema.json"', '"records-v2.toml"', "$.methods.by_tag.schema", "is not a JSON Schema"),
        ('"legs.schema.json"', '"remote.json"', "$.methods.by_tag.schema", "is not a JSON Schema in one file"),
        ('schema = "legs.schema.json"', "", "$.methods.by_tag.schema", "is missing"),
        ('date = "%Y-%m-%d"', 'date = "%Y-%m"', "$.methods.by_hour.date", "such as %Y-%m-%d"),
        ('date = "%Y-%m-%d"', 'date = "YYYY"', "$.methods.by_hour.date", "a pattern of strftime"),
        ('date = "%Y-%m-%d"', 'hour = "9"', "$.methods.by_hour.hour", "plain (9) or padded (09)"),
        ('Start = "rfc3339"', 'Start = "rfc3393"', "$.formats.Start", "did you mean rfc3339?"),
        ('Start = "rfc3339"', 'Start = "%H:%M"', "$.formats.Start", "such as %Y-%m-%d %H:%M:%S"),
        ('Start = "rfc3339"', 'Start = "%Y-%m-%d %H:%M:%S %Z"', "$.formats.Start", "such as %Y-%m-%d %H:%M:%S"),
        ('Start = "rfc3339"\n', "", "$.formats.Start", "is missing"),
        ('End = "rfc3339"\nTag', "Tag", "$.formats.End", "is missing"),
        ('Tag = "null"', 'Tag = "nul"', "$.formats.Tag", "did you mean null?"),
        ('Tag = "null"', 'UniqueId = "text"', "$.formats", "unknown key 'UniqueId'"),
        ('IN = "inbound"', 'IN = "inbond"', "$.formats.Direction.IN", "did you mean inbound?"),
        ("Direction = {", "Duration = {", "$.formats.Duration", "number, or text"),
        ('Direction = "direction"\n', "", "$.formats.Direction", "$.fields names no Direction"),
        ('Tag = "reference"\n', "", "$.fields.Tag", "is missing"),
        ('Username = "agent"', 'Usrname = "agent"', "$.fields", "did you mean Username?"),
        ('Leg = "legNumber"', "Leg = 3", "$.fields.Leg", "a key, or several keys separated by dots"),
        ('Leg = "legNumber"', 'Leg = "call."', "$.fields.Leg", "a key, or several keys separated by dots"),
        ("status = 401", 'status = "401"', "$.failures.refused.status", "The HTTP status"),
        ("refused = {", "refusd = {", "$.failures", "did you mean refused?"),
        ("refused = { status = 401,", "refused = {", "$.failures.refused.status", "is missing"),
        ('code = "error.code"\n', "", "$.failures.refused.code", "the place of codes is missing"),
        (OWN, f"{OWN}[methods.audio.failures]\nno_sond = 1\n", "$.methods.audio.failures", "did you mean no_sound?"),
        (OWN, f"{OWN}[methods.audio.failures]\nno_sound = 410\n", "$.methods.audio.failures.no_sound", "Missing audio"),
        (OWN, f"{OWN}[methods.by_tag.failures]\nno_sound = 1\n", "$.methods.by_tag.failures", "unknown key 'no_sound'"),
        (OWN, f"{OWN}{UNKNOWN}{{ }}\n", "$.methods.by_unique_id.failures.unknown_recording", "An unknown tag"),
        (
            OWN,
            f"{OWN}{UNKNOWN}{{ code = 1 }}\n",
            "$.methods.by_unique_id.failures.unknown_recording.status",
            "is missing",
        ),
        (
            OWN,
            f"{OWN}{UNKNOWN}{{ status = 20 }}\n",
            "$.methods.by_unique_id.failures.unknown_recording.status",
            "The HTTP",
        ),
    ],
)
def test_an_error_in_a_file_is_one_line(folder: Path, old: str, new: str, place: str, says: str) -> None:
    """File, JSON path and hint. A value that could be a credential is not repeated."""
    (folder / "remote.json").write_text('{"$ref": "https://schemas.invalid/legs.json"}', encoding="utf-8")
    with pytest.raises(TargetError) as raised:
        read(folder, old, new)
    message = str(raised.value)
    assert message.startswith(f"{folder / 'records-v2.toml'}: {place}: ")
    assert says in message
    assert "\n" not in message
    assert PLANTED not in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "$.format: is missing"),
        (b"[fields", "is no TOML"),
        (b"# \xe9\n", "is not UTF-8"),
        (b"#" * (1024 * 1024 + 1), "is longer than"),
        (b"x = " + b"[" * 5000, "is no TOML"),
    ],
)
def test_a_file_that_is_no_dialect_is_an_error(tmp_path: Path, content: bytes, says: str) -> None:
    """Empty, malformed, in a wrong charset, or too long."""
    (tmp_path / "d.toml").write_bytes(content)
    with pytest.raises(TargetError, match=r"d\.toml: ") as raised:
        read_dialect(tmp_path / "d.toml")
    assert says in str(raised.value)
    with pytest.raises(TargetError, match=r"nowhere\.toml: the dialect file cannot be read"):
        read_dialect(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("dialect", "is_file"),
    [("./d", True), ("d.toml", True), ("../x/records.toml", True), ("njadmin", False), ("toml", False)],
)
def test_a_dialect_with_a_slash_or_the_ending_is_a_file(dialect: str, is_file: bool) -> None:
    """Other names are dialects of the vendor's."""
    assert is_file_name(dialect) is is_file


def test_the_path_is_relative_to_the_target_file_or_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same holds for recordings files."""
    read(folder)
    config = folder / "noojee-contract.toml"
    config.write_text('[targets.new]\nbase_url = "https://h"\ndialect = "records-v2.toml"\n', encoding="utf-8")
    monkeypatch.chdir(folder.parent)
    target = load_config(config).targets["new"]
    assert (target.dialect, target.scheme) == ("records-v2", "api-key")
    assert target.capabilities == {"by_tag", "by_unique_id", "by_hour", "audio"}
    monkeypatch.chdir(folder)
    assert from_flags({"base_url": "https://h", "dialect": "./records-v2.toml"}).described is not None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f'audio = "{AUDIO}"', "$.targets.new.audio: the dialect file decides this"),
        ('rest_path = "/rest"', "$.targets.new.rest_path: the dialect file decides this"),
        ('authentication = "hash"', "$.targets.new.authentication: the dialect file decides this"),
        ('[[migration]]\nfrom = "services"\nto = "new"', "services lists no legs"),
        ('[[migration]]\nfrom = "new"\nto = "services"', "services lists no legs"),
    ],
)
def test_a_target_does_not_repeat_its_dialect_file(folder: Path, line: str, says: str) -> None:
    """A fact has one place; and a migration needs legs on both sides."""
    read(folder)
    others = "".join(
        f'[targets.{name}]\nbase_url = "https://h"\ndialect = "{name}"\n'
        for name in ("services", "recording-api", "njadmin")
    )
    config = folder / "noojee-contract.toml"
    config.write_text(
        f'{others}[targets.new]\nbase_url = "https://h"\ndialect = "records-v2.toml"\n{line}\n', encoding="utf-8"
    )
    with pytest.raises(TargetError) as raised:
        load_config(config)
    assert says in str(raised.value)


def test_a_capability_without_a_method_cannot_be_claimed(folder: Path) -> None:
    """No clause could exercise it."""
    read(folder, f'[methods.audio]\nrequest = "{AUDIO}"\n', "")
    with pytest.raises(TargetError, match="describes no audio"):
        from_flags({"base_url": "https://h", "dialect": f"{folder}/records-v2.toml", "capabilities": ["audio"]})


@pytest.mark.parametrize("old", ["recording-api", "call-management", "njadmin", "./records-v2.toml"])
def test_each_listing_dialect_may_migrate_to_a_custom_one(folder: Path, old: str) -> None:
    """A replacement of the vendor's API is a migration target."""
    read(folder)
    config = folder / "noojee-contract.toml"
    config.write_text(
        f'[targets.old]\nbase_url = "https://h"\ndialect = "{old}"\n'
        '[targets.new]\nbase_url = "https://h"\ndialect = "records-v2.toml"\n[[migration]]\nfrom = "old"\nto = "new"\n',
        encoding="utf-8",
    )
    assert load_config(config).migrations == (MigrationPair("old", "new"),)
