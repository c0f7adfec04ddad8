"""The journal has requests and answers without credentials. It is filtered, and has a maximum size."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from noojee_fake.adapters.service import LARGEST_BODY_BYTES, Service
from noojee_fake.api import journal
from noojee_fake.control.journal import LONGEST_SHOWN
from noojee_fake.messages import Request, Response
from noojee_fake.pbx.clock import CountedIds
from noojee_fake.server.sandboxes import build

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
USER_KEY = "00000000-0000-4000-8000-000000000001"
LEGS = "/njadmin/rest/RecordingAPI/retrieveMetaData"
START = "/rest/CallManagementAPI/start"


def entries(caller: Any, query: str = "") -> list[Any]:
    found: list[Any] = caller.control_json("GET", f"/journal{query}")["entries"]
    return found


def test_entry_has_the_request_and_its_answer(pbx: Any, call: Any, leg: Any) -> None:
    """Time, method, path, query, headers, body, answer. The key is redacted."""
    caller = pbx(call("1.1", leg(tag="INV-7")))
    answer = caller.njadmin("retrieveMetaData", tag="INV-7")
    (entry,) = entries(caller)
    assert entry == {
        "number": 1,
        "time": "2026-11-24T00:00:00+00:00",
        "method": "POST",
        "path": LEGS,
        "query": "apiKey=[redacted]&tag=INV-7",
        "headers": [["content-type", "application/x-www-form-urlencoded"]],
        "body": "",
        "body_bytes": 0,
        "answer": {
            "status": 200,
            "headers": [list(header) for header in answer.headers],
            "body": answer.body.decode(),
            "body_bytes": len(answer.body),
        },
        "matched": True,
        "near_miss": None,
    }


def test_journal_has_no_credentials(pbx: Any) -> None:
    """No key, control token, hash, Authorization header or cookie, in any part of an entry."""
    token = "t0ken/of the control"
    caller = pbx()
    caller = type(caller)(build(control_token=token, ids=CountedIds()))
    hexed = "".join(f"%{byte:02x}" for byte in KEY.encode())
    secrets = [KEY, USER_KEY, KEY.upper(), quote(token, safe=""), token.replace(" ", "+"), hexed]
    headers = (
        ("authorization", f"Bearer {token}"),
        ("cookie", "JSESSIONID=c00kie"),
        ("x-echo", f"{KEY} and {USER_KEY}"),
        ("referer", f"https://crm.invalid/?apiKey=an0ther&hash={'cd' * 32}"),
        ("content-type", "application/x-www-form-urlencoded"),
    )
    for secret in secrets:
        caller.ask(f"/{quote(secret, safe='%+')}", f"tag={secret}&{secret}={secret}", headers=headers)
        caller.ask(LEGS, f"apiKey={secret}&tag=x", headers=headers, body=f"hash={'ab' * 32}&tag={secret}".encode())
        caller.ask(
            LEGS, headers=(("content-type", "text/plain"),), body=json.dumps({"apiKey": secret, "a": secret}).encode()
        )
    caller.sandboxes.default.journal.record(
        0,
        caller.sandboxes.default.journal.entries()[0].request,
        caller.control("GET", "/sandboxes/default"),
        matched=True,
    )
    shown = json.dumps(entries(caller, "?limit=1000"), ensure_ascii=False).lower()
    for secret in (*secrets, "c00kie", "an0ther", "ab" * 32, "cd" * 32, token):
        assert secret.lower() not in shown
        assert quote(secret, safe="").lower() not in shown
    assert len(entries(caller)) == 3 * len(secrets) + 1


def test_entries_match_all_filters(pbx: Any) -> None:
    """Path, method, status, tag, parameter, number: each filter alone, and together."""
    caller = pbx()
    caller.njadmin("retrieveMetaData", tag="INV-7")
    caller.njadmin("retrieveMetaData", tag="INV-8", method="GET")
    caller.legacy("retrieveMetaDataByUniqueId", uniqueId="17.1 é")
    caller.ask("/nothing")

    def numbers(query: str) -> list[int]:
        return [entry["number"] for entry in entries(caller, query)]

    assert numbers("") == [1, 2, 3, 4, 5]  # the legacy request asks for the time first
    assert numbers("?path=retrieveMetaData") == [1, 2, 4]
    assert numbers("?path=/rest/Time") == [3]
    assert numbers("?method=get") == [2]
    assert numbers("?status=405") == [2]
    assert numbers("?tag=INV-") == [1, 2]
    assert numbers("?tag=INV-8&method=POST") == []
    assert numbers("?parameter=uniqueId") == [4]
    assert numbers("?parameter=uniqueId=7.1%20%C3%A9") == [4]
    assert numbers("?parameter=uniqueId=7.2") == []
    assert numbers(f"?parameter=apiKey={KEY}") == []
    assert numbers("?from=3") == [3, 4, 5]
    assert numbers("?from=2&limit=2") == [2, 3]
    assert numbers("?limit=0") == []
    assert numbers("?unmatched=true") == [2, 5]
    assert numbers("?unmatched=false") == [1, 3, 4]


def test_form_fields_are_parameters(pbx: Any) -> None:
    """The PBX reads them in the same way."""
    caller = pbx()
    caller.ask(LEGS, body=f"apiKey={KEY}&tag=INV-7".encode())
    assert [entry["body"] for entry in entries(caller, "?tag=INV-7")] == ["apiKey=[redacted]&tag=INV-7"]


@pytest.mark.parametrize(
    "query", ["?colour=404", "?status=", "?status=4xx", "?from=-1", "?limit=many", "?unmatched=yes", "?limit=1e3"]
)
def test_unknown_filter_is_refused(pbx: Any, query: str) -> None:
    """400 with the names of the filters."""
    assert pbx().control_json("GET", f"/journal{query}", status=400)["error"]


def test_cleared_journal_does_not_reuse_numbers(pbx: Any) -> None:
    """`last` is the number of the last request, also of a deleted one."""
    caller = pbx()
    caller.njadmin("retrieveMetaData", tag="1")
    caller.control_json("DELETE", "/journal", status=204)
    assert caller.control_json("GET", "/journal") == {"entries": [], "last": 1}
    caller.njadmin("retrieveMetaData", tag="2")
    assert [entry["number"] for entry in entries(caller)] == [2]


def test_journal_has_a_maximum_size(pbx: Any) -> None:
    """The last thousand requests, and the beginning of each body with its length."""
    caller = pbx()
    body = b"tag=" + b"x" * (journal.KEPT_BODY_BYTES + 5)
    for number in range(journal.KEPT + 3):
        caller.ask("/rest/Time" if number else LEGS, body=body if number == journal.KEPT + 2 else b"")
    kept = entries(caller, "?limit=100000")
    assert (len(kept), kept[0]["number"], kept[-1]["number"]) == (journal.KEPT, 4, journal.KEPT + 3)
    assert kept[-1]["body_bytes"] == len(body)
    assert body.decode().startswith(kept[-1]["body"])
    assert journal.KEPT_BODY_BYTES - 300 < len(kept[-1]["body"]) < journal.KEPT_BODY_BYTES
    assert len(entries(caller)) == 100


def test_body_that_is_cut_within_a_key_shows_no_part_of_it(pbx: Any) -> None:
    """Half a key is half a secret."""
    caller = pbx()
    for kept in range(1, len(KEY)):
        body = b"tag=" + b"x" * (journal.KEPT_BODY_BYTES - 4 - kept) + KEY.encode()
        caller.ask(LEGS, body=body)
    assert {entry["body"][-1] for entry in entries(caller, "?limit=1000")} == {"x"}


def test_binary_body_is_left_out(pbx: Any, call: Any, leg: Any) -> None:
    """Sound, and bytes that are no UTF-8: only their length is shown."""
    caller = pbx(call("1.1", leg()))
    sound = caller.njadmin("retrieveByUniqueId", uniqueId="1.1", leg=1)
    caller.ask(LEGS, body=b"\xff\xfe", headers=())
    first, second = entries(caller)
    assert (first["answer"]["body"], first["answer"]["body_bytes"]) == (None, len(sound.body))
    assert (second["body"], second["body_bytes"]) == (None, 2)


def test_each_sandbox_has_its_own_journal(pbx: Any) -> None:
    """Paths include the path of the sandbox. Requests of the control API are not listed."""
    caller = pbx()
    sandbox = caller.sandbox(caller.control("POST", "/sandboxes", {}))
    sandbox.njadmin("retrieveMetaData", tag="W")
    assert entries(caller) == []
    (entry,) = json.loads(caller.control("GET", f"/sandboxes/{sandbox.root[3:]}/journal").body)["entries"]
    assert entry["path"] == f"{sandbox.root}{LEGS}"


def test_long_query_is_cut_without_a_part_of_a_key(pbx: Any) -> None:
    """Names and paths are cut in the same way."""
    caller = pbx()
    for kept in (1, 20, 30):
        long = "x" * (LONGEST_SHOWN - 4 - kept) + KEY + "y" * 500
        caller.ask(f"/{long}", f"tag={long}", headers=(("x-long", long),))
    for entry in entries(caller):
        shown = (entry["path"], entry["query"], entry["headers"][0][1])
        assert [text[-1] for text in shown] == ["x"] * 3
        assert all(16_000 < len(text) < LONGEST_SHOWN for text in shown)


@pytest.mark.parametrize(("path", "matched"), [(LEGS, True), ("/other", False)])
def test_request_that_is_refused_before_its_body_is_kept(pbx: Any, path: str, matched: bool) -> None:
    """A body beyond the limit, or without room in the memory budget: the client got an answer."""
    caller = pbx()
    service = Service(caller.sandboxes)
    head = Request(method="POST", path=path)
    assert service.refusal(head, LARGEST_BODY_BYTES + 1) is not None
    service.no_room(head)
    shown = [(entry["path"], entry["answer"]["status"], entry["matched"]) for entry in entries(caller)]
    assert shown == [(path, 413, matched), (path, 503, matched)]


def test_refused_control_request_is_in_no_journal(pbx: Any) -> None:
    """As other requests of the control API."""
    caller = pbx()
    service = Service(caller.sandboxes)
    service.no_room(Request(method="POST", path="/__noojee/sandboxes"))
    service.no_room_to_send(Request(method="GET", path="/__noojee/sandboxes"), Response(200, (), bytes(9)))
    assert entries(caller) == []


def test_response_that_was_not_sent_is_replaced(pbx: Any) -> None:
    """In its own entry: earlier and later entries stay, and so does the size of the journal."""
    caller = pbx()
    kept = caller.sandboxes.default.journal
    large = Response(200, (), bytes(100_000))
    requests = [Request(method="POST", path="/x", body=bytes(20_000) + digit) for digit in (b"1", b"2")]
    for request in (*requests, Request(method="POST", path="/y")):
        kept.record(0, request, large, matched=False)
    service = Service(caller.sandboxes)
    service.no_room_to_send(Request(method="POST", path="/y"), large)
    service.no_room_to_send(requests[1], large)
    service.no_room_to_send(Request(method="POST", path="/other"), large)
    assert [entry.response.status for entry in kept.entries()] == [200, 503, 503]
    assert [entry.request_bytes for entry in kept.entries()] == [20_001, 20_001, 0]
    assert kept.entries()[1].response_bytes == len(kept.entries()[1].response.body)
