"""`noojee-fake explain`: what a method does, on whose word, and what is only chosen.

Everything it tells stands in `pbx.openapi.json`, the description of the vendor's API, and in the table of open questions.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from noojee_fake.errors import UsageError
from noojee_fake.pbx.methods import Behaviour, Method, description, dialects, find, general, methods
from noojee_fake.pbx.options import option_table

if TYPE_CHECKING:
    from rich.console import Console

CHOSEN = "UNKNOWN"
WIDTH = 100
_SOURCE = re.compile(r"\b[A-Z]-[A-Z0-9]\w*")


def explain(asked: str | None, console: Console) -> None:
    """Print what is known of the methods that `asked` names, or a table of all. Raises UsageError."""
    if asked is None:
        _print_overview(console)
        return
    for number, method in enumerate(find(asked)):
        if number:
            console.print()
        _print_method(method, console)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="a path, a URL or its last part, such as retrieveMetaDataByHour; without it: all methods",
    )


def run(options: argparse.Namespace) -> int:
    """Print, and return the exit code: 0, or 2 for a method that is not there."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(WIDTH, console.width) if console.is_terminal else WIDTH
    try:
        with console.capture() as printed:
            explain(options.path, console)
    except UsageError as error:
        sys.stderr.write(f"noojee-fake: {error}\n")
        return 2
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in printed.get().splitlines()))
    return 0


def _span(since: str, until: str) -> str:
    return f"version {since}" if since == until else f"versions {since} to {until}"


def _print_overview(console: Console) -> None:
    from rich.table import Table

    for dialect in dialects():
        console.print(f"{dialect.name}, {_span(dialect.since, dialect.until)} ({dialect.product})", style="bold")
        console.print(dialect.description)
        table = Table.grid(padding=(0, 2))
        for method in methods():
            if dialect.name in method.dialects:
                mark = Behaviour("", method.provenance).mark
                table.add_row(" ", method.verbs[0], method.names[0], method.summary, mark)
        console.print(table)
        console.print()
    example = "retrieveMetaDataByHour"
    console.print(f"All about one: noojee-fake explain {example}. A whole path, or a URL, picks one generation:")
    console.print(f"noojee-fake explain {find(example)[0].path}", soft_wrap=True)


def _print_method(method: Method, console: Console) -> None:
    told = list(method.behaviours)
    common = [row for dialect in dialects() if dialect.name in method.dialects for row in dialect.behaviours]
    everywhere = [row for row in general() if _concerns(row, method)]
    names = " and ".join(method.dialects)
    console.print(f"{method.names[0]}, {names}, {_span(method.since, method.until)}", style="bold")
    for path in method.paths:
        console.print(f"  {method.verbs[0]} {path}", soft_wrap=True)
    console.print(f"  {method.summary} [{method.provenance}]")
    _print_parameters(method, console)
    _print_rows("What it does", told, console)
    _print_rows(f"As every method of {names}", [row for row in common if row not in told], console)
    _print_rows("As every request", everywhere, console)
    whole = list(dict.fromkeys([*told, *common, *everywhere]))
    _print_rows("Only chosen: no public word says so", whole, console, chosen=True)
    _print_sources(method, whole, console)


def _concerns(row: Behaviour, method: Method) -> bool:
    """Whether a general behaviour holds for a method: where it has a option, the option says for which dialects."""
    question = option_table().get(row.option or "")
    return question is None or not set(question.dialects).isdisjoint(method.dialects)


def _print_parameters(method: Method, console: Console) -> None:
    from rich.table import Table

    if not method.parameters:
        return
    console.print("\nParameters", style="bold")
    table = Table.grid(padding=(0, 2))
    for row in method.parameters:
        since = "" if row.since is None else f" From {row.since} on."
        table.add_row(
            "",
            row.name,
            "required" if row.required else "optional",
            f"{row.description}{since} [{row.provenance}]",
        )
    console.print(table)


def _print_rows(title: str, rows: Iterable[Behaviour], console: Console, *, chosen: bool = False) -> None:
    """Behaviours with their marks, and below each the option that changes it: either those with a source, or the rest."""
    from rich.table import Table

    rows = [row for row in rows if (row.mark == CHOSEN) is chosen]
    if not rows:
        return
    console.print(f"\n{title}", style="bold")
    table = Table.grid(padding=(0, 2))
    for row in rows:
        heads = ("",) if chosen else ("", row.mark)
        table.add_row(*heads, f"{row.text} [{row.source}]" if row.source else row.text)
        for line in _switch_lines(row):
            table.add_row(*("" for _ in heads), line)
    console.print(table)


def _switch_lines(row: Behaviour) -> Iterator[str]:
    question = option_table().get(row.option or "")
    if question is not None and question.alternatives:
        yield f"{question.key} = {question.default}, or {', '.join(question.alternatives)}"


def _print_sources(method: Method, rows: Iterable[Behaviour], console: Console) -> None:
    from rich.table import Table

    text = " ".join(
        [method.provenance, *(row.provenance for row in method.parameters), *(row.provenance for row in rows)]
    )
    keys = dict.fromkeys(_SOURCE.findall(text))
    sources = description()["x-sources"]
    console.print("\nSources", style="bold")
    table = Table.grid(padding=(0, 2))
    for key in sorted(keys):
        table.add_row("", key, sources[key]["title"])
    console.print(table)
