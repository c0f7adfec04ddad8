"""Records a PBX: asks its questions within the limits of the target, and writes each exchange, redacted, to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from noojee_contract.clients.client import Client
from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.dialects.legs import Leg
from noojee_contract.errors import LimitReached, TargetError
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target

KIND_METHODS = {"tag": "by_tag", "unique_id": "by_unique_id", "hour": "by_hour"}
HOURS = range(24)
HOUR_WAIT_SECONDS = 61.0
"""The longest wait for a by-hour request (one a minute)."""
DEFAULT_CALLS = 20
DEFAULT_SOUNDS = 20
DEFAULT_LONGEST_SOUND = 70.0


def hour_questions(day: date, hours: Iterable[int] = HOURS) -> list[Question]:
    """The questions for hours of a local day."""
    return [Question("hour", f"{day:%Y/%m/%d} {hour}") for hour in hours]


def questions_of(target: Target, hours: Sequence[Question]) -> list[Question]:
    """The questions of a recording: those of the recordings file, and the hours.

    Hours come first: their calls are then known. Raises TargetError if there is nothing to ask.
    """
    named = [*hours, *(question for question in target.recordings)]
    ordered = sorted(dict.fromkeys(named), key=lambda question: question.kind != "hour")
    can = target.api.capabilities & target.capabilities
    unable = next((question for question in ordered if KIND_METHODS[question.kind] not in can), None)
    if unable is not None:
        raise TargetError(f"target {target.name!r} has no method {KIND_METHODS[unable.kind]}, for {unable.value!r}")
    if not ordered:
        raise TargetError(
            f"target {target.name!r} has no recordings file, and no day is given: "
            "set recordings, or give --day 2026/11/24"
        )
    return ordered


@dataclass(slots=True, kw_only=True)
class Recorded:
    """What a recording asked. `unanswered` are the questions that got an error or no answer.

    `calls` and `sounds` count what listings brought, `asked_calls` and `asked_sounds` what was asked of it. `stopped`
    is why it ended early.
    """

    questions: int = 0
    unanswered: list[Question] = field(default_factory=list)
    calls: int = 0
    asked_calls: int = 0
    sounds: int = 0
    asked_sounds: int = 0
    failed_sounds: int = 0
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingProgress:
    """How far a recording is: questions that are done, of all, and how long the rest takes at least; 0 if unknown."""

    done: int
    total: int
    seconds_left: float


class Recorder:
    """Asks the questions of one target. `on_progress` is called before each question."""

    def __init__(self, target_client: TargetClient, *, on_progress: Callable[[RecordingProgress], None]) -> None:
        self._target_client = target_client
        self._target = target_client.target
        self._client: Client = target_client.read_only_client()
        self._on_progress = on_progress
        self._asked: set[Question] = set()
        self._calls: set[str] = set()
        self._sounds: set[tuple[str, int]] = set()
        self.recorded = Recorded()

    def follow(self, on_exchange: Callable[[Exchange], None]) -> None:
        """Call a function with each exchange, repeated requests too."""
        self._client.sender.on_exchange = on_exchange

    def record(self, questions: Sequence[Question]) -> Recorded:
        """Ask the questions, the calls that listings name, and the sounds of their legs."""
        self.recorded.questions = len(questions)
        self._asked |= {question for question in questions if question.kind == "unique_id"}
        try:
            for place, question in enumerate(questions):
                self._on_progress(
                    RecordingProgress(done=place, total=len(questions), seconds_left=self._left(questions[place:]))
                )
                self._record(question)
        except LimitReached as error:
            self.recorded.stopped = str(error)
        return self.recorded

    def _left(self, questions: Sequence[Question]) -> float:
        """How long questions take at least: an hour takes a minute, others what the rate allows."""
        hours = sum(question.kind == "hour" for question in questions) if self._target.once_a_minute else 0
        waits = max(hours - 1, 0) * HOUR_WAIT_SECONDS + (self._target_client.by_hour_wait_seconds() if hours else 0.0)
        rate = self._target.requests_per_second
        return max(waits, len(questions) / rate if rate else 0.0)

    def _record(self, question: Question) -> None:
        legs = self._legs(question)
        if question.kind != "unique_id":
            legs += [leg for unique_id in self._new_calls(legs) for leg in self._legs(Question("unique_id", unique_id))]
        for leg in legs:
            self._fetch_sound(leg)

    def _legs(self, question: Question) -> list[Leg]:
        """The legs of the answer to a question. Each leg is there as often as it is listed."""
        try:
            exchange = self._ask(question)
        except TimeUnavailable:
            self.recorded.unanswered.append(question)
            return []
        reading = self._client.dialect.read_answer(question, exchange, zone=self._target.time_zone)
        is_answered = exchange.status is not None and 200 <= exchange.status < 300 and exchange.transport_error is None
        if not is_answered or reading.error_body is not None:
            self.recorded.unanswered.append(question)
        return list(reading.legs)

    def _ask(self, question: Question) -> Exchange:
        if question.kind == "tag":
            return self._client.by_tag(question.value)
        if question.kind == "unique_id":
            return self._client.by_unique_id(question.value)
        day, _, hour = question.value.partition(" ")
        local = datetime.strptime(day, "%Y/%m/%d").date()  # noqa: DTZ007  a local date, no instant
        if self._target.once_a_minute:
            self._target_client.before_by_hour()
        return self._client.by_hour(local, int(hour))

    def _new_calls(self, legs: Iterable[Leg]) -> Iterator[str]:
        """The calls of a listing that were not asked for, as far as the limit of the target goes."""
        limit = DEFAULT_CALLS if self._target.calls is None else self._target.calls
        for unique_id in dict.fromkeys(leg.unique_id for leg in legs if leg.unique_id):
            question = Question("unique_id", unique_id)
            if (
                unique_id in self._calls
                or question in self._asked
                or "by_unique_id" not in self._client.dialect.capabilities
            ):
                continue
            self._calls.add(unique_id)
            self.recorded.calls += 1
            if self.recorded.asked_calls < limit:
                self.recorded.asked_calls += 1
                yield unique_id

    def _fetch_sound(self, leg: Leg) -> None:
        """Fetch the sound of a leg once, as far as the limits of the target go."""
        name = (leg.unique_id, leg.number)
        if name in self._sounds or not leg.unique_id or self._client.audio_template is None:
            return
        self._sounds.add(name)
        self.recorded.sounds += 1
        limit = DEFAULT_SOUNDS if self._target.sounds is None else self._target.sounds
        longest = DEFAULT_LONGEST_SOUND if self._target.longest_sound is None else self._target.longest_sound
        if self.recorded.asked_sounds >= limit or (leg.duration_seconds or 0) > longest:
            return
        self.recorded.asked_sounds += 1
        try:
            exchange = self._client.sound(leg.unique_id, leg.number, tag=leg.tag)
        except TimeUnavailable:
            self.recorded.failed_sounds += 1
            return
        self.recorded.failed_sounds += exchange.status != 200 or exchange.transport_error is not None
