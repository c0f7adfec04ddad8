"""The PBX that a probe asks: sends questions, keeps what answers to known recordings show, and every exchange."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from noojee_contract.clients.client import Credentials
from noojee_contract.clients.clock import CLOCK, Clock
from noojee_contract.clients.hashes import HashParameters
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.dialects.legs import Leg, Reading
from noojee_contract.dialects.schemes import HASH
from noojee_contract.model.exchange import Exchange, Request
from noojee_contract.model.question import Question
from noojee_contract.probing.hash_pool import HashPool

FIRST_ERROR_STATUS = 400
BUSY = (429, 503)
"""Statuses of a server that is busy."""
UNKNOWN_VALUE = "no-such-recording"
LONGEST_EPOCH = 11


class Saw(Enum):
    """What kind of answer came."""

    LEGS = "legs"
    EMPTY = "an empty list"
    REFUSED = "a refusal"
    BUSY = "no answer that says something"
    OTHER = "something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with its answer: the exchange, and what was decoded."""

    question: Question
    exchange: Exchange
    reading: Reading

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The decoded legs."""
        return self.reading.legs

    @property
    def saw(self) -> Saw:
        """What kind of answer it is."""
        exchange = self.exchange
        if says_nothing(exchange):
            return Saw.BUSY
        if self.legs:
            return Saw.LEGS if exchange.status == 200 else Saw.OTHER
        if self.reading.error_body is not None or (exchange.status or 0) >= FIRST_ERROR_STATUS:
            return Saw.REFUSED
        return Saw.OTHER if self.reading.problems or exchange.status != 200 else Saw.EMPTY


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundLeg:
    """A leg whose sound may be asked for.

    `ended` is None if nothing says when it ended; where legs are not listed, it is when the call began.
    """

    unique_id: str
    number: int
    tag: str = ""
    ended: datetime | None = None
    seconds: int | None = None


class ProbedPbx:
    """One PBX in one dialect.

    `asked` are the answers to known recordings. `heard` is a leg with its sound. `limit_refusal` is the answer to a
    second by-hour request of a minute. `exchanges` has all exchanges, oldest first.
    """

    def __init__(self, target_client: TargetClient, *, clock: Clock = CLOCK) -> None:
        self.target_client = target_client
        self.target = target_client.target
        self.client = target_client.read_only_client()
        self.api = self.client.dialect
        self.exchanges: list[Exchange] = []
        self.client.sender.on_exchange = self.exchanges.append
        self.by_hash = self.api.scheme.kind == HASH
        self.hashes = HashPool(self.client, clock.now)
        self.now = clock.now
        self.asked: dict[Question, Asked] = {}
        self.limit_refusal: Exchange | None = None
        self.heard: tuple[SoundLeg, Exchange] | None = None

    # Requests

    def credentials(self) -> Credentials | None:
        """The credentials of the next request; None for the usual ones of a key."""
        return self.hashes.take() if self.by_hash else None

    def request(self, question: Question, *, bare: bool = False, hash_pair: HashParameters | None = None) -> Request:
        """The request by tag or by unique id. `hash_pair` replaces the usual hash."""
        credentials = self.credentials() if hash_pair is None else hash_pair
        request = self.client.request(question, credentials=credentials, bare=bare)
        assert request is not None
        return request

    def send(self, request: Request) -> Exchange:
        """Send a request as given."""
        return self.client.send(request.method, request.url, headers=request.headers, body=request.body)

    def ask(self, question: Question, *, bare: bool = False, hash_pair: HashParameters | None = None) -> Asked:
        """The answer to a question. Not kept."""
        return self.read(question, self.send(self.request(question, bare=bare, hash_pair=hash_pair)))

    def ask_known(self, question: Question) -> Asked:
        """The answer to a question about a known recording; kept."""
        if question not in self.asked:
            self.asked[question] = self.ask(question)
        return self.asked[question]

    def by_hour(self, day: date, hour: int) -> Asked:
        """The answer to an hour, within one by-hour request a minute. Raises TooSoon if no such wait is allowed."""
        self.target_client.before_by_hour()
        asked = self.hour_now(day, hour)
        self.target_client.after_by_hour(True)
        return asked

    def hour_now(self, day: date | str, hour: int | str) -> Asked:
        """The answer to an hour, sent at once."""
        exchange = self.client.by_hour(day, hour)
        return self.read(Question("hour", f"{day} {hour}"), exchange)

    def read(self, question: Question, exchange: Exchange) -> Asked:
        """Decode an exchange as the answer to a question."""
        reading = self.api.read_answer(question, exchange, zone=self.target.time_zone)
        return Asked(question=question, exchange=exchange, reading=reading)

    # What is known

    @property
    def heard_leg(self) -> SoundLeg | None:
        """A leg whose sound came; None if there is none."""
        return None if self.heard is None else self.heard[0]

    @property
    def machine_now(self) -> datetime:
        """The clock of this machine."""
        return datetime.fromtimestamp(self.now(), UTC)

    @property
    def lists(self) -> bool:
        """Whether the dialect lists legs by tag and by unique id."""
        return "by_tag" in self.api.capabilities

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs of all answers to known recordings."""
        return tuple(leg for asked in self.asked.values() for leg in asked.legs)

    def unread_calls(self) -> tuple[str, ...]:
        """The unique ids of the recordings file that were not asked for yet, oldest call first."""
        rows = {
            known.value for known in self.target.recordings if known.kind == "unique_id" and known not in self.asked
        }
        return tuple(sorted((row for row in rows if began(row) is not None), key=lambda row: began(row) or 0))

    @property
    def tags(self) -> tuple[str, ...]:
        """Known tags: those of the recordings file, then those of legs."""
        rows = [known.value for known in self.target.recordings if known.kind == "tag"]
        return tuple(dict.fromkeys((*rows, *(leg.tag for leg in self.legs if leg.tag))))

    def sample(self) -> Asked | None:
        """A known question whose answer has legs; None if there is none."""
        return next((asked for asked in self.asked.values() if asked.saw is Saw.LEGS), None)

    def sound_legs(self) -> Sequence[SoundLeg]:
        """Known legs that have ended, newest first; those without a known end come last."""
        found = {(leg.unique_id, leg.number): leg for leg in self._sounding()}
        return sorted(found.values(), key=lambda leg: -leg.ended.timestamp() if leg.ended else 0.0)

    def _sounding(self) -> Iterator[SoundLeg]:
        if not self.lists:
            for known in self.target.recordings:
                if known.kind == "unique_id":
                    start = began(known.value)
                    ended = None if start is None else datetime.fromtimestamp(start, UTC)
                    yield SoundLeg(unique_id=known.value, number=1, ended=ended)
        for leg in self.legs:
            if leg.unique_id and leg.number and leg.duration_seconds:
                yield SoundLeg(
                    unique_id=leg.unique_id,
                    number=leg.number,
                    tag=leg.tag,
                    ended=max(leg.start) + timedelta(seconds=leg.duration_seconds) if leg.start else None,
                    seconds=leg.duration_seconds,
                )


def says_nothing(exchange: Exchange) -> bool:
    """Whether an answer shows no option: it did not come whole, or the server was busy."""
    return exchange.response is None or exchange.transport_error is not None or exchange.status in BUSY


def began(unique_id: str) -> int | None:
    """When a call began, in seconds since 1970, from its unique id; None if that does not begin with a time.

    Source: Asterisk's channel source (A-U): epoch seconds, dot, a counter; with a system name and a dash before it.
    """
    text = unique_id.partition(".")[0].rpartition("-")[2]
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_EPOCH else None
