"""Requests in dialect files: an hour as a range of times, parameters in the body, and errors in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.dialects.body import FormBody, JsonBody
from noojee_contract.dialects.hour import DateAndHour, TimeRange
from noojee_contract.errors import TargetError
from unit.contract.test_dialect_file import EXAMPLE, PLANTED, read

BY_HOUR = 'request = "GET /api/v2/legs?day={date}&hour={hour}"\ndate = "%Y-%m-%d"'
RANGE = 'request = "GET /api/v2/legs?from={from}&until={until}"\n'
HOURLY = 'request = "POST /api/v2/legs"\n'
BY_TAG = 'request = "GET /api/v2/recordings?reference={tag}"'
POST = 'request = "POST /api/v2/recordings"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the JSON Schema of the example."""
    (tmp_path / "legs.schema.json").write_bytes((EXAMPLE / "legs.schema.json").read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    "form", ["rfc3339", "rfc3339-utc", "epoch-seconds", "epoch-millis", "%Y%m%d%H%M", "%Y-%m-%dT%H:%M:%SZ"]
)
def test_an_hour_may_be_a_range_of_times(folder: Path, form: str) -> None:
    """If the times are instants, the file settles the option of the repeated hour."""
    dialect = read(folder, BY_HOUR, f'{RANGE}time = "{form}"')
    assert dialect.methods["by_hour"].hour == TimeRange(form)
    assert dialect.options.get("repeated_hour") == (None if form == "%Y%m%d%H%M" else "both")


def test_parameters_may_be_in_the_body(folder: Path) -> None:
    """As JSON, with numbers, or as a form; the rest may be in the path."""
    dialect = read(folder, BY_TAG, f'{POST}json = {{ q = {{ tag = "{{tag}}" }}, most = 500 }}')
    assert dialect.methods["by_tag"].body == JsonBody({"q": {"tag": "{tag}"}, "most": 500})
    dialect = read(folder, BY_HOUR, 'request = "POST /legs/{date}"\nform = { h = "{hour}", n = 1 }')
    assert dialect.methods["by_hour"].body == FormBody((("h", "{hour}"), ("n", "1")))
    assert dialect.methods["by_hour"].hour == DateAndHour()
    numbers = '{ f = "{from:number}", u = "{until:number}" }'
    dialect = read(folder, BY_HOUR, f'{HOURLY}json = {numbers}\ntime = "epoch-seconds"')
    assert dialect.methods["by_hour"].hour == TimeRange("epoch-seconds")


@pytest.mark.parametrize(
    ("written", "place", "says"),
    [
        (RANGE, "time", "is missing. How {from} and {until} are written"),
        (RANGE + 'time = "rfc3393"', "time", "did you mean rfc3339?"),
        (RANGE + 'time = "%Y-%m-%d"', "time", "such as %Y-%m-%d %H:%M:%S"),
        (RANGE + 'time = "%H %Z"', "time", "such as %Y-%m-%d %H:%M:%S"),
        (RANGE + 'time = "rfc3339"\ndate = "%Y"', "date", "a range of times does not use this key"),
        (RANGE + 'time = "rfc3339"\nhour = "padded"', "hour", "a range of times does not use this key"),
        (BY_HOUR + '\ntime = "rfc3339"', "time", "remove this key"),
        (RANGE.replace("{until}", "{hour}"), "request", "GET /legs?from={from}&until={until}"),
        (RANGE.replace("&until={until}", ""), "request", "GET /legs?from={from}&until={until}"),
        (HOURLY + 'json = { d = "{date}" }', "request", "{hour} is neither here nor in the body"),
        (HOURLY + 'json = { d = "{date}", u = "{until}" }', "time", "is missing"),
        (
            HOURLY + 'json = { d = "{date}", u = "{until}" }\ntime = "rfc3339"', "json",
            "only {from}, {until} may be in braces",
        ),
        (
            HOURLY + 'json = { f = "{from:number}", u = "{until}" }\ntime = "rfc3339"', "json",
            "of nothing in this method",
        ),
        (HOURLY + 'json = { d = "{date:number}", h = "{hour}" }', "json", ":number makes a whole number of hour alone"),
    ],
)  # fmt: skip
def test_an_error_in_a_request_by_hour_is_one_line(folder: Path, written: str, place: str, says: str) -> None:
    """JSON path and hint."""
    assert says in error_of(folder, BY_HOUR, written, f"$.methods.by_hour.{place}")


@pytest.mark.parametrize(
    ("body", "place", "says"),
    [
        ('json = { q = "{tga}" }', "json", "only {tag} may be in braces"),
        ('json = { q = "{tag} {" }', "json", "only {tag} may be in braces"),
        ('json = { q = "{tag:number}" }', "json", "of nothing in this method"),
        ('json = { q = "tag" }', "request", "{tag} is neither here nor in the body"),
        ("json = {}", "json", '{ reference = "{tag}" }'),
        ('json = "{tag}"', "json", '{ reference = "{tag}" }'),
        ('json = { q = "{tag}", at = 2026-01-01 }', "json.at", "as a string, in quotes"),
        ('json = { q = ["{tag}", inf] }', "json.q[1]", "as a string, in quotes"),
        (f'json = {{ q = "{{tag}}", a = {{ token = "{PLANTED}" }} }}', "json.a.token", "would keep a credential"),
        ('json = { "{tag}" = "{tag}" }', "json.{tag}", "the name of a parameter is fixed"),
        ('form = { q = ["{tag}"] }', "form.q", "as a form"),
        (f'form = {{ q = "{{tag}}", password = "{PLANTED}" }}', "form.password", "would keep a credential"),
        ('form = { q = "{tag:number}" }', "form", ":number must be the whole JSON string"),
        ('json = { q = "no {tag:number}" }', "json", ":number must be the whole JSON string"),
        ('form = { q = "{tag}" }\njson = { q = "{tag}" }', "form", "a request has one body"),
    ],
)  # fmt: skip
def test_an_error_in_a_body_is_one_line(folder: Path, body: str, place: str, says: str) -> None:
    """JSON path and hint. A value that could be a credential is not repeated."""
    assert says in error_of(folder, BY_TAG, POST + body, f"$.methods.by_tag.{place}")


def test_a_get_has_no_body(folder: Path) -> None:
    """Servers and proxies drop it."""
    says = error_of(folder, BY_TAG, f'{BY_TAG}\njson = {{ q = "{{tag}}" }}', "$.methods.by_tag.json")
    assert "write POST in request" in says


def error_of(folder: Path, old: str, new: str, place: str) -> str:
    """The error of a file, which is one line with the JSON path."""
    with pytest.raises(TargetError) as raised:
        read(folder, old, new)
    message = str(raised.value)
    assert message.startswith(f"{folder / 'records-v2.toml'}: {place}: ")
    assert "\n" not in message
    assert PLANTED not in message
    return message
