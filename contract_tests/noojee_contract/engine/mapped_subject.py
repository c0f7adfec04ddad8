"""The sides of a migration with declared differences: the old side as it should look on the new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from noojee_contract.dialects.legs import Leg, Reading
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import Answer, Subject, SubjectConfig
from noojee_contract.engine.unanswered import UnansweredQuestion
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.migration_map import MigrationMap
from noojee_contract.model.question import Question


class MappedSubject(Subject):
    """A side of a migration whose unique ids are those of the new side.

    The old side (`is_old`) is asked with its own unique ids, and its legs are rewritten. The new side answers as it is;
    unique ids of the old side in its recordings file become those of the new one. Answers are the cached ones of the
    subject itself.
    """

    def __init__(self, subject: Subject, declared: MigrationMap, *, is_old: bool) -> None:
        target = subject.target
        places = {self._renamed(row, declared): place for row, place in target.recording_places.items()}
        super().__init__(
            SubjectConfig(
                target=replace(target, recording_places=places),
                client=subject.client,
                zone=subject.zone,
                profile=subject.profile,
                plain_root=subject.plain_root,
            )
        )
        self._answers, self._sounds = subject.caches
        self.archive, self.sandbox, self.sampling = subject.archive, subject.sandbox, subject.sampling
        self._subject = subject
        self._declared = declared
        self._is_old = is_old
        self._rewritten: dict[Question, tuple[Answer, Answer]] = {}

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags to ask for."""
        return self._subject.tags

    @property
    def unique_ids(self) -> tuple[str, ...]:
        """The unique ids of the calls to ask for, as the new side has them."""
        return tuple(dict.fromkeys(map(self._declared.new_id, self._subject.unique_ids)))

    @property
    def hours(self) -> tuple[tuple[date, int], ...]:
        """The local hours to ask for."""
        return self._subject.hours

    @property
    def unknown_values(self) -> tuple[str, ...]:
        """Hostile values that match no tag and no unique id of this PBX."""
        return self._subject.unknown_values

    @property
    def recordings(self) -> tuple[Question, ...]:
        """What the PBX is known to hold, with the unique ids of the new side."""
        return tuple(dict.fromkeys(self._renamed(row, self._declared) for row in self._subject.recordings))

    def by_tag(self, tag: str) -> Answer:
        """The answer to a tag, rewritten; cached."""
        return self._mapped(Question("tag", tag), self._subject.by_tag(tag))

    def by_unique_id(self, unique_id: str) -> Answer:
        """The answer to a unique id of the new side, rewritten; cached."""
        return self._mapped(Question("unique_id", unique_id), self._subject.by_unique_id(self._own_id(unique_id)))

    def by_hour(self, day: date, hour: int) -> Answer:
        """The answer to a local hour, rewritten; cached."""
        return self._mapped(Question("hour", f"{day:%Y/%m/%d} {hour}"), self._subject.by_hour(day, hour))

    def unanswered(self) -> list[UnansweredQuestion]:
        """The questions that this clause used and that a read-only PBX did not answer, in its own unique ids."""
        return self._subject.unanswered() if isinstance(self._subject, ReadOnlySubject) else []

    def sound(self, unique_id: str, leg: int) -> Exchange:
        """The exchange that fetches the audio of a leg of the new side; cached."""
        return self._subject.sound(self._own_id(unique_id), leg)

    def send_by_hour(self, send: Callable[[], Exchange], *, refused: bool = False) -> Exchange:
        """Send a by-hour request after the wait that the limit needs."""
        return self._subject.send_by_hour(send, refused=refused)

    def step(self, seconds: float) -> datetime | None:
        """Let time pass."""
        return self._subject.step(seconds)

    def _own_id(self, unique_id: str) -> str:
        return self._declared.old_id(unique_id) if self._is_old else unique_id

    def _mapped(self, asked: Question, answer: Answer) -> Answer:
        if not self._is_old:
            return answer
        known = self._rewritten.get(asked)
        if known is None or known[0] is not answer:
            known = answer, Answer(asked, answer.exchange, lambda: self._mapped_reading(answer.reading))
            self._rewritten[asked] = known
        return known[1]

    def _mapped_reading(self, reading: Reading) -> Reading:
        return replace(reading, legs=tuple(map(self._mapped_leg, reading.legs)))

    def _mapped_leg(self, leg: Leg) -> Leg:
        """A leg of the old side with the values that the new side should have."""
        declared = self._declared
        mapped = replace(
            leg,
            source=declared.number("Source", leg.source),
            destination=declared.number("Destination", leg.destination),
            did=declared.number("DID", leg.did),
            username=declared.username(leg.username),
            unique_id=declared.new_id(leg.unique_id),
        )
        values = {
            "Source": mapped.source,
            "Destination": mapped.destination,
            "DID": mapped.did,
            "Username": mapped.username,
            "UniqueId": mapped.unique_id,
        }
        return replace(mapped, texts={name: values.get(name, text) for name, text in leg.texts.items()})

    @staticmethod
    def _renamed(row: Question, declared: MigrationMap) -> Question:
        if row.kind != "unique_id" or declared.is_new_id(row.value):
            return row
        return Question(row.kind, declared.new_id(row.value))
