"""Live calls for the clauses about call control: users, the steps of a call, call control requests, and legs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

from noojee_contract.clients.client import Credentials
from noojee_contract.dialects.legs import Leg
from noojee_contract.dialects.vendor import read_error_body
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange, NotJson, beginning
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite.support.answers import FIRST_ERROR_STATUS, has_error_status, is_busy
from noojee_contract.suite.support.archives import archive
from noojee_contract.suite.support.listing import (
    DECODED,
    Mismatch,
    check_mismatch,
    listing_mismatch,
    question_in_words,
    value_in_words,
)

_TAGS = re.compile(r"<[^<>]*>")
MOST_OF_A_MESSAGE = 60
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
    """The PBX without calls and with an empty archive."""
    own = subject.fresh(document=archive())
    own.set("directory", **people)
    return own


def rings(record: str | None = None, *, name: str = "call", did: str = SALES, **more: str) -> Step:
    """A caller dials a queue's number. `record`: the transition that starts the recording; None: as the route says."""
    step = {"do": "inbound", "did": did, "source": CALLER, "as": name, **more}
    return step if record is None else {**step, "record": record}


def answers(by: str, *, call: str = "call") -> Step:
    """A party answers."""
    return {"do": "answer", "call": call, "by": by}


def lasts(seconds: float) -> Step:
    """The clock advances."""
    return {"do": "wait", "seconds": seconds}


def goes_to(number: str, *, call: str = "call") -> Step:
    """The connected party transfers the call."""
    return {"do": "transfer", "call": call, "to": number}


def ends(call: str = "call") -> Step:
    """Everybody hangs up."""
    return {"do": "hang_up", "call": call}


def talking(subject: Subject, *, record: str | None = "never", by: str = "410") -> str:
    """The unique id of a call that was answered ten seconds ago; it is not recorded by default."""
    return subject.play(rings(record), lasts(5), answers(by), lasts(10))["call"]


def fred(subject: Subject) -> str | None:
    """The agent that makes a recording Fred's; None in dialects whose start names no owner (W-ST)."""
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
    """Request the recording of the call of an extension, a channel or a unique id."""
    wanted = (("extenOrUniqueId", name), ("tag", tag), ("agentLoginName", agent))
    query = [(key, value) for key, value in wanted if value is not None]
    return subject.client.command("start", query, credentials=credentials, method=method)


def stop(
    subject: Subject,
    name: str,
    *,
    agent: str | None = None,
    credentials: Credentials | None = None,
    method: str | None = None,
) -> Exchange:
    """Request the end of a recording. The request names an agent if the pages do (W-SPk), or if the profile needs one.

    Where start names no owner (`fred`), the recording may have default ownership. Pearl is a recording manager, who may
    stop every recording (W-ST, W-RC).
    """
    needed = subject.profile.get("stop_without_agent") == "refused"
    by = agent or fred(subject) or ("Pearl" if needed else None)
    query = [("extenOrUniqueId", name), *([] if by is None else [("agentLoginName", by)])]
    return subject.client.command("stop", query, credentials=credentials, method=method)


def code_of(exchange: Exchange) -> Any:
    """The Code of an answer as a JSON value; None where it has none."""
    try:
        document = exchange.json()
    except NotJson:
        return None
    return document.get("Code") if isinstance(document, dict) else None


def message_of(exchange: Exchange) -> str | None:
    """The Message of an answer, or the whole body without XML tags where it is no JSON (W-27: SOAP)."""
    try:
        document = exchange.json()
    except NotJson:
        return unescape(_TAGS.sub("", exchange.body.decode("utf-8", "replace"))).strip()
    message = document.get("Message") if isinstance(document, dict) else None
    return message if isinstance(message, str) else None


def is_done(subject: Subject, exchange: Exchange) -> bool:
    """Whether a request was carried out: HTTP 200 (DOC W-ST, W-27) and, where answers are JSON, Code 0 (DOC W-OV).

    Other clauses check the type of Code.
    """
    error_body = None if subject.dialect == "services" else read_error_body(exchange)
    return exchange.status == 200 and (error_body is None or code_of(exchange) == "0")


def is_error(subject: Subject, exchange: Exchange) -> bool:
    """Whether a request was refused: an HTTP error, or a negative Code (DOC W-OV)."""
    error_body = None if subject.dialect == "services" else read_error_body(exchange)
    negative = error_body is not None and not (isinstance(error_body.code, int) and error_body.code >= 0)
    if subject.dialect != "services" and is_busy(exchange):  # the oldest dialect may refuse with 500 (an option)
        return False
    return exchange.status is not None and (exchange.status >= FIRST_ERROR_STATUS or negative)


def describe_reply(exchange: Exchange) -> str:
    """The answer to a call control request in a few words: status, Code and Message."""
    if exchange.response is None:
        return f"no answer ({exchange.transport_error})"
    message = beginning(message_of(exchange) or "", MOST_OF_A_MESSAGE)
    return f"{exchange.status}, Code {value_in_words(code_of(exchange))}, {message!r}"


def kind_without_success(exchange: Exchange) -> FailureKind:
    """What is wrong with an answer that should say that a request was carried out."""
    if exchange.response is None or exchange.transport_error is not None:
        return FailureKind.NO_ANSWER
    if has_error_status(exchange):
        return FailureKind.REFUSED
    if exchange.status != 200:
        return FailureKind.UNEXPECTED_STATUS
    code = code_of(exchange)
    whole = isinstance(code, int) and not isinstance(code, bool)
    return FailureKind.REFUSED if whole and code != 0 else FailureKind.INVALID_ERROR_BODY


def check_ok(check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is answered with HTTP 200."""
    check(
        exchange.status == 200,
        f"{what}: expected 200, got {describe_reply(exchange)}",
        exchange,
        kind=kind_without_success(exchange),
        expected="200",
        actual=str(exchange.status),
    )


def check_code(check: Check, exchange: Exchange, what: str) -> None:
    """Check that an answer has the Code 0, as a number."""
    code = code_of(exchange)
    check(
        code == 0 and isinstance(code, int),
        f"{what}: expected the Code 0, got {describe_reply(exchange)}",
        exchange,
        kind=kind_without_success(exchange),
        field="Code",
        expected="0",
        actual=value_in_words(code),
    )


def check_done(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is carried out, as its answer says."""
    kind, ok = kind_without_success(exchange), exchange.status == 200
    check(
        is_done(subject, exchange),
        f"{what}: expected success, got {describe_reply(exchange)}",
        exchange,
        kind=kind,
        field="Code" if kind is FailureKind.INVALID_ERROR_BODY else None,
        expected="0" if ok else "200",
        actual=value_in_words(code_of(exchange)) if ok else str(exchange.status),
    )


def check_error(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is refused."""
    check(
        is_error(subject, exchange),
        f"{what}: expected an error, got {describe_reply(exchange)}",
        exchange,
        kind=FailureKind.NO_ANSWER if exchange.response is None else FailureKind.NOT_REFUSED,
        expected="an error",
        actual=describe_reply(exchange),
    )


def listed(subject: Subject, unique_id: str) -> Answer:
    """The legs of a call as they are listed now. Each call of this function sends a request."""
    return subject.reread(Question("unique_id", unique_id), subject.client.by_unique_id(unique_id))


def in_order(answer: Answer) -> list[Leg]:
    """Legs by their number."""
    return sorted(answer.legs, key=lambda leg: leg.number)


def describe_legs(answer: Answer) -> str:
    """The legs of an answer in words: number, seconds, tag and owner of each."""
    legs = [f"{leg.number}: {DECODED['Duration'](leg)} s {leg.tag!r} {leg.username!r}" for leg in in_order(answer)]
    return "; ".join(legs) or "no leg"


def check_lengths(check: Check, answer: Answer, expected: list[int], what: str) -> None:
    """Check that a call has legs of so many seconds, in order of their numbers."""
    check_fields(check, answer, "Duration", expected, what)


def check_fields(check: Check, answer: Answer, field: str, expected: Sequence[str | int], what: str) -> None:
    """Check the decoded value of a field in each leg of a call, in order of their numbers."""
    check_mismatch(check, _fields_mismatch(answer, field, expected, what), answer.exchange)


def _fields_mismatch(answer: Answer, field: str, expected: Sequence[str | int], what: str) -> Mismatch | None:
    values = [DECODED[field](leg) for leg in in_order(answer)]
    wanted = ", ".join(map(str, expected))
    shown = f"expected legs of {wanted}{' s' if field == 'Duration' else ''}, got {describe_legs(answer)}"
    count_kind = kind_of_leg_count(answer, len(expected))
    if count_kind is not None:
        word = "too many" if count_kind is FailureKind.UNEXPECTED_LEG else "missing"
        message = f"{what}: legs are {word}; {shown}"
        return Mismatch(kind=count_kind, message=message, expected=str(len(expected)), actual=str(len(values)))
    for came, due in zip(values, expected, strict=True):
        if came != due:
            message = f"{what}: {field} is {value_in_words(came)}, expected {value_in_words(due)}; {shown}"
            kind = FailureKind.WRONG_VALUE
            return Mismatch(kind=kind, message=message, field=field, expected=str(due), actual=str(came))
    return None


def kind_of_leg_count(answer: Answer, count: int) -> FailureKind | None:
    """What is wrong with the number of legs in an answer; None where it is right."""
    if len(answer.legs) == count:
        return None
    if len(answer.legs) > count:
        return FailureKind.UNEXPECTED_LEG
    unlisted = None if answer.legs else listing_mismatch(answer)
    return FailureKind.MISSING_LEG if unlisted is None else unlisted.kind


def check_not_recorded(check: Check, answer: Answer, what: str) -> None:
    """Check that no leg of a call is listed."""
    check(
        not answer.legs,
        f"{what}: expected no leg, got {describe_legs(answer)}",
        answer.exchange,
        kind=FailureKind.UNEXPECTED_LEG,
        expected="no leg",
        actual=describe_legs(answer),
    )


def check_tagged_call(check: Check, answer: Answer, unique_id: str) -> None:
    """Check that a tag gives the legs of one call only."""
    calls = sorted({leg.unique_id for leg in answer.legs})
    listed_calls = " and ".join(calls) or "none"
    others = set(calls) - {unique_id}
    unlisted = None if answer.legs else listing_mismatch(answer)
    missing = FailureKind.MISSING_LEG if unlisted is None else unlisted.kind
    check(
        calls == [unique_id],
        f"{question_in_words(answer)}: expected legs of the call {unique_id}, got legs of {listed_calls}",
        answer.exchange,
        kind=FailureKind.UNEXPECTED_LEG if others and unique_id in calls else missing,
        expected=unique_id,
        actual=listed_calls,
    )
