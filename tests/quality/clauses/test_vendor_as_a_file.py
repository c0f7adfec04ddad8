"""The vendor's own generations, described in a dialect file.

The file describes the hash, failures with HTTP 200, texts for numbers, and Java's dates.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.dialects.loader.file import read_dialect
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.outcome import Outcome
from noojee_contract.resources import schemas
from noojee_contract.targets.applicability import applies_to
from noojee_contract.targets.target import Target
from support.running import run_clauses

LEGS = f"""
[fields]
UniqueId = "UniqueId"
Leg = "Leg"
CallRecordId = "CallRecordId"
Start = "Start"
Duration = "Duration"
Tag = "Tag"
Username = "Username"
Source = "Source"
Destination = "Destination"
DID = "DID"
Direction = "Direction"

[formats]
Start = "java-timestamp"
Leg = "text"
Duration = "text"
CallRecordId = "text"
Direction = {{ 0 = "inbound", 1 = "outbound", 2 = "internal" }}

[methods.by_tag]
request = "POST BASE/retrieveMetaData?tag={{tag}}"
schema = "{schemas("recording-api", "metadata.schema.json").resolve()}"
[methods.by_unique_id]
request = "POST BASE/retrieveMetaDataByUniqueId?uniqueId={{unique_id}}"
schema = "{schemas("recording-api", "metadata.schema.json").resolve()}"
[methods.audio]
request = "POST BASE/retrieveByUniqueId?uniqueId={{unique_id}}&leg={{leg}}"
"""
HOURLY = f"""
[methods.by_hour]
request = "POST BASE/retrieveMetaDataByHour?date={{date}}&hour={{hour}}"
schema = "{schemas("njadmin", "metadata-by-hour.schema.json").resolve()}"
once_a_minute = true
[methods.by_hour.fields]
End = "callend"
[methods.by_hour.formats]
Start = "java-date"
End = "java-date"
Direction = {{ Inbound = "inbound", Outbound = "outbound", Internal = "internal" }}
"""
WAYS = {
    "recording-api": (
        'hash = "POST /servicemanager/rest/Time"', "/rest/RecordingAPI", "refused = { status = 200, code = -1 }", "",
    ),
    "njadmin": ('query = "apiKey"', "/njadmin/rest/RecordingAPI", "refused = { status = 401, code = -1 }", HOURLY),
}  # fmt: skip


def _target(file: Path) -> Target:
    """The fake as a dialect file describes it."""
    described = read_dialect(file)
    return Target(
        name="vendor", dialect=described.name, described=described, capabilities=described.capabilities,
        transport="noojee_fake.adapters.httpx_transport:open", writable=True,
    )  # fmt: skip


@pytest.mark.parametrize("dialect", sorted(WAYS))
def test_the_fake_passes_through_a_dialect_file(dialect: str, tmp_path: Path) -> None:
    """No clause fails, and each clause that applies to a dialect file passes somewhere. By hour has its own shape."""
    scheme, base, refused, hourly = WAYS[dialect]
    (tmp_path / "vendor.toml").write_text(
        f'format = "noojee-dialect/1"\nname = "as-a-file"\n[authentication]\n{scheme}\n'
        f'[failures]\ncode = "Code"\nmessage = "Message"\nsuccess = 0\n{refused}\nunknown_path = {{ status = 404 }}\n'
        f"wrong_method = {{ status = 405 }}\nno_sound = {{ status = 404, code = -1 }}\n"
        f"{(LEGS + hourly).replace('BASE', base)}",
        encoding="utf-8",
    )
    target = _target(tmp_path / "vendor.toml")
    clauses = [clause for clause in catalogue().values() if applies_to(clause, target)]
    config = RunnerConfig(targets=[target], random_seed=1, examples=6, shrink_seconds=0)
    results = list(run_clauses(config, clauses))
    wrong = [
        f"{result.clause}: {result.failure.message if result.failure is not None else result.reason}"
        for result in results
        if result.outcome not in (Outcome.PASSED, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE)
    ]
    assert wrong == []
    held = {result.clause for result in results if result.outcome is Outcome.PASSED}
    unsupported = {result.clause for result in results if result.outcome is Outcome.NOT_APPLICABLE}
    assert {clause.id for clause in clauses} - unsupported <= held
    without_end = {"metadata.end"}  # the vendor has an end by hour only
    assert all(clause.startswith(("by-hour.", "relations.", "migration.")) for clause in unsupported - without_end)
    assert not hourly or unsupported <= without_end
    assert ("by-hour.instants" in held) == bool(hourly)
    assert ("authentication.hash-text" in held) == (dialect == "recording-api")


@pytest.mark.parametrize(("written", "expected"), [("true", Outcome.PASSED), ("false", Outcome.NOT_APPLICABLE)])
def test_the_by_hour_limit_is_tested_where_the_file_names_it(written: str, expected: Outcome, tmp_path: Path) -> None:
    """Otherwise requests are not spaced."""
    hourly = (
        '[methods.by_hour]\nrequest = "POST BASE/retrieveMetaDataByHour?date={date}&hour={hour}"\n'
        f'schema = "{schemas("njadmin", "metadata-by-hour.schema.json").resolve()}"\nonce_a_minute = {written}\n'
    )
    (tmp_path / "vendor.toml").write_text(
        f'format = "noojee-dialect/1"\nname = "as-a-file"\n[authentication]\nquery = "apiKey"\n'
        f"{(LEGS + hourly).replace('BASE', '/njadmin/rest/RecordingAPI')}",
        encoding="utf-8",
    )
    target = _target(tmp_path / "vendor.toml")
    clauses = [catalogue()[clause_id] for clause_id in ("by-hour.limit", "by-hour.limit-ends", "by-hour.limit-apart")]
    config = RunnerConfig(targets=[target], random_seed=1, examples=1, shrink_seconds=0)
    outcomes = {(result.clause, result.outcome) for result in run_clauses(config, clauses)}
    assert outcomes == {(clause.id, expected) for clause in clauses}
