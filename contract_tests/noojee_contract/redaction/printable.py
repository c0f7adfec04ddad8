"""Escapes characters that control a terminal, and texts that a CI server would run as commands. Pure."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"^([ \t]*):(?=:[a-z])|#(?=#(?:vso|teamcity)?\[)", re.IGNORECASE | re.MULTILINE)
"""What CI servers read as a command in the log of a step.

`::error::` begins a line, after blanks (GitHub, Gitea, Forgejo). `##[error]` (GitHub), `##vso[` (Azure Pipelines) and
`##teamcity[` (TeamCity) may be anywhere in it. Source: actions/runner, src/Runner.Common/ActionCommand.cs.
"""


def escaped(text: str, *, kept: str = "") -> str:
    """Escape characters that control a terminal or change text direction, except `kept`, and commands to a CI server.

    A hostile tag must not control the terminal that shows a report, nor the log of CI.
    """
    if not text.isprintable():
        text = "".join(
            sign if sign.isprintable() or sign in kept else sign.encode("unicode_escape").decode() for sign in text
        )
    return _COMMAND.sub(_without_command, text)


def _without_command(match: re.Match[str]) -> str:
    return r"\x23" if match[1] is None else rf"{match[1]}\x3a"
