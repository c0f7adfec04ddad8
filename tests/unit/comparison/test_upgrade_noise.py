"""What an upgrade changed in recorded answers: what breaks clients is found, and what moves as before is noise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from noojee_contract.comparison.noise.answer import AnswerParts, Atom, answer_of
from noojee_contract.comparison.noise.change import Change, ChangeKind, ClientReading, UpgradeResult
from noojee_contract.comparison.noise.relations import Relation, relation_of
from noojee_contract.comparison.noise.rules import changes, learnt
from noojee_contract.model.exchange import Exchange, Request, Response

BEFORE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECOND, AFTER = BEFORE + timedelta(hours=1), BEFORE + timedelta(hours=9)
JSON = "application/json;charset=UTF-8"
Legs = list[dict[str, Any]]
Sent = dict[str, Any]


def leg(number: int, start: str = "2026-11-23 09:00:00.0", **fields: Any) -> dict[str, Any]:
    return {
        "Source": "0400000001", "Leg": str(number), "Start": start, "Tag": "INV-7", "Duration": "31",
        "Username": "Fred", "CallRecordId": str(500 + number), "UniqueId": "1795384790.2", "DID": "0390000000",
        "Direction": "0", "Destination": "410", **fields,
    }  # fmt: skip


def legs() -> Legs:
    return [leg(1), leg(2, "2026-11-23 09:00:31.0"), leg(3, "2026-11-23 09:01:02.0")]


def sent(at: datetime, token: str, document: Any = None, **changed: Any) -> Sent:
    """An answer as it is sent: a session and a request id that are new each time, and the time."""
    return {
        "at": at,
        "status": 200,
        "headers": {
            "content-type": JSON,
            "date": at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "x-request-id": token,
            "server": "Apache-Coyote/1.1",
        },
        "body": json.dumps(legs() if document is None else document).encode(),
        **changed,
    }


def answers(made: Mapping[str, Any]) -> dict[str, AnswerParts]:
    response = Response(status=made["status"], headers=tuple(made["headers"].items()), body=made["body"])
    exchange = Exchange(request=Request(method="POST", url="http://pbx/x"), response=response, at=made["at"])
    return {"q": answer_of(exchange, question="q", method="by tag")}


RULES = learnt(answers(sent(BEFORE, "a3f09c1e77b2")), answers(sent(SECOND, "0b9d4e5f6a71")))


def upgraded(change: Callable[[Sent], None] = lambda made: None) -> list[Change]:
    """What is found after an upgrade that changes the answer."""
    made = sent(AFTER, "9c8b7a6d5e4f")
    change(made)
    return changes(answers(sent(SECOND, "0b9d4e5f6a71")), answers(made), RULES)


def kinds(found: list[Change]) -> set[tuple[ChangeKind, ClientReading | None]]:
    return {(each.kind, each.reading) for each in found if each.kind is not ChangeKind.NOISE}


def each_leg(change: Callable[[dict[str, Any]], object]) -> Callable[[Sent], None]:
    def apply(made: Sent) -> None:
        rows = json.loads(made["body"])
        for row in rows:
            change(row)
        made["body"] = json.dumps(rows).encode()

    return apply


def rows(change: Callable[[Legs], object]) -> Callable[[Sent], None]:
    def apply(made: Sent) -> None:
        found = json.loads(made["body"])
        result = change(found)
        made["body"] = json.dumps(found if result is None else result).encode()

    return apply


def header(name: str, value: str) -> Callable[[Sent], None]:
    return lambda made: made["headers"].update({name: value})


def renamed(row: dict[str, Any], old: str, new: str) -> None:
    row[new] = row.pop(old)


def body(content: bytes) -> Callable[[Sent], None]:
    return lambda made: made.update(body=content)


BREAKS, DOCUMENTED, UNDOCUMENTED = ChangeKind.BREAKS, ChangeKind.DOCUMENTED, ChangeKind.UNDOCUMENTED
FAULTS: list[tuple[str, Callable[[Sent], None], ChangeKind, ClientReading | None]] = [
    ("status", lambda made: made.update(status=404), BREAKS, ClientReading.STATUS),
    ("server error", lambda made: made.update(status=500), BREAKS, ClientReading.STATUS),
    ("content type", header("content-type", "text/html;charset=UTF-8"), BREAKS, ClientReading.CONTENT_TYPE),
    ("charset", header("content-type", "application/json;charset=ISO-8859-1"), BREAKS, ClientReading.CONTENT_TYPE),
    ("page", body(b"<html></html>"), BREAKS, ClientReading.STRICT_JSON),
    ("trailing comma", lambda made: made.update(body=made["body"][:-1] + b",]"), BREAKS, ClientReading.STRICT_JSON),
    (
        "byte order mark",
        lambda made: made.update(body=b"\xef\xbb\xbf" + made["body"]),
        BREAKS,
        ClientReading.STRICT_JSON,
    ),
    ("empty body", body(b""), BREAKS, ClientReading.STRICT_JSON),
    ("envelope", rows(lambda found: {"entities": found}), BREAKS, ClientReading.STRICT_JSON),
    ("number", each_leg(lambda row: row.update(Duration=31)), BREAKS, ClientReading.STRICT_JSON),
    ("null", each_leg(lambda row: row.update(Tag=None)), BREAKS, ClientReading.STRICT_JSON),
    ("key name", each_leg(lambda row: renamed(row, "Tag", "tag")), BREAKS, ClientReading.KEY_NAME),
    ("identity key", each_leg(lambda row: renamed(row, "UniqueId", "uniqueId")), BREAKS, ClientReading.KEY_NAME),
    ("missing key", each_leg(lambda row: row.pop("DID")), BREAKS, ClientReading.KEY_NAME),
    ("direction word", each_leg(lambda row: row.update(Direction="Inbound")), BREAKS, ClientReading.DIGIT_OR_WORD),
    ("duration text", each_leg(lambda row: row.update(Duration="31 s")), BREAKS, ClientReading.DIGIT_OR_WORD),
    (
        "date format",
        each_leg(lambda row: row.update(Start=row["Start"].replace(" ", "T"))),
        BREAKS,
        ClientReading.DATE_FORMAT,
    ),
    ("fraction", each_leg(lambda row: row.update(Start=row["Start"] + "00")), BREAKS, ClientReading.DATE_FORMAT),
    ("zone", each_leg(lambda row: row.update(Start=row["Start"].replace(" 09:", " 10:"))), BREAKS, ClientReading.ZONE),
    ("lost leg", rows(lambda found: found[:2]), DOCUMENTED, None),
    ("no legs", body(b"[]"), DOCUMENTED, None),
    ("leg twice", rows(lambda found: [*found, found[0]]), DOCUMENTED, None),
    ("old leg new", rows(lambda found: [*found, leg(4, UniqueId="1790000000.1")]), DOCUMENTED, None),
    ("other owner", each_leg(lambda row: row.update(Username="Barney")), DOCUMENTED, None),
    ("other number", each_leg(lambda row: row.update(Source="0400000002")), DOCUMENTED, None),
    ("other direction", each_leg(lambda row: row.update(Direction="1")), DOCUMENTED, None),
    ("longer leg", each_leg(lambda row: row.update(Duration="62")), DOCUMENTED, None),
    ("other record ids", each_leg(lambda row: row.update(CallRecordId="9" + row["CallRecordId"])), DOCUMENTED, None),
    ("server", header("server", "nginx"), UNDOCUMENTED, None),
    ("new key", each_leg(lambda row: row.update(Queue="600")), UNDOCUMENTED, None),
    ("request id of words", header("x-request-id", "none"), UNDOCUMENTED, None),
    ("clock an hour off", header("date", "Tue, 24 Nov 2026 11:00:00 GMT"), UNDOCUMENTED, None),
]
NOISE: list[tuple[str, Callable[[Sent], None]]] = [
    ("nothing", lambda made: None),
    ("other order of keys", rows(lambda found: [dict(reversed(row.items())) for row in found])),
    ("white space", lambda made: made.update(body=json.dumps(json.loads(made["body"]), indent=2).encode())),
    ("escapes", lambda made: made.update(body=made["body"].replace(b"Fred", b"\\u0046red"))),
    ("case of the content type", header("content-type", "application/json; charset=utf-8")),
    ("chunks", header("transfer-encoding", "chunked")),
    ("length", header("content-length", "999")),
    ("connection", header("connection", "close")),
    ("calls that began since", rows(lambda found: [*found, leg(1, UniqueId=f"{int(AFTER.timestamp())}.5")])),
]


@pytest.mark.parametrize(("change", "kind", "reading"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS])
def test_change_has_its_kind_and_reading(
    change: Callable[[Sent], None], kind: ChangeKind, reading: ClientReading | None
) -> None:
    """A session, a request id and the time move too, and are no reason to see nothing."""
    found = kinds(upgraded(change))
    assert (kind, reading) in found
    assert found <= {(kind, reading), (UNDOCUMENTED, None)}  # a new name of a key is a new key too


@pytest.mark.parametrize("change", [row[1] for row in NOISE], ids=[row[0] for row in NOISE])
def test_change_without_meaning_is_noise(change: Callable[[Sent], None]) -> None:
    """Nothing else is reported than noise and other spellings."""
    found = upgraded(change)
    assert not [each for each in found if each.kind in (BREAKS, DOCUMENTED)]
    assert all(each.about.startswith("header content-type") for each in found if each.kind is UNDOCUMENTED)


def test_noise_names_its_rule() -> None:
    """By which rule, and where."""
    rules = {(each.about, each.rule) for each in upgraded()}
    assert rules == {
        ("header date by tag", Relation.CLOCK.value),
        ("header x-request-id by tag", Relation.OPAQUE.value),
    }


def test_order_is_noise_only_if_it_was_learnt() -> None:
    """A list that never changed its order has a new order after the upgrade."""
    turned = sent(AFTER, "9c8b7a6d5e4f", list(reversed(legs())))
    assert kinds(upgraded(lambda made: made.update(turned))) == {(UNDOCUMENTED, None)}
    loose = learnt(answers(sent(BEFORE, "a3f09c1e77b2")), answers(sent(SECOND, "0b9d4e5f6a71", list(reversed(legs())))))
    found = changes(answers(sent(SECOND, "0b9d4e5f6a71")), answers(turned), loose)
    assert kinds(found) == set()


def test_leg_that_ended_since_is_noise() -> None:
    """Its call was in progress during the capture: it began before, and lasted beyond it."""
    start = int(SECOND.timestamp()) - 300
    local = datetime.fromtimestamp(start, UTC) + timedelta(hours=11)
    long_leg = leg(1, f"{local:%Y-%m-%d %H:%M:%S}.0", UniqueId=f"{start}.9", Duration="900")
    assert kinds(upgraded(rows(lambda found: [*found, long_leg]))) == set()


def test_call_that_began_during_the_capture_is_noise() -> None:
    """A capture of a day lasts half an hour. The Time of its last request says how far the PBX's clock is ahead."""
    later, ahead = SECOND + timedelta(minutes=30), timedelta(minutes=5)
    stamp = Atom("digits", str(int((later + ahead).timestamp() * 1000)))
    clock = AnswerParts(question="t", method="of Time", at=later, status=200, body="digits", fields={"": stamp})
    for minutes, is_noise in ((10, True), (2, False)):  # the question was asked at minute 5 of the PBX's clock
        call = leg(1, UniqueId=f"{int(SECOND.timestamp()) + 60 * minutes}.5", Duration="20")
        old = answers(sent(SECOND, "0b9d4e5f6a71")) | {"t": clock}
        found = changes(old, answers(sent(AFTER, "9c8b7a6d5e4f", [*legs(), call])), RULES)
        assert (not kinds(found)) is is_noise


def test_busy_answer_says_nothing() -> None:
    """429 and 503 are no change of the PBX; the verdict is inconclusive."""
    found = upgraded(lambda made: made.update(status=503))
    assert kinds(found) == {(ChangeKind.INCONCLUSIVE, ClientReading.STATUS)}
    assert UpgradeResult(target="pbx", changes=found, compared=(("answers", 1),)).verdict == "inconclusive"


@pytest.mark.parametrize("old", [429, 503, None])
@pytest.mark.parametrize("new", [200, 404, 503, None])
def test_question_that_was_not_answered_before_says_nothing(old: int | None, new: int | None) -> None:
    """A PBX that was busy or silent during the capture has not changed, and was not compared."""
    before, after = (
        {"q": AnswerParts(question="q", method="by tag", at=SECOND, status=status, transport_error=error)}
        for status, error in ((old, "timed out"), (new, "reset"))
    )
    found = changes(before, after, RULES)
    assert kinds(found) == {(ChangeKind.INCONCLUSIVE, ClientReading.STATUS)}


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("cut off", None, (ChangeKind.INCONCLUSIVE, ClientReading.STATUS)),
        (None, "cut off", (BREAKS, ClientReading.STRICT_JSON)),
        ("cut off", "cut off", None),
    ],
)
def test_answer_that_was_cut_off_before_says_nothing(
    old: str | None, new: str | None, found: tuple[ChangeKind, ClientReading] | None
) -> None:
    """Whole answers since the upgrade break nobody; a PBX that cuts each answer off has not changed."""
    whole = answers(sent(SECOND, "a3f09c1e77b2"))["q"]
    before, after = ({"q": replace(whole, transport_error=error)} for error in (old, new))
    assert kinds(changes(before, after, RULES)) == ({found} if found else set())


@pytest.mark.parametrize(
    ("old", "new", "relation"),
    [
        ("1795478400000", "1795482000000", Relation.CLOCK),
        ("2026-11-24 11:00:00.0", "2026-11-24 12:00:01.5", Relation.CLOCK),
        ("Tue Nov 24 11:00:00 AEDT 2026", "Tue Nov 24 12:00:00 AEDT 2026", Relation.CLOCK),
        ("120", "3720", Relation.CLOCK),
        ("3f2a-77", "9c1b-04", None),
        ("f863246a-973e-11e6-8784", "a1b2c3d4-0f0f-41e7-9999", Relation.OPAQUE),
        ("0400000001", "0400000002", None),
        ("Administrator", "NoojeeAdminis", None),
        ("1795478400000", "1795478400001", None),
        ("a3f09c1e77b2", "a3f09c1e77b", None),
    ],
)
def test_relation_of_two_values_an_hour_apart(old: str, new: str, relation: Relation | None) -> None:
    """Numbers, names and short texts are never tokens."""
    assert relation_of(old, new, passed=(3600,)) is relation


def test_nothing_compared_is_no_go_for_nobody() -> None:
    """An empty comparison must not say go."""
    assert UpgradeResult(target="pbx", changes=(), compared=(("answers", 0),)).verdict == "inconclusive"
