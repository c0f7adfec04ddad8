"""The page of the commands, from their parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from tables import code, table

HEAD = """# Commands

Two commands are installed: `noojee-contract` (verify, compare, record) and `noojee-fake` (serve a PBX). No flag takes a
secret: name the environment variable that holds it. `--help` after a command prints its flags.
"""


def page(parsers: dict[str, argparse.ArgumentParser]) -> str:
    """The page of commands, by name."""
    return "\n".join([HEAD, *(_command(name, parser) for name, parser in parsers.items())])


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """The commands of a parser: name, parser, and the line of the help."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {each.dest: each.help or "" for each in action._choices_actions}
            for name, command in action.choices.items():
                yield f"{parser.prog} {name}", command, helps[name]


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    words = [each.metavar or each.dest for each in parser._actions if not each.option_strings]
    usage = " ".join([name, "[FLAG ...]", *(f"[{word}]" for word in map(str, words))])
    head = filter(None, (f"## {name}", (parser.description or "").strip(), f"```text\n{usage}\n```\n"))
    parts = ["\n\n".join(head)]
    for group in parser._action_groups:
        rows = [_row(action) for action in group._group_actions if action.help != argparse.SUPPRESS]
        rows = [row for row in rows if row[0] != "`-h`, `--help`"]
        if rows:
            title = {"positional arguments": "Arguments", "options": "Flags"}.get(group.title or "", group.title or "")
            parts.append(f"### {title[:1].upper()}{title[1:]}\n\n" + table(["flag", "what it does"], rows))
    return "\n".join(parts)


def _row(action: argparse.Action) -> list[str]:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if not action.option_strings:
        return [code(metavar or action.dest), _help(action)]
    value = "" if action.nargs == 0 else metavar or "|".join(map(str, action.choices or ())) or action.dest.upper()
    names = [code(f"{name} {value}".strip()) for name in action.option_strings]
    return [", ".join(names), _help(action)]


def _help(action: argparse.Action) -> str:
    return (action.help or "") % {"default": action.default, "prog": ""}
