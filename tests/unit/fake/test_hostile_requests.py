"""Whatever bytes come, an answer comes: never an exception, never a 500, never a credential."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from noojee_fake.messages import Request, Response
from noojee_fake.pbx.clock import Clock, CountedIds, parse_instant
from noojee_fake.server.sandboxes import Sandboxes, build

KEY = "s3cret-key-0123456789-of-the-pbx"
TOKEN = "s3cret-token-0123456789"
SECRETS = (KEY.encode(), TOKEN.encode())
NAMES = (
    *("retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieveMetaDataByHour", "retrieve", "retrieveByUniqueId"),
    "Time",
)
BASES = ("/rest/RecordingAPI/", "/servicemanager/rest/RecordingAPI/", "/njadmin/rest/RecordingAPI/", "/rest/")
CONTROL = (
    "",
    "/",
    "/sandboxes",
    *(f"/sandboxes/default{part}" for part in ("", "/calls", "/sound", "/profile", "/clock")),
)
PARAMETERS = ("tag", "uniqueId", "unique_id", "leg", "date", "hour", "timeStamp", "hash", "apiKey")

raw = st.binary(max_size=40).map(lambda some: some.decode("latin-1"))
text = st.one_of(raw, st.text(st.characters(codec=None), max_size=20))  # type: ignore[arg-type]
pbx_paths = st.one_of(text, st.tuples(st.sampled_from(BASES), st.sampled_from(NAMES)).map("".join))
values = st.one_of(text, st.sampled_from((KEY, TOKEN, "T", "1.1", "1", "2026/11/20", "9", "1795478400000", "%", "%FF")))
queries = st.one_of(
    text,
    st.lists(st.tuples(st.sampled_from(PARAMETERS), values), max_size=6).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
    ),
)
header_names = st.one_of(
    raw, st.sampled_from(("content-type", "range", "if-none-match", "if-range", "origin", "authorization", "forwarded"))
)
header_values = st.one_of(
    text, st.sampled_from(("application/x-www-form-urlencoded", "application/json", "bytes=0-", f"Bearer {TOKEN}"))
)
headers = st.lists(st.tuples(header_names, header_values), max_size=4).map(tuple)
methods = st.one_of(st.sampled_from(("POST", "GET", "HEAD", "PUT", "DELETE")), text)
clients = st.one_of(st.none(), st.just("127.0.0.1"), text)
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(("1.1", "\ud800"))
)
keys = st.one_of(
    st.text(max_size=5),
    st.sampled_from(("archive", "calls", "legs", "now", "step_seconds", "frozen", "profile", "dialects", "time_zone")),
)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4))
directories = st.fixed_dictionaries(
    {},
    optional={
        "users": st.lists(st.dictionaries(st.sampled_from(("name", "extension", "role", "team")), leaves), max_size=3),
        "queues": st.lists(st.dictionaries(st.sampled_from(("number", "members")), trees), max_size=2),
        "routes": st.lists(
            st.dictionaries(st.sampled_from(("did", "to", "record", "default_account")), leaves), max_size=2
        ),
    },
)
bodies = st.one_of(st.binary(max_size=80), trees.map(lambda tree: json.dumps(tree).encode()))


def server() -> Sandboxes:
    """A PBX with a call and a frozen clock; sound can be fetched with GET too."""
    call = {
        "unique_id": "1.1",
        "direction": "internal",
        "source": "400",
        "legs": [{"start": "2026-11-20T09:00:00+11:00", "end": "2026-11-20T09:00:01+11:00", "destination": "410"}],
    }
    return build(
        archive={"format": "noojee-archive/1", "calls": [call]},
        profile={"audio_methods": "post-and-get"},
        api_key=KEY,
        control_token=TOKEN,
        clock=Clock(now=parse_instant("2026-11-24T00:00:00Z"), frozen=True),
        ids=CountedIds(),
    )


SERVER = server()


def answer_to(sandboxes: Sandboxes, request: Request) -> Response:
    answer = sandboxes.handle(request)
    assert not sandboxes.own_bugs, sandboxes.own_bugs
    assert 200 <= answer.status < 500
    for name, value in answer.headers:
        assert name.isascii()
        assert value.isascii()
        assert value.isprintable()
    if request.method == "HEAD":
        assert not answer.body
    return answer


def shown(answer: Response) -> bytes:
    return answer.body + repr(answer.headers).encode()


@given(
    pbx_paths,
    queries,
    headers,
    st.one_of(st.binary(max_size=80), queries.map(lambda q: q.encode("utf-8", "replace"))),
    methods,
)
@example("/njadmin/rest/RecordingAPI/retrieveMetaData", f"apiKey={KEY}&tag={KEY}", (), b"", "POST")
@example("/njadmin/rest/RecordingAPI/retrieveMetaDataByHour", f"apiKey={KEY}&date={KEY}&hour={KEY}", (), b"", "POST")
@example("/rest/RecordingAPI/retrieveMetaData", f"timeStamp={KEY}&hash={KEY}", (), b"", "POST")
@example(f"/{KEY}", KEY, (("cookie", KEY),), KEY.encode(), "GET")
@settings(max_examples=300)
def test_the_pbx_survives_any_request(path: str, query: str, given: Any, body: bytes, method: str) -> None:
    """An answer below 500 that holds no credential, whether it was right or wrong and wherever it was given."""
    request = Request(method=method, path=path, query=query, headers=given, body=body, client="127.0.0.1")
    answer = answer_to(SERVER, request)
    if not path.startswith("/__noojee"):
        assert not any(secret in shown(answer) for secret in SECRETS)


@given(st.sampled_from(NAMES), st.lists(st.tuples(st.sampled_from(PARAMETERS), values), max_size=5), methods)
def test_who_has_the_key_breaks_nothing_either(name: str, pairs: list[tuple[str, str]], method: str) -> None:
    """Hostile parameters behind a right key."""
    query = "&".join((f"apiKey={KEY}", *(f"{key}={value}" for key, value in pairs)))
    request = Request(method=method, path=f"/njadmin/rest/RecordingAPI/{name}", query=query, client="127.0.0.1")
    answer = answer_to(SERVER, request)
    assert not any(secret in shown(answer) for secret in SECRETS)


@given(st.one_of(st.sampled_from(CONTROL), text), queries, headers, bodies, methods, clients)
@settings(max_examples=300, deadline=None)
def test_the_control_api_survives_any_request(
    path: str, query: str, given: Any, body: bytes, method: str, client: str | None
) -> None:
    """Never a 500 and never the token; who is neither local nor holds it learns nothing but that."""
    sandboxes = server()
    given = (("content-type", "application/json"), *given)
    request = Request(method=method, path=f"/__noojee{path}", query=query, headers=given, body=body, client=client)
    answer = answer_to(sandboxes, request)
    assert TOKEN.encode() not in shown(answer)
    if client is None and ("authorization", f"Bearer {TOKEN}") not in given:
        assert answer.status in (403, 404)
        assert KEY.encode() not in shown(answer)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "archive": st.fixed_dictionaries({"format": st.just("noojee-archive/1"), "calls": trees}) | trees,
            "profile": trees,
            "directory": directories | trees,
            "dialects": trees,
            "time_zone": trees,
            "clock": st.dictionaries(st.sampled_from(("now", "frozen", "x")), trees, max_size=2) | trees,
        },
    )
)
@settings(max_examples=200, deadline=None)
def test_any_wish_makes_a_sandbox_or_says_why_not(spec: dict[str, Any]) -> None:
    """201 with a sandbox that answers, or 400 with a reason and where it lies."""
    headers = (("content-type", "application/json"),)
    body = json.dumps(spec).encode()
    request = Request(method="POST", path="/__noojee/sandboxes", headers=headers, body=body, client="::1")
    answer = answer_to(SERVER, request)
    document = json.loads(answer.body)
    if answer.status == 201:
        assert answer_to(SERVER, Request(method="POST", path=f"/{document['path']}/rest/Time")).status in (200, 404)
        SERVER.drop(document["sandbox"])
    else:
        assert answer.status == 400
        assert document["error"]
        assert len(document["error"]) < 3000


@pytest.mark.parametrize("step", [10**400, -(10**400), 1e308, 10**18])
def test_flows_of_any_size_are_validated(step: float) -> None:
    """A number too large for a float was once a bug."""
    body = json.dumps({"step_seconds": step}).encode()
    headers = (("content-type", "application/json"),)
    request = Request(
        method="POST", path="/__noojee/sandboxes/default/clock", headers=headers, body=body, client="127.0.0.1"
    )
    assert answer_to(server(), request).status == 400


def test_a_query_of_many_parameters_is_read_in_bounded_time() -> None:
    """Ten thousand parameters count, as in Tomcat; what comes after them does not."""
    path = "/njadmin/rest/RecordingAPI/retrieveMetaData"
    before = f"apiKey={KEY}&tag=T&" + "x=1&" * 50_000
    after = "x=1&" * 50_000 + f"apiKey={KEY}&tag=T"
    assert answer_to(SERVER, Request(method="POST", path=path, query=before)).status == 200
    assert answer_to(SERVER, Request(method="POST", path=path, query=after)).status == 401
