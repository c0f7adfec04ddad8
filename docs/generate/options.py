"""Writes docs/reference/options.md from the options, the named profiles and the catalogue of clauses: `python docs/generate`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import catalogue

OWN = Path(__file__).parents[2] / "schemas" / "own"
COMMAND = "python docs/generate"
HEAD = f"""# Options

An option is a point that no public page of the vendor settles. Each option of the fake has a default and other values.
Set options in a profile (`noojee-fake serve --profile NAME|FILE`) or in the `profile` of a target file, as `key = "value"`.
In a target file, a set option binds like a must: the clauses of the last column check it. Without a setting these clauses are informational.
A settled option has no alternatives. `noojee-fake explain PATH` shows the options of a method.

This page is generated from `schemas/own/options.toml` and the catalogue of clauses by `{COMMAND}`. Do not edit it.

| key | question | default | alternatives | source | clauses |
|---|---|---|---|---|---|
"""
PROFILES_HEAD = """
## Named profiles

Values of options that belong together (`schemas/own/profiles.toml`), for `noojee-fake serve --profile NAME`.

| name | what | values | source |
|---|---|---|---|
"""


def page() -> str:
    """The text of the page: one row for each option, then one row for each named profile."""
    table = tomllib.loads((OWN / "options.toml").read_text(encoding="utf-8"))
    named = tomllib.loads((OWN / "profiles.toml").read_text(encoding="utf-8"))
    lines = [_option(key, row) for key, row in table.items()]
    return HEAD + "".join(lines) + PROFILES_HEAD + "".join(_profile(name, row) for name, row in named.items())


def _option(key: str, row: dict[str, Any]) -> str:
    asserting = [clause.id for clause in catalogue().values() if clause.declares == key]
    cells = (
        f"`{key}`",
        row["question"],
        f"`{row['default']}`",
        _codes(row["alternatives"]) or f"settled: {row['settled']}",
        row["provenance"],
        _codes(asserting) or "-",
    )
    return _row(*cells)


def _profile(name: str, row: dict[str, Any]) -> str:
    values = _codes([f"{key} = {value}" for key, value in row["values"].items()])
    return _row(f"`{name}`", row["about"], values, row["provenance"])


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _codes(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
