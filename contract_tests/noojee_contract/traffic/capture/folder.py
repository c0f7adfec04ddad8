"""The folder of a capture: its manifest, and the names of its files. A folder of something else is never written to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.files import json_document
from noojee_contract.model.schemas import violations
from noojee_contract.report import writing
from noojee_contract.targets.target import Target

FORMAT = "noojee-capture/1"
SCHEMA = "own/capture"
MANIFEST, PROFILE, CONTRACT = "capture.json", "profile.toml", "contract.json"
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRun:
    """One time that the answers were recorded: its number from 1, when it began, and the number of exchanges."""

    number: int
    started: str
    exchanges: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A capture: the target, the fingerprint of the redaction key (None without redaction), and its runs."""

    folder: Path
    target: str
    dialect: str
    redaction: str | None
    runs: tuple[CaptureRun, ...] = ()

    def answers(self, number: int) -> Path:
        """The exchange file of a run."""
        return self.folder / f"answers-{number}.jsonl"

    def sounds(self, number: int) -> Path:
        """The summaries of the sounds of a run."""
        return self.folder / f"sounds-{number}.json"

    @property
    def profile(self) -> Path:
        """The profile of the target; it may be missing."""
        return self.folder / PROFILE

    @property
    def contract(self) -> Path:
        """The outcome of each clause; it may be missing."""
        return self.folder / CONTRACT

    def write_manifest(self) -> None:
        """Write the manifest in one step. Raises OSError."""
        document = {
            "format": FORMAT,
            "target": {"name": self.target, "dialect": self.dialect},
            "redaction": self.redaction,
            "runs": [asdict(run) for run in self.runs],
        }
        writing.write(self.folder / MANIFEST, json.dumps(document, indent=2) + "\n")


def read_capture(folder: Path) -> Capture:
    """The capture in a folder. Raises TargetError if there is none, or it is broken or of another version."""
    path = folder / MANIFEST
    if not path.is_file():
        raise TargetError(f"{folder}: there is no capture in this folder; make one with noojee-contract capture")
    document = json_document(path, "capture", MOST_BYTES)
    if document.get("format") != FORMAT:
        raise TargetError(f"{path}: the capture has another format; this version reads {FORMAT}: capture again")
    found = violations(document, SCHEMA)
    if found:
        raise TargetError(f"{path}: the capture is broken: {found[0]}")
    capture = Capture(
        folder=folder,
        target=document["target"]["name"],
        dialect=document["target"]["dialect"],
        redaction=document["redaction"],
        runs=tuple(CaptureRun(**run) for run in document["runs"]),
    )
    for run in capture.runs:
        for file in (capture.answers(run.number), capture.sounds(run.number)):
            if not file.is_file():
                raise TargetError(f"{file}: this file of the capture is missing: capture again into another folder")
    return capture


def capture_for(folder: Path, target: Target, redaction: str | None) -> Capture:
    """The capture that a run is added to: that of the folder, or a new one in a folder that is new or empty.

    Raises TargetError if the folder has something else, or a capture of another target or redaction key.
    """
    if folder.exists() and not folder.is_dir():
        raise TargetError(f"{folder} is no folder; name another one with --out")
    if not folder.exists() or not any(folder.iterdir()):
        return Capture(folder=folder, target=target.name, dialect=target.dialect, redaction=redaction)
    if not (folder / MANIFEST).is_file():
        raise TargetError(f"{folder}: the folder has files, but no capture; name a new folder with --out")
    capture = read_capture(folder)
    check_same(capture, target, redaction)
    return capture


def check_same(capture: Capture, target: Target, redaction: str | None) -> None:
    """Check that a capture is of this target, with this redaction key. Raises TargetError."""
    if (capture.target, capture.dialect) != (target.name, target.dialect):
        raise TargetError(
            f"{capture.folder}: has a capture of target {capture.target!r} ({capture.dialect}), and not of "
            f"{target.name!r} ({target.dialect})"
        )
    if capture.redaction != redaction:
        made = "without redaction" if capture.redaction is None else f"with the redaction key {capture.redaction}"
        now = "no redaction" if redaction is None else f"the key {redaction}"
        raise TargetError(f"{capture.folder}: was captured {made}, and this run has {now}: use the same key")


def read_json(path: Path, what: str) -> Mapping[str, Any]:
    """A JSON object of a capture. Raises TargetError if it is broken."""
    return json_document(path, what, MOST_BYTES)


def write_json(path: Path, document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Write a JSON file of a capture in one step."""
    writing.write(path, json.dumps(document, indent=1, sort_keys=True) + "\n")
