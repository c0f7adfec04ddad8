"""What `capture` and `upgrade-check` share: the target, the redaction key, and the stages of a run."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from noojee_contract.cli.api import verify
from noojee_contract.cli.messages import say
from noojee_contract.cli.one_target import not_reached, one_target, places_of, run_options
from noojee_contract.cli.redaction_key import stand_in_key
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.comparison.noise.answer import AnswerParts
from noojee_contract.errors import NothingToCheck, TargetError, Unreachable
from noojee_contract.probing.pbx import ProbedPbx
from noojee_contract.probing.probe import DEFAULT_BUDGET, ProbeResult, probe, probed
from noojee_contract.pytest_plugin.options import HERE
from noojee_contract.redaction.exchanges import ExchangeRedactor
from noojee_contract.redaction.stand_ins import StandInKey
from noojee_contract.targets.flags import TARGET_FLAGS, given
from noojee_contract.targets.target import Target
from noojee_contract.traffic.capture.contract import Outcomes, outcomes_of
from noojee_contract.traffic.capture.recording import CaptureFiles, record_run
from noojee_contract.traffic.record import Recorded, questions_of
from noojee_contract.traffic.redaction_rules import redaction_rules

LONGEST_WAIT_SECONDS = 86_400.0


@dataclass(slots=True, kw_only=True)
class RunParts:
    """What one run found: the numbers of the recording, the probe, and the outcomes of the clauses."""

    recorded: Recorded
    exchanges: int
    started: datetime
    profile: ProbeResult | None = None
    outcomes: Outcomes = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def target_of(options: argparse.Namespace) -> Target:
    """The one read-only target of the command. Raises TargetError."""
    target = one_target(run_options(options))
    if target.writable or target.transport is not None:
        raise TargetError(f"target {target.name!r} is no read-only PBX with a base_url: an upgrade check needs one")
    target.secret(os.environ)
    questions_of(target, [])
    return target


def key_of(options: argparse.Namespace) -> StandInKey | None:
    """The redaction key; None without redaction. Raises TargetError if there is none to compare captures with."""
    if options.no_redaction:
        if options.redaction_key_env is not None:
            raise TargetError("--no-redaction and --redaction-key-env contradict each other: leave one out")
        return None
    if options.redaction_key_env is None:
        raise TargetError(
            "captures are compared by their stand-ins, so name the variable with their key: --redaction-key-env NAME "
            "(make a key with openssl rand -hex 32), or write them without redaction: --no-redaction"
        )
    return stand_in_key(options.redaction_key_env)


def run_parts(
    options: argparse.Namespace,
    target: Target,
    key: StandInKey | None,
    files: CaptureFiles,
    *,
    without: Sequence[str],
    limits_folder: Path,
) -> RunParts:
    """Probe and record a target within its limits, whose state is in a folder, and verify it. Raises ContractError."""
    started = datetime.now(UTC)
    rules = redaction_rules(target, [target.secret(os.environ).reveal()], keep_sound=options.keep_sound)
    redactor = None if key is None else ExchangeRedactor(key, rules)
    found: ProbeResult | None = None
    with closing(Servers()) as servers:
        if "profile" not in without:
            say("learning the options")
            found = _probe(target, limits_folder, servers)
        say("recording the answers")
        careful = {**target.profile, "concurrent_authentications": "5"}  # each time stamp is used up
        patient = replace(target, max_wait_seconds=LONGEST_WAIT_SECONDS, profile=careful)
        limits = limits_of([patient], limits_folder)[patient.name]
        client = TargetClient(patient, servers=servers, limits=limits)
        try:
            keep = options.keep_sound or options.no_redaction
            questions = questions_of(patient, [])
            recorded, exchanges = record_run(client, questions, files, redactor=redactor, keep_sound=keep)
            if "contract" not in without and limits is not None:
                limits.pause(limits.by_hour_wait_seconds())
        finally:
            client.close()
    parts = RunParts(recorded=recorded, exchanges=exchanges, started=started, profile=found)
    if "contract" not in without:
        budget = target.request_budget
        say(f"checking the contract{'' if budget is None else f', with {budget} requests at most for this part alone'}")
        try:
            parts.outcomes = _outcomes(options, target)
        except TargetError as error:  # such as an API that is not there any more
            parts.notes.append(f"the contract could not be checked: {error}")
    return parts


def _probe(target: Target, folder: Path, servers: Servers) -> ProbeResult:
    budget = min(DEFAULT_BUDGET, target.request_budget or DEFAULT_BUDGET)
    asked = probed(replace(target, request_budget=budget))
    client = TargetClient(asked, servers=servers, limits=limits_of([asked], folder)[asked.name])
    try:
        return probe(ProbedPbx(client), client)
    finally:
        client.close()


def _outcomes(options: argparse.Namespace, target: Target) -> Outcomes:
    if options.base_url is None:
        report = verify([target.name], config=options.config or HERE)
    else:
        table = given(TARGET_FLAGS, vars(options))
        report = verify({target.name: table})
    if report.unreachable:
        raise Unreachable(*report.unreachable[0])
    return outcomes_of(report)


def check_answered(options: argparse.Namespace, target: Target, answers: Mapping[str, AnswerParts]) -> None:
    """Check that a PBX was captured, not its absence. Raises Unreachable, or NothingToCheck if no leg was listed."""
    check_reached(options, target, answers)
    if not any(answer.legs for answer in answers.values()):
        statuses = ", ".join(sorted({str(answer.status) for answer in answers.values()}))
        raise NothingToCheck(
            f"target {target.name!r} lists no leg (HTTP {statuses}), so nothing was captured: "
            "check its key and its recordings file"
        )


def check_reached(options: argparse.Namespace, target: Target, answers: Mapping[str, AnswerParts]) -> None:
    """Raises Unreachable if no answer came at all."""
    if all(answer.status is None for answer in answers.values()):
        reasons = sorted({answer.transport_error or "no answer" for answer in answers.values()})
        raise not_reached(target, "; ".join(reasons), places_of(run_options(options), target))


def say_recorded(parts: RunParts) -> None:
    """Say what a run left out."""
    recorded = parts.recorded
    if recorded.stopped:
        say(f"stopped early: {recorded.stopped}")
    if recorded.unanswered:
        say(f"{len(recorded.unanswered)} of {recorded.questions} questions got an error or no answer")
    for note in parts.notes:
        say(note)
