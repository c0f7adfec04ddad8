"""Start and stop of a recording by the API: who may do it, and what it does to a call. The caller holds the lock.

Source: 07.0 Start Recording, Stop Recording, Recorder Control Panel (DOC W-ST, W-SPk, W-RS, W-RC).
"""

from __future__ import annotations

from dataclasses import dataclass

from noojee_fake.pbx.directory import Directory, Record, Role, User
from noojee_fake.pbx.live.call import CallRefused, LiveCall, Reason
from noojee_fake.pbx.live.progress import CallProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStart:
    """How a recording starts. `tag` None keeps the call's tag.

    Without `owner`, the user of `extension` owns the leg (DOC W-ST), else the connected user, else the default account.
    `again` is what happens to a call that is recorded already: `splits`, `ignored` or `refused`.
    """

    tag: str | None = None
    owner: str | None = None
    extension: str | None = None
    again: str = "splits"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStop:
    """Who stops a recording. `anyone`: any agent may stop it; `agent_required`: a stop without an agent is refused."""

    agent: str | None = None
    anyone: bool = False
    agent_required: bool = False


def start_recording(progress: CallProgress, call: LiveCall, start: RecordingStart, now_micros: int) -> None:
    """Begin a leg. Raises CallRefused for an unknown owner, and as `start.again` says.

    Source: a new leg while recording (DOC W-RS for the route step; option `start_while_recording` for the API).
    """
    directory = progress.directory
    if start.owner is not None and directory.user(start.owner) is None:
        raise CallRefused(Reason.NO_USER)
    if call.recording and start.again == "refused":
        raise CallRefused(Reason.RECORDING)
    if call.recording and start.again == "ignored":
        return
    if start.tag is not None:
        call.tag = start.tag
    user = directory.user_at(start.extension or call.connected or "")
    call.owner = start.owner
    if call.owner is None and user is not None:
        call.owner = user.name
    progress.split(call, now_micros)


def stop_recording(progress: CallProgress, call: LiveCall, stop: RecordingStop, now_micros: int) -> None:
    """End the leg, and record nothing until the next start. Raises CallRefused.

    Who may stop a recording is UNKNOWN: the options `stop_permission` and `stop_without_agent`.
    """
    directory = progress.directory
    if stop.agent is None and stop.agent_required:
        raise CallRefused(Reason.NO_AGENT)
    if stop.agent is not None and not stop.anyone:
        user = directory.user(stop.agent)
        if user is None:
            raise CallRefused(Reason.NO_USER)
        if not _may_stop(user, call, directory):
            raise CallRefused(Reason.NO_PERMISSION)
    if not call.recording:
        raise CallRefused(Reason.NOT_RECORDING)
    call.close_leg(now_micros)
    call.record = Record.NEVER
    progress.unsaved.append(call)


def _may_stop(user: User, call: LiveCall, directory: Directory) -> bool:
    """The owner, a supervisor of the owner's team, a recording manager, an administrator (DOC W-RC)."""
    if user.role in (Role.RECORDING_MANAGER, Role.ADMINISTRATOR) or user.name == call.leg_owner:
        return True
    owner = directory.user(call.leg_owner or "")
    return user.role is Role.SUPERVISOR and owner is not None and bool(user.team) and owner.team == user.team
