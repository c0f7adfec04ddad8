"""How much processor time the redaction of recorded metadata takes, as a multiple of JSON load plus dump.

    python benchmarks/redaction.py

It measures both in one run: answers of 50 legs, with new calls in each, and 200 users and 2,000 numbers in all.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from noojee_contract.model.wire import WireBody, WireExchange, WireMessage
from noojee_contract.redaction.exchanges import ExchangeRedactor
from noojee_contract.redaction.stand_ins import StandInKey

ANSWERS = 200
LEGS = 50
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=UTF-8\r\n\r\n"


def bodies() -> list[bytes]:
    """Answers with metadata by hour."""
    draw = random.Random(1)
    numbers = [f"03{draw.randrange(10**7, 10**8)}" for _ in range(2000)]
    users = [f"Agent{draw.randrange(10**4)} Name{number}" for number in range(200)]
    return [json.dumps([_leg(draw, numbers, users, call) for call in range(LEGS)]).encode() for _ in range(ANSWERS)]


def _leg(draw: random.Random, numbers: Sequence[str], users: Sequence[str], call: int) -> dict[str, str]:
    epoch = draw.randrange(1_600_000_000, 1_700_000_000)
    return {
        "Destination": draw.choice(numbers), "UniqueId": f"{epoch}.{call}", "Username": draw.choice(users),
        "Start": "Tue Sep 14 15:03:30 AEST 2021", "Duration": str(draw.randrange(600)),
        "Tag": f"INV-{draw.randrange(10**6)}", "Direction": "Inbound", "CallRecordId": str(draw.randrange(10**6)),
        "DID": "0390000000", "Source": draw.choice(numbers), "callend": "Tue Sep 14 15:03:34 AEST 2021", "Leg": "1",
    }  # fmt: skip


def processor_seconds(work: Callable[[bytes], object], each: Sequence[bytes]) -> float:
    """The processor time of some work on all bodies."""
    started = time.process_time()
    for body in each:
        work(body)
    return time.process_time() - started


def main() -> None:
    """Print both times and their ratio, for values that are new and for values that were met before."""
    measured = bodies()
    redactor = ExchangeRedactor(StandInKey.random())

    def redact(body: bytes) -> WireExchange:
        request, response = WireMessage(head=b"GET / HTTP/1.1\r\n\r\n"), WireMessage(head=HEAD, body=WireBody.of(body))
        return redactor.redact(WireExchange(at=datetime.now(UTC), request=request, response=response))

    parsed = processor_seconds(lambda body: json.dumps(json.loads(body)), measured)
    first, again = processor_seconds(redact, measured), processor_seconds(redact, measured)
    legs = ANSWERS * LEGS
    print(f"{legs} legs, {sum(map(len, measured)) / 1e6:.1f} MB")
    for name, seconds in (("JSON load plus dump", parsed), ("redaction", first), ("redaction of known values", again)):
        print(f"{name:26} {seconds * 1e6 / legs:7.1f} us a leg, {seconds / parsed:5.1f} times JSON load plus dump")


if __name__ == "__main__":
    main()
