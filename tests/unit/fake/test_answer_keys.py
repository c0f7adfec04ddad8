"""Every answer of each dialect has the keys that its schema and the OpenAPI description declare, and no other key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from noojee_fake.api.dialects import encode
from noojee_fake.messages import Pending, Response
from support.builders import LEGACY, MANAGED, NJADMIN, SERVICES, Caller
from support.openapi.vendor import check_vendor_answer, declared_keys, first_error, keys_of

SCHEMAS = Path(__file__).parents[3] / "schemas"
Exchange = tuple[str, str, Response]
"""HTTP method, path and answer."""

FILES = {
    f"{NJADMIN}/retrieveMetaData": "njadmin/metadata",
    f"{NJADMIN}/retrieveMetaDataByUniqueId": "njadmin/metadata",
    f"{NJADMIN}/retrieveMetaDataByHour": "njadmin/metadata-by-hour",
    f"{LEGACY}/retrieveMetaData": "recording-api/metadata",
    f"{LEGACY}/retrieveMetaDataByUniqueId": "recording-api/metadata",
    f"{MANAGED}/retrieveMetaData": "call-management/metadata",
    f"{MANAGED}/retrieveMetaDataByUniqueId": "call-management/metadata",
    f"{MANAGED}/dial": "call-management/dial",
    f"{MANAGED}/start": "call-management/success",
    f"{MANAGED}/stop": "call-management/success",
    f"{MANAGED}/answer": "call-management/success",
    f"{MANAGED}/hangup": "call-management/success",
    f"{MANAGED}/subscribe": "call-management/changes",
}
"""The schema of the successful answer of each method with a JSON answer."""

FAILURES = {NJADMIN: "njadmin/failure", LEGACY: "recording-api/failure", MANAGED: "call-management/failure"}


@pytest.fixture
def caller(pbx: Callable[..., Caller], call: Any, leg: Any) -> Caller:
    """A PBX with one recorded call under the tag T."""
    return pbx(call("1763589600.1", leg(tag="T", username="Fred"), leg("2026-11-20T09:00:10+11:00", tag="T")))


def recordings(caller: Caller) -> Iterator[Exchange]:
    """Metadata and sound in each dialect, found and not found."""
    for base, ask in ((NJADMIN, caller.njadmin), (LEGACY, caller.legacy), (MANAGED, caller.managed)):
        for tag in ("T", "other", ""):
            yield "POST", f"{base}/retrieveMetaData", ask("retrieveMetaData", tag=tag)
            yield "POST", f"{base}/retrieve", ask("retrieve", tag=tag)
        for unique_id in ("1763589600.1", "1.1"):
            for name in ("retrieveMetaDataByUniqueId", "retrieveByUniqueId"):
                yield "POST", f"{base}/{name}", ask(name, uniqueId=unique_id)
    for _ in range(2):  # the second request exceeds the limit
        answer = caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour="9")
        yield "POST", f"{NJADMIN}/retrieveMetaDataByHour", answer
    yield "POST", "/rest/Time", caller.ask("/rest/Time")


def refusals(caller: Caller) -> Iterator[Exchange]:
    """Requests without credentials, with invalid credentials, and with another HTTP method."""
    for base in (NJADMIN, LEGACY, MANAGED):
        path = f"{base}/retrieveMetaData"
        for query in ("tag=T", "tag=T&apiKey=invalid", "tag=T&timeStamp=1&hash=0"):
            yield "POST", path, caller.ask(path, query)


def live_calls(caller: Caller) -> Iterator[Exchange]:
    """A call from dial to hangup, with the events that its extensions see, and refused operations."""

    def managed(name: str, **parameters: Any) -> Exchange:
        return "POST", f"{MANAGED}/{name}", caller.managed(name, **parameters)

    yield managed("start", extenOrUniqueId="410")
    yield managed("dial", number="410", extenOrUniqueId="SIP/400", autoAnswer="answer", record="true")
    unique_id = caller.sandboxes.default.switchboard.calls()[0].unique_id
    yield managed("answer", uniqueId=unique_id, exten="410")
    yield managed("subscribe", exten="400,410", lastSequenceNumber=0, timeOut=0)
    yield managed("start", extenOrUniqueId="410", tag="T")
    for name in ("start", "stop"):
        yield "POST", f"{LEGACY}/{name}", caller.legacy(name, extenOrUniqueId="410")
        yield "GET", SERVICES, caller.services(name, extenOrUniqueId="410")
    yield managed("start", extenOrUniqueId="410")
    yield managed("stop", extenOrUniqueId="410", agentLoginName="Administrator")
    yield managed("hangup", extenOrUniqueId=unique_id)
    yield managed("subscribe", exten="400,410", lastSequenceNumber="x")
    yield "GET", SERVICES, caller.services("retrieve", uniqueId=unique_id)
    yield "GET", SERVICES, caller.services("other")


def scenario(caller: Caller) -> list[Exchange]:
    return [*recordings(caller), *refusals(caller), *live_calls(caller)]


def json_exchanges(exchanges: list[Exchange]) -> Iterator[tuple[str, Any]]:
    """Path and document of each JSON answer."""
    for _, path, answer in exchanges:
        if dict(answer.headers).get("Content-Type", "").startswith("application/json"):
            yield path, json.loads(answer.body)


def schema_file(path: str, document: Any) -> str:
    """The name of the schema that a JSON answer follows."""
    if isinstance(document, dict) and int(document.get("Code", document.get("code", -1))) < 0:
        return FAILURES[path.rpartition("/")[0]]
    legacy_control = path in (f"{LEGACY}/start", f"{LEGACY}/stop")
    return "call-management/success" if legacy_control else FILES[path]


def test_answers_follow_the_openapi_description(caller: Caller) -> None:
    """Status, Content-Type and keys of every answer in all four dialects."""
    for method, path, answer in scenario(caller):
        assert not isinstance(answer, Pending)
        check_vendor_answer(method, path, answer)


def test_json_answers_follow_their_schema_files(caller: Caller) -> None:
    """No answer has a key that its schema does not declare, and each schema is used."""
    used = set()
    for path, document in json_exchanges(scenario(caller)):
        name = schema_file(path, document)
        used.add(name)
        text = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
        assert first_error(text, document) is None, (path, name, first_error(text, document))
    assert used == {*FILES.values(), *FAILURES.values()}


def test_the_answers_show_every_declared_key(caller: Caller) -> None:
    """The scenario would miss a key of a schema that no answer shows."""
    documents = list(json_exchanges(scenario(caller)))
    for name in sorted(set(FILES.values())):
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        shown = {
            key for path, document in documents if schema_file(path, document) == name for key in keys_of(document)
        }
        declared = set(declared_keys(schema))
        assert declared
        assert declared <= shown, name


@pytest.mark.parametrize("key", ["Queue", "leg"])
def test_an_undeclared_key_is_found(caller: Caller, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """A new field in an answer fails until the schema and the description declare it."""
    write = encode._json
    monkeypatch.setattr(encode, "_json", lambda fields: write({**fields, key: ""}))
    answer = caller.njadmin("retrieveMetaData", tag="T")
    with pytest.raises(AssertionError, match=key):
        check_vendor_answer("POST", f"{NJADMIN}/retrieveMetaData", answer)
    text = (SCHEMAS / "njadmin" / "metadata.schema.json").read_text(encoding="utf-8")
    assert first_error(text, json.loads(answer.body)) is not None
