"""`noojee-contract init`: writes a commented target file, and its JSON Schema for editors."""

from __future__ import annotations

import argparse
from pathlib import Path

from noojee_contract.cli.messages import say_end
from noojee_contract.model.outcome import EXIT_OK, EXIT_USAGE
from noojee_contract.resources import schemas
from noojee_contract.targets.flags import target_keys

SHOWN = (
    "base_url", "dialect", "time_zone", "api_key_env", "recordings", "requests_per_second", "negative_tests",
)  # fmt: skip
"""The keys that the file sets; all others are listed as comments."""
HEAD = """\
#:schema ./{schema}
# A table for each server to test. The keys stay in the environment; this file names the variables.

[targets.staging]
base_url = "https://staging.example.com"
dialect = "njadmin"                  # API key. The legacy API is "recording-api", "call-management" or "services".
time_zone = "Australia/Melbourne"    # of the dates in the answers
api_key_env = "STAGING_PBX_KEY"
recordings = "recordings.csv"        # recordings that the PBX holds: lines such as tag,INV-1042 below a line kind,value
requests_per_second = 2
negative_tests = "allowed"           # wrong keys, hostile values, a second by-hour request. Production: "waived".

# More keys of a target:
#
"""
TAIL = """\

# A second server, and the comparison of both:
#
# [targets.old]
# base_url = "https://pbx.example.com"
# dialect = "recording-api"
# time_zone = "Australia/Melbourne"
# api_key_env = "OLD_PBX_KEY"
# recordings = "recordings.csv"
# requests_per_second = 2
# negative_tests = "waived"
#
# [[migration]]
# from = "old"
# to = "staging"
"""


def init(options: argparse.Namespace) -> int:
    """Write the file and the schema next to it. Returns 0, or 2 if a file exists or cannot be written."""
    file: Path = options.file
    if file.is_dir():
        return say_end(f"{file} is a folder; give the name of a file", EXIT_USAGE)
    schema = file.with_name(f"{file.stem}.schema.json")
    for path in (file, schema):
        if path.exists():
            return say_end(f"{path} exists; name another file, or delete it first", EXIT_USAGE)
    try:
        _write(file, target_file(schema.name))
        _write(schema, schemas("own", "target.schema.json").read_text(encoding="utf-8"))
    except OSError as error:
        return say_end(f"{error.filename} cannot be written: {error.strerror}", EXIT_USAGE)
    print(
        f"{file} is written. Change base_url, list recordings of the PBX in recordings.csv (a line kind,value, and "
        "below it lines such as tag,INV-1042), set the variable STAGING_PBX_KEY, and run\n"
        f"  noojee-contract verify --config {file}\n"
        "The flag --plan shows the requests, and sends nothing."
    )
    return EXIT_OK


def target_file(schema: str) -> str:
    """The text of the file. `schema` is the address of its JSON Schema."""
    rows = [f"# {name}: {row['description']}\n" for name, row in target_keys().items() if name not in SHOWN]
    return HEAD.format(schema=schema) + "".join(rows) + TAIL


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
