"""The second PBX beyond the contract suite: long polls, and impossible steps of flows."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import support.conformant_servers
from support.conformant_servers.pbx import OtherPbx

PEOPLE = {
    "users": [{"name": "Fred", "extension": "410"}],
    "queues": [{"number": "600", "members": ["410"]}],
    "routes": [{"did": "0390000600", "to": "600"}],
}
CALL = {"do": "inbound", "did": "0390000600", "source": "0491570156", "as": "call"}


def test_conformant_servers_import_neither_package() -> None:
    """Otherwise a mistake of both would go unnoticed."""
    files = sorted(Path(support.conformant_servers.__file__).parent.glob("*.py"))
    assert len(files) > 10
    assert [file.name for file in files if re.search(r"(import|from) noojee_", file.read_text(encoding="utf-8"))] == []


class Desk:
    """A PBX with Fred at 410, and its control API."""

    def __init__(self) -> None:
        self.pbx = OtherPbx()
        self.sandbox = self.control(
            "POST", "/sandboxes", {"archive": {"calls": [], "now": "2026-11-24T00:00:00+00:00"}}
        )[1]
        self.control("PUT", f"/sandboxes/{self.sandbox['sandbox']}/directory", PEOPLE)

    def control(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        status, _, content = self.pbx.handle(method, f"/__noojee{path}", {}, json.dumps(body).encode())
        return status, json.loads(content)

    def play(self, *steps: dict[str, Any]) -> tuple[int, Any]:
        return self.control("POST", f"/sandboxes/{self.sandbox['sandbox']}/flow", {"steps": steps})

    def subscribe(self, after: int, seconds: int) -> Any:
        query = f"exten=410&lastSequenceNumber={after}&timeOut={seconds}&apiKey={self.sandbox['api_key']}"
        path = f"/{self.sandbox['path']}/servicemanager/rest/CallManagementAPI/subscribe?{query}"
        return json.loads(self.pbx.handle("POST", path, {}, b"")[2])


def test_a_long_poll_is_answered_when_something_happens() -> None:
    """DOC W-SU: timeOut: how long to wait for a change."""
    desk, answers = Desk(), []
    waiting = threading.Thread(target=lambda: answers.append(desk.subscribe(0, 30)))
    waiting.start()
    desk.play(CALL)
    waiting.join(10)
    assert [call["CallData"]["status"] for call in answers[0]["Data"]["410"]] == ["Ringing"]
    assert desk.subscribe(answers[0]["seq"], 0) == {"Data": {}, "seq": answers[0]["seq"], "Code": 0}


def test_a_step_that_cannot_be_done_is_refused() -> None:
    """Only a ringing extension answers, and an ended call takes no step."""
    desk = Desk()
    status, document = desk.play(CALL, {"do": "answer", "call": "call", "by": "420"})
    assert (status, document["error"]) == (409, "420 does not ring")
    status, document = desk.play(CALL, {"do": "hang_up", "call": "call"}, {"do": "hang_up", "call": "call"})
    assert (status, document["error"]) == (409, "no call call")


def test_a_recorded_greeting_is_a_leg() -> None:
    """SPEC W-A4: each transition splits: the greeting, the queue, the answer."""
    desk, waits = Desk(), {"do": "wait", "seconds": 3}
    steps = ({**CALL, "record": "greeting"}, waits, {"do": "proceed", "call": "call"}, waits)
    more = ({"do": "answer", "call": "call", "by": "410"}, waits, {"do": "hang_up", "call": "call"})
    unique_id = desk.play(*steps, *more)[1]["calls"]["call"]["unique_id"]
    query = f"uniqueId={unique_id}&apiKey={desk.sandbox['api_key']}"
    path = f"/{desk.sandbox['path']}/njadmin/rest/RecordingAPI/retrieveMetaDataByUniqueId?{query}"
    legs = json.loads(desk.pbx.handle("POST", path, {}, b"")[2])
    assert [(leg["Leg"], leg["Duration"], leg["Username"]) for leg in legs] == [
        ("1", "3", "Administrator"),
        ("2", "3", "Administrator"),
        ("3", "3", "Fred"),
    ]
