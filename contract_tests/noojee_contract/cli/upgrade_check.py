"""`noojee-contract upgrade-check`: compares an upgraded PBX with its capture. Go or no-go, with reasons."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from noojee_contract.cli.capturing import check_reached, key_of, run_parts, say_recorded, target_of
from noojee_contract.cli.messages import say_error
from noojee_contract.cli.output import wrong_outputs
from noojee_contract.comparison.noise.change import UpgradeResult, shown
from noojee_contract.errors import ContractError, TargetError
from noojee_contract.model.outcome import EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_OK
from noojee_contract.probing.probe import ProbeResult
from noojee_contract.probing.profile_file import evidence, saw_in_words
from noojee_contract.pytest_plugin.options import HERE
from noojee_contract.redaction.redact import Redactor
from noojee_contract.report import upgrade, writing
from noojee_contract.targets.credentials import redactor_of
from noojee_contract.targets.input_files import input_files
from noojee_contract.targets.profile_file import read_profile
from noojee_contract.targets.target import Target
from noojee_contract.traffic.capture.answers import read_answers, read_bodies
from noojee_contract.traffic.capture.check import CapturedSide, compare, noise_of, read_outcomes, read_sounds
from noojee_contract.traffic.capture.folder import Capture, check_same, read_capture
from noojee_contract.traffic.capture.recording import CaptureFiles
from noojee_contract.traffic.credential_names import credential_names

EXIT_CODES: Mapping[str, int] = {"go": EXIT_OK, "no-go": EXIT_FAILED, "inconclusive": EXIT_INCONCLUSIVE}
WRITERS: Mapping[str, Callable[[UpgradeResult], str]] = {
    "markdown": upgrade.render_markdown,
    "html": upgrade.render_html,
    "junit": upgrade.render_junit,
}


def run(options: argparse.Namespace) -> int:
    """Compare a target with its capture. Returns 0 for go, 1 no-go, 2 wrong use, 3 inconclusive, 4 no answer."""
    try:
        result = _checked(options)
    except (ContractError, OSError) as error:
        return say_error(error)
    for name, render in WRITERS.items():
        path = getattr(options, name)
        if path is not None:
            writing.write(Path(path), render(result))
    print(upgrade.render_text(result), end="", flush=True)
    return EXIT_CODES[result.verdict]


def _check_outputs(options: argparse.Namespace) -> None:
    """Raises TargetError for a report that cannot be written, or that would replace a file that the check reads."""
    given = {name: value for name, value in vars(options).items() if name not in WRITERS and value is not None}
    read = {name: value if isinstance(value, list) else str(value) for name, value in given.items()}
    inputs = [*input_files({"config": str(HERE), **read}), *Path(options.capture).rglob("*")]
    for reason in wrong_outputs(options, inputs).values():
        raise TargetError(reason)


def _checked(options: argparse.Namespace) -> UpgradeResult:
    target, key = target_of(options), key_of(options)
    capture = read_capture(options.capture)
    check_same(capture, target, None if key is None else key.fingerprint)
    _check_outputs(options)
    names = credential_names(target)
    old, rules = _before(capture, names, options.without or ()), noise_of(capture, names)
    without = {name for name, part in (("contract", old.clauses), ("profile", old.options)) if not part}
    with (
        tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder,
        tempfile.TemporaryDirectory(prefix="noojee-contract-") as limits_folder,
    ):
        now = Capture(folder=Path(folder), target=target.name, dialect=target.dialect, redaction=capture.redaction)
        files = CaptureFiles(answers=now.answers(1), sounds=now.sounds(1))
        parts = run_parts(options, target, key, files, without=tuple(without), limits_folder=Path(limits_folder))
        answers = read_answers(files.answers, names)
        new = CapturedSide(
            answers=answers,
            sounds=read_sounds(now, 1, answers),
            kept=read_bodies(files.answers, names),
            options={} if parts.profile is None else {name: each.value for name, each in parts.profile.learnt.items()},
            evidence={} if parts.profile is None else _evidence(parts.profile),
            other={} if parts.profile is None else _other(parts.profile),
            clauses=parts.outcomes,
        )
    say_recorded(parts)
    check_reached(options, target, new.answers)
    notes = (*_notes(capture, without, parts.recorded.stopped), *parts.notes)
    result = replace(compare(target.name, old, new, rules, notes=notes), about=_about(target, capture, parts.started))
    return shown(result, redactor_of([target], os.environ).text)


def _before(capture: Capture, names: Collection[str], without: Collection[str]) -> CapturedSide:
    last = capture.runs[-1].number
    answers = read_answers(capture.answers(last), names)
    has_profile = "profile" not in without and capture.profile.is_file()
    profile = read_profile(capture.profile) if has_profile else None
    return CapturedSide(
        answers=answers,
        sounds=read_sounds(capture, last, answers),
        kept=read_bodies(capture.answers(last), names),
        options={} if profile is None else profile.values,
        evidence={} if profile is None else {option: texts[0] for option, texts in profile.evidence.items() if texts},
        other={} if profile is None else dict.fromkeys(profile.other_behaviour),
        clauses={} if "contract" in without else read_outcomes(capture),
    )


def _evidence(profile: ProbeResult) -> dict[str, str]:
    shown = Redactor(profile.secrets)
    return {option: texts[0] for option, each in profile.learnt.items() if (texts := evidence(each, shown))}


def _about(target: Target, capture: Capture, began: datetime) -> str:
    """What was checked, and when."""
    address = target.base_url or "a command"
    return (
        f"{address}, checked {began:%Y-%m-%d %H:%M} UTC; captured {capture.runs[-1].started[:16].replace('T', ' ')} UTC"
    )


def _other(profile: ProbeResult) -> dict[str, str | None]:
    shown = Redactor(profile.secrets)
    return {saw_in_words(each, shown): each.option for each in profile.uncovered}


def _notes(capture: Capture, without: set[str], stopped: str | None) -> tuple[str, ...]:
    notes = [f"the {part} was not compared" for part in sorted(without)]
    if len(capture.runs) == 1:
        notes.append("the PBX was captured once, so no noise was learnt")
    if stopped is not None:
        notes.append(f"the recording stopped early: {stopped}")
    return tuple(notes)
