"""The vendor's dialects build requests as the published pages show them, and a client makes their hashes."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import httpx
import pytest

from noojee_contract.clients.client import Client
from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.clients.sender import Sender
from noojee_contract.dialects.schemes import vendor_hash
from noojee_contract.dialects.vendor_dialect import VENDOR_DIALECTS, VendorDialect, vendor_dialect, with_scheme

KEY = "k-123456"
ROOT = "https://pbx.invalid"
STAMP = "1632000000000"


def client(dialect: VendorDialect, *times: str) -> Client:
    """A client of a PBX that answers Time with the given texts, then with STAMP."""
    answers = iter(times)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=next(answers, STAMP)))
    return Client(Sender(httpx.Client(transport=transport)), root=ROOT, dialect=dialect, key=KEY, zone=ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("recording-api", "/rest/RecordingAPI/retrieveMetaData?tag=a%20b/c&timeStamp={stamp}&hash={hash}"),
        ("call-management", "/servicemanager/rest/CallManagementAPI/retrieveMetaData?tag=a%20b/c&apiKey=k-123456"),
        ("njadmin", "/njadmin/rest/RecordingAPI/retrieveMetaData?apiKey=k-123456&tag=a%20b/c"),
    ],
)
def test_each_dialect_has_its_path_and_order(name: str, url: str) -> None:
    """DOC W-27, W-ST, W-D9: the prefix, the name of the API, and the place of the credentials."""
    sent = client(vendor_dialect(name)).by_tag("a b/c").request
    assert sent.method == "POST"
    assert sent.url == ROOT + url.format(stamp=STAMP, hash=vendor_hash(KEY, STAMP))


def test_an_hour_is_a_date_with_slashes_and_a_number() -> None:
    """DOC 9.4 Retrieve recording list."""
    url = client(vendor_dialect("njadmin")).by_hour(date(2021, 9, 4), 5).request.url
    assert url.endswith("/retrieveMetaDataByHour?apiKey=k-123456&date=2021/09/04&hour=5")


def test_the_oldest_dialect_commands_by_get() -> None:
    """DOC W-27: the method is a parameter, and there are no credentials."""
    sent = client(vendor_dialect("services")).command("start", (("extenOrUniqueId", "410"),)).request
    assert sent.method == "GET"
    assert sent.url == f"{ROOT}/servicemanager/services/njadmin-api-recording?method=start&extenOrUniqueId=410"


def test_a_rest_path_replaces_the_prefix_of_the_older_dialects() -> None:
    """DOC W-27, 4.1 (SPEC): both prefixes are published; njadmin has its own."""
    assert vendor_dialect("recording-api", rest_path="/servicemanager/rest").base("").startswith("/servicemanager")
    assert vendor_dialect("njadmin", rest_path="/rest").base("") == "/njadmin/rest/RecordingAPI"


def test_only_call_management_chooses_its_scheme() -> None:
    """DOC W-AKd: from 4.9.0.10 it takes hashes or keys."""
    schemes = {name: vendor_dialect(name, authentication="hash").scheme.kind for name in VENDOR_DIALECTS}
    assert schemes == {"services": "none", "recording-api": "hash", "call-management": "hash", "njadmin": "api-key"}


def test_two_hashes_of_one_millisecond_differ() -> None:
    """A hash may serve only once, so the second is made of the millisecond before."""
    asked = client(vendor_dialect("recording-api"))
    assert [asked.new_hash()[0][1] for _ in range(3)] == [str(int(STAMP) - less) for less in range(3)]


def test_call_management_keeps_a_hash_for_some_seconds() -> None:
    """A step of the PBX's clock makes it stale."""
    asked = client(with_scheme(vendor_dialect("call-management"), "hash"), "1", "2", "3")
    first, second = asked.credentials(), asked.credentials()
    asked.forget_hash()
    assert first == second != asked.credentials()


def test_a_time_stamp_is_no_secret() -> None:
    """Only the key and the hash are: an answer may show the time."""
    asked = client(vendor_dialect("recording-api"))
    asked.by_tag("x")
    assert asked.secrets == [KEY, vendor_hash(KEY, STAMP)]


def test_a_time_without_digits_makes_no_hash() -> None:
    """The exchange shows what Time answered."""
    with pytest.raises(TimeUnavailable) as caught:
        client(vendor_dialect("recording-api"), "noon").new_hash()
    assert caught.value.exchange.body == b"noon"


def test_a_client_in_another_dialect_counts_in_the_same_place() -> None:
    """Requests and secrets of a PBX belong together."""
    asked = client(vendor_dialect("njadmin"))
    asked.in_dialect("recording-api", "hash").by_tag("x")
    assert asked.sender.tally.requests == 2  # Time, and the question
    assert vendor_hash(KEY, STAMP) in asked.secrets


@pytest.mark.parametrize(("key", "is_hidden"), [("null", False), ("0", False), (f"{KEY}0", True), (KEY.upper(), True)])
def test_only_keys_with_a_part_of_the_own_key_are_hidden(key: str, is_hidden: bool) -> None:
    """A report must show null where an answer has it, although null was also sent as a wrong key."""
    asked = client(vendor_dialect("njadmin"))
    assert asked.in_place(key).query == (("apiKey", key),)
    assert (key in asked.secrets) is is_hidden
