"""Methods of a custom dialect may write legs differently: how they are read, which clauses apply, and errors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.suite.support.queries import has_legs, is_refused, shows_recording
from noojee_contract.targets.applicability import reason_not_applicable
from noojee_contract.targets.target import Target
from support.conformant_servers.replacement_variants import VARIANTS
from support.read_only_subjects import read_only_subject
from unit.contract.test_dialect_file import EXAMPLE, read
from unit.contract.test_dialect_requests import error_of

MELBOURNE = ZoneInfo("Australia/Melbourne")
HOUR = {
    "call": {"id": "1631595787.5", "leg": "2"}, "began": 1631595810250, "ended": 1631595814750, "lasted": 4500,
    "from": "0400000001", "to": "410", "dialled": "7601", "direction": 0,
}  # fmt: skip
TAG = {
    "id": 501, "callId": "1631595787.5", "legNumber": 2, "startedAt": 1631595810.25, "seconds": 4, "reference": "a",
    "agent": "Fred", "from": "0400000001", "to": "410", "direction": "IN",
}  # fmt: skip
ANSWERS: dict[str, Any] = {"/api/v2/legs": [HOUR], "/api/v2/recordings": {"found": [TAG]}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the JSON Schema of the example."""
    (tmp_path / "legs.schema.json").write_bytes((EXAMPLE / "legs.schema.json").read_bytes())
    return tmp_path


@pytest.fixture
def dialect(tmp_path: Path) -> CustomDialect:
    """A dialect with three shapes."""
    return read_dialect(VARIANTS["shapes"].described(tmp_path / "shapes"))


def subject_of(dialect: CustomDialect, answers: dict[str, Any]) -> ReadOnlySubject:
    """A read-only PBX with a tag and an hour in its recordings file."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=answers.get(request.url.path, {"items": []}))

    target = Target(name="new", dialect=dialect.name, described=dialect)
    return read_only_subject(httpx.MockTransport(answer), [("tag", "a"), ("hour", "2021/09/14 15")], target=target)


def test_each_answer_has_the_shape_of_its_method(dialect: CustomDialect) -> None:
    """A method may have its own fields, places and formats; the rest is common, and fields may be left out."""
    own = subject_of(dialect, ANSWERS)
    hour, tag = own.by_hour(date(2021, 9, 14), 15), own.by_tag("a")
    assert hour.reading.problems == tag.reading.problems == ()
    ((by_hour,), (by_tag,)) = hour.legs, tag.legs
    assert by_hour.start == by_tag.start == (datetime(2021, 9, 14, 5, 3, 30, 250_000, tzinfo=UTC),)
    assert (by_hour.number, by_hour.duration_seconds, by_hour.tag, by_hour.direction) == (2, 4, "", "inbound")
    assert (by_tag.number, by_tag.duration_seconds, by_tag.tag, by_tag.direction) == (2, 4, "a", "inbound")
    assert "Username" not in by_hour.texts
    assert by_tag.silent == {"Start", "End", "DID"}


def test_an_answer_by_tag_is_recognised(dialect: CustomDialect) -> None:
    """With legs, without legs, and as a refusal."""
    own = subject_of(dialect, ANSWERS)
    there = own.client.by_tag("a")
    assert has_legs(own, there)
    assert shows_recording(own, there)
    listed = subject_of(
        dialect, {**ANSWERS, "/api/v2/recordings": {"error": {"code": "denied", "message": "no", "callId": "7"}}}
    )
    assert not shows_recording(listed, listed.client.by_tag("a"))  # an id is in many an error
    none = subject_of(dialect, {**ANSWERS, "/api/v2/recordings": {"found": []}})
    assert not is_refused(none, none.client.by_tag("a"))
    failed = subject_of(dialect, {**ANSWERS, "/api/v2/recordings": {"error": {"code": "bad_request", "message": "no"}}})
    assert is_refused(failed, failed.client.by_tag("a"))


def test_a_clause_needs_its_fields_in_the_methods_it_reads(dialect: CustomDialect) -> None:
    """Clauses about by hour need them by hour, the others by tag and by unique id."""
    target = Target(name="new", dialect=dialect.name, described=dialect, capabilities=dialect.capabilities)
    said = {clause.id: reason_not_applicable(clause, target) for clause in catalogue().values()}
    assert said["by-hour.record-ids"] == "the dialect file names no CallRecordId by hour"
    assert said["metadata.did-inbound"] == "the dialect file names no DID"
    for clause_id in (
        "by-hour.instants",
        "by-hour.duration",
        "metadata.record-ids-unique",
        "metadata.owner",
        "metadata.duration",
    ):
        assert said[clause_id] is None


@pytest.mark.parametrize(
    ("written", "place", "says"),
    [
        ('[methods.by_hour.fields]\nEnde = "x"', "fields", "did you mean End?"),
        ('[methods.by_hour.fields]\nEnd = "x."', "fields.End", "a key, or several keys separated by dots"),
        ("[methods.by_hour.fields]", "fields", "if they differ from the common [fields]"),
        ('[methods.by_hour.formats]\nEnd = "iso"', "formats.End", "rfc3339, epoch-seconds"),
        ('[methods.by_hour.formats]\nEnd = "%H"', "formats.End", "such as %Y-%m-%d %H:%M:%S"),
        ('[methods.by_hour.formats]\nDirection = { A = "in" }', "formats.Direction.A", "inbound, outbound or internal"),
        ('without = ["Tag"]', "without[0]", "never UniqueId, Leg, Start or Tag"),
        ('without = "DID"', "without", "The common fields that this method does not return"),
        ('without = ["End"]\n[methods.by_hour.formats]\nEnd = "rfc3339"', "formats.End", "no field is named End"),
        ('without = ["End"]\n[methods.by_hour.fields]\nEnd = "x"', "without", "it must be there"),
    ],
)
def test_an_error_in_a_shape_is_one_line(folder: Path, written: str, place: str, says: str) -> None:
    """JSON path and hint, by method."""
    assert says in error_of(folder, "[methods.audio]", f"{written}\n[methods.audio]", f"$.methods.by_hour.{place}")


def test_a_field_of_one_method_has_its_format_there(folder: Path) -> None:
    """The common formats are for common fields."""
    text = (EXAMPLE / "dialect.toml").read_text(encoding="utf-8")
    hourly = '[methods.by_hour.fields]\nEnd = "endedAt"\n'
    old = text[text.index("[methods.audio]") :]
    new = old.replace('End = "endedAt"\n', "").replace('End = "rfc3339"\n', "")
    says = error_of(folder, old, hourly + new, "$.methods.by_hour.formats.End")
    assert "is missing. How End is written" in says
    dialect = read(folder, old, f'{hourly}[methods.by_hour.formats]\nEnd = "rfc3339"\n{new}')
    assert dialect.has_field("End", by_hour=True)
    assert not dialect.has_field("End", by_hour=False)
    assert dialect.leg_keys == {frozenset({"callId", "legNumber"})}
