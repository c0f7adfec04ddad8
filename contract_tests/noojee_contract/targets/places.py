"""Where the key of a target is set, for messages that say what to change. Reads the target file again."""

from __future__ import annotations

import re
from pathlib import Path

from noojee_contract.targets.flags import TARGET_FLAGS


def place_of(key: str, target_name: str, config: str | None) -> str:
    """The line of the target file that sets a key, or the flag. `config` is the target file, None for flags."""
    if config is None:
        return next(flag.flag for flag in TARGET_FLAGS if flag.name == key)
    line = _line_of(key, target_name, Path(config))
    return f"{config}, [targets.{target_name}]" if line is None else f"{config}, line {line}"


def _line_of(key: str, target_name: str, path: Path) -> int | None:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    inside = False
    for number, line in enumerate(lines, 1):
        table = re.fullmatch(r"\s*\[\s*targets\s*\.\s*[\"']?(.+?)[\"']?\s*\]\s*(?:#.*)?", line)
        if line.lstrip().startswith("["):
            inside = table is not None and table[1] == target_name
        elif inside and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return None
