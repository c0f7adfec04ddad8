"""A subject on a PBX that nothing is written to: the questions come from a recordings file or from by-hour listings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from math import ceil

from noojee_contract.clients.target_client import TargetClient
from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Inconclusive
from noojee_contract.engine.sampling import Sampling, sampling_of
from noojee_contract.engine.slots import ByHourSlots, leave_slot
from noojee_contract.engine.subject import (
    UNKNOWN_VALUES,
    Answer,
    AtOnce,
    Subject,
    SubjectConfig,
    hour_question,
    local_hour,
)
from noojee_contract.engine.unanswered import UnansweredQuestion, in_words
from noojee_contract.errors import TooSoon
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question


class ReadOnlySubject(Subject):
    """A PBX that is only read. `recordings` are the questions of the target's recordings file.

    `sampling` limits the requests for other calls.

    `before_by_hour` and `after_by_hour` run before and after each by-hour request of a target with the limit of one a
    minute; see `ByHourSlots`. `wait` lets real seconds pass.
    """

    sampling: Sampling

    def __init__(
        self,
        config: SubjectConfig,
        *,
        recordings: tuple[Question, ...],
        before_by_hour: Callable[[], None],
        wait: Callable[[float], None],
        after_by_hour: Callable[[bool], None] = leave_slot,
        sampling: Sampling | None = None,
    ) -> None:
        super().__init__(config)
        self._recordings = recordings
        self.sampling = sampling or sampling_of([config.target], random_seed=0)
        self._wait = wait
        self._slots = ByHourSlots(
            before=before_by_hour, after=after_by_hour, is_error=self._has_error_body, now=config.now
        )
        self._refused: dict[tuple[str, str], Exchange] = {}
        self._at_once: AtOnce | None = None
        self._last_listing: Answer | None = None
        self._refused_hours: dict[Question, str] = {}

    @property
    def recordings(self) -> tuple[Question, ...]:
        """The questions of the recordings file."""
        return self._recordings

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the recordings file."""
        return self._values("tag")

    @property
    def unique_ids(self) -> tuple[str, ...]:
        """The unique ids of the recordings file, and a sample of `listed_ids`."""
        return tuple(dict.fromkeys((*self.named_ids, *self.sampling.drawn_calls(self.listed_ids))))

    @property
    def named_ids(self) -> tuple[str, ...]:
        """The unique ids of the recordings file."""
        return self._values("unique_id")

    @property
    def listed_ids(self) -> tuple[str, ...]:
        """The calls that the tags list and the recordings file does not name.

        If there are no calls at all, the calls of the first hour.
        """
        named = set(self.named_ids)
        legs = [leg for tag in self.tags for leg in self.by_tag(tag).legs]
        if not named and not legs:
            legs = list(self._listed_in_first_hour())
        return tuple(dict.fromkeys(leg.unique_id for leg in legs if leg.unique_id and leg.unique_id not in named))

    @property
    def hours(self) -> tuple[tuple[date, int], ...]:
        """The local hours of the recordings file."""
        return tuple(local_hour(value) for value in self._values("hour"))

    @property
    def unknown_values(self) -> tuple[str, ...]:
        """Hostile values that are no tag of the recordings file."""
        return tuple(value for value in UNKNOWN_VALUES if value not in self.tags)

    def by_hour(self, day: date, hour: int) -> Answer:
        """The answer to a local hour; cached. Raises TooSoon if the target allows no wait for a slot of the limit.

        If an earlier request for this hour was refused, the error says so.
        """
        try:
            return super().by_hour(day, hour)
        except TooSoon as soon:
            asked = hour_question(day, hour)
            if soon.answered is not None:
                self._refused_hours[asked] = soon.answered
            raise TooSoon(soon.seconds, self._refused_hours.get(asked)) from soon

    def unanswered(self) -> list[UnansweredQuestion]:
        """The questions about known recordings that this clause used and that the PBX did not answer.

        An hour that was not asked for, because the target allows no wait, is none of them.
        """
        name = self.target.name
        found = [UnansweredQuestion.of(name, *each) for each in self._answers.unavailable() if self._is_known(each[0])]
        found += [UnansweredQuestion.of(name, *each) for each in self._sounds.unavailable()]
        for asked in self._answers.used:
            if asked in self._refused_hours and asked not in self._answers:
                said = self._refused_hours[asked]
                found.append(UnansweredQuestion(question=in_words(asked), target=name, said=said))
        return found

    def _is_known(self, question: Question) -> bool:
        """Whether the PBX is known to hold what a question asks for: by the recordings file, or by another answer."""
        if question in self._recordings or question.kind == "hour":
            return True
        legs = (leg for answer in self.answers() for leg in answer.legs)
        return any(question.value == (leg.tag if question.kind == "tag" else leg.unique_id) for leg in legs)

    def ask_by_hour(self, day: date | str | None, hour: int | str | None, *, refused: bool = False) -> Exchange:
        """Send a by-hour request with these values; if it must be refused, only once."""
        if not refused:
            return super().ask_by_hour(day, hour)
        key = (str(day), str(hour))
        if key not in self._refused:
            self._refused[key] = super().ask_by_hour(day, hour, refused=True)
        return self._refused[key]

    def send_by_hour(self, send: Callable[[], Exchange], *, refused: bool = False) -> Exchange:
        """Send a by-hour request in a slot of the limit. Raises TooSoon if the target allows no such wait."""
        return self._slots.send(send, refused=refused) if self.target.once_a_minute else send()

    def new_listing(self, day: date, hour: int) -> Answer:
        """The answer to a request that is sent now: for a known hour that was not asked yet, else for this hour."""
        known = next((each for each in self.hours if not self.has_listed(*each)), None)
        self._last_listing = super().new_listing(day, hour) if known is None else self.by_hour(*known)
        return self._last_listing

    def has_listed(self, day: date, hour: int) -> bool:
        """Whether an hour was asked already."""
        return hour_question(day, hour) in self._answers

    def by_hour_at_once(self, day: date, hour: int) -> AtOnce:
        """A listing, new or of the last seconds, and the answers to two more by-hour requests at once; sent once."""
        if self._at_once is None:
            first = self._last_listing if self._slots.just_listed else None
            at_once = self.two_more(first or self.new_listing(day, hour))
            self._at_once = replace(at_once, in_time=self._slots.just_listed)
            self._slots.take_second(at_once.again)
        return self._at_once

    def use_up_by_hour(self, day: date, hour: int) -> None:
        """Use up the by-hour limit of this minute, unless a listing of the last seconds did."""
        if not self._slots.just_listed:
            super().use_up_by_hour(day, hour)

    @property
    def next_minute(self) -> Exchange | None:
        """An answered by-hour request that came a minute after another answered one; None if none was sent so far."""
        return self._slots.next_minute

    @property
    def by_hour_repeats(self) -> int:
        """How many by-hour requests were sent again, because their slot was used up."""
        return self._slots.repeats

    def step(self, seconds: float) -> datetime | None:
        """Wait real seconds. Raises Inconclusive if the target allows no such wait."""
        self.client.forget_hash()
        self._wait(seconds)
        return None

    def _has_error_body(self, exchange: Exchange) -> bool:
        return self.error_body(exchange) is not None

    def _values(self, kind: str) -> tuple[str, ...]:
        return tuple(question.value for question in self._recordings if question.kind == kind)

    def _listed_in_first_hour(self) -> tuple[Leg, ...]:
        if not self.has_by_hour or not self.hours:
            return ()
        try:
            return self.by_hour(*self.hours[0]).legs
        except TooSoon:
            return ()


def observe(target_client: TargetClient, random_seed: int, *, now: Callable[[], float] = time.time) -> ReadOnlySubject:
    """A subject on a target as it is; the random seed draws its samples. Raises TargetError if its key is not set."""
    target = target_client.target

    def wait(seconds: float) -> None:
        if seconds > target.max_wait_seconds:
            raise Inconclusive(f"needs a wait of {seconds:g} s; allow it with max_wait_seconds = {ceil(seconds)}")
        target_client.pause(seconds)

    config = SubjectConfig(
        target=target,
        client=target_client.read_only_client(),
        zone=target.time_zone,
        profile=target.declares(target.profile),
        plain_root=target_client.plain_root,
        now=now,
    )
    return ReadOnlySubject(
        config,
        recordings=target.recordings,
        sampling=sampling_of([target], random_seed),
        before_by_hour=target_client.before_by_hour,
        after_by_hour=target_client.after_by_hour,
        wait=wait,
    )
