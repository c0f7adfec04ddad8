"""Who may ask call-management: the global key or a hash (DOC W-AK, W-AKd), from 4.9.0.10 on."""

from __future__ import annotations

from typing import Any

import pytest

MANAGED = "/servicemanager/rest/CallManagementAPI"
METHODS = {
    "start": "extenOrUniqueId=410",
    "stop": "extenOrUniqueId=410",
    "dial": "number=400&extenOrUniqueId=SIP/420",
    "hangup": "extenOrUniqueId=410",
    "answer": "uniqueId=1.1&exten=SIP/410",
    "subscribe": "exten=410&lastSequenceNumber=0&timeOut=0",
    "retrieveMetaData": "tag=T",
    "retrieveMetaDataByUniqueId": "uniqueId=1.1",
    "retrieve": "tag=T&leg=1",
    "retrieveByUniqueId": "uniqueId=1.1&leg=1",
}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_wants_a_credential(method: str, live_pbx: Any) -> None:
    """Without one, with a wrong one, or with a user's, nothing is said and nothing done; under both prefixes."""
    pbx = live_pbx(call_management_refused_status="401")
    call = pbx.talk()
    caller, key = pbx.caller, pbx.caller.key
    wrong = {
        "": b"Missing timeStamp or hash",
        "apiKey=": b"Invalid apiKey",
        "apiKey=nobody": b"Invalid apiKey",
        "apiKey=%FF": b"Invalid apiKey",
        f"apiKey={key.upper()}": b"Invalid apiKey",
        f"apiKey=nobody&apiKey={key}": b"Invalid apiKey",
        f"apiKey=nobody&{caller.signature()}": b"Invalid apiKey",
        f"apikey={key}": b"Missing timeStamp or hash",
        f"apiKey={pbx.pbx.user_key}": b"This key has no access to calls",
        caller.signature(key="other"): b"Invalid hash",
        caller.signature(key=pbx.pbx.user_key): b"Invalid hash",
    }
    for credential, text in wrong.items():
        for prefix in ("/servicemanager/rest", "/rest"):
            answer = caller.ask(f"{prefix}/CallManagementAPI/{method}", f"{METHODS[method]}&{credential}")
            assert (answer.status, answer.body) == (401, b'{"Message":"' + text + b'","Code":-1}')
    assert pbx.board.calls() == [call]
    assert len(call.legs) == 2
    assert caller.ask(f"{MANAGED}/{method}", f"{METHODS[method]}&apiKey={key}").status != 401


def test_a_key_in_a_header_or_a_cookie_opens_nothing(live_pbx: Any) -> None:
    """Credentials count only as parameters. Source: option parameters_in."""
    caller = live_pbx().caller
    for headers in ((("apikey", caller.key),), (("cookie", f"apiKey={caller.key}"),)):
        answer = caller.ask(f"{MANAGED}/subscribe", METHODS["subscribe"], headers=headers)
        assert answer.body == b'{"Message":"Missing timeStamp or hash","Code":-1}'


def test_a_key_and_an_old_hash_may_come_together(live_pbx: Any) -> None:
    """The key counts where one is given."""
    caller = live_pbx().caller
    query = f"{METHODS['subscribe']}&{caller.signature(age=100)}&apiKey={caller.key}"
    assert caller.ask(f"{MANAGED}/subscribe", query).body.startswith(b'{"Data":')


def test_the_key_may_come_in_the_form_with_the_rest(live_pbx: Any) -> None:
    """As a servlet reads them (option parameters_in); the query goes before the form."""
    pbx = live_pbx()
    call = pbx.talk()
    body = f"extenOrUniqueId=410&tag=FORM&apiKey={pbx.caller.key}".encode()
    assert (
        pbx.caller.ask(f"{MANAGED}/start", "tag=QUERY", body=body).body == b'{"Message":"Recording Started","Code":0}'
    )
    assert call.tag == "QUERY"
