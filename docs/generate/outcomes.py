"""The page of outcomes, verdicts, exit codes and failure kinds, from the enumerations of the code."""

from __future__ import annotations

import ast
import inspect
from enum import StrEnum

from tables import code, section

from noojee_contract.model import failure, outcome

HEAD = """# Outcomes and exit codes

Each clause has one outcome on each target. The verdict of the run is the first line of the report, and decides the exit
code. Exit code 2 is wrong usage or configuration: one line says what to change, and there is no report.

`record`, `capture`, `upgrade-check` and `probe` use the same codes: 2 for wrong usage; 3 if a limit of the target
(`request_budget`) or a busy PBX (429, 503) leaves something out; 4 if the PBX does not answer.
"""


def page() -> str:
    """The whole page."""
    verdicts = [[code(each), str(outcome.EXIT_CODES[each]), text] for each, text in members(outcome.Verdict)]
    return "\n".join(
        [
            HEAD,
            section("Outcomes of a clause", "Worst first.", ["outcome", "meaning"], _rows(outcome.Outcome)),
            section("Verdicts of a run", "", ["verdict", "exit code", "meaning"], verdicts),
            section(
                "Kinds of failure",
                "Each failure has a kind. Reports group failures by kind, field, header and exchange.",
                ["kind", "meaning"],
                _rows(failure.FailureKind),
            ),
        ]
    )


def members(enumeration: type[StrEnum]) -> list[tuple[StrEnum, str]]:
    """The members of an enumeration with the docstrings below them."""
    (definition,) = ast.parse(inspect.getsource(enumeration)).body
    assert isinstance(definition, ast.ClassDef)
    texts: dict[str, str] = {}
    for before, after in zip(definition.body, definition.body[1:], strict=False):
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            (name,) = before.targets
            texts[ast.unparse(name)] = str(after.value.value)
    return [(member, texts.get(member.name, "")) for member in enumeration]


def _rows(enumeration: type[StrEnum]) -> list[list[str]]:
    return [[code(member), text] for member, text in members(enumeration)]
