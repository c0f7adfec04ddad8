"""Writes the pages of docs/reference that follow from code and schemas: `python docs/generate`.

With `--check`, it writes nothing, and exits with 1 if a page is stale, or if the site lacks a page or a package (see
`complete.py`). It names them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import archives
import clauses
import commands
import complete
import files
import flags
import openapi
import options
import outcomes
import probe
import pytest_reference
import python_api

import noojee_contract.cli.main
import noojee_fake.cli.main

REFERENCE = Path(__file__).parents[1] / "reference"
NOTE = "<!-- Written by `python docs/generate`. Do not edit. -->\n\n"
FORMATS = {
    "archive": "archive-file",
    "capture": "capture-manifest",
    "dialect": "dialect-file",
    "directory": "directory-file",
    "exchange": "exchange",
    "profile": "profile-file",
    "exchange-file": "exchange-file",
    "recordings": "recordings-file",
    "report": "report-file",
    "target": "target-file",
}
PAGES: Mapping[str, Callable[[], str]] = {
    "archives": archives.page,
    "clauses": clauses.page,
    "commands": lambda: commands.page({**noojee_contract.cli.main.parsers(), **noojee_fake.cli.main.parsers()}),
    "control-api": openapi.control_api,
    "flags": flags.page,
    "options": options.page,
    "outcomes": outcomes.page,
    "pbx-api": openapi.pbx_api,
    "probe": probe.page,
    "pytest": pytest_reference.page,
    "python-api": python_api.page,
    **{page: partial(files.page, name) for name, page in FORMATS.items()},
}


def main() -> int:
    """Write or check the pages. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python docs/generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is stale")
    options = parser.parse_args()
    stale = []
    for name, page in PAGES.items():
        path = REFERENCE / f"{name}.md"
        text = NOTE + page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not options.check:
                path.write_text(text, encoding="utf-8")
    print("Stale:" if options.check else "Written:", ", ".join(stale) or "none")
    gaps = complete.gaps()
    print(*gaps, sep="\n", end="\n" if gaps else "")
    return 1 if options.check and (stale or gaps) else 0


if __name__ == "__main__":
    sys.exit(main())
