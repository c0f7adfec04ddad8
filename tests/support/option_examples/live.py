"""Options of live calls: start and stop of a recording, by every dialect that has them.

A call is made by `dial` and taken by `answer`, so that nothing but the public API is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from noojee_fake.messages import Response
from noojee_fake.pbx.directory import Directory, User
from support.option_examples.asking import Shown, code

Order = Callable[..., Response]


def orders(caller: Any) -> dict[str, Order]:
    """Start and stop, as each dialect takes them."""
    return {
        "services": lambda name, **given: caller.services(name, **given),
        "recording-api": lambda name, **given: caller.legacy(name, **given),
        "call-management": lambda name, **given: caller.managed(name, **given),
    }


def talk(caller: Any, source: str = "410", to: str = "400", *, record: bool = True) -> str:
    """Have one extension call another, which answers; the unique id of the call."""
    caller.managed("dial", extenOrUniqueId=f"SIP/{source}", number=to, autoAnswer="yes", record=str(record).lower())
    seen = json.loads(caller.managed("subscribe", exten=to, lastSequenceNumber=0, timeOut=0).body)
    unique_id: str = seen["Data"][to][-1]["CallData"]["uniqueCallId"]
    assert code(caller.managed("answer", uniqueId=unique_id, exten=f"SIP/{to}")) == 0
    return unique_id


def tags(caller: Any, unique_id: str) -> list[str]:
    """The tags of the call's legs once it is over."""
    caller.managed("hangup", extenOrUniqueId=unique_id)
    return [row["Tag"] for row in json.loads(caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=unique_id).body)]


def outcome(answer: Response) -> int | str:
    """The Code, or of plain text its status."""
    return code(answer) if answer.body[:1] == b"{" else f"status {answer.status}"


def each(show: Callable[[Any, Order], Any]) -> Callable[[Any], list[Any]]:
    """What is to be seen in each dialect."""
    return lambda caller: [show(caller, order) for order in orders(caller).values()]


def message(caller: Any, order: Order) -> tuple[str, ...]:
    unique_id = talk(caller)
    answers = [order(name, extenOrUniqueId=unique_id).body for name in ("start", "stop")]
    return tuple(json.loads(body)["Message"] if body[:1] == b"{" else body.decode() for body in answers)


def start_again(caller: Any, order: Order) -> tuple[int | str, list[str]]:
    unique_id = talk(caller)
    answer = order("start", extenOrUniqueId=unique_id, tag="again")
    return outcome(answer), tags(caller, unique_id)


def stop_twice(caller: Any, order: Order) -> int | str:
    unique_id = talk(caller)
    order("stop", extenOrUniqueId=unique_id)
    return outcome(order("stop", extenOrUniqueId=unique_id))


def of_two_calls(caller: Any, order: Order) -> tuple[list[str], list[str]]:
    """The tags of both calls of extension 400 after a start that names the extension."""
    first, second = talk(caller, "410", record=False), talk(caller, "420", record=False)
    order("start", extenOrUniqueId="400", tag="meant")
    return tags(caller, first), tags(caller, second)


def dotted(caller: Any, order: Order) -> int | str:
    """A start by an extension whose name has a dot."""
    board = caller.sandboxes.default.switchboard
    users = (User(name="Pebbles", extension="peb.bles"), User(name="Barney", extension="400"))
    board.directory = Directory(users, (), ())
    talk(caller, "peb.bles", record=False)
    return outcome(order("start", extenOrUniqueId="peb.bles"))


def stopped_by(agent: str | None) -> Callable[[Any, Order], int | str]:
    """Who stops a call that Barney, who took it, owns."""

    def show(caller: Any, order: Order) -> int | str:
        unique_id = talk(caller)
        named = {} if agent is None else {"agentLoginName": agent}
        answer = outcome(order("stop", extenOrUniqueId=unique_id, **named))
        caller.managed("hangup", extenOrUniqueId=unique_id)
        return answer

    return show


def second_tag(caller: Any, order: Order) -> list[str]:
    """A tag that was given at a start, and what the next leg has of it."""
    unique_id = talk(caller, record=False)
    order("start", extenOrUniqueId=unique_id, tag="first")
    order("start", extenOrUniqueId=unique_id)
    return tags(caller, unique_id)


OK = ["status 200", 0, 0]
REFUSED = ["status 400", -1, -1]

SHOWN: dict[str, Shown] = {
    "recording_message": Shown(
        each(message),
        {"texts": [("Recording Started", "Recording Stopped")] * 3, "ok": [("OK", "OK")] * 3},
    ),
    "start_while_recording": Shown(
        each(start_again),
        {
            "splits": [(ok, ["", "again"]) for ok in OK],
            "ignored": [(ok, [""]) for ok in OK],
            "refused": [(refused, [""]) for refused in REFUSED],
        },
    ),
    "stop_not_recording": Shown(each(stop_twice), {"error": REFUSED, "warning": ["status 200", 1, 1]}),
    "services_failure_status": Shown(
        lambda pbx: [pbx.services(name, extenOrUniqueId="410").status for name in ("start", "stop", "nothing")],
        {"400": [400] * 3, "500": [500] * 3},
    ),
    "several_calls": Shown(
        each(of_two_calls),
        {"newest": [([], ["meant"])] * 3, "oldest": [(["meant"], [])] * 3, "refused": [([], [])] * 3},
    ),
    "extension_or_unique_id": Shown(each(dotted), {"by-dot": REFUSED, "by-lookup": OK}),
    "stop_permission": Shown(each(stopped_by("Fred")), {"roles": REFUSED, "anyone": OK}),
    "stop_without_agent": Shown(each(stopped_by(None)), {"allowed": OK, "refused": REFUSED}),
    "tag_inherited": Shown(
        each(second_tag), {"inherited": [["first", "first"]] * 3, "start-only": [["first", ""]] * 3}
    ),
}
