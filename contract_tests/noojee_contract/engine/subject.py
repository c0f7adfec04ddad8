"""The subject that a clause function gets: one PBX, with cached questions and answers.

A subject asks each question once and keeps the answer, so that many clauses check the same exchanges. Its two kinds are
in `filled_subject` (a sandbox with known calls) and `read_only_subject` (a PBX that nothing is written to).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.clients.client import Client
from noojee_contract.clients.control import Sandbox
from noojee_contract.dialects.legs import ErrorBody, Leg, Reading
from noojee_contract.dialects.schemes import HASH
from noojee_contract.engine.answer_cache import AnswerCache
from noojee_contract.engine.check import Inconclusive
from noojee_contract.engine.readings import READINGS
from noojee_contract.engine.sampling import Sampling
from noojee_contract.model.archive import Archive
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.targets.target import ALL, Target

MOST_SOUND_BYTES = 1024**3  # of the audio that a subject keeps
MOST_REREAD = 4
BY_HOUR_STEP_SECONDS = 61  # "1 per minute" (DOC), and one second for rounding

UNKNOWN_VALUES = (
    "no-such-recording",
    "1234' OR '1'='1",
    "%",
    "*",
    "_",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "${jndi:ldap://127.0.0.1/x}",
    "\u0000",
    "\ud83d\udcde☎ 漢字".encode("utf-16", "surrogatepass").decode("utf-16"),
    "A" * 2000,
    "0",
    "-1",
    "null",
    "1e999",
    "\r\nX-Injected: 1",
)
"""Hostile values that no archive of the suite uses as a tag or unique id."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The answer to a metadata question: question and exchange. It is decoded when it is read, see `Readings`."""

    asked: Question
    exchange: Exchange
    decode: Callable[[], Reading]

    @property
    def reading(self) -> Reading:
        """What was decoded."""
        return READINGS.get(self, self.exchange, self.decode)

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The decoded legs."""
        return self.reading.legs


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """A listing by hour, and the answers to the same request again and to one for another hour, sent at once.

    `in_time`: they were sent soon enough to be in the minute of the listing.
    """

    first: Answer
    again: Exchange
    other: Exchange
    in_time: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectConfig:
    """One PBX and the client to ask it with.

    `zone` is the PBX's time zone. `profile` are the options that it declares. `plain_root` is its base URL over plain
    http, None if unknown. `now` is the clock that waits change.
    """

    target: Target
    client: Client
    zone: ZoneInfo
    profile: Mapping[str, str]
    plain_root: str | None = None
    now: Callable[[], float] = time.time


class Subject(ABC):
    """One PBX in one dialect, with its cached answers.

    `archive` and `sandbox` are None for a read-only PBX. The methods that write raise Inconclusive there. `sampling`
    limits the requests to a read-only PBX, and is None for a sandbox.
    """

    archive: Archive | None = None
    sandbox: Sandbox | None = None
    sampling: Sampling | None = None

    def __init__(self, config: SubjectConfig) -> None:
        self.target = config.target
        self.client = config.client
        self.zone = config.zone
        self.profile = config.profile
        self.plain_root = config.plain_root
        self._answers: AnswerCache[Question, Answer] = AnswerCache(lambda answer: answer.exchange)
        self._sounds: AnswerCache[tuple[str, int], Exchange] = AnswerCache(lambda exchange: exchange)
        self._reread: deque[Answer] = deque(maxlen=MOST_REREAD)

    @property
    def sides(self) -> tuple[Subject, ...]:
        """The subject itself; see `SubjectPair.sides`."""
        return (self,)

    @property
    def dialect(self) -> str:
        """The name of the dialect that the client speaks."""
        return self.client.dialect.name

    @property
    def by_hash(self) -> bool:
        """Whether requests carry a time stamp and its hash, and not a key."""
        return self.client.dialect.scheme.kind == HASH

    @property
    @abstractmethod
    def tags(self) -> tuple[str, ...]:
        """The tags to ask for."""

    @property
    @abstractmethod
    def unique_ids(self) -> tuple[str, ...]:
        """The unique ids of the calls to ask for."""

    @property
    @abstractmethod
    def hours(self) -> tuple[tuple[date, int], ...]:
        """The local hours to ask for."""

    @property
    @abstractmethod
    def unknown_values(self) -> tuple[str, ...]:
        """Hostile values that match no tag and no unique id of this PBX."""

    @property
    def recordings(self) -> tuple[Question, ...]:
        """What the PBX is known to hold: the tags and unique ids to ask for, or the rows of a recordings file."""
        tags = tuple(Question("tag", tag) for tag in self.tags)
        return (*tags, *(Question("unique_id", unique_id) for unique_id in self.unique_ids))

    @property
    def has_by_hour(self) -> bool:
        """Whether the target has the by-hour method."""
        return self.target.has_by_hour

    def by_tag(self, tag: str) -> Answer:
        """The answer to a tag; cached."""
        return self._cached(Question("tag", tag), lambda: self.client.by_tag(tag))

    def by_unique_id(self, unique_id: str) -> Answer:
        """The answer to a unique id; cached."""
        return self._cached(Question("unique_id", unique_id), lambda: self.client.by_unique_id(unique_id))

    def by_hour(self, day: date, hour: int) -> Answer:
        """The answer to a local hour; cached. Respects the limit of one request a minute."""
        return self._cached(hour_question(day, hour), lambda: self.ask_by_hour(day, hour))

    def ask_by_hour(self, day: date | str | None, hour: int | str | None, *, refused: bool = False) -> Exchange:
        """Send a by-hour request with these values, after the wait that the limit needs. Not cached.

        `refused` says that it must be refused. A read-only subject sends such a request once.
        """
        return self.send_by_hour(lambda: self.client.by_hour(day, hour), refused=refused)

    @abstractmethod
    def send_by_hour(self, send: Callable[[], Exchange], *, refused: bool = False) -> Exchange:
        """Send a by-hour request after the wait that the limit of one a minute needs; `refused`: it must be refused."""

    def new_listing(self, day: date, hour: int) -> Answer:
        """The answer to a by-hour request that is sent now: for this hour, or a known hour that was not asked yet."""
        return self.reread(hour_question(day, hour), self.ask_by_hour(day, hour))

    def by_hour_at_once(self, day: date, hour: int) -> AtOnce:
        """A new listing, and the answers to two more by-hour requests at once."""
        return self.two_more(self.new_listing(day, hour))

    def two_more(self, first: Answer) -> AtOnce:
        """A listing by hour, with the answers to two more by-hour requests that are sent at once."""
        day, hour = local_hour(first.asked.value)
        again = self.client.by_hour(day, hour)
        return AtOnce(first=first, again=again, other=self.client.by_hour(day, (hour + 1) % 24))

    def use_up_by_hour(self, day: date, hour: int) -> None:
        """Use up the by-hour limit of this minute."""
        self.new_listing(day, hour)

    @property
    def next_minute(self) -> Exchange | None:
        """An answered by-hour request that came a minute after another answered one; None if none was sent so far."""
        return None

    def listings(self) -> tuple[Answer, ...]:
        """The answers to all tags and unique ids."""
        tagged = [self.by_tag(tag) for tag in self.tags]
        return (*tagged, *(self.by_unique_id(unique_id) for unique_id in self.unique_ids))

    def all_answers(self) -> tuple[Answer, ...]:
        """`listings`, and the answers to all hours if the target has the by-hour method."""
        hours = self.hours if self.has_by_hour else ()
        return (*self.listings(), *(self.by_hour(day, hour) for day, hour in hours))

    def answers(self) -> tuple[Answer, ...]:
        """The cached answers, in the order of the questions."""
        return self._answers.values()

    @property
    def caches(self) -> tuple[AnswerCache[Question, Answer], AnswerCache[tuple[str, int], Exchange]]:
        """The kept answers to metadata questions, and the kept sounds."""
        return self._answers, self._sounds

    def reread(self, asked: Question, exchange: Exchange) -> Answer:
        """An exchange as the answer to a question. The last few are kept: a check reads its exchange several times."""
        for answer in self._reread:
            if answer.exchange is exchange and answer.asked == asked:
                return answer
        read = partial(self.target.api.read_answer, asked, exchange, zone=self.zone)
        self._reread.append(Answer(asked, exchange, read))
        return self._reread[-1]

    def error_body(self, exchange: Exchange) -> ErrorBody | None:
        """The error body of an exchange of any method, None if it has none."""
        return self.target.api.read_error_body(exchange)

    def sound(self, unique_id: str, leg: int) -> Exchange:
        """The exchange that fetches the audio of a leg; cached. A filled subject puts the audio first."""

        def fetch() -> Exchange:
            self.put_sound(unique_id, leg)
            return self.client.sound(unique_id, leg)

        return self._sounds.get((unique_id, leg), fetch)

    @property
    def keeps_most_sound(self) -> bool:
        """Whether the kept sounds fill their memory, so that a sample ends here."""
        return sum(exchange.body_bytes for exchange in self._sounds.values()) >= MOST_SOUND_BYTES

    def zone_now(self) -> datetime:
        """The PBX's local time: the clock of a sandbox, else the clock of this machine."""
        return datetime.now(self.zone)

    @abstractmethod
    def step(self, seconds: float) -> datetime | None:
        """Let time pass. Returns a sandbox's new time; None after a real wait. Raises Inconclusive if not allowed."""

    def put_sound(self, unique_id: str, leg: int) -> bytes | None:
        """Put the audio that the archive has for a leg, once, and return it; None if there is nothing to put."""
        return None

    def put_tone(self, unique_id: str, leg: int, hertz: int) -> bytes:
        """Put a tone of a leg's Duration as its audio, and return it. Raises Inconclusive on a read-only PBX."""
        raise _read_only()

    def add_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Add calls; `archive` does not list them. Raises Inconclusive on a read-only PBX."""
        raise _read_only()

    def play(self, *steps: Mapping[str, Any]) -> Mapping[str, str]:
        """Play steps of live calls, and return the unique id of each call that a step names with `as`.

        Raises Inconclusive on a read-only PBX.
        """
        raise _read_only()

    def set(self, part: str, **settings: Any) -> None:
        """Set a part of the PBX: directory, version, access, storage. Raises Inconclusive on a read-only PBX."""
        raise _read_only()

    def fresh(self, profile: Mapping[str, str] | None = None, *, document: Mapping[str, Any] | None = None) -> Subject:
        """A subject on a new sandbox with the same archive, or with `document`; no question is cached.

        `profile` are options to change. Raises Inconclusive on a read-only PBX.
        """
        raise _read_only()

    def _cached(self, asked: Question, ask: Callable[[], Exchange]) -> Answer:
        return self._answers.get(asked, lambda: self.reread(asked, ask()))


def local_hour(text: str) -> tuple[date, int]:
    """The date and the hour of a question by hour."""
    day, _, hour = text.partition(" ")
    return datetime.strptime(day, "%Y/%m/%d").date(), int(hour)  # noqa: DTZ007  a local date, no instant


def hour_question(day: date, hour: int) -> Question:
    """The question for the legs that ended in a local hour."""
    return Question("hour", f"{day:%Y/%m/%d} {hour}")


def _read_only() -> Inconclusive:
    return Inconclusive("needs a writable target")


@dataclass(frozen=True, slots=True)
class SubjectPair:
    """The two PBXs of a migration, with the same calls: the old one and the new one.

    Calls that start before `since`, or at `until` or later, are not compared. `sampling` limits the requests
    to read-only PBXs.
    """

    old: Subject
    new: Subject
    since: datetime | None = field(default=None, kw_only=True)
    until: datetime | None = field(default=None, kw_only=True)
    sampling: Sampling = field(kw_only=True, default_factory=lambda: Sampling(random_seed=0, calls=ALL))

    @property
    def sides(self) -> tuple[Subject, ...]:
        """Both PBXs, the old one first."""
        return (self.old, self.new)

    def starts_outside(self, legs: Iterable[Leg]) -> bool:
        """Whether the first of some legs starts before `since`, at `until` or later. An unreadable Start is inside."""
        first = min((leg.start for leg in legs if leg.start), default=())
        return bool(first) and not any(
            (self.since is None or self.since <= start) and (self.until is None or start < self.until)
            for start in first
        )
