"""CounterexampleStore on generated calls, kept as files: the smallest archive that broke a clause is tried first in every later run.

A folder that CI can carry from run to run. Archives are made up, so nothing of a target's stands in them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noojee_contract.errors import TargetError
from noojee_contract.model.schemas import violations

FOLDER = ".noojee-contract/counterexamples"
FORMAT = "noojee-counterexample/1"
MOST_FINDS = 200
_ID_DIGITS = 10


class CounterexampleStore:
    """The finds in a folder, which need not be there yet. A file that is no find of ours is passed over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, clause: str, document: Mapping[str, Any]) -> str | None:
        """Keep an archive that broke a clause, and give its id; None where the folder cannot be written.

        Of more than 200 finds the oldest go.
        """
        text = json.dumps({"format": FORMAT, "clause": clause, "archive": document}, ensure_ascii=True, sort_keys=True)
        find_id = hashlib.sha256(text.encode()).hexdigest()[:_ID_DIGITS]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{find_id}.json"
            made = path.with_suffix(".part")
            made.write_text(text + "\n", encoding="utf-8")
            made.replace(path)
            for old in sorted(self._files(), key=lambda file: file.stat().st_mtime)[:-MOST_FINDS]:
                old.unlink(missing_ok=True)
        except OSError:
            return None
        return find_id

    def of(self, clause: str) -> list[Mapping[str, Any]]:
        """The archives that broke a clause once."""
        read = [_read(path) for path in sorted(self._files())]
        return [archive for found in read if found is not None for known, archive in [found] if known == clause]

    def load(self, find_id: str) -> tuple[str, Mapping[str, Any]]:
        """The clause and the archive of a find. Raises TargetError where there is none."""
        found = _read(self.folder / f"{find_id}.json") if find_id.isalnum() else None
        if found is None:
            raise TargetError(f"there is no find {find_id!r} in {self.folder}; name the folder with --counterexamples")
        return found

    def _files(self) -> Sequence[Path]:
        return list(self.folder.glob("*.json")) if self.folder.is_dir() else []


def _read(path: Path) -> tuple[str, Mapping[str, Any]] | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    clause, archive = document.get("clause"), document.get("archive")
    if not isinstance(clause, str) or not isinstance(archive, dict) or violations(archive, "own/archive"):
        return None
    return clause, archive
