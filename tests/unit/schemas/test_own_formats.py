"""What the project's own formats refuse, and that the two validators agree on any document with any one mistake."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from noojee_contract.model import schemas as validate
from noojee_contract.resources import fixtures, schemas

Steps = tuple[str | int, ...]
GONE = object()
"""In place of a value: the key itself is taken out."""


def exchange(name: str) -> Any:
    return json.loads(fixtures("exchanges", "published", f"{name}.json").read_text(encoding="utf-8"))


def answer(name: str) -> Any:
    return json.loads(exchange(name)["response"]["body"]["text"])


SUBSCRIBED = json.loads(
    json.loads(fixtures("exchanges", "java-binding", "subscribe.json").read_text(encoding="utf-8"))["response"]["body"][
        "text"
    ]
)
SPEC = json.loads(fixtures("archives", "published", "specification-page.json").read_text(encoding="utf-8"))
TARGET = tomllib.loads("""
[targets.staging]
dialect = "njadmin"
base_url = "https://pbx.example/prefix"
time_zone = "Australia/Melbourne"
api_key_env = "NOOJEE_KEY"
recordings = ["recordings.csv", "more.csv"]
capabilities = ["by_tag", "audio"]
audio = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
rest_path = "/rest"
plain_base_url = "http://pbx.example/prefix"
authentication = "hash"
requests_per_second = 2.5
request_budget = 500
timeout_seconds = 10
slow_seconds = 1.5
max_body_bytes = 1048576
sounds = "all"
longest_sound = 120
calls = 50
negative_tests = "allowed"
max_wait_seconds = 61
ca_file = "ca.pem"
client_cert = "client.pem"
client_key = "client.key"
tls_server_name = "pbx.example.org"
headers = ["X-Tenant: 7"]
headers_env = ["X-Gateway-Token: GATEWAY_TOKEN"]
largest_audio_bytes = 67108864
writable = false
sources = ["bundled"]
control_url = "https://pbx.example/__noojee"
control_token_env = "CONTROL_TOKEN"
profile = {time_body = "digits-newline"}
expected_failures = [
    {clause = "metadata.schema", reason = "known", expires = "2027-01-31", field = "DID", pattern = "null"}
]
binding = ["transport.json-content-type"]

[targets.old]
dialect = "recording-api"
transport = "noojee_fake.adapters.httpx_transport:open"

[[migration]]
from = "old"
to = "staging"
""")
CAPTURE = {
    "format": "noojee-capture/1",
    "target": {"name": "staging", "dialect": "njadmin"},
    "redaction": "0123456789abcdef",
    "runs": [{"number": 1, "started": "2026-11-26T20:00:00+00:00", "exchanges": 12}],
}
PROFILE = tomllib.loads("""
format = "noojee-profile/1"

[target]
name = "staging"
dialect = "njadmin"
base_url = "https://pbx.example"
probed = "2026-11-26T20:00:00+00:00"
requests = 24

[values]
empty_tag = "refused"

[evidence]
empty_tag = ["an empty tag: POST /njadmin/rest/RecordingAPI/retrieveMetaData -> 400"]

[not_learnt]
future_hour = "needs a wait of 61 s"

[[other_behaviour]]
saw = "the header x-powered-by"
evidence = "POST / -> 200"
""")
UNKNOWNS = tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8"))
FIRST = min(UNKNOWNS)
FAILURE = {
    "message": "Leg is 'one'",
    "kind": "invalid_field",
    "field": "Leg",
    "header": None,
    "option": None,
    "expected": None,
    "actual": "one",
    "exchange": {name: exchange("metadata-by-tag")[name] for name in ("request", "response", "transport_error", "at")},
    "archive": SPEC,
    "script": "curl",
    "command": "noojee-contract verify",
}
RESULT = {
    "kind": "result", "clause": "metadata.schema", "target": "old", "source": "bundled", "outcome": "failed",
    "checks": 3, "seconds": 0.1, "reason": None, "failure": FAILURE,
    "coverage": [{"what": "sounds", "known": 480, "compared": 20, "not_compared": {"outside the sample": 460}}],
}  # fmt: skip
HEADER = {
    "kind": "header", "format": "noojee-report/2", "suite": "noojee-contract 0.1.0", "catalogue": "c0ffee",
    "started": "2026-11-24T00:00:00+00:00", "random_seed": 1, "examples": 5,
    "targets": [
        {"name": "old", "dialect": "njadmin", "address": "http://127.0.0.1", "sources": ["bundled"], "requests": 3}
    ],
    "clauses": [{"id": "a.b", "sentence": "s", "severity": "must", "provenance": "SPEC", "group": "a"}],
}  # fmt: skip
FOOTER = {
    "kind": "footer", "verdict": "passed", "exit_code": 0, "complete": True, "seconds": 1.5, "clauses": 1, "targets": 1,
    "migrations": 0, "results": 1, "outcomes": 1, "checks": 3, "requests": 9, "counts": {"passed": 1},
    "missing": [["old", "a.b"]], "empty_rows": [["old", "recordings.csv, line 2: tag '1' brings nothing"]],
    "unreachable": [], "notes": [], "calls": [],
}  # fmt: skip
EXCHANGE_FILE_HEADER = {
    "format": "noojee-exchanges/1", "made_by": "record", "started": "2026-11-24T00:00:00+00:00", "target": "old",
    "dialect": "njadmin", "scheme": "api-key", "time_zone": "Australia/Melbourne", "base_path": "", "audio": None,
    "credentials": ["apiKey"], "redaction": "0123456789abcdef",
}  # fmt: skip
RECORDED = {
    "number": 1, "at": "2026-11-24T00:00:00.000+00:00", "first_byte_seconds": 0.1, "seconds": None,
    "authentication": {"scheme": "hash", "verdict": "right", "age_seconds": 0.5},
    "request": {"head": "POST / HTTP/1.1\r\n\r\n", "body": {"text": ""}},
    "response": {"head": "HTTP/1.1 200 OK\r\n\r\n", "body": {"file": "1-response.bin", "size": 3, "sha256": "0" * 64}},
    "transport_error": None,
}  # fmt: skip

DIRECTORY: dict[str, Any] = {
    "users": [{"name": "Fred", "extension": "410", "role": "agent", "team": "sales"}, {"name": "Administrator"}],
    "queues": [{"number": "600", "members": ["410"]}],
    "routes": [{"did": "*", "to": "600", "default_account": "Administrator", "record": "queue"}],
}
DIALECT = tomllib.loads(
    (Path(__file__).parents[3] / "docs/guides/replacement/dialect.toml").read_text(encoding="utf-8")
)
SHORTEST_DIALECT = {
    "format": "noojee-dialect/1", "name": "v3", "authentication": {"hash": "POST /time"},
    "methods": {
        "by_tag": {"request": "POST /find", "json": {"q": [{"tag": "{tag}"}, 1]}, "schema": "legs.json"},
        "audio": {"request": "POST /sound", "form": {"call": "{unique_id}", "leg": "{leg}", "rate": 8000}},
        "by_unique_id": {"request": "GET /calls/{unique_id}", "schema": "legs.json"},
        "by_hour": {"request": "GET /legs?a={from}&b={until}", "time": "epoch-millis", "schema": "legs.json",
            "fields": {"End": "to"}, "formats": {"End": "epoch-millis", "Leg": "text"}, "without": ["DID"]},
    },
    "fields": {"UniqueId": "call.id", "Leg": "n", "Start": "at", "Tag": "tag"},
    "formats": {"Start": "%Y-%m-%d %H:%M:%S"},
}  # fmt: skip
VALID: dict[str, list[Any]] = {
    "recording-api/time": ["1392356108888", "1392356108888\n"],
    "recording-api/metadata": [answer("metadata-by-tag"), []],
    "recording-api/failure": [answer("expired-time-stamp")],
    "call-management/metadata": [answer("metadata-by-tag"), []],
    "call-management/failure": [answer("expired-time-stamp")],
    "call-management/success": [answer("hangup"), {"Code": 0}],
    "call-management/dial": [{"SessionID": 7, "Message": "Dialing", "Code": 0}, {"SessionID": "7", "Code": 0}],
    "call-management/changes": [SUBSCRIBED],
    "njadmin/metadata": [answer("metadata-by-tag")],
    "njadmin/metadata-by-hour": [answer("metadata-by-hour")],
    "njadmin/failure": [answer("expired-time-stamp"), {"code": 101, "message": "no"}],
    "own/archive": [SPEC],
    "own/recordings": [{"kind": "hour", "value": "2021/09/14 15"}, {"kind": "tag", "value": "a\nb"}],
    "own/exchange": [exchange("metadata-by-tag"), exchange("metadata-by-hour")],
    "own/exchange-file": [EXCHANGE_FILE_HEADER, RECORDED],
    "own/target": [TARGET],
    "own/report": [HEADER, RESULT, FOOTER],
    "own/options": [{key: UNKNOWNS[key] for key in (FIRST, "other_methods")}],  # open and settled; test_schemas has all
    "own/directory": [{}, DIRECTORY],
    "own/dialect": [DIALECT, SHORTEST_DIALECT],
    "own/profile": [PROFILE],
    "own/capture": [CAPTURE],
}


def changed(document: Any, steps: Steps, value: Any) -> Any:
    """The document with one value replaced or, by GONE, taken out."""
    if not steps:
        return value
    document = copy.deepcopy(document)
    holder = document
    for step in steps[:-1]:
        holder = holder[step]
    if value is GONE:
        del holder[steps[-1]]
    else:
        holder[steps[-1]] = value
    return document


def places(value: Any, at: Steps = ()) -> Iterator[Steps]:
    """The steps to each value in a document."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield from places(inner, (*at, step))


def agreed(document: Any, name: str) -> bool:
    """Whether a document is valid; both validators must say the same."""
    fast = validate.violations(document, name) == []
    assert fast == (validate.reference(document, name) == []), document
    return fast


@pytest.mark.parametrize("name", sorted(VALID))
def test_a_document_of_each_format_is_valid(name: str) -> None:
    """Else the mistakes below would be refused for another reason; no schema is left out."""
    assert all(agreed(document, name) for document in VALID[name])
    files = schemas("own").parent.rglob("*.schema.json")
    assert set(VALID) == {f"{path.parent.name}/{path.name.removesuffix('.schema.json')}" for path in files}


CALL: Steps = ("calls", 0)
LEG: Steps = (*CALL, "legs", 0)
STAGING: Steps = ("targets", "staging")
REFUSED: dict[str, list[tuple[Any, Steps, Any]]] = {
    "own/archive": [
        (SPEC, steps, value)
        for steps, value in (
            (("format",), "noojee-archive/2"), (("format",), GONE), (("calls",), GONE), (("calls",), {}),
            (("calls",), None), (("note",), "x"), (("now",), "2026-11-24"), (("now",), "2026-11-24T00:00:00"),
            (("time_zone",), ""), (("default_account",), ""), (("profile",), {"key": 1}), (("profile",), {"Key": "x"}),
            ((*CALL, "unique_id"), ""), ((*CALL, "unique_id"), 1392271611.238), ((*CALL, "unique_id"), "1" * 201),
            ((*CALL, "direction"), "2"), ((*CALL, "direction"), "Internal"), ((*CALL, "source"), None),
            ((*CALL, "source"), GONE), ((*CALL, "legs"), []), ((*CALL, "legs"), GONE), ((*CALL, "id"), "x"),
            (CALL, {"unique_id": "1.1", "direction": "inbound", "source": "", "legs": SPEC["calls"][0]["legs"]}),
            ((*LEG, "leg"), 0), ((*LEG, "leg"), "1"), ((*LEG, "start"), GONE),
            ((*LEG, "start"), "2014-02-13 17:06:52.0"), ((*LEG, "start"), 1392271612), ((*LEG, "end"), GONE),
            ((*LEG, "end"), "2014-02-13T17:06:56+11:00\n"), ((*LEG, "tag"), None), ((*LEG, "username"), 7),
            ((*LEG, "destination"), GONE), ((*LEG, "destination"), 410), ((*LEG, "call_record_id"), "198348"),
            ((*LEG, "call_record_id"), 0), ((*LEG, "call_record_id"), 2**63), ((*LEG, "sound"), "leg-1.wav"),
            ((*LEG, "sound"), {}), ((*LEG, "sound"), {"absent": False}), ((*LEG, "sound"), {"file": ""}),
            ((*LEG, "sound"), {"file": "a.wav", "absent": True}), ((*LEG, "duration"), 4),
        )
    ],
    "own/exchange": [
        (exchange("metadata-by-tag"), steps, value)
        for steps, value in (
            (("format",), "noojee-exchange/1"), (("description",), ""), (("provenance",), "SPEC"),
            (("provenance", "mark"), "OURS"), (("provenance", "mark"), GONE), (("provenance", "source"), ""),
            (("provenance", "retrieved"), "23.11.2026"), (("provenance", "retrieved"), "2026-11-23\n"),
            (("dialect",), "legacy"), (("request",), None), (("request", "method"), ""), (("request", "url"), GONE),
            (("request", "headers"), {"a": "b"}), (("request", "headers"), [["a"]]),
            (("request", "headers"), [["a", "b", "c"]]), (("request", "body"), "text"), (("request", "body"), {}),
            (("request", "body"), {"text": "", "base64": ""}), (("response", "status"), "200"),
            (("response", "status"), 99), (("response", "body"), {"omitted_bytes": -1}), (("response",), GONE),
            (("transport_error",), 1), (("at",), GONE), (("seconds",), 1),
        )
    ],
    "own/exchange-file": [
        *(
            (EXCHANGE_FILE_HEADER, steps, value)
            for steps, value in (
                (("format",), "noojee-exchanges/2"), (("made_by",), "curl"), (("started",), GONE), (("redaction",), ""),
                (("base_path",), None), (("number",), 1), (("credentials",), "apiKey"), (("credentials",), [""]),
            )
        ),
        *(
            (RECORDED, steps, value)
            for steps, value in (
                (("number",), 0), (("at",), None), (("seconds",), -1), (("authentication", "verdict"), "yes"),
                (("authentication", "hash"), "x"), (("request",), None), (("request", "body"), {"text": "", "size": 1}),
                (("response", "body", "file"), "../1-response.bin"), (("response", "body", "file"), "1-response.bin\n"),
                (("response", "body", "sha256"), "0"), (("response", "body", "size"), GONE),
                (("response", "head"), GONE),
            )
        ),
    ],
    "own/target": [
        (TARGET, steps, value)
        for steps, value in (
            (("targets",), GONE), (("targets",), {}), (("target",), {}), ((*STAGING, "dialect"), GONE),
            ((*STAGING, "dialect"), "legacy"), ((*STAGING, "base_url"), GONE), ((*STAGING, "base_url"), "pbx.example"),
            ((*STAGING, "base_url"), "https://user:word@pbx.example"), ((*STAGING, "base_url"), "https://pbx.example?apiKey=1"),
            ((*STAGING, "transport"), "module:open"), ((*STAGING, "api_key"), "secret"),
            ((*STAGING, "api_key_env"), "f8632-46a"), ((*STAGING, "known"), 1),
            ((*STAGING, "capabilities"), ["by_name"]), ((*STAGING, "archives"), ["all"]),
            ((*STAGING, "audio"), "POST {base}/retrieve"), ((*STAGING, "rest_path"), "/"),
            ((*STAGING, "authentication"), "none"), ((*STAGING, "request_budget"), 0),
            ((*STAGING, "requests_per_second"), 0), ((*STAGING, "timeout_seconds"), "10"),
            ((*STAGING, "max_body_bytes"), 1), ((*STAGING, "negative_tests"), "everything"),
            ((*STAGING, "max_wait_seconds"), "61s"), ((*STAGING, "allow"), ["provoke"]),
            ((*STAGING, "writable"), "yes"),
            ((*STAGING, "profile"), {"time_body": 1}), ((*STAGING, "expected_failures", 0, "expires"), GONE),
            ((*STAGING, "expected_failures", 0, "expires"), "soon"), ((*STAGING, "expected_failures", 0, "reason"), ""),
            (("targets", "old", "command"), ["serve", "{ready_file}"]),
            (("migration",), {"from": "old", "to": "staging"}), (("migration", 0, "to"), GONE),
        )
    ],
    "own/recordings": [
        ({"kind": "hour", "value": "2021/09/14 15"}, steps, value)
        for steps, value in (
            (("kind",), "name"), (("kind",), GONE), (("value",), ""), (("value",), GONE), (("value",), "2021-09-14 15"),
            (("value",), "2021/09/14 24"), (("value",), "2021/09/14"), (("value",), "2021/09/14 15\n"),
            (("note",), "x"),
        )
    ],
    "own/options": [
        (UNKNOWNS, steps, value)
        for steps, value in (
            (("Upper",), UNKNOWNS[FIRST]), ((FIRST, "row"), 5), ((FIRST, "default"), GONE),
            ((FIRST, "alternatives"), []), ((FIRST, "settled"), "so it is"), ((FIRST, "alternatives"), ["a", "a"]),
            ((FIRST, "dialects"), ["soap"]), ((FIRST, "dialects"), []), ((FIRST, "question"), None),
            ((FIRST, "provenance"), GONE), ((FIRST, "more"), "x"),
        )
    ],
    "own/capture": [
        (CAPTURE, steps, value)
        for steps, value in (
            (("format",), "noojee-capture/2"), (("format",), GONE), (("target",), GONE), (("target", "name"), ""),
            (("target", "key"), "x"), (("redaction",), "key"), (("redaction",), GONE), (("runs",), []),
            (("runs", 0, "number"), 0), (("runs", 0, "started"), GONE), (("runs", 0, "exchanges"), "12"),
            (("key",), "x"),
        )
    ],
    "own/profile": [
        (PROFILE, steps, value)
        for steps, value in (
            (("format",), "noojee-profile/2"), (("format",), GONE), (("target",), GONE), (("target", "name"), ""),
            (("target", "dialect"), "soap"), (("target", "requests"), -1), (("target", "key"), "x"),
            (("values",), GONE), (("values", "empty_tag"), 1), (("values", "Empty"), "refused"),
            (("evidence", "empty_tag"), "text"), (("not_learnt", "future_hour"), None),
            (("other_behaviour", 0, "saw"), GONE), (("key",), "x"),
        )
    ],
    "own/dialect": [
        (DIALECT, steps, value)
        for steps, value in (
            (("format",), "noojee-dialect/2"), (("format",), GONE), (("name",), "Records v2"), (("name",), "njadmin"),
            (("name",), GONE), (("key",), "x"), (("authentication",), {}), (("authentication", "value"), GONE),
            (("authentication", "value"), "Bearer"),
            (("authentication", "value"), "Bearer {key}\n"), (("authentication", "header"), "Authori zation"),
            (("authentication", "query"), "key"), (("authentication",), {"query": "a=b"}),
            (("authentication",), {"basic": "user:word"}), (("authentication",), {"basic": "{key}"}),
            (("authentication",), {"hash": "/time"}), (("methods", "by_tag"), GONE),
            (("methods", "by_unique_id"), GONE), (("methods", "by_tag", "schema"), GONE), (("methods", "by_name"), {}),
            (("methods", "by_tag", "request"), "GET /recordings"),
            (("methods", "by_tag", "request"), "/recordings?tag={tag}"),
            (("methods", "by_tag", "request"), "PUT /recordings?tag={tag}"),
            (("methods", "by_tag", "request"), "GET /r?tag={tga}&t={tag}"),
            (("methods", "by_hour", "request"), "GET /legs?day={date}"),
            (("methods", "by_hour", "request"), "GET /legs?day={date}&hour={hour}&until={until}"),
            (("methods", "by_hour", "request"), "GET /legs?a={from}"), (("methods", "by_tag", "json"), {}),
            (("methods", "by_tag", "json"), ["{tag}"]), (("methods", "by_tag", "form"), "tag={tag}"),
            (("methods", "by_tag", "form"), {"tag": ["{tag}"]}), (("methods", "by_tag", "body"), {"tag": "{tag}"}),
            (("methods", "by_tag", "fields"), {}), (("methods", "by_tag", "fields"), {"callend": "x"}),
            (("methods", "by_tag", "formats"), {"Start": "iso"}), (("methods", "by_tag", "without"), []),
            (("methods", "by_tag", "without"), ["Leg"]), (("methods", "audio", "fields"), {"Leg": "n"}),
            (("methods", "by_hour", "time"), "iso"), (("methods", "by_tag", "time"), "rfc3339"),
            (("methods", "by_hour", "hour"), "two digits"),
            (("methods", "by_hour", "once_a_minute"), "yes"),
            (("methods", "audio", "request"), "GET /audio/{unique_id}"), (("methods", "by_tag", "legs"), "items."),
            (("methods", "by_tag", "date"), "%Y"), (("failures", "refused"), 401),
            (("failures", "refused", "status"), "401"), (("failures", "refused", "status"), 99),
            (("failures", "no_sound", "status"), []), (("failures", "no_sound", "code"), None),
            (("failures", "timeout"), {"status": 504}), (("fields", "Tag"), GONE), (("fields", "Tag"), ""),
            (("fields", "callend"), "end"), (("formats", "Start"), GONE), (("formats", "Start"), "iso"),
            (("formats", "Leg"), "digits"), (("formats", "Tag"), "none"), (("formats", "Direction"), {"IN": "in"}),
            (("formats", "Direction"), {}), (("formats", "UniqueId"), "text"),
        )
    ],
    "own/directory": [
        (DIRECTORY, steps, value)
        for steps, value in (
            (("users", 0, "name"), ""), (("users", 0, "role"), "boss"), (("users", 0, "extension"), "4 1"),
            (("users", 0, "name"), GONE), (("queues", 0, "members"), GONE), (("queues", 0, "members", 0), 410),
            (("routes", 0, "did"), "**"), (("routes", 0, "to"), GONE), (("routes", 0, "record"), "always"),
            (("teams",), []),
        )
    ],
    "own/report": [
        *(
            (HEADER, steps, value)
            for steps, value in (
                (("kind",), "head"), (("format",), "noojee-report/1"), (("targets",), []),
                (("targets", 0, "name"), GONE), (("clauses", 0, "severity"), "maybe"), (("random_seed",), -1),
                (("started",), GONE), (("api_key",), "x"),
            )
        ),
        *(
            (RESULT, steps, value)
            for steps, value in (
                (("outcome",), "holds"), (("source",), "live"), (("checks",), -1), (("checks",), "3"),
                (("failure",), "x"), (("failure", "message"), GONE), (("failure", "kind"), "other"),
                (("failure", "kind"), GONE), (("failure", "field"), 1), (("failure", "exchange", "request"), GONE),
                (("failure", "exchange", "format"), "noojee-exchange/2"), (("failure", "archive", "calls"), GONE),
            )
        ),
        *(
            (FOOTER, steps, value)
            for steps, value in (
                (("verdict",), "green"), (("exit_code",), 2), (("complete",), GONE), (("counts",), {"holds": 1}),
                (("missing",), ["a.b"]), (("results",), GONE), (("outcomes",), -1), (("requests",), GONE),
            )
        ),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "document", "steps", "value"),
    [
        pytest.param(name, *row, id=f"{name}-{'.'.join(map(str, row[1]))}-{number}")
        for name, rows in REFUSED.items()
        for number, row in enumerate(rows)
    ],
)
def test_a_mistake_in_a_format_of_ours_is_refused(name: str, document: Any, steps: Steps, value: Any) -> None:
    """One wrong, missing or unknown value each; the rest of the document is valid."""
    assert not agreed(changed(document, steps, value), name)


@pytest.mark.parametrize("name", [name for name in sorted(VALID) if name != "recording-api/time"])
def test_a_line_end_behind_a_value_is_no_part_of_it(name: str) -> None:
    """The `$` of a pattern matches before a last line end in Python, but not in ECMA 262: each pattern says so."""
    compared = 0
    for document in VALID[name]:
        for steps in places(document):
            value = document
            for step in steps:
                value = value[step]
            if isinstance(value, str):
                agreed(changed(document, steps, value + "\n"), name)
                compared += 1
    assert compared


def test_each_anchored_pattern_refuses_a_line_end() -> None:
    """Time alone may end in one (time_body)."""
    bare = []

    def look(value: Any, place: str) -> None:
        if isinstance(value, dict):
            pattern = value.get("pattern")
            if isinstance(pattern, str) and pattern.endswith("$") and value.get("not") != {"pattern": "\\n"}:
                bare.append(place)
            for key, inner in value.items():
                look(inner, f"{place}.{key}")
        elif isinstance(value, list):
            for inner in value:
                look(inner, place)

    for name in VALID:
        look(validate.load(name), name)
    assert bare == ["recording-api/time"]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", " "])
def test_time_may_end_in_white_space(end: str) -> None:
    """DOC: plain text; UNKNOWN (option time_body) whether a line end follows."""
    assert agreed("1392356108888" + end, "recording-api/time")


@pytest.mark.parametrize("end", ["\x1c", "\x85", "\u2028", "\ufeff", "x"])
def test_time_ends_in_nothing_else(end: str) -> None:
    """What counts as white space differs between languages; ours are named."""
    assert not agreed("1392356108888" + end, "recording-api/time")


@pytest.mark.parametrize("word", ["Inbound", "Outbound", "Internal", "Click-to-dial", "Voice mail", "CONFERENCE_2"])
def test_unknown_words_of_direction_pass(word: str) -> None:
    """Words pass through, digits do not."""
    document = answer("metadata-by-hour")
    document[0]["Direction"] = word
    assert agreed(document, "njadmin/metadata-by-hour")


def test_the_example_sets_every_key_of_a_target() -> None:
    """Else a key of the schema would have no valid example."""
    keys = set(validate.load("own/target")["$defs"]["target"]["properties"])
    assert set(TARGET["targets"]["staging"]) | {"transport", "command"} == keys


def test_recordings_may_be_one_file() -> None:
    """A single file needs no list."""
    assert agreed(changed(TARGET, (*STAGING, "recordings"), "recordings.csv"), "own/target")


VALUES = st.one_of(
    st.just(GONE), st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["4\n", "0", "2021/09/14 15\n", "2026-11-23\n", "a_b\n", "1e3", "\x85", "\ufeff"]), st.just([]),
    st.just({}), st.just([None]),
)  # fmt: skip


@settings(max_examples=150)
@example("recording-api/metadata", 0, 2, "4\n")
@example("own/options", 0, 3, 1.0)
@given(st.sampled_from(sorted(VALID)), st.integers(0, 2), st.integers(0, 10_000), VALUES)
def test_both_validators_agree_on_any_document_with_a_mistake(name: str, number: int, place: int, value: Any) -> None:
    """Any value, of any type, in any place of a document of any format, and any key gone."""
    document = VALID[name][number % len(VALID[name])]
    found = list(places(document))
    steps = found[place % len(found)]
    if value is GONE and not steps:
        return
    agreed(changed(document, steps, value), name)
