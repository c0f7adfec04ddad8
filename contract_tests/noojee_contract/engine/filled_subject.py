"""A subject on a sandbox with known calls: the control API puts calls and audio, plays live calls, steps the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from noojee_contract.clients.control import Sandbox
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.check import Inconclusive
from noojee_contract.engine.subject import BY_HOUR_STEP_SECONDS, UNKNOWN_VALUES, Subject, SubjectConfig
from noojee_contract.errors import NotOffered
from noojee_contract.model.archive import Archive, PutLeg, read_archive
from noojee_contract.model.audio import tone
from noojee_contract.model.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What a sandbox starts with: an archive file, and options on top of the target's profile.

    `archive` is the archive that the file describes, if it was read before.
    """

    document: Mapping[str, Any]
    archive: Archive | None = None
    options: Mapping[str, str] = field(default_factory=dict)


class FilledSubject(Subject):
    """A sandbox of its own with known calls. `archive` are the calls that the PBX lists."""

    archive: Archive
    sandbox: Sandbox

    def __init__(
        self,
        config: SubjectConfig,
        *,
        target_client: TargetClient,
        filling: Filling,
        archive: Archive,
        sandbox: Sandbox,
    ) -> None:
        super().__init__(config)
        self.archive = archive
        self.sandbox = sandbox
        self._target_client = target_client
        self._filling = filling
        self._control = target_client.control
        self._put: dict[tuple[str, int], bytes] = {}
        self._now = sandbox.now
        self._asked_by_hour = False

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags of the archive that the charset of queries can encode."""
        return tuple(filter(self.client.can_encode, self.archive.tags))

    @property
    def unique_ids(self) -> tuple[str, ...]:
        """The unique ids of the archive's calls."""
        return tuple(call.unique_id for call in self.archive.calls)

    @property
    def hours(self) -> tuple[tuple[date, int], ...]:
        """The local hours in which legs of the archive ended."""
        return self.archive.hours

    @property
    def unknown_values(self) -> tuple[str, ...]:
        """Hostile values that match no tag and no unique id of the archive."""
        taken = {*self.tags, *self.unique_ids}
        return tuple(value for value in UNKNOWN_VALUES if value not in taken)

    def send_by_hour(self, send: Callable[[], Exchange], *, refused: bool = False) -> Exchange:
        """Send a by-hour request. Steps the clock first, unless it is the first one, to respect one a minute."""
        if self.target.once_a_minute:
            if self._asked_by_hour:
                self.step(BY_HOUR_STEP_SECONDS)
            self._asked_by_hour = True
        return send()

    def step(self, seconds: float) -> datetime:
        """Move the sandbox's clock forward, and return its new time."""
        self.client.forget_hash()
        self._now = self._control.step(self.sandbox, seconds)
        return self._now

    def zone_now(self) -> datetime:
        """The sandbox's local time, as the control API last gave it."""
        return self._now.astimezone(self.zone)

    def put_sound(self, unique_id: str, leg: int) -> bytes | None:
        """Put the audio that the archive has for a leg, once, and return it; None if the archive has none."""
        key = (unique_id, leg)
        if key in self._put:
            return self._put[key]
        put = self._put_leg(unique_id, leg)
        if put is None or put.sound is None:
            return None
        return self._put_audio(key, put.sound.read_bytes())

    def put_tone(self, unique_id: str, leg: int, hertz: int) -> bytes:
        """Put a tone of a leg's Duration as its audio, and return it. Raises Inconclusive if the leg is not listed."""
        put = self._put_leg(unique_id, leg)
        if put is None:
            raise Inconclusive(f"leg {leg} of {unique_id!r} is not listed here")
        self._sounds.drop((unique_id, leg))
        return self._put_audio((unique_id, leg), tone(put.duration_seconds, hertz))

    def add_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Add calls; `archive` does not list them. Raises Inconclusive if the control API cannot add calls."""
        with _inconclusive_if_not_offered():
            self._control.add_calls(self.sandbox, calls)

    def play(self, *steps: Mapping[str, Any]) -> Mapping[str, str]:
        """Play steps of live calls, and return the unique id of each call that a step names with `as`.

        Raises Inconclusive if the control API cannot play calls.
        """
        with _inconclusive_if_not_offered():
            played = self._control.play(self.sandbox, steps)
        self._now = played.now
        self.client.forget_hash()
        return played.unique_ids

    def set(self, part: str, **settings: Any) -> None:
        """Set a part of the PBX: directory, version, access, storage. Raises Inconclusive if it cannot be set."""
        with _inconclusive_if_not_offered():
            self._control.set(self.sandbox, part, settings)

    def fresh(
        self, profile: Mapping[str, str] | None = None, *, document: Mapping[str, Any] | None = None
    ) -> FilledSubject:
        """A subject on a new sandbox with the same archive, or with `document`; `profile` are options to change."""
        changes = profile or {}
        options = {**self._filling.options, **changes}
        if document is not None:
            return fill(self._target_client, Filling(document=document, options=options))
        archive = None if changes else self._filling.archive
        return fill(self._target_client, replace(self._filling, options=options, archive=archive))

    def drop(self) -> None:
        """Delete the sandbox."""
        self._target_client.drop_sandbox(self.sandbox, self.client)

    def _put_audio(self, key: tuple[str, int], audio: bytes) -> bytes:
        self._put[key] = audio
        self._control.put_sound(self.sandbox, *key, audio)
        return audio

    def _put_leg(self, unique_id: str, leg: int) -> PutLeg | None:
        call = self.archive.call(unique_id)
        return None if call is None else next((put for put in call.legs if put.number == leg), None)


def fill(target_client: TargetClient, filling: Filling) -> FilledSubject:
    """Make a sandbox on a writable target, filled with an archive. Raises TargetError if the target refuses."""
    target = target_client.target
    sandbox = target_client.make_sandbox(filling.document, filling.options)
    archive = filling.archive or read_archive(filling.document, profile=sandbox.profile)
    archive = archive.listed(sandbox.profile)
    config = SubjectConfig(
        target=target,
        client=target_client.sandbox_client(sandbox, archive.zone),
        zone=archive.zone,
        profile=target.declares(sandbox.profile),
        plain_root=target_client.plain_root_of(sandbox),
    )
    return FilledSubject(config, target_client=target_client, filling=filling, archive=archive, sandbox=sandbox)


@contextmanager
def _inconclusive_if_not_offered() -> Iterator[None]:
    """A control API that lacks a method makes a clause inconclusive; it is no error."""
    try:
        yield
    except NotOffered as reason:
        raise Inconclusive(str(reason)) from reason
