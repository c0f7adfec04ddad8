"""Reads a log as CI servers do: which of its lines they would run as commands. It shares no code with `redaction`."""

from __future__ import annotations

HOSTILE = (
    "::error file=app.py,line=1::planted",
    "  ::add-mask::planted",
    "::stop-commands::planted",
    "##[error]planted",
    "###[add-mask]planted",
    "planted ##[set-output name=go]yes",
    "##vso[task.complete result=Succeeded]planted",
    "##teamcity[buildStatus status='SUCCESS']",
)
"""Texts of a server that are commands, or become one where a line is wrapped."""


def commands(log: str) -> list[str]:
    """The lines of a log that GitHub, Azure Pipelines or TeamCity would run.

    GitHub strips blanks before `::`, and looks for `##[` in the whole line, as Azure does for `##vso[`.
    """
    return [line for line in log.splitlines() if _is_command(line)]


def _is_command(line: str) -> bool:
    begins = line.lstrip()
    if begins.startswith("::") and "::" in begins[2:] and begins[2:3].isalpha():
        return True
    return any(mark in line.lower() for mark in ("##[", "##vso[", "##teamcity["))
