"""Writes docs/options.md from the tables of open questions and profiles and the catalogue of clauses: `python docs/options.py`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import catalogue

PAGE = Path(__file__).with_suffix(".md")
OWN = PAGE.parents[1] / "schemas" / "own"
COMMAND = "python docs/options.py"
HEAD = f"""# Open questions

What no public page of the vendor settles. Each question is a option of the fake and a declaration that a target may make: a profile
(`noojee-fake serve --profile NAME|FILE`) and the `profile` of a target file take `key = "choice"`. Declared, a choice binds like a must, by the
clauses of the last column; undeclared it is observed. A question without alternatives is settled, and no option.
`noojee-fake explain PATH` tells which of them a method meets.

Made from `schemas/own/options.toml` and the catalogue of clauses by `{COMMAND}`; never edited by hand.

| row | key | question | default | alternatives | ground | clauses |
|--:|---|---|---|---|---|---|
"""
PROFILES_HEAD = """
## Named profiles

Choices that belong together (`schemas/own/profiles.toml`), for `noojee-fake serve --profile NAME`.

| name | what | choices | ground |
|---|---|---|---|
"""


def page() -> str:
    """The page as it should be: a line for each question, by row; then one for each named profile."""
    table = tomllib.loads((OWN / "options.toml").read_text(encoding="utf-8"))
    named = tomllib.loads((OWN / "profiles.toml").read_text(encoding="utf-8"))
    lines = [_question(key, table[key]) for key in sorted(table, key=lambda key: table[key]["row"])]
    return HEAD + "".join(lines) + PROFILES_HEAD + "".join(_profile(name, row) for name, row in named.items())


def _question(key: str, row: dict[str, Any]) -> str:
    asserting = [clause.id for clause in catalogue().values() if clause.declares == key]
    cells = (
        str(row["row"]),
        f"`{key}`",
        row["question"],
        f"`{row['default']}`",
        _codes(row["alternatives"]) or f"settled: {row['settled']}",
        row["provenance"],
        _codes(asserting) or "-",
    )
    return _row(*cells)


def _profile(name: str, row: dict[str, Any]) -> str:
    choices = _codes([f"{key} = {choice}" for key, choice in row["choices"].items()])
    return _row(f"`{name}`", row["about"], choices, row["provenance"])


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _codes(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
