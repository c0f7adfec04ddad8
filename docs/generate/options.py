"""The page of the options, from the options, the named profiles and the catalogue of clauses."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tables import cited, code, codes, section, table

from noojee_contract.catalogue.clauses import catalogue

OWN = Path(__file__).parents[2] / "schemas" / "own"
HEAD = """# Options

An option is a point that no public page of the vendor settles. Each option of the fake has a default and other values.
Set options in a profile (`noojee-fake serve --profile NAME|FILE`) or in the `profile` of a target file, as
`key = "value"`. In a target file, a set option binds like a must: the clauses of the last column check it. Without a
setting these clauses are informational. A settled option has no alternatives. `noojee-fake explain PATH` shows the
options of a method.
"""


def page() -> str:
    """The whole page: one row for each option, then one row for each named profile."""
    options = tomllib.loads((OWN / "options.toml").read_text(encoding="utf-8"))
    profiles = tomllib.loads((OWN / "profiles.toml").read_text(encoding="utf-8"))
    head = ["key", "question", "default", "alternatives", "source", "clauses"]
    return "\n".join(
        [
            HEAD,
            table(head, [_option(key, row) for key, row in options.items()]),
            section(
                "Named profiles",
                "Values of options that belong together, for `noojee-fake serve --profile NAME`.",
                ["name", "what", "values", "source"],
                [_profile(name, row) for name, row in profiles.items()],
            ),
        ]
    )


def _option(key: str, row: dict[str, Any]) -> list[str]:
    asserting = [clause.id for clause in catalogue().values() if clause.declares == key]
    alternatives = codes(row["alternatives"]) or f"settled: {row['settled']}"
    return [code(key), row["question"], code(row["default"]), alternatives, cited(row["provenance"]), codes(asserting)]


def _profile(name: str, row: dict[str, Any]) -> list[str]:
    values = codes(f"{key} = {value}" for key, value in row["values"].items())
    return [code(name), row["about"], values, cited(row["provenance"])]
