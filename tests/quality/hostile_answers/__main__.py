"""Measures `verify` on each hostile answer: exit code, seconds, peak memory.

Run `python -m quality.hostile_answers [NAME ...]`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from quality.hostile_answers.measured import LARGEST_BYTES, measure
from support.hostile_answers import HOSTILE


def main(names: list[str]) -> int:
    """Print a table in Markdown. Returns 1 if a run ended with a traceback, or used too much memory."""
    print("| answer | exit | seconds | peak memory | report |\n|---|---|---|---|---|")
    bad = 0
    for name in names or HOSTILE:
        with tempfile.TemporaryDirectory() as folder:
            run = measure(HOSTILE[name], Path(folder))
        bad += run.has_traceback or run.peak_bytes > LARGEST_BYTES
        print(
            f"| {name} | {run.code} | {run.seconds:.1f} | {run.peak_bytes / 1024**2:.0f} MiB | {run.says} |", flush=True
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
