"""The recorded answers of a capture or an exchange file, in a form for snapshots."""

from __future__ import annotations

from pathlib import Path

from noojee_contract.comparison.noise.rules import NoiseRules
from noojee_contract.comparison.noise.stable import StableAnswer, stable_answers
from noojee_contract.errors import NothingToCheck
from noojee_contract.traffic.capture.answers import read_answers
from noojee_contract.traffic.capture.check import noise_of
from noojee_contract.traffic.capture.folder import read_capture


def recorded_answers(path: Path) -> dict[str, StableAnswer]:
    """The answers by question: of the last run of a capture with the noise of its runs, or of an exchange file.

    Raises TargetError if the file is broken, and NothingToCheck if it has no answer.
    """
    if path.is_dir():
        capture = read_capture(path)
        answers, rules = read_answers(capture.answers(capture.runs[-1].number)), noise_of(capture)
    else:
        answers, rules = read_answers(path), NoiseRules()
    if not answers:
        raise NothingToCheck(f"{path}: has no answer of a PBX, so there is nothing to compare")
    return stable_answers(answers, rules)
