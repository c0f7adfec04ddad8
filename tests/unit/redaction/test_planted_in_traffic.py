"""At least 1,000 secrets and personal details, in all places and codings: a redacted exchange has none of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from noojee_contract.model.wire import WireExchange
from noojee_contract.redaction.exchanges import ExchangeRedactor, RedactionRules
from noojee_contract.redaction.stand_ins import StandInKey
from noojee_contract.traffic.exchange_file import ExchangeWriter, FileHeader
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.har_writer import write_har
from support.leaks.codings import CODINGS, secret_of
from support.leaks.scanner import Scanner
from support.leaks.traffic_places import AT, PLACES
from support.leaks.traffic_places import exchange as exchange_with

FIRST = ("Karen", "Tomasz", "Ng\u1ecdc", "Aoife", "Rajesh", "Bj\u00f6rn", "Yuki", "Mark", "Rose", "Chidi")
FAMILY = (
    "Whittle",
    "Kowalczyk",
    "Tr\u1ea7n",
    "O'Sullivan",
    "Subramaniam",
    "Str\u00f6mqvist",
    "Watanabe",
    "Hunter",
    "Okonkwo",
    "Vanderbilt",
)
KEY = StandInKey(b"a key of the tests")


def name_of(number: int) -> str:
    """A name of a person that no other number has, with 12 letters or more."""
    return f"{FIRST[number % 10]} {FAMILY[number // 10 % 10]}{'abcdefghij'[number // 100 % 10] * 3}"


def phone_of(number: int) -> str:
    """A telephone number with 12 characters or more."""
    line = random.Random(number).randrange(10**8, 10**9)
    return f"+61 {line % 9 + 1} {line // 10000 % 10000:04} {line % 10000:04}"


def detail_of(number: int) -> str:
    """A personal detail: a name, a number, an e-mail address or a customer number, by turns."""
    kinds = (
        name_of(number),
        phone_of(number),
        f"{name_of(number).split()[1].lower()}.{number}@customer-{number}.example",
        f"CUST-{random.Random(number).randrange(10**9, 10**10)}",
    )
    return kinds[number % 4]


def planted_secrets() -> Iterator[tuple[str, str]]:
    """A secret, and its coded form, for each place and coding by turns."""
    codings = list(CODINGS)
    for number in range(len(PLACES) * 13):
        secret = secret_of(number)
        yield secret, CODINGS[codings[number % len(codings)]](secret)


@cache
def redacted(kind: str) -> tuple[list[str], list[WireExchange]]:
    """The planted values of a kind, and the redacted exchanges that held them."""
    number_of_places = len(PLACES)
    values = list(planted_secrets()) if kind == "secrets" else [(detail_of(n), detail_of(n)) for n in range(1000)]
    redactor = ExchangeRedactor(
        KEY, RedactionRules(secrets=[value for value, _ in values] if kind == "secrets" else [])
    )
    places = list(PLACES.values())
    exchanges = [redactor.redact(places[at % number_of_places](coded)) for at, (_, coded) in enumerate(values)]
    return [value for value, _ in values], exchanges


def parts_of(exchange: WireExchange) -> bytes:
    """All bytes of an exchange, with a line between its parts."""
    response = exchange.response
    assert response is not None
    error = (exchange.transport_error or "").encode()
    return b"\n\n".join(
        [exchange.request.head, exchange.request.body.read(), response.head, response.body.read(), error]
    )


@pytest.mark.parametrize("kind", ["secrets", "details"])
def test_nothing_planted_is_in_a_redacted_exchange(kind: str) -> None:
    """Each value is in another place and coding, so that all places and codings are met."""
    values, exchanges = redacted(kind)
    assert len(values) >= 1000
    scanner = Scanner(values)
    places = list(PLACES)
    leaks = {
        f"{places[at % len(places)]} {value!r}": scanner.leaks(parts_of(exchange))
        for at, (value, exchange) in enumerate(zip(values, exchanges, strict=True))
    }
    assert {place: str(found[0]) for place, found in leaks.items() if found} == {}


@pytest.mark.parametrize("kind", ["secrets", "details"])
def test_nothing_planted_is_in_a_file(kind: str, tmp_path: Path) -> None:
    """The exchange file and its HAR, as they are on the disk."""
    values, exchanges = redacted(kind)
    with ExchangeWriter(tmp_path / "day.jsonl", FileHeader(made_by="record", started=AT)) as writer:
        for exchange in exchanges:
            writer.write(exchange)
    with ExchangeReader(tmp_path / "day.jsonl") as reader:
        write_har(reader, tmp_path / "day.har")
    for name in ("day.jsonl", "day.har"):
        written = (tmp_path / name).read_text(encoding="utf-8").lower()
        assert [value for value in values if value.lower() in written] == []


@pytest.mark.parametrize(
    "place",
    [
        "request: value of a tag",
        "leg: Tag",
        "JSON: Message",
        "page: text",
        "page: comment",
        "text: sentence",
        "error: text",
    ],
)
def test_a_word_of_the_vocabulary_is_replaced_as_a_name(place: str) -> None:
    """A name that is also a word of errors is replaced in texts, once a field had it."""
    redactor = ExchangeRedactor(KEY)
    redactor.redact(PLACES["leg: Username"]("Gateway Timeout"))
    shown = parts_of(redactor.redact(PLACES[place]("Gateway Timeout")))
    assert b"Gateway Timeout" not in shown


@pytest.mark.parametrize("place", ["leg: Source", "leg: Tag", "request: value of a tag", "page: text", "JSON: Message"])
def test_one_number_is_one_in_all_places(place: str) -> None:
    redactor = ExchangeRedactor(KEY)
    expected = redactor.values.personal("0398765432")
    assert expected.encode() in parts_of(redactor.redact(PLACES[place]("0398765432")))


def test_harmless_values_of_known_fields_stay() -> None:
    """At most 100 of 100,000 may change."""
    draw = random.Random(1)
    legs = [
        {
            "Leg": str(draw.randrange(1, 40)),
            "Start": f"20{draw.randrange(10, 30)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02} "
            f"{draw.randrange(24):02}:{draw.randrange(60):02}:{draw.randrange(60):02}.0",
            "callend": f"Tue Sep {draw.randrange(1, 31):02} "
            f"{draw.randrange(24):02}:{draw.randrange(60):02}:00 AEST 2021",
            "Duration": str(draw.randrange(0, 20000)),
            "Direction": draw.choice(["0", "1", "2", "Inbound", "Outbound", "Internal"]),
            "DID": "internal",
            "Tag": "",
            "Username": draw.choice(["Administrator", "NoojeeAdmin"]),
            "Code": draw.choice([0, -1, 101, 112, "0"]),
            "Message": draw.choice(["Expired TimeStamp", "Channel Hungup", "Not Found", "Invalid API key", "OK"]),
        }
        for _ in range(10_000)
    ]
    body = json.dumps(legs).encode()
    shown = ExchangeRedactor(KEY).redact(exchange_with(body=body)).response
    assert shown is not None
    after = json.loads(shown.body.read())
    changed = [
        (name, value, leg[name])
        for before, leg in zip(legs, after, strict=True)
        for name, value in before.items()
        if leg[name] != value
    ]
    assert len(changed) <= 100, changed[:10]
