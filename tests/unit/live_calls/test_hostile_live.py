"""Every request to the methods about live calls gets an answer: no exception, no 500, no credential, no broken leg."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from noojee_fake.messages import Pending, Request, Response
from noojee_fake.pbx.clock import Clock, CountedIds
from noojee_fake.server.sandboxes import Sandboxes, build

KEY = "s3cret-key-0123456789-of-the-pbx"
CALLS = ("start", "stop", "dial", "hangup", "answer", "subscribe")
FOUND = ("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieve", "retrieveByUniqueId")
MANAGED = "/servicemanager/rest/CallManagementAPI/"
SERVICES = "/servicemanager/services/njadmin-api-recording"
PARAMETERS = (
    *(
        "extenOrUniqueId",
        "exten",
        "uniqueId",
        "number",
        "tag",
        "agentLoginName",
        "record",
        "autoAnswer",
        "method",
        "leg",
    ),
    *("lastSequenceNumber", "timeOut", "callerId", "timeStamp", "hash"),
)
VALUES = (
    *(
        "410",
        "SIP/410",
        "SIP/410-12FA7B",
        "400",
        "420",
        "600",
        "1795478400.0",
        "1795478400.1",
        "0390000099",
        "Fred",
        "T",
    ),
    *("true", "0", "1", "2", "60", "", "%", "%FF", "%00", "410,420", "start", "stop", "retrieve", "SIP/", "9" * 400),
)

raw = st.binary(max_size=20).map(lambda some: some.decode("latin-1"))
values = st.one_of(st.sampled_from(VALUES), st.sampled_from(VALUES), raw)
pairs = st.lists(st.tuples(st.sampled_from(PARAMETERS), values), max_size=6)
methods = st.sampled_from(("POST", "POST", "POST", "GET", "HEAD", "PUT"))
Pairs = list[tuple[str, str]]


def server() -> Sandboxes:
    """A PBX with a frozen clock and an inbound call that rings; options allow GET where they can."""
    sandboxes = build(
        api_key=KEY,
        profile={"get_on_post": "start-and-stop", "extension_or_unique_id": "by-lookup"},
        clock=Clock(now=1_795_478_400_000_000, frozen=True),
        ids=CountedIds(),
    )
    sandboxes.default.switchboard.inbound("7600", "0491570156", sandboxes.default.clock.micros())
    return sandboxes


def answer_to(sandboxes: Sandboxes, path: str, query: str, method: str, body: bytes = b"") -> Response:
    """An answer below 500 that another program can read; a long poll is answered as after its timeout."""
    headers = (("content-type", "application/x-www-form-urlencoded"),)
    request = Request(method=method, path=path, query=query, headers=headers, body=body, client="127.0.0.1")
    answer: Response | None = sandboxes.handle(request)
    if isinstance(answer, Pending):
        answer = answer.finish(True)
    assert answer is not None
    assert not sandboxes.own_bugs, sandboxes.own_bugs
    assert 200 <= answer.status < 500
    kinds = [value for name, value in answer.headers if name == "Content-Type"]
    if method != "HEAD" and kinds and kinds[0].startswith("application/json"):
        json.loads(answer.body)
    return answer


def query_of(given: Pairs) -> str:
    return "&".join(f"{name}={value}" for name, value in given)


@given(st.lists(st.tuples(st.sampled_from((*CALLS, *FOUND)), pairs, methods, st.booleans()), max_size=12))
@example([("dial", [("number", "400"), ("extenOrUniqueId", "SIP/410"), ("autoAnswer", "1")], "POST", True)] * 3)
@settings(max_examples=150)
def test_who_has_the_key_breaks_nothing(asked: list[tuple[str, Pairs, str, bool]]) -> None:
    """Requests in any order, with parameters in the query or in a form, leave only valid legs."""
    sandboxes = server()
    for name, parameters, method, in_query in asked:
        query, body = f"apiKey={KEY}&{query_of(parameters)}", b""
        if not in_query and method == "POST":
            query, body = "", query.encode("latin-1")
        answer_to(sandboxes, MANAGED + name, query, method, body)
        answer_to(sandboxes, SERVICES, query_of(parameters), "GET" if method == "POST" else method)
    judge_calls(sandboxes.default)


def judge_calls(pbx: Any) -> None:
    """Legs are numbered from 1 without a gap, and meet; only the last of a live call may be in progress."""
    live = {call.unique_id: call for call in pbx.switchboard.calls()}
    for call in pbx.store.calls():
        assert [leg.number for leg in call.legs] == list(range(1, len(call.legs) + 1))
        assert all(one.end_micros <= after.start_micros for one, after in zip(call.legs, call.legs[1:], strict=False))
        in_progress = call.legs[-1].end_micros > pbx.clock.micros()
        assert in_progress is (call.unique_id in live and live[call.unique_id].recording)
    for call in live.values():
        assert call.connected is None or call.connected in (*call.channels, call.held)
        assert set(call.parties) <= {*call.channels, call.caller}


@given(st.sampled_from((*CALLS, *FOUND)), pairs, methods, st.sampled_from(("", "wrong", KEY.upper(), "%FF")))
def test_who_has_no_key_learns_nothing(name: str, given: Pairs, method: str, key: str) -> None:
    """Neither about calls nor about the key; nothing begins, nothing ends."""
    sandboxes = server()
    answer = answer_to(sandboxes, MANAGED + name, f"{query_of(given)}&apiKey={key}", method)
    assert KEY.encode() not in answer.body + repr(answer.headers).encode()
    assert answer.status == 405 or b'"Code":-1' in answer.body or method == "HEAD"
    (call,) = sandboxes.default.switchboard.calls()
    assert len(call.legs) == 1


@given(pairs, st.sampled_from(("GET", "POST", "HEAD", "DELETE")))
def test_the_oldest_service_breaks_nothing(given: Pairs, method: str) -> None:
    """A key among its parameters is ignored."""
    sandboxes = server()
    answer = answer_to(sandboxes, SERVICES, f"apiKey={KEY}&{query_of(given)}", method)
    assert KEY.encode() not in answer.body + repr(answer.headers).encode()
    judge_calls(sandboxes.default)
