"""What a clause is judged on: one PBX with its answers, and a check that counts and raises.

A `Subject` asks each question once and keeps the answer, so that many clauses check the same exchanges. Where the target
was filled, `archive` says what was put in; where it is only observed, `archive` is None and the questions come from
known recordings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from noojee_contract.clients.client import Client
from noojee_contract.clients.control import ControlClient, Sandbox
from noojee_contract.dialects import decode as dialect_legs
from noojee_contract.dialects.model import METHOD_OF
from noojee_contract.dialects.vendor import BY_HOUR, METADATA, ErrorBody, Leg, Reading, read_error_body, read_listing
from noojee_contract.engine.check import Inconclusive
from noojee_contract.errors import NotOffered, TooSoon
from noojee_contract.model.archive import Archive, PutLeg
from noojee_contract.model.audio import tone
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target

MOST_MET = 20  # calls met under known tags that an observed target is asked for
TOO_MANY = 429
MOST_SOUNDS = 10  # legs whose sound an observed target is asked for

# Values that no archive of ours carries as a tag or unique id, and that a server may stumble over.
STRANGERS = (
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


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a metadata question: what was asked, the exchange, and what was read in it."""

    asked: Question
    exchange: Exchange
    reading: Reading

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The legs that could be read."""
        return self.reading.legs


class Subject:
    """One PBX, through one dialect, with what is known of its archive."""

    def __init__(
        self,
        *,
        target: Target,
        client: Client,
        zone: ZoneInfo,
        profile: Mapping[str, str],
        archive: Archive | None = None,
        sandbox: Sandbox | None = None,
        control: ControlClient | None = None,
        recordings: tuple[Question, ...] = (),
        plain_root: str | None = None,
        before_by_hour: Callable[[], None] | None = None,
        wait: Callable[[float], None] | None = None,
        fresh: Callable[[Mapping[str, str], Mapping[str, Any] | None], Subject] | None = None,
    ) -> None:
        self.target = target
        self.client = client
        self.zone = zone
        self.profile = profile
        self.archive = archive
        self.sandbox = sandbox
        self.recordings = recordings
        self.plain_root = plain_root
        self.asked_by_hour = False
        self._control_client = control
        self._before_by_hour = before_by_hour
        self._wait = wait
        self._fresh = fresh
        self._answers: dict[Question, Answer] = {}
        self._sounds: dict[tuple[str, int], Exchange] = {}
        self._put: dict[tuple[str, int], bytes] = {}
        self._now = None if sandbox is None else sandbox.now

    @property
    def dialect(self) -> str:
        """The dialect that the PBX is asked in."""
        return self.client.dialect

    @property
    def by_hash(self) -> bool:
        """Whether a time stamp and its hash prove who asks; else a key does."""
        return self.client.proof == "hash"

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags to ask for: those put in that a query can hold, else those known."""
        if self.archive is not None:
            return tuple(filter(self.client.can_say, self.archive.tags))
        return tuple(known.value for known in self.recordings if known.kind == "tag")

    @property
    def unique_ids(self) -> tuple[str, ...]:
        """The calls to ask for: those put in, else those known or met under a known tag, else those met in a known hour."""
        if self.archive is not None:
            return tuple(call.unique_id for call in self.archive.calls)
        named = [known.value for known in self.recordings if known.kind == "unique_id"]
        met = [leg.unique_id for tag in self.tags for leg in self.by_tag(tag).legs]
        if not named and not met:
            met = [leg.unique_id for leg in self._met_by_hour()]
        return tuple(dict.fromkeys((*named, *tuple(dict.fromkeys(met))[:MOST_MET])))

    @property
    def hours(self) -> tuple[tuple[date, int], ...]:
        """The local hours to ask for: those in which legs ended, else those known."""
        if self.archive is not None:
            return self.archive.hours
        named = [known.value for known in self.recordings if known.kind == "hour"]
        return tuple(_hour(value) for value in named)

    @property
    def strangers(self) -> tuple[str, ...]:
        """Hostile values that match nothing here."""
        taken = {*self.tags, *(self.unique_ids if self.archive is not None else ())}
        return tuple(value for value in STRANGERS if value not in taken)

    def by_tag(self, tag: str) -> Answer:
        """The answer to a tag, asked once."""
        return self._listing(Question("tag", tag), lambda: self.client.by_tag(tag))

    def by_unique_id(self, unique_id: str) -> Answer:
        """The answer to a unique id, asked once."""
        return self._listing(Question("unique_id", unique_id), lambda: self.client.by_unique_id(unique_id))

    def by_hour(self, day: date, hour: int) -> Answer:
        """The answer to a local hour, asked once; the limit of one a minute is kept (a step of the clock, or a wait)."""
        asked = Question("hour", f"{day:%Y/%m/%d} {hour}")
        return self._listing(asked, lambda: self.ask_by_hour(day, hour))

    def ask_by_hour(self, day: date | str | None, hour: int | str | None) -> Exchange:
        """A by-hour request as the caller words it, spaced as the limit wants."""
        self.space_by_hour()
        exchange = self.client.by_hour(day, hour)
        if self.sandbox is None and exchange.status == TOO_MANY:
            self.space_by_hour()  # somebody else asked within the minute: once more, where the wait is allowed
            exchange = self.client.by_hour(day, hour)
        return exchange

    def space_by_hour(self) -> None:
        """Let so much time pass that the next by-hour request is within the limit: a step of the clock, or a wait."""
        if not self.target.once_a_minute:
            return
        if self._before_by_hour is not None:
            self._before_by_hour()
        elif self.asked_by_hour:
            self.step(61)
        self.asked_by_hour = True

    def listings(self) -> tuple[Answer, ...]:
        """The answers by tag and by unique id, to every question there is to ask."""
        tagged = [self.by_tag(tag) for tag in self.tags]
        return (*tagged, *(self.by_unique_id(unique_id) for unique_id in self.unique_ids))

    def all_answers(self) -> tuple[Answer, ...]:
        """`listings`, and the answers by hour where the target has them."""
        hours = self.hours if self.has_by_hour else ()
        return (*self.listings(), *(self.by_hour(day, hour) for day, hour in hours))

    @property
    def has_by_hour(self) -> bool:
        """Whether this dialect and target answer by hour."""
        return self.target.has_by_hour

    def answers(self) -> tuple[Answer, ...]:
        """The answers that were asked for so far."""
        return tuple(self._answers.values())

    def reread(self, asked: Question, exchange: Exchange) -> Answer:
        """An exchange of the caller's as an answer to a question."""
        return Answer(asked, exchange, self._reading(asked, exchange))

    def failure(self, exchange: Exchange) -> ErrorBody | None:
        """What an answer of any method says in place of a result, None where it says none."""
        described = self.target.described
        return read_error_body(exchange) if described is None else dialect_legs.read_error_body(exchange, described)

    def sound(self, unique_id: str, leg: int) -> Exchange:
        """The sound of a leg, fetched once. In a filled sandbox, short legs are given a sound first."""
        key = (unique_id, leg)
        if key not in self._sounds:
            self.put_sound(unique_id, leg)
            self._sounds[key] = self.client.sound(unique_id, leg)
        return self._sounds[key]

    def put_sound(self, unique_id: str, leg: int) -> bytes | None:
        """Give a leg the sound that its archive has for it, once; None where it has none of ours."""
        key = (unique_id, leg)
        if key in self._put or self.sandbox is None or self._control_client is None:
            return self._put.get(key)
        put = self._put_leg(unique_id, leg)
        if put is None or put.sound is None:
            return None
        self._put[key] = put.sound.read_bytes()
        self._control_client.put_sound(self.sandbox, unique_id, leg, self._put[key])
        return self._put[key]

    def put_tone(self, unique_id: str, leg: int, hertz: int) -> bytes:
        """Give a leg a tone of its Duration, and return it. Raises Inconclusive where nothing can be put."""
        control, sandbox = self._control()
        put = self._put_leg(unique_id, leg)
        if put is None:
            raise Inconclusive(f"leg {leg} of {unique_id!r} is not listed here")
        self._put[unique_id, leg] = tone(put.duration_seconds, hertz)
        control.put_sound(sandbox, unique_id, leg, self._put[unique_id, leg])
        self._sounds.pop((unique_id, leg), None)
        return self._put[unique_id, leg]

    def add_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Put calls in beside those that are there; `archive` stays as it was. Raises Inconclusive where nothing can be put."""
        control, sandbox = self._control()
        with _offered():
            control.add_calls(sandbox, calls)

    def play(self, *steps: Mapping[str, Any]) -> Mapping[str, str]:
        """Play steps of live calls, and return the unique id of each call that they name with `as`.

        Raises Inconclusive where no calls can be played.
        """
        control, sandbox = self._control()
        with _offered():
            played = control.play(sandbox, steps)
        self._now = played.now
        self.client.forget_ticket()
        return played.unique_ids

    def set(self, part: str, **settings: Any) -> None:
        """Set a part of this PBX: directory, version, access, storage. Raises Inconclusive where it cannot be set."""
        control, sandbox = self._control()
        with _offered():
            control.set(sandbox, part, settings)

    def _control(self) -> tuple[ControlClient, Sandbox]:
        if self.sandbox is None or self._control_client is None:
            raise Inconclusive("needs a target that can be filled")
        return self._control_client, self.sandbox

    def step(self, seconds: float) -> datetime | None:
        """Let time pass: the sandbox's clock is stepped, or real seconds are waited where the target allows it."""
        self.client.forget_ticket()
        if self.sandbox is not None and self._control_client is not None:
            self._now = self._control_client.step(self.sandbox, seconds)
            return self._now
        if self._wait is None:
            raise Inconclusive(f"needs a wait of {seconds:g} s, which the target does not allow")
        self._wait(seconds)
        return None

    def zone_now(self) -> datetime:
        """The PBX's local time: its sandbox's clock as it was last told, else this machine's clock."""
        return datetime.now(self.zone) if self._now is None else self._now.astimezone(self.zone)

    def fresh(self, profile: Mapping[str, str] | None = None, *, document: Mapping[str, Any] | None = None) -> Subject:
        """The same archive (or the archive file given) in a new sandbox, where nothing was asked yet.

        Raises Inconclusive where there are none.
        """
        if self._fresh is None:
            raise Inconclusive("needs a target that can be filled")
        return self._fresh(profile or {}, document)

    def _listing(self, asked: Question, ask: Callable[[], Exchange]) -> Answer:
        if asked not in self._answers:
            self._answers[asked] = self.reread(asked, ask())
        return self._answers[asked]

    def _reading(self, asked: Question, exchange: Exchange) -> Reading:
        described = self.target.described
        if described is not None:
            return dialect_legs.read_answer(
                exchange, described, described.methods[METHOD_OF[asked.kind]], zone=self.zone
            )
        return read_listing(exchange, shape=BY_HOUR if asked.kind == "hour" else METADATA, zone=self.zone)

    def _met_by_hour(self) -> tuple[Leg, ...]:
        if not self.has_by_hour or not self.hours:
            return ()
        try:
            return self.by_hour(*self.hours[0]).legs
        except TooSoon:
            return ()

    def _put_leg(self, unique_id: str, leg: int) -> PutLeg | None:
        call = self.archive.call(unique_id) if self.archive is not None else None
        return next((put for put in call.legs if put.number == leg), None) if call is not None else None


@contextmanager
def _offered() -> Iterator[None]:
    """What the control API does not offer is no error: the clause is not proved."""
    try:
        yield
    except NotOffered as reason:
        raise Inconclusive(str(reason)) from reason


@dataclass(frozen=True, slots=True)
class SubjectPair:
    """Two PBXs that are to tell the same summarize: the legacy one and its replacement."""

    legacy: Subject
    replacement: Subject


def _hour(text: str) -> tuple[date, int]:
    day, _, hour = text.partition(" ")
    return datetime.strptime(day, "%Y/%m/%d").date(), int(hour)  # noqa: DTZ007  a local date, no instant
