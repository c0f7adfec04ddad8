"""Only allowed addresses are served (DOC W-AK); how others are refused is option address_refused."""

from __future__ import annotations

from typing import Any

import pytest

from noojee_fake.messages import CLOSED
from noojee_fake.pbx.addresses import Addresses


@pytest.mark.parametrize(
    ("networks", "client", "allowed"),
    [
        (["192.0.2.7"], "192.0.2.7", True),
        (["192.0.2.7"], "192.0.2.8", False),
        (["192.0.2.0/24", "2001:db8::/32"], "192.0.2.255", True),
        (["192.0.2.0/24", "2001:db8::/32"], "2001:db8::1", True),
        (["192.0.2.0/24", "2001:db8::/32"], "2001:db9::1", False),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", True),
        (["192.0.2.0/24"], "::ffff:c000:207", True),
        (["192.0.2.0/24"], "::ffff:198.51.100.1", False),
        (["::ffff:192.0.2.0/120"], "192.0.2.7", True),
        (["::ffff:192.0.2.7"], "::ffff:192.0.2.7", True),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["192.0.2.1/24"], "192.0.2.7", True),
        (["0.0.0.0/0"], "203.0.113.1", True),
        (["0.0.0.0/0"], "2001:db8::1", False),
        (["::/0"], "192.0.2.7", False),
        ([], "127.0.0.1", False),
        (["127.0.0.1"], None, False),
        (["127.0.0.1"], "localhost", False),
        (["127.0.0.1"], "", False),
    ],
)
def test_who_is_allowed(networks: list[str], client: str | None, allowed: bool) -> None:
    """An IPv4 address may come, and be written, within IPv6; a client without an address is a stranger."""
    assert Addresses(networks).allow(client) is allowed


def test_without_a_list_everybody_is_served() -> None:
    for client in ("192.0.2.7", None, "x"):
        assert Addresses(None).allow(client)


@pytest.mark.parametrize("wrong", ["localhost", "192.0.2.0/33", "", "192.0.2", "*"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        Addresses([wrong])


def test_a_stranger_learns_nothing_and_changes_nothing(live_pbx: Any) -> None:
    """The same answer for a right and a wrong key, for paths that are there and not; a hash is not spent."""
    for value, body, kind in (("403", b"", None), ("closed", b"", CLOSED)):
        pbx = live_pbx(address_refused=value, hash_reuse="once")
        call = pbx.talk()
        signature = pbx.caller.signature()
        pbx.pbx.addresses = Addresses(["192.0.2.7"])
        asked = [
            ("/servicemanager/rest/CallManagementAPI/hangup", f"extenOrUniqueId=410&apiKey={pbx.caller.key}", "POST"),
            ("/servicemanager/services/njadmin-api-recording", "method=stop&extenOrUniqueId=410", "GET"),
            ("/njadmin/rest/RecordingAPI/retrieveMetaData", "tag=T&apiKey=wrong", "POST"),
            ("/rest/RecordingAPI/retrieveMetaData", f"tag=T&{signature}", "POST"),
            ("/rest/Time", "", "POST"),
            ("/nothing", "", "GET"),
        ]
        for path, query, method in asked:
            answer = pbx.caller.ask(path, query, method=method, client="192.0.2.8")
            assert (answer.status, answer.body) == (403, body)
            assert kind is None or answer is kind
        assert pbx.board.calls() == [call]
        assert call.recording
        legacy = pbx.caller.ask("/rest/RecordingAPI/retrieveMetaData", f"tag=T&{signature}", client="192.0.2.7")
        assert legacy.body == b"[]"
