"""Dial, answer and hang up by the API, with the envelopes that clients read. Source: W-DI, W-HU (DOC), C-J (CLIENT)."""

from __future__ import annotations

import json
from typing import Any

import pytest


def dial(live_pbx: Any, **given: Any) -> tuple[int, bytes]:
    answer = live_pbx.caller.managed("dial", **{"number": "400", "extenOrUniqueId": "SIP/410"} | given)
    return answer.status, answer.body


def refusal(text: str) -> tuple[int, bytes]:
    return 200, f'{{"Message":"{text}","Code":-1}}'.encode()


def test_dial_gives_a_session_and_rings_the_extension(live_pbx: Any) -> None:
    """SessionID is an integer (DOC W-OV), one for each call."""
    pbx = live_pbx()
    assert dial(pbx) == (200, b'{"SessionID":1,"Message":"Dialing","Code":0}')
    assert dial(pbx, extenOrUniqueId="SIP/420-0001", number="SIP/400") == (
        200,
        b'{"SessionID":2,"Message":"Dialing","Code":0}',
    )
    assert pbx.statuses("400,410,420") == {"410": ["Ringing"], "420": ["Ringing"]}


def test_an_extension_to_dial_from_has_its_technology(live_pbx: Any) -> None:
    """DOC W-DI: "an extension must include the tech"; or it is the unique id of a call."""
    pbx = live_pbx()
    text = "extenOrUniqueId must include the technology, as in SIP/100"
    assert dial(pbx, extenOrUniqueId="410") == refusal(text)
    assert dial(pbx, extenOrUniqueId="SIP/499") == refusal("No such extension")
    assert dial(pbx, extenOrUniqueId="1.1") == refusal("No such call")
    assert dial(pbx, number="410") == refusal("A party cannot be connected to itself")
    call = pbx.talk()
    assert dial(pbx, extenOrUniqueId=call.unique_id, number="400")[1].startswith(b'{"SessionID":')
    assert pbx.statuses("410") == {"410": ["Connected", "Ringing"]}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"number": ""}, "Empty parameter number"),
        ({"extenOrUniqueId": ""}, "Empty parameter extenOrUniqueId"),
        ({"number": "4" * 201}, "Malformed parameter number"),
        ({"number": "40\x000"}, "Malformed parameter number"),
        ({"number": "40\r\n0"}, "Malformed parameter number"),
        ({"tag": "A" * 4001}, "Malformed parameter tag"),
    ],
)
def test_what_cannot_be_dialled_is_refused(given: dict[str, str], text: str, live_pbx: Any) -> None:
    """What goes into the archive is as long as an archive file may have it."""
    pbx = live_pbx()
    assert dial(pbx, **given) == refusal(text)
    assert pbx.board.calls() == []


def test_missing_parameters_are_named(live_pbx: Any) -> None:
    pbx = live_pbx()
    for method, name in (("dial", "number"), ("hangup", "extenOrUniqueId"), ("answer", "uniqueId")):
        answer = pbx.caller.managed(method)
        assert (answer.status, answer.body) == refusal(f"Missing parameter {name}")
    assert pbx.caller.managed("dial", number="400").body == refusal("Missing parameter extenOrUniqueId")[1]
    assert pbx.caller.managed("answer", uniqueId="1.1", exten="410").body == refusal("No such call")[1]


@pytest.mark.parametrize("auto_answer", ["", "Call-info:answer-after=0"])
def test_a_dialled_call_is_recorded_from_the_answer(auto_answer: str, live_pbx: Any) -> None:
    """If `record=true` says so, with the tag; autoAnswer is a header for the phone, which then picks up by itself."""
    pbx = live_pbx()
    given = {"autoAnswer": auto_answer} if auto_answer else {}
    dial(pbx, record="true", tag="INV-7", **given)
    unique_id = pbx.subscribed("410")["Data"]["410"][0]["CallData"]["uniqueCallId"]
    pbx.tick()
    if not auto_answer:
        assert pbx.statuses("400") == {}
        assert json.loads(pbx.caller.managed("answer", uniqueId=unique_id, exten="SIP/410").body)["Code"] == 0
    assert pbx.statuses("400,410") == {"400": ["Ringing"], "410": ["Dialing Out"]}
    pbx.tick(4)
    answer = pbx.caller.managed("answer", uniqueId=unique_id, exten="SIP/400", answerString="Alert-Info: Ring Answer")
    assert (answer.status, answer.body) == (200, b'{"Message":"Channel Answered","Code":0}')
    pbx.tick(6)
    answer = pbx.caller.managed("hangup", extenOrUniqueId="410")
    assert (answer.status, answer.body) == (200, b'{"Message":"Channel Hungup","Code":0}')
    (leg,) = pbx.legs(unique_id)
    assert (leg["Tag"], leg["Username"], leg["Source"], leg["Destination"]) == ("INV-7", "Barney", "410", "400")
    assert (leg["Duration"], leg["DID"], leg["Direction"], leg["Start"]) == (
        "6",
        "internal",
        "2",
        "2026-11-24 11:00:05.0",
    )


@pytest.mark.parametrize("record", [None, "false", "TRUE", "1", "yes"])
def test_only_record_true_records(record: str | None, live_pbx: Any) -> None:
    """The pages show only `record=true` (DOC W-DI)."""
    pbx = live_pbx()
    dial(pbx, tag="T", autoAnswer="x", **({} if record is None else {"record": record}))
    call = pbx.board.calls()[0]
    pbx.board.answer(call, "400", pbx.now)
    pbx.tick()
    pbx.caller.managed("hangup", extenOrUniqueId=call.unique_id)
    assert pbx.legs(call) == []


def test_an_outbound_call_by_dial(live_pbx: Any) -> None:
    """Nobody answers for the outside party by the API; DID is as option outbound_did says."""
    pbx = live_pbx()
    dial(pbx, number="0390000099", record="true", autoAnswer="x")
    call = pbx.board.calls()[0]
    answer = pbx.caller.managed("answer", uniqueId=call.unique_id, exten="0390000099")
    assert (answer.status, answer.body) == refusal("No such extension")
    pbx.board.answer(call, "0390000099", pbx.now)
    pbx.tick(3)
    pbx.caller.managed("hangup", extenOrUniqueId="SIP/410")
    (leg,) = pbx.legs(call)
    assert (leg["Direction"], leg["DID"], leg["Destination"], leg["Username"]) == ("1", "", "0390000099", "Fred")


def test_who_does_not_ring_cannot_answer(live_pbx: Any) -> None:
    """Nor twice, nor for another."""
    pbx = live_pbx()
    call = pbx.inbound(did="7600")

    def answer(exten: str) -> tuple[int, bytes]:
        answer = pbx.caller.managed("answer", uniqueId=call.unique_id, exten=exten)
        return answer.status, answer.body

    assert answer("600") == refusal("No such extension")
    assert answer("SIP/499") == refusal("No such extension")
    assert answer("SIP/410")[1] == b'{"Message":"Channel Answered","Code":0}'
    assert answer("SIP/410") == refusal("The extension does not ring")
    assert answer("SIP/420") == refusal("The extension does not ring")


def test_hanging_up_a_call_that_rings_ends_it(live_pbx: Any) -> None:
    """By an extension that it rings at, or its id; once."""
    pbx = live_pbx()
    call = pbx.inbound()
    pbx.tick()
    assert pbx.caller.managed("hangup", extenOrUniqueId="420").body == b'{"Message":"Channel Hungup","Code":0}'
    assert [leg["Destination"] for leg in pbx.legs(call)] == ["600"]
    for name in ("420", "410", call.unique_id):
        answer = pbx.caller.managed("hangup", extenOrUniqueId=name)
        assert (answer.status, answer.body) == refusal("No such call")


def test_live_methods_take_post_alone(live_pbx: Any) -> None:
    """The pages say POST (DOC); GET is not even switched on for these."""
    pbx = live_pbx(get_on_post="start-and-stop")
    for name in ("dial", "answer", "hangup", "subscribe"):
        for method in ("GET", "HEAD", "PUT"):
            answer = pbx.caller.managed(name, method=method, extenOrUniqueId="410")
            assert answer.status == 405
            assert dict(answer.headers)["Allow"] == "POST"
