"""`python -m quality.baseline detection|nodes FILE`: compares today's results with those before the reorganisation.

The old results lie next to this module; `names.toml` maps old names to new ones. Each command prints what differs, and
exits with 1 if a faulty server that was caught is missed now. For code mutants, see
`tox -e mutation -- --baseline tests/quality/baseline/mutants.jsonl`.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NAMES = tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))
COMPARED = ("first", "names_it", "shows_it", "groups")


def detection(new_path: Path) -> int:
    """Compare the rows of faulty servers: caught, first clause, names_it, shows_it, number of groups."""
    old, new = (_rows(path) for path in (HERE / "detection.jsonl", new_path))
    lost = [name for name, row in old.items() if row["failed"] and not new.get(name, {}).get("failed")]
    print(
        f"{len(old)} faulty servers before, {len(new)} now; "
        f"{sum(bool(row['failed']) for row in new.values())} caught now"
    )
    for name in lost:
        print(f"LOST  {name}: was caught by {old[name]['first']}")
    for name in sorted(old.keys() - new.keys()):
        print(f"ABSENT  {name}")
    counts: Counter[str] = Counter()
    for name, row in old.items():
        for key in COMPARED:
            if name in new and row[key] != new[name][key]:
                counts[key] += 1
                print(f"{key}  {name}: {row[key]} -> {new[name][key]}")
    print("differences:", ", ".join(f"{key} {counts[key]}" for key in COMPARED))
    return 1 if lost else 0


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """The rows of a file by name, with the clause ids of today in place of numbers."""
    header, *lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    clauses = [_clause_id(clause) for clause in header["clauses"]]
    found = {}
    for row in lines:
        if "name" in row:
            failed = [clauses[number] for number in row.get("failed", row.get("broken", ()))]
            first = None if row["first"] is None else clauses[row["first"]]
            found[row["name"]] = {**row, "failed": failed, "first": first}
    return found


def _clause_id(old: str) -> str:
    return NAMES["clauses"].get(old) or re.sub(r"^recording\.", "live-calls.", old)


def nodes(new_path: Path) -> int:
    """List old test functions whose new one is absent; `new_path` holds the output of `pytest --collect-only -q`."""
    new = {_function(line) for line in _node_lines(new_path)}
    old = {_mapped(_function(line)) for line in _node_lines(HERE / "test-nodes.txt")}
    missing = sorted(old - new)
    for function in missing:
        print(function)
    print(f"{len(old)} test functions before, {len(missing)} without a successor")
    return 1 if missing else 0


def _node_lines(path: Path) -> Iterator[str]:
    return (line for line in path.read_text(encoding="utf-8").splitlines() if "::" in line)


def _mapped(function: str) -> str:
    """The place and name of an old test function today."""
    if function in NAMES["test_functions"]:
        return str(NAMES["test_functions"][function])
    for old, new in sorted(NAMES["tests"].items(), key=lambda pair: -len(pair[0])):
        if function.startswith(f"{old}/"):
            return str(new) + function[len(old) :]
    return function


def _function(node: str) -> str:
    """The file and the function of a node, without class and parameters."""
    path, *_, function = node.partition("[")[0].split("::")
    return f"{path}::{function}"


def main(words: Sequence[str]) -> int:
    """Run one comparison. The second word is the file of new results."""
    commands = {"detection": detection, "nodes": nodes}
    if len(words) != 2 or words[0] not in commands:
        print(__doc__)
        return 2
    return commands[words[0]](Path(words[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
