"""`noojee-contract capture`: keeps the redacted answers, sounds, options and contract of a PBX for an upgrade check."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from noojee_contract.cli.capturing import check_answered, key_of, run_parts, say_recorded, target_of
from noojee_contract.cli.messages import say_error
from noojee_contract.cli.one_target import run_options
from noojee_contract.cli.record import check_contact, target_client
from noojee_contract.errors import ContractError, TargetError
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_OK
from noojee_contract.probing.profile_file import render
from noojee_contract.report import writing
from noojee_contract.traffic.capture.answers import read_answers
from noojee_contract.traffic.capture.folder import CaptureRun, capture_for, write_json
from noojee_contract.traffic.capture.recording import CaptureFiles


def run(options: argparse.Namespace) -> int:
    """Capture a target. Returns 0, 2 for wrong use, 3 if answers are missing, 4 if nothing answers."""
    try:
        return _capture(options)
    except (ContractError, OSError) as error:
        return say_error(error)


def _capture(options: argparse.Namespace) -> int:
    if options.out is None:
        raise TargetError("--out is missing: name the folder of the capture")
    target, key = target_of(options), key_of(options)
    capture = capture_for(options.out, target, None if key is None else key.fingerprint)
    number = len(capture.runs) + 1
    without = ("contract", "profile") if capture.runs else tuple(options.without or ())
    with (
        tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder,
        tempfile.TemporaryDirectory(prefix="noojee-contract-") as limits_folder,
    ):
        with target_client(target, limits_folder) as client:
            check_contact(client, run_options(options))
        made_in = replace(capture, folder=Path(folder))
        files = CaptureFiles(answers=made_in.answers(number), sounds=made_in.sounds(number))
        parts = run_parts(options, target, key, files, without=without, limits_folder=Path(limits_folder))
        check_answered(options, target, read_answers(files.answers))
        capture.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in Path(folder).iterdir():
            shutil.move(file, capture.folder / file.name)
    if parts.profile is not None and parts.profile.learnt:
        writing.write(capture.profile, render(parts.profile, began=parts.started))
    if parts.outcomes:
        write_json(capture.contract, {name: asdict(outcome) for name, outcome in parts.outcomes.items()})
    made = CaptureRun(number=number, started=parts.started.isoformat(timespec="seconds"), exchanges=parts.exchanges)
    replace(capture, runs=(*capture.runs, made)).write_manifest()
    say_recorded(parts)
    print(f"{capture.folder}: run {number} of {target.name} with {parts.exchanges} exchanges")
    if number == 1:
        print("Capture once more before the upgrade, so that noise can be learnt: the same command again.")
    is_whole = not (parts.recorded.stopped or parts.recorded.unanswered or parts.notes)
    return EXIT_OK if is_whole else EXIT_INCONCLUSIVE
