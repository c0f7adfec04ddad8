"""Subscribe: what changed at some extensions since a sequence number, at once or when it happens.

Source: W-SU (DOC).
"""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from noojee_contract.resources import schemas
from noojee_fake.messages import Pending


def wait(live_pbx: Any, after: int, exten: str = "410", seconds: int = 30) -> Any:
    """A poll that may have to wait."""
    return live_pbx.caller.managed("subscribe", exten=exten, lastSequenceNumber=after, timeOut=seconds)


def document_of(answer: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.body)
    return document


def test_the_answer_has_the_fields_of_the_page_and_of_the_client(live_pbx: Any) -> None:
    """Data by extension, seq at the top, Code; callStartTime empty until somebody talks (CLIENT C-J)."""
    pbx = live_pbx()
    call = pbx.inbound()
    answer = pbx.caller.managed("subscribe", exten="410", lastSequenceNumber=0, timeOut=0)
    assert dict(answer.headers)["Content-Type"] == "application/json;charset=UTF-8"
    assert document_of(answer) == {
        "Data": {
            "410": [
                {
                    "CallData": {
                        "canAnswer": True,
                        "callerId": "0491570156",
                        "uniqueCallId": call.unique_id,
                        "callStartTime": "",
                        "isQueueCall": True,
                        "isClickToDialCall": False,
                        "inbound": True,
                        "status": "Ringing",
                        "secondaryUniqueCallId": call.unique_id,
                        "otherPartyCallerId": "0491570156",
                        "connectedCallerIdNum": "",
                        "outboundDestination": "",
                    },
                    "CallID": 1,
                    "Code": 0,
                }
            ]
        },
        "seq": 4,
        "Code": 0,
    }
    pbx.tick(61)
    pbx.board.answer(call, "410", pbx.now)
    data = pbx.subscribed()["Data"]["410"][0]["CallData"]
    assert (data["status"], data["canAnswer"], data["connectedCallerIdNum"]) == ("Connected", False, "0491570156")
    assert data["callStartTime"] == "2026/11/24 11:01"


def test_a_call_has_the_fields_of_its_schema(live_pbx: Any) -> None:
    """All fields that a page or the client names, and no other."""
    pbx = live_pbx()
    pbx.inbound()
    schema = json.loads(schemas("call-management", "changes.schema.json").read_text(encoding="utf-8"))
    assert set(pbx.subscribed()["Data"]["410"][0]["CallData"]) == set(schema["$defs"]["call-data"]["properties"])


def test_a_dialled_call_looks_as_in_the_clients_sample(live_pbx: Any) -> None:
    """Dialing Out, not inbound, with where it goes; click to dial where the API made it (CLIENT C-J)."""
    pbx = live_pbx()
    pbx.caller.managed("dial", number="106", extenOrUniqueId="SIP/410", autoAnswer="x")
    data = pbx.subscribed()["Data"]["410"][0]["CallData"]
    assert (data["status"], data["inbound"], data["isClickToDialCall"]) == ("Dialing Out", False, True)
    assert (data["callerId"], data["otherPartyCallerId"], data["outboundDestination"]) == ("106", "106", "106")
    call = pbx.board.calls()[0]
    pbx.board.answer(call, "106", pbx.now)
    data = pbx.subscribed()["Data"]["410"][0]["CallData"]
    assert (data["status"], data["secondaryUniqueCallId"]) == ("Connected", call.channels["106"])


def test_zero_and_zero_give_what_is_now(live_pbx: Any) -> None:
    """`timeOut=0&lastSequenceNumber=0` is the current state (DOC W-SU): each live call once, no ended call."""
    pbx = live_pbx()
    assert pbx.subscribed() == {"Data": {}, "seq": 1, "Code": 0}
    over = pbx.talk()
    pbx.board.hang_up(over, pbx.now)
    pbx.talk()
    pbx.inbound(did="7601")
    assert pbx.statuses() == {"410": ["Connected"]}
    assert pbx.statuses("400,499,410,600") == {"400": ["Ringing"], "410": ["Connected"]}


def test_a_first_poll_does_not_wait(live_pbx: Any) -> None:
    """0 comes first (DOC W-SU): the answer gives the next number, even before any event."""
    pbx = live_pbx()
    assert document_of(wait(pbx, 0)) == {"Data": {}, "seq": 1, "Code": 0}
    pbx.inbound()
    assert document_of(wait(pbx, 0))["seq"] == 4


def test_a_number_from_the_future_is_answered_like_zero(live_pbx: Any) -> None:
    """A client that kept its number over a restart of the PBX learns the state and the number in force."""
    pbx = live_pbx()
    pbx.inbound()
    for after in (5, 114, 10**17):
        answer = document_of(wait(pbx, after))
        assert [row["CallData"]["status"] for row in answer["Data"]["410"]] == ["Ringing"]
        assert answer["seq"] == 4


def test_each_change_is_reported_once(live_pbx: Any) -> None:
    """From seq to seq nothing is missed and nothing reported twice; of one call, the last change."""
    pbx = live_pbx()
    seq = pbx.subscribed()["seq"]
    call = pbx.inbound()
    first = document_of(wait(pbx, seq))
    assert [row["CallData"]["status"] for row in first["Data"]["410"]] == ["Ringing"]
    assert isinstance(wait(pbx, first["seq"]), Pending)
    pbx.board.answer(call, "410", pbx.now)
    pbx.board.hang_up(call, pbx.now)
    second = document_of(wait(pbx, first["seq"]))
    assert [row["CallData"]["status"] for row in second["Data"]["410"]] == ["Hungup"]
    assert second["Data"]["410"][0]["CallData"]["uniqueCallId"] == call.unique_id
    assert isinstance(wait(pbx, second["seq"]), Pending)
    assert pbx.statuses() == {}
    assert pbx.statuses("410", first["seq"]) == {"410": ["Hungup"]}


def test_several_extensions_are_reported_together(live_pbx: Any) -> None:
    """A comma list, with or without technology; an extension without news is left out."""
    pbx = live_pbx()
    seq = pbx.subscribed()["seq"]
    call = pbx.inbound()
    assert list(pbx.statuses("420,SIP/410,499", seq)) == ["420", "410"]
    seq = pbx.subscribed()["seq"]
    pbx.board.answer(call, "420", pbx.now)
    assert pbx.statuses("400,410,420", seq) == {"400": ["Hungup"], "410": ["Hungup"], "420": ["Connected"]}
    assert pbx.statuses("410,410", seq) == {"410": ["Hungup"]}


def test_a_poll_waits_for_its_extensions_alone(live_pbx: Any) -> None:
    """It is woken by any change, and goes on waiting where that is of no concern."""
    pbx = live_pbx()
    pbx.inbound()
    pending = wait(pbx, pbx.subscribed()["seq"], "430")
    assert isinstance(pending, Pending)
    woken: list[None] = []
    stop = pending.listen(lambda: woken.append(None))
    pbx.board.hang_up(pbx.board.calls()[0], pbx.now)
    assert len(woken) == 1
    assert pending.finish(False) is None
    seq = pbx.subscribed()["seq"]
    assert document_of(pending.finish(True)) == {"Data": {}, "seq": seq, "Code": 0}
    stop()
    assert pbx.board.listeners == 0


def test_an_operation_wakes_once(live_pbx: Any) -> None:
    """For any number of phones; a refused request wakes no listener."""
    pbx = live_pbx()
    woken: list[None] = []
    stop = pbx.board.listen(lambda: woken.append(None))
    call = pbx.inbound()
    assert len(woken) == 1
    assert b"-1" in pbx.caller.managed("answer", uniqueId=call.unique_id, exten="499").body
    assert len(woken) == 1
    pbx.board.answer(call, "410", pbx.now)
    assert len(woken) == 2
    stop()


def test_time_is_over_by_the_clock_of_the_pbx_too(live_pbx: Any) -> None:
    """A clock that is stepped on ends the polls that are due then; one that is stepped back does not."""
    pbx = live_pbx()
    pending = wait(pbx, 1, seconds=20)
    assert (pending.seconds, pending.finish(False)) == (20, None)
    pbx.tick(19.999)
    assert pending.finish(False) is None
    pbx.tick(-3600)
    assert pending.finish(False) is None
    pbx.tick(3600.001)
    assert document_of(pending.finish(False)) == {"Data": {}, "seq": 1, "Code": 0}


def test_stepping_the_clock_by_the_control_api_wakes_the_polls(live_pbx: Any) -> None:
    """Nobody has to wait a real second."""
    pbx = live_pbx()
    pending = wait(pbx, 1, seconds=10)
    answers: list[Any] = []
    stop = pending.listen(lambda: answers.append(pending.finish(False)))
    pbx.caller.control("POST", "/sandboxes/default/clock", {"step_seconds": 10})
    stop()
    assert [document_of(answer)["Data"] for answer in answers if answer is not None] == [{}]


def test_a_poll_is_in_the_journal_once_it_is_answered(live_pbx: Any) -> None:
    """With its answer; a bug that shows itself only then is kept and named like any other."""
    pbx = live_pbx()
    first, second = wait(pbx, 1), wait(pbx, 1)
    assert pbx.pbx.journal.entries() == []
    pbx.inbound()
    assert document_of(first.finish(False))["seq"] == 4
    (entry,) = pbx.pbx.journal.entries()
    assert (entry.request.path.rpartition("/")[2], document_of(entry.response)["seq"]) == ("subscribe", 4)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    pbx.board.seen = broken
    answer = second.finish(False)
    assert (answer.status, dict(answer.headers)["X-Noojee-Fake-Bug"]) == (500, "ZeroDivisionError")
    assert [bug.name for bug in pbx.caller.sandboxes.own_bugs] == ["ZeroDivisionError"]
    assert [entry.response.status for entry in pbx.pbx.journal.entries()] == [200, 500]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("lastSequenceNumber=0", "Missing parameter exten"),
        ("exten=&lastSequenceNumber=0", "Empty parameter exten"),
        ("exten=410", "Missing parameter lastSequenceNumber"),
        ("exten=410&lastSequenceNumber=", "Empty parameter lastSequenceNumber"),
        ("exten=410&lastSequenceNumber=-1", "Malformed parameter lastSequenceNumber"),
        ("exten=410&lastSequenceNumber=1.0", "Malformed parameter lastSequenceNumber"),
        ("exten=410&lastSequenceNumber=%D9%A1", "Malformed parameter lastSequenceNumber"),
        (f"exten=410&lastSequenceNumber={'9' * 5000}", "Malformed parameter lastSequenceNumber"),
        ("exten=410&lastSequenceNumber=0&timeOut=x", "Malformed parameter timeOut"),
        ("exten=410&lastSequenceNumber=0&timeOut=", "Empty parameter timeOut"),
        ("exten=410&lastSequenceNumber=0&timeOut=-1", "Malformed parameter timeOut"),
        ("exten=%FF&lastSequenceNumber=0", "Malformed parameter exten"),
    ],
)
def test_a_bad_parameter_is_named(query: str, text: str, live_pbx: Any) -> None:
    caller = live_pbx(call_management_bad_request_status="400").caller
    answer = caller.ask("/servicemanager/rest/CallManagementAPI/subscribe", f"{query}&apiKey={caller.key}")
    assert (answer.status, answer.body) == (400, f'{{"Message":"{text}","Code":-1}}'.encode())


def test_waits_are_bounded(live_pbx: Any) -> None:
    """Ten seconds by default (DOC W-SU), a minute at most; a thousand extensions at most."""
    pbx = live_pbx()
    assert pbx.caller.managed("subscribe", exten="410", lastSequenceNumber=1).seconds == 10
    for asked, seconds in ((1, 1), (60, 60), (61, 60), (10**17, 60)):
        assert wait(pbx, 1, seconds=asked).seconds == seconds
    many = ",".join(str(number) for number in range(5000))
    pbx.inbound()
    assert pbx.subscribed(f"410,{many}")["Data"].keys() == {"410", "400", "420"}
    assert pbx.subscribed(f"{','.join(map(str, range(1000, 2000)))},410")["Data"] == {}


def test_polls_from_many_threads_miss_nothing(live_pbx: Any) -> None:
    """Each reads every change in order while calls come and go; a Hungup for each call, once."""
    pbx = live_pbx()
    calls = 60
    begin = pbx.subscribed()["seq"]
    seen: list[list[int]] = [[] for _ in range(4)]
    done = threading.Event()

    def read(ended: list[int]) -> None:
        seq, last = begin, False
        while not last:
            last = done.is_set()
            sequence, changes = pbx.board.seen(("410",), seq)
            assert sequence >= seq
            for event in changes.get("410", ()):
                assert seq < event.sequence <= sequence
                if event.status.value == "Hungup":
                    ended.append(event.call_id)
            seq = sequence

    threads = [threading.Thread(target=read, args=(ended,)) for ended in seen]
    for thread in threads:
        thread.start()
    for _ in range(calls):
        pbx.board.hang_up(pbx.talk(), pbx.now)
    done.set()
    for thread in threads:
        thread.join(60)
    assert seen == [list(range(1, calls + 1))] * 4
