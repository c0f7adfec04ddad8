"""Requests of a custom dialect: the same questions as its dialect file describes, with a hidden key."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import httpx
import pytest

from noojee_contract.clients.client import Client
from noojee_contract.clients.sender import Sender
from noojee_contract.dialects.body import Body, FormBody, JsonBody
from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.hour import DateAndHour, TimeRange
from noojee_contract.dialects.model import Method
from noojee_contract.dialects.schemes import (
    KeyInBasic,
    KeyInHeader,
    KeyInQuery,
    RequestCredentials,
    Scheme,
    VendorHash,
    vendor_hash,
)
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.redaction.redact import HIDDEN, Redactor

KEY = "PL4NTED-k3y&0f the+API"
STAMP = "1392356108888"
MELBOURNE = ZoneInfo("Australia/Melbourne")
METHODS = {
    "by_tag": Method(verb="POST", path="/find", query=(("kind", "tag"), ("q", "{tag}"))),
    "by_unique_id": Method(verb="GET", path="/calls/{unique_id}/legs"),
    "by_hour": Method(
        verb="GET", path="/legs", query=(("d", "{date}"), ("h", "{hour}")),
        hour=DateAndHour(day_pattern="%d.%m.%Y", padded=True),
    ),
    "audio": Method(verb="GET", path="/calls/{unique_id}/{leg}.wav"),
}  # fmt: skip
Ask = Callable[[Client], Exchange]


def client(scheme: Scheme, **methods: Method) -> Client:
    """A client of an API that answers only the time."""
    dialect = CustomDialect(name="v2", scheme=scheme, methods={**METHODS, **methods})
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=STAMP))
    sender = Sender(httpx.Client(transport=transport))
    return Client(sender, root="https://h/v2", dialect=dialect, key=KEY, zone=MELBOURNE)


@pytest.mark.parametrize(
    ("ask", "method", "target"),
    [
        (lambda asked: asked.by_tag("a b&c"), "POST", "/find?kind=tag&q=a%20b%26c"),
        (lambda asked: asked.by_unique_id("1/2.3"), "GET", "/calls/1%2F2.3/legs"),
        (lambda asked: asked.by_hour(date(2021, 9, 14), 9), "GET", "/legs?d=14.09.2021&h=09"),
        (lambda asked: asked.by_hour("x", "24"), "GET", "/legs?d=x&h=24"),
        (lambda asked: asked.by_hour(None, 3), "GET", "/legs?h=03"),
        (lambda asked: asked.sound("1.2", 3), "GET", "/calls/1.2/3.wav"),
    ],
    ids=["tag", "unique id", "hour", "no hour", "no date", "sound"],
)
def test_each_question_is_sent_as_described(ask: Ask, method: str, target: str) -> None:
    """Verb, path, parameters and dates, with the key in its header."""
    asked = ask(client(KeyInHeader("X-Caller", "Key {key}"))).request
    assert (asked.method, asked.url) == (method, f"https://h/v2{target}")
    assert ("x-caller", f"Key {KEY}") in asked.headers


def test_a_parameter_can_be_left_out_a_path_part_cannot() -> None:
    """Clauses about missing parameters use it."""
    asked = client(KeyInQuery("k"))
    bare = asked.request(Question("tag", ""), bare=True)
    assert bare is not None
    assert bare.url.startswith("https://h/v2/find?kind=tag&k=")
    assert asked.request(Question("unique_id", ""), bare=True) is None


@pytest.mark.parametrize("key", [KEY, "another", ""])
def test_each_scheme_sends_the_given_key(key: str) -> None:
    """As a header, a parameter, or HTTP Basic."""
    coded = base64.b64encode(f"{key}:".encode()).decode()
    expected = {
        KeyInHeader("Authorization", "Bearer {key}"): RequestCredentials(
            headers=(("authorization", f"Bearer {key}".strip()),)
        ),
        KeyInQuery("k"): RequestCredentials(query=(("k", key),)),
        KeyInBasic("{key}:"): RequestCredentials(headers=(("authorization", f"Basic {coded}"),)),
    }
    for scheme, credentials in expected.items():
        assert client(scheme).made_with(key) == client(scheme).in_place(key) == credentials


def test_the_hash_uses_the_time_request_of_the_file() -> None:
    """Time stamp and hash have the vendor's names."""
    asked = client(VendorHash("GET", "/clock"))
    assert asked.time().request.url == "https://h/v2/clock"
    url = asked.by_unique_id("1.2").request.url
    assert url == f"https://h/v2/calls/1.2/legs?timeStamp={STAMP}&hash={vendor_hash(KEY, STAMP)}"


@pytest.mark.parametrize(
    "scheme",
    [KeyInHeader("X-Caller", "Key {key}"), KeyInQuery("k"), KeyInBasic("records:{key}"), VendorHash("POST", "/t")],
)
def test_no_credential_is_shown(scheme: Scheme) -> None:
    """The right and a wrong credential are hidden by value, and by the name in the dialect file."""
    asked = client(scheme)
    redactor = Redactor(asked.secrets, names=scheme.names)
    wrong = asked.made_with("another-key-of-nobody")
    for exchange in (asked.by_tag("t"), asked.by_tag("t", credentials=wrong)):
        shown = json.dumps(Redactor(asked.secrets, names=scheme.names).exchange(exchange))
        assert HIDDEN in shown
        for secret in (KEY, json.dumps(KEY)[1:-1], "another-key-of-nobody", *asked.secrets):
            assert secret not in shown
    for name in scheme.names:
        assert redactor.text(f"{name}=some-key-or-other and") == f"{name}={HIDDEN} and"


def test_a_custom_dialect_takes_no_audio_template() -> None:
    """Audio templates are for the vendor's dialects."""
    asked = client(KeyInQuery("k"))
    with pytest.raises(ValueError, match="one request for audio"):
        asked.sound("1.2", 1, template="GET /x?leg={leg}")


def test_an_hour_is_sent_as_a_range_of_local_time() -> None:
    """From its start to its end in the PBX's zone; a plus sign is percent-encoded."""
    method = Method(verb="GET", path="/legs", query=(("a", "{from}"), ("b", "{until}")), hour=TimeRange("rfc3339"))
    asked = client(KeyInHeader("X-Caller", "{key}"), by_hour=method)
    url = asked.by_hour(date(2021, 9, 14), 15).request.url
    assert url == "https://h/v2/legs?a=2021-09-14T15%3A00%3A00%2B10%3A00&b=2021-09-14T16%3A00%3A00%2B10%3A00"
    assert asked.by_hour(date(2021, 9, 14), "x").request.url.endswith("%2B10%3A00&b=x")


IN_JSON = JsonBody({"q": {"tag": "{tag}"}, "sort": ["at", 1]})
HOSTILE = 'a "b" \\ {tag} \x00 \r\n\U0001f4de é&=+%'


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        (IN_JSON, "application/json", json.dumps({"q": {"tag": HOSTILE}, "sort": ["at", 1]}).encode()),
        (
            FormBody((("a b", "{tag}"), ("n", "1"))), "application/x-www-form-urlencoded",
            f"a%20b={quote(HOSTILE, safe='')}&n=1".encode(),
        ),
    ],
)  # fmt: skip
def test_parameters_are_sent_in_the_body(body: Body, content_type: str, sent: bytes) -> None:
    """Escaped as JSON, or percent-encoded. Credentials stay in their place, and parameters can be left out."""
    asked = client(KeyInQuery("k"), by_tag=Method(verb="POST", path="/find", body=body))
    request = asked.by_tag(HOSTILE).request
    assert request.body == sent
    assert ("content-type", content_type) in request.headers
    assert request.url == f"https://h/v2/find?k={quote(KEY, safe='')}"
    bare = asked.request(Question("tag", ""), bare=True)
    assert bare is not None
    assert bare.body in (b'{"q": {}, "sort": ["at", 1]}', b"n=1")


def test_numbers_are_sent_as_numbers_other_values_as_text() -> None:
    """Leg and hour as JSON numbers; audio is requested like the rest."""
    sound = Method(verb="POST", path="/sound", body=JsonBody({"call": "{unique_id}", "leg": "{leg:number}"}))
    hourly = Method(verb="POST", path="/h", body=JsonBody({"d": "{date}", "h": "{hour:number}", "on": True}))
    asked = client(KeyInHeader("X-Caller", "{key}"), audio=sound, by_hour=hourly)
    assert asked.sound("1.2", 3).request.body == b'{"call": "1.2", "leg": 3}'
    assert asked.by_hour(date(2021, 9, 14), 9).request.body == b'{"d": "2021/09/14", "h": 9, "on": true}'
    assert asked.by_hour("x", "15.5").request.body == b'{"d": "x", "h": "15.5", "on": true}'
    assert asked.by_hour(None, None).request.body == b'{"on": true}'
    headers = dict(asked.sound("1.2", 3).request.headers)
    assert "accept" not in headers
    assert headers["content-type"] == "application/json"


def test_the_documented_example_sends_its_documented_requests() -> None:
    """The dialect file of the documentation."""
    from noojee_contract.dialects.loader.file import read_dialect

    dialect = read_dialect(Path(__file__).parents[3] / "docs" / "guides" / "replacement" / "dialect.toml")
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"items": [], "count": 0}))
    sender = Sender(httpx.Client(transport=transport))
    asked = Client(sender, root="https://h/s/1", dialect=dialect, key="k-1", zone=MELBOURNE)
    assert asked.by_hour(date(2021, 9, 14), 9).request.url == "https://h/s/1/api/v2/legs?day=2021-09-14&hour=9"
    assert ("authorization", "Bearer k-1") in asked.by_tag("t").request.headers
