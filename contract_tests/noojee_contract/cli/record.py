"""`noojee-contract record`: records redacted answers of a PBX to an exchange file, within the limits of the target."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from noojee_contract.cli.first_contact import Busy, KeyRefused, first_contact
from noojee_contract.cli.interruption import interruptible
from noojee_contract.cli.messages import say, say_error
from noojee_contract.cli.one_target import one_target, places_of, run_options
from noojee_contract.cli.redaction_key import stand_in_key
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.errors import ContractError, NothingToCheck, TargetError
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_OK
from noojee_contract.model.question import Question
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.redaction.exchanges import ExchangeRedactor, RedactionRules
from noojee_contract.redaction.printable import escaped
from noojee_contract.report.progress import duration
from noojee_contract.report.summary import count_of
from noojee_contract.targets.credentials import redactor_of as credentials_redactor
from noojee_contract.targets.target import Target
from noojee_contract.traffic.authentication import Authenticator
from noojee_contract.traffic.exchange_file import LARGEST_BODY_BYTES, ExchangeWriter
from noojee_contract.traffic.exchange_reader import ExchangeReader
from noojee_contract.traffic.har_writer import write_har
from noojee_contract.traffic.record import HOURS, Recorded, Recorder, RecordingProgress, hour_questions, questions_of
from noojee_contract.traffic.redaction_rules import redaction_rules
from noojee_contract.traffic.target_header import target_header
from noojee_contract.traffic.wire_copy import WireCopy

LINE_SECONDS = 5.0
SHOWN_UNANSWERED = 5


def record(options: argparse.Namespace) -> int:
    """Record a target. Returns 0, 2 for wrong use, 3 if the file lacks something or all, 4 if nothing answers."""
    try:
        return _record(options)
    except ContractError as error:
        return say_error(error)


def redactor_of(options: argparse.Namespace, rules: RedactionRules) -> ExchangeRedactor | None:
    """The redactor that the flags ask for; None for a file with everything. Raises TargetError."""
    if not options.no_redaction:
        return ExchangeRedactor(stand_in_key(options.redaction_key_env), rules)
    if options.redaction_key_env is not None:
        raise TargetError("--no-redaction and --redaction-key-env contradict each other: leave one out")
    return None


def check_files(options: argparse.Namespace) -> None:
    """Raises TargetError if the exchange file is missing in the flags, or if a file to write exists."""
    if options.out is None:
        raise TargetError("--out is missing: name the exchange file to write")
    for path in (options.out, options.har):
        if path is not None and (path.exists() or path.is_symlink()):
            raise TargetError(f"{path} exists, and is not overwritten; give another name, or remove it")


def print_redaction(redactor: ExchangeRedactor | None) -> None:
    """Print whether an exchange file is redacted, and with which key."""
    if redactor is None:
        print("not redacted: the file holds numbers, names, credentials and voices")
    else:
        print(f"redacted with the key {redactor.fingerprint}")
        if redactor.found:
            say(f"{count_of(redactor.found, 'credential')} were found by the last look only; please report this")


def _record(options: argparse.Namespace) -> int:
    run = run_options(options)
    target = _checked(one_target(run))
    hours = [question for day in options.day or () for question in hour_questions(day, options.hours or HOURS)]
    if options.hours is not None and options.day is None:
        raise TargetError("--hours needs --day: the day whose hours are asked")
    questions = questions_of(target, hours)
    key = target.secret(os.environ).reveal()
    rules = redaction_rules(target, [key], keep_sound=options.keep_sound, keep_unparsed=options.keep_unparsed)
    redactor = redactor_of(options, rules)
    check_files(options)
    with tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder, target_client(target, folder) as client:
        check_contact(client, run)
        largest = options.largest_body or LARGEST_BODY_BYTES
        with ExchangeWriter(options.out, target_header(target, redactor), largest_body_bytes=largest) as writer:
            recording = _Recording(client, writer, redactor, largest)
            with interruptible():
                recorded = recording.run(questions)
    if options.har is not None:
        with ExchangeReader(options.out) as reader:
            write_har(reader, options.har)
    _summarise(options.out, target, recorded, writer.written, redactor)
    return EXIT_INCONCLUSIVE if recorded.stopped or recorded.unanswered or recorded.failed_sounds else EXIT_OK


def check_contact(client: TargetClient, run: RunOptions) -> None:
    """Ask the first questions before a file is made, within the limits of the client.

    Raises TargetError for a wrong key, address or dialect, NothingToCheck for a busy target, and LimitReached.
    """
    target = client.target
    shown = first_contact(client, places_of(run, target))
    if isinstance(shown, KeyRefused):
        raise TargetError(f"target {target.name!r} refuses its key: check the variable {target.api_key_env}")
    if isinstance(shown, Busy):
        raise NothingToCheck(shown.reason)


def _checked(target: Target) -> Target:
    """A target that can be recorded, with the waits that the recording of hours needs. Raises TargetError."""
    if target.writable:
        raise TargetError(
            f"target {target.name!r} is writable, so its calls are those of tests; record a read-only one"
        )
    if target.transport is not None:
        raise TargetError(f"target {target.name!r} has no connection whose bytes can be recorded; set base_url")
    return replace(target, max_wait_seconds=86_400.0)


@contextmanager
def target_client(target: Target, folder: str) -> Iterator[TargetClient]:
    """The client of a target, within its limits, which are kept in a folder."""
    servers = Servers()
    client = TargetClient(target, servers=servers, limits=limits_of([target], Path(folder))[target.name])
    try:
        yield client
    finally:
        client.close()
        servers.close()


class _Recording:
    """A recording that runs: its client is followed, and each exchange is written."""

    def __init__(
        self, client: TargetClient, writer: ExchangeWriter, redactor: ExchangeRedactor | None, largest_body_bytes: int
    ) -> None:
        self._client = client
        self._writer = writer
        self._redactor = redactor
        self._copy = WireCopy(client.http, largest_body_bytes=largest_body_bytes)
        key = client.target.secret(os.environ).reveal() or None
        self._authenticator = Authenticator(client.target.api.scheme, key)
        self._progress = _ProgressLines()
        self._recorder = Recorder(client, on_progress=self._progress.show)
        self._recorder.follow(self._on_exchange)
        client.on_by_hour_wait = lambda seconds, number: self._progress.wait(seconds)

    def run(self, questions: Sequence[Question]) -> Recorded:
        """Record; an interruption is kept in the result."""
        try:
            return self._recorder.record(questions)
        except KeyboardInterrupt:
            self._recorder.recorded.stopped = (
                f"interrupted at {self._progress.shown.done} of {self._progress.shown.total}"
            )
            return self._recorder.recorded

    def _on_exchange(self, exchange: Exchange) -> None:
        taken = self._authenticator.authenticated(self._copy.taken(exchange))
        if self._redactor is not None:
            self._redactor.know(self._client.secrets())
            taken = self._redactor.redact(taken)
        self._writer.write(taken)


class _ProgressLines:
    """Says on stderr how far a recording is: at most a line each five seconds, and each wait."""

    def __init__(self) -> None:
        self.shown = RecordingProgress(done=0, total=0, seconds_left=0)
        self._last = 0.0

    def show(self, progress: RecordingProgress) -> None:
        """Take how far the recording is."""
        self.shown = progress
        if time.monotonic() - self._last >= LINE_SECONDS:
            self._write("")

    def wait(self, seconds: float) -> None:
        """Say that a wait begins."""
        self._write(f", waiting {seconds:.0f} s for the next hour (one a minute)")

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        left = f", {duration(self.shown.seconds_left)} left" if self.shown.seconds_left >= 1 else ""
        say(f"recorded {self.shown.done} of {count_of(self.shown.total, 'question')}{text}{left}")


def _summarise(
    out: Path, target: Target, recorded: Recorded, exchanges: int, redactor: ExchangeRedactor | None
) -> None:
    asked = count_of(recorded.questions, "question")
    print(f"{out}: {count_of(exchanges, 'exchange')} for {asked}")
    if recorded.stopped:
        print(f"stopped early: {escaped(recorded.stopped)}; what was recorded is whole")
    _summarise_rest("call", "asked for by unique id", recorded.asked_calls, recorded.calls, "--calls all")
    _summarise_rest("sound", "fetched", recorded.asked_sounds, recorded.sounds, "--sounds all and --longest-sound")
    if recorded.failed_sounds:
        print(f"{count_of(recorded.failed_sounds, 'sound')} could not be fetched")
    if recorded.unanswered:
        shown = [f"{question.kind} {question.value}" for question in recorded.unanswered[:SHOWN_UNANSWERED]]
        more = f" and {len(recorded.unanswered) - len(shown)} more" if len(recorded.unanswered) > len(shown) else ""
        hidden = credentials_redactor([target], os.environ).line(", ".join(shown))
        print(f"{count_of(len(recorded.unanswered), 'question')} got an error or no answer: {hidden}{more}")
    print_redaction(redactor)


def _summarise_rest(thing: str, done: str, asked: int, known: int, flag: str) -> None:
    if asked < known:
        print(f"{asked} of {count_of(known, thing)} {done}; for more, set {flag}")
