"""`noojee-fake explain`: the behaviour of a method, with its source, and the options behind it.

The texts come from `pbx.openapi.json`, the description of the vendor's API, and from the table of options.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from noojee_fake.errors import UsageError
from noojee_fake.pbx.methods import Behaviour, Method, description, dialects, find, general, mark_of, methods
from noojee_fake.pbx.options import option_table

if TYPE_CHECKING:
    from rich.console import Console

SUMMARY = "explain a method and the sources of its behaviour"
DESCRIPTION = "Print the behaviour of a method with its sources, and the options that the vendor leaves open."
FLAGS = ()

CHOSEN = "UNKNOWN"
WIDTH = 100
_SOURCE = re.compile(r"\b[A-Z]-[A-Z0-9]\w*")


def explain(name: str | None, console: Console) -> None:
    """Print the methods that match a name, path or URL, or an overview of all methods. Raises UsageError."""
    if name is None:
        _print_overview(console)
        return
    for number, method in enumerate(find(name)):
        if number:
            console.print()
        _print_method(method, console)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the argument of the command to its parser."""
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="a path, a URL or its last part, such as retrieveMetaDataByHour (default: all methods)",
    )


def run(options: argparse.Namespace) -> int:
    """Print the methods. Returns 0, or 2 for an unknown method."""
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
                mark = mark_of(method.provenance)
                table.add_row(" ", method.verbs[0], method.names[0], method.summary, mark)
        console.print(table)
        console.print()
    example = "retrieveMetaDataByHour"
    console.print(f"Explain one method: noojee-fake explain {example}. A path selects one dialect:")
    console.print(f"noojee-fake explain {find(example)[0].path}", soft_wrap=True)


def _print_method(method: Method, console: Console) -> None:
    own = list(method.behaviours)
    common = [row for dialect in dialects() if dialect.name in method.dialects for row in dialect.behaviours]
    everywhere = [row for row in general() if _concerns(row, method)]
    names = " and ".join(method.dialects)
    console.print(f"{method.names[0]}, {names}, {_span(method.since, method.until)}", style="bold")
    for path in method.paths:
        console.print(f"  {method.verbs[0]} {path}", soft_wrap=True)
    console.print(f"  {method.summary} [{method.provenance}]")
    _print_parameters(method, console)
    _print_rows("Behaviour", own, console)
    _print_rows(f"Behaviour of every method of {names}", [row for row in common if row not in own], console)
    _print_rows("Behaviour of every request", everywhere, console)
    whole = list(dict.fromkeys([*own, *common, *everywhere]))
    _print_rows("Options: no public source describes this", whole, console, chosen=True)
    _print_sources(method, whole, console)


def _concerns(row: Behaviour, method: Method) -> bool:
    """Whether a general behaviour applies to a method: the dialects of its option decide, if it has one."""
    option = option_table().get(row.option or "")
    return option is None or not set(option.dialects).isdisjoint(method.dialects)


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
    """Print behaviours with their marks and options: those with a source, or (`chosen`) those without."""
    from rich.table import Table

    rows = [row for row in rows if (row.mark == CHOSEN) is chosen]
    if not rows:
        return
    console.print(f"\n{title}", style="bold")
    table = Table.grid(padding=(0, 2))
    for row in rows:
        heads = ("",) if chosen else ("", row.mark)
        table.add_row(*heads, f"{row.text} [{row.source}]" if row.source else row.text)
        for line in _option_lines(row):
            table.add_row(*("" for _ in heads), line)
    console.print(table)


def _option_lines(row: Behaviour) -> Iterator[str]:
    option = option_table().get(row.option or "")
    if option is not None and option.alternatives:
        yield f"{option.key} = {option.default}, or {', '.join(option.alternatives)}"


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
