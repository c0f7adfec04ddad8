"""Counterexamples, kept as files: the smallest generated archive that made a clause fail. Later runs start with them.

CI can keep the folder between runs. The archives are generated, so they hold nothing of a target.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.files import beginning_of
from noojee_contract.model.schemas import violations

FOLDER = ".noojee-contract/counterexamples"
FORMAT = "noojee-counterexample/1"
MOST_COUNTEREXAMPLES = 200
MOST_BYTES = 16 * 1024 * 1024
_ID_DIGITS = 10


class CounterexampleStore:
    """The counterexamples in a folder, which need not exist. Other files in it are ignored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, clause: str, document: Mapping[str, Any]) -> str | None:
        """Keep an archive that made a clause fail, and return its id; None if the folder cannot be written.

        Of more than 200 counterexamples the oldest are deleted.
        """
        text = json.dumps({"format": FORMAT, "clause": clause, "archive": document}, ensure_ascii=True, sort_keys=True)
        counterexample_id = hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{counterexample_id}.json"
            part = path.with_suffix(".part")
            part.write_text(text + "\n", encoding="utf-8")
            part.replace(path)
            for old in sorted(self._files(), key=lambda file: file.stat().st_mtime)[:-MOST_COUNTEREXAMPLES]:
                old.unlink(missing_ok=True)
        except OSError:
            return None
        return counterexample_id

    def of(self, clause: str) -> list[Mapping[str, Any]]:
        """The archives that made a clause fail in earlier runs."""
        read = [_read(path) for path in sorted(self._files())]
        return [kept[1] for kept in read if kept is not None and kept[0] == clause]

    def load(self, counterexample_id: str) -> tuple[str, Mapping[str, Any]]:
        """The clause and the archive of a counterexample. Raises TargetError if there is none with this id."""
        kept = _read(self.folder / f"{counterexample_id}.json") if counterexample_id.isalnum() else None
        if kept is None:
            raise TargetError(
                f"there is no counterexample {counterexample_id!r} in {self.folder}; "
                "name the folder with --counterexamples"
            )
        return kept

    def _files(self) -> Sequence[Path]:
        return list(self.folder.glob("*.json")) if self.folder.is_dir() else []


def _read(path: Path) -> tuple[str, Mapping[str, Any]] | None:
    try:
        document = json.loads(beginning_of(path, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    clause, archive = document.get("clause"), document.get("archive")
    if not isinstance(clause, str) or not isinstance(archive, dict) or violations(archive, "own/archive"):
        return None
    return clause, archive
