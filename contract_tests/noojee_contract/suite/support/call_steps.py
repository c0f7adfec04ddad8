"""Live calls for the clauses about recording: who is who, the steps of a call, the orders about it, and its legs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from noojee_contract.clients.client import Credentials
from noojee_contract.dialects.vendor import Leg, read_error_body
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange, NotJson, beginning
from noojee_contract.model.question import Question
from noojee_contract.suite.support.archives import archive

_MARKS = re.compile(r"<[^<>]*>")
QUEUE, SALES, OUTSIDE = "600", "0390000600", "0390000099"
CALLER = "0491570156"
PEOPLE: dict[str, Any] = {
    "users": [
        {"name": "Administrator", "role": "administrator"},
        {"name": "Reception"},
        {"name": "Pearl", "role": "recording-manager"},
        {"name": "Barney", "extension": "400", "team": "sales"},
        {"name": "Fred", "extension": "410", "team": "sales"},
        {"name": "Wilma", "extension": "420", "role": "supervisor", "team": "sales"},
        {"name": "Betty", "extension": "430", "role": "supervisor", "team": "support"},
    ],
    "queues": [{"number": QUEUE, "members": ["410", "420"]}],
    "routes": [{"did": SALES, "to": QUEUE, "default_account": "Reception", "record": "queue"}],
}
Step = Mapping[str, Any]


def board(subject: Subject, *, people: Mapping[str, Any] = PEOPLE) -> Subject:
    """The PBX with nobody on the line and nothing in its archive."""
    own = subject.fresh(document=archive())
    own.set("directory", **people)
    return own


def rings(record: str | None = None, *, name: str = "call", did: str = SALES, **more: str) -> Step:
    """Somebody calls the number of a queue. `record`: from which transition it is recorded; None: as its route says."""
    step = {"do": "inbound", "did": did, "source": CALLER, "as": name, **more}
    return step if record is None else {**step, "record": record}


def answers(by: str, *, call: str = "call") -> Step:
    """A party picks up."""
    return {"do": "answer", "call": call, "by": by}


def lasts(seconds: float) -> Step:
    """Time goes by."""
    return {"do": "wait", "seconds": seconds}


def goes_to(number: str, *, call: str = "call") -> Step:
    """The connected party transfers the call."""
    return {"do": "transfer", "call": call, "to": number}


def ends(call: str = "call") -> Step:
    """Everybody hangs up."""
    return {"do": "hang_up", "call": call}


def talking(subject: Subject, *, record: str | None = "never", by: str = "410") -> str:
    """The unique id of a call that was answered ten seconds ago; by itself it is not recorded."""
    return subject.play(rings(record), lasts(5), answers(by), lasts(10))["call"]


def fred(subject: Subject) -> str | None:
    """The agent to name where a recording is to be Fred's; None where no page of start knows an owner (W-ST)."""
    return "Fred" if subject.dialect == "call-management" else None


def start(
    subject: Subject,
    name: str,
    *,
    tag: str | None = None,
    agent: str | None = None,
    credentials: Credentials | None = None,
    method: str | None = None,
) -> Exchange:
    """An order to record the call of an extension, a channel or a unique id."""
    wanted = (("extenOrUniqueId", name), ("tag", tag), ("agentLoginName", agent))
    query = [(key, value) for key, value in wanted if value is not None]
    return subject.client.order("start", query, credentials=credentials, method=method)


def stop(
    subject: Subject,
    name: str,
    *,
    agent: str | None = None,
    credentials: Credentials | None = None,
    method: str | None = None,
) -> Exchange:
    """An order to end a recording. It names an agent where the pages do (W-SPk), or where one is needed.

    Where no start says whose a recording is (`fred`), it may have default ownership: Pearl, a recording manager, may end
    any (W-ST, W-RC).
    """
    needed = subject.profile.get("stop_without_agent") == "refused"
    by = agent or fred(subject) or ("Pearl" if needed else None)
    query = [("extenOrUniqueId", name), *([] if by is None else [("agentLoginName", by)])]
    return subject.client.order("stop", query, credentials=credentials, method=method)


def code_of(exchange: Exchange) -> Any:
    """The Code of an answer as it came; None where it has none."""
    try:
        document = exchange.json()
    except NotJson:
        return None
    return document.get("Code") if isinstance(document, dict) else None


def message_of(exchange: Exchange) -> str | None:
    """The text of an answer: its Message, or the whole of it where it is no object, without the marks of XML (W-27: SOAP)."""
    try:
        document = exchange.json()
    except NotJson:
        return unescape(_MARKS.sub("", exchange.body.decode("utf-8", "replace"))).strip()
    message = document.get("Message") if isinstance(document, dict) else None
    return message if isinstance(message, str) else None


def is_done(subject: Subject, exchange: Exchange) -> bool:
    """Whether an order was carried out: HTTP 200 (DOC W-ST, W-27) and, where answers are JSON, Code 0 (DOC W-OV).

    How a failure is spelled is another clause's.
    """
    failure = None if subject.dialect == "services" else read_error_body(exchange)
    return exchange.status == 200 and (failure is None or code_of(exchange) == "0")


def is_error(subject: Subject, exchange: Exchange) -> bool:
    """Whether an order was refused: an HTTP error, or a negative Code (DOC W-OV)."""
    failure = None if subject.dialect == "services" else read_error_body(exchange)
    negative = failure is not None and not (isinstance(failure.code, int) and failure.code >= 0)
    return exchange.status is not None and (exchange.status >= 400 or negative)


def told(exchange: Exchange) -> str:
    """What an answer to an order was, in a few words."""
    if exchange.response is None:
        return f"no answer ({exchange.transport_error})"
    return f"{exchange.status}, Code {code_of(exchange)!r}, {beginning(message_of(exchange) or '', 60)!r}"


def check_done(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that an order is carried out, as its answer says."""
    check(is_done(subject, exchange), f"{what}: expected success, got {told(exchange)}", exchange)


def check_error(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that an order is refused."""
    check(is_error(subject, exchange), f"{what}: expected an error, got {told(exchange)}", exchange)


def listed(subject: Subject, unique_id: str) -> Answer:
    """The legs of a call as they are listed now, asked each time anew."""
    return subject.reread(Question("unique_id", unique_id), subject.client.by_unique_id(unique_id))


def in_order(answer: Answer) -> list[Leg]:
    """Legs by their number."""
    return sorted(answer.legs, key=lambda leg: leg.number)


def shown(answer: Answer) -> str:
    """The legs of an answer in words: number, seconds, tag and owner of each."""
    legs = [f"{leg.number}: {leg.duration_seconds} s {leg.tag!r} {leg.username!r}" for leg in in_order(answer)]
    return "; ".join(legs) or "no leg"


def check_lengths(check: Check, answer: Answer, expected: list[int], what: str) -> None:
    """Check that a call has legs of so many seconds, one after the other."""
    lengths = [leg.duration_seconds for leg in in_order(answer)]
    differ = next((pair for pair in zip(lengths, expected, strict=False) if pair[0] != pair[1]), None)
    if len(lengths) != len(expected):
        pointed = f"legs are {'missing' if len(lengths) < len(expected) else 'too many'}"
    else:
        pointed = "" if differ is None else f"Duration is {differ[0]}, expected {differ[1]}"
    check(
        lengths == expected, f"{what}: {pointed}; expected legs of {expected} s, got {shown(answer)}", answer.exchange
    )
