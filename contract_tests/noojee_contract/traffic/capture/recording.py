"""Records the answers and the sounds of one run of a capture, redacted before the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from noojee_contract.clients.target_client import TargetClient
from noojee_contract.model.audio import kind_of
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.model.wire import WireBody, WireExchange
from noojee_contract.redaction.exchanges import ExchangeRedactor
from noojee_contract.traffic.capture.answers import question_of
from noojee_contract.traffic.capture.folder import write_json
from noojee_contract.traffic.capture.sounds import SoundSummary, summary_of
from noojee_contract.traffic.credential_names import CredentialNames
from noojee_contract.traffic.exchange_file import LARGEST_BODY_BYTES, ExchangeWriter
from noojee_contract.traffic.record import Recorded, Recorder, RecordingProgress
from noojee_contract.traffic.target_header import target_header
from noojee_contract.traffic.wire_copy import WireCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureFiles:
    """The files of a run: its exchange file and the summaries of its sounds."""

    answers: Path
    sounds: Path


@dataclass(slots=True, kw_only=True)
class _Run:
    """What a run has written so far."""

    writer: ExchangeWriter
    copy: WireCopy
    redactor: ExchangeRedactor | None
    secrets: Callable[[], list[str]]
    credentials: CredentialNames
    keep_sound: bool
    sounds: dict[str, SoundSummary] = field(default_factory=dict)

    def take(self, exchange: Exchange) -> None:
        """Write an exchange. Of sound, only its summary and the size and hash of its file are kept."""
        taken = self.copy.taken(exchange)
        content = exchange.body  # a long body is read from its file each time
        is_sound = kind_of(content) is not None
        sound = summary_of(content) if is_sound else None
        if is_sound and not self.keep_sound:
            taken = _without_body(taken, content)
        if self.redactor is not None:
            self.redactor.know(self.secrets())
            taken = self.redactor.redact(taken)
        self.writer.write(taken)
        if sound is not None:
            self.sounds[question_of(taken, self.credentials)] = sound


def _without_body(exchange: WireExchange, content: bytes) -> WireExchange:
    assert exchange.response is not None
    body = WireBody(content=None, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    return replace(exchange, response=replace(exchange.response, body=body))


def record_run(
    client: TargetClient,
    questions: Sequence[Question],
    files: CaptureFiles,
    *,
    redactor: ExchangeRedactor | None,
    keep_sound: bool = False,
    on_progress: Callable[[RecordingProgress], None] = lambda progress: None,
) -> tuple[Recorded, int]:
    """Record a run. Returns what was asked, and the number of exchanges. Raises TargetError if a file exists."""
    recorder = Recorder(client, on_progress=on_progress)
    header = target_header(client.target, redactor)
    with ExchangeWriter(files.answers, header) as writer:
        copy = WireCopy(client.http, largest_body_bytes=LARGEST_BODY_BYTES)
        run = _Run(
            writer=writer,
            copy=copy,
            redactor=redactor,
            secrets=client.secrets,
            credentials=CredentialNames.of(header.credentials),
            keep_sound=keep_sound,
        )
        recorder.follow(run.take)
        recorded = recorder.record(questions)
    write_json(files.sounds, {name: sound.document() for name, sound in run.sounds.items()})
    return recorded, writer.written
