"""A subject on a PBX that nothing is written to: the questions come from a recordings file or from by-hour listings."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from math import ceil

from noojee_contract.clients.retry_after import TOO_MANY_REQUESTS, is_unavailable
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.dialects.legs import Leg
from noojee_contract.engine.check import Inconclusive
from noojee_contract.engine.sampling import Sampling, sampling_of
from noojee_contract.engine.subject import UNKNOWN_VALUES, Subject, SubjectConfig
from noojee_contract.errors import TooSoon
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question


class ReadOnlySubject(Subject):
    """A PBX that is only read. `recordings` are the questions of the target's recordings file.

    `sampling` limits the requests for other calls.

    `before_by_hour` runs before each by-hour request of a target with the limit of one a minute; it may wait, and it
    may raise TooSoon. `wait` lets real seconds pass.
    """

    sampling: Sampling

    def __init__(
        self,
        config: SubjectConfig,
        *,
        recordings: tuple[Question, ...],
        before_by_hour: Callable[[], None],
        wait: Callable[[float], None],
        sampling: Sampling | None = None,
    ) -> None:
        super().__init__(config)
        self._recordings = recordings
        self.sampling = sampling or sampling_of([config.target], random_seed=0)
        self._before_by_hour = before_by_hour
        self._wait = wait

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
        return tuple(dict.fromkeys(leg.unique_id for leg in legs if leg.unique_id not in named))

    @property
    def hours(self) -> tuple[tuple[date, int], ...]:
        """The local hours of the recordings file."""
        return tuple(_hour(value) for value in self._values("hour"))

    @property
    def unknown_values(self) -> tuple[str, ...]:
        """Hostile values that are no tag of the recordings file."""
        return tuple(value for value in UNKNOWN_VALUES if value not in self.tags)

    def ask_by_hour(self, day: date | str | None, hour: int | str | None) -> Exchange:
        """Send a by-hour request with these values. After 429, 5xx or no answer, ask again when a minute has passed.

        429 says that another client asked within the minute.
        """
        exchange = super().ask_by_hour(day, hour)
        if not is_unavailable(exchange):
            return exchange
        try:
            return super().ask_by_hour(day, hour)
        except TooSoon:
            if exchange.status == TOO_MANY_REQUESTS:
                raise
            return exchange

    def space_by_hour(self) -> None:
        """Wait until the next by-hour request is within the limit. Raises TooSoon if the target allows no such wait."""
        if self.target.once_a_minute:
            self._before_by_hour()

    def step(self, seconds: float) -> datetime | None:
        """Wait real seconds. Raises Inconclusive if the target allows no such wait."""
        self.client.forget_hash()
        self._wait(seconds)
        return None

    def _values(self, kind: str) -> tuple[str, ...]:
        return tuple(question.value for question in self._recordings if question.kind == kind)

    def _listed_in_first_hour(self) -> tuple[Leg, ...]:
        if not self.has_by_hour or not self.hours:
            return ()
        try:
            return self.by_hour(*self.hours[0]).legs
        except TooSoon:
            return ()


def observe(target_client: TargetClient, random_seed: int) -> ReadOnlySubject:
    """A subject on a target as it is; the random seed draws its samples. Raises TargetError if the target's key is not set."""
    target = target_client.target

    def wait(seconds: float) -> None:
        if seconds > target.max_wait_seconds:
            raise Inconclusive(f"needs a wait of {seconds:g} s; allow it with max_wait_seconds = {ceil(seconds)}")
        time.sleep(seconds)

    config = SubjectConfig(
        target=target,
        client=target_client.read_only_client(),
        zone=target.time_zone,
        profile=target.declares(target.profile),
        plain_root=target_client.plain_root,
    )
    return ReadOnlySubject(
        config,
        recordings=target.recordings,
        sampling=sampling_of([target], random_seed),
        before_by_hour=target_client.before_by_hour,
        wait=wait,
    )


def _hour(text: str) -> tuple[date, int]:
    day, _, hour = text.partition(" ")
    return datetime.strptime(day, "%Y/%m/%d").date(), int(hour)  # noqa: DTZ007  a local date, no instant
