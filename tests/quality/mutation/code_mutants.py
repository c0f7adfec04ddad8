"""Code mutants by function and operator, so that a mutant is found again after lines, modules or names have changed."""

from __future__ import annotations

import ast
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FORMAT = "noojee-mutation/1"
PACKAGE = Path("fake_server", "noojee_fake")
MUTATED = (
    PACKAGE / "api" / "dialects",
    PACKAGE / "pbx" / "credentials.py",
    PACKAGE / "pbx" / "rate_limit.py",
    PACKAGE / "pbx" / "addresses.py",
    PACKAGE / "pbx" / "store",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMutant:
    """One change of the fake's code by a cosmic-ray operator.

    `module` is relative to the package, `function` the enclosing function or class ("Class.method"; "" for the module).
    `occurrence` counts the operator within the function, from 0. `before` and `after` are the changed lines with single
    spaces. `caught_by` is "suite", "tests" or, for a survivor, "".
    """

    module: str
    function: str
    operator: str
    arguments: Mapping[str, Any]
    occurrence: int
    line: int
    before: str
    after: str = ""
    caught_by: str = ""

    @property
    def kind(self) -> tuple[str, str]:
        """The operator with its arguments."""
        return self.operator, json.dumps(self.arguments, sort_keys=True)


def enclosing_function(tree: ast.Module, position: tuple[int, int]) -> str:
    """The qualified name of the innermost function or class around a position (line, column)."""
    names: list[str] = []
    node: ast.AST = tree
    while True:
        inner = next((each for each in _definitions(node) if _contains(each, position)), None)
        if inner is None:
            return ".".join(names)
        names.append(inner.name)
        node = inner


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _definitions(node: ast.AST) -> Iterable[_Definition]:
    """The definitions below a node, outer ones first."""
    return (each for each in ast.walk(node) if each is not node and isinstance(each, _Definition))


def _contains(node: _Definition, position: tuple[int, int]) -> bool:
    end = (node.end_lineno or 0, node.end_col_offset or 0)
    return (node.lineno, node.col_offset) <= position < end


def numbered(mutants: Iterable[CodeMutant]) -> list[CodeMutant]:
    """The same mutants with `occurrence` counted within module, function and operator, in the given order."""
    counts: dict[tuple[str, str, tuple[str, str]], int] = defaultdict(int)
    found: list[CodeMutant] = []
    for mutant in mutants:
        key = (mutant.module, mutant.function, mutant.kind)
        found.append(replace(mutant, occurrence=counts[key]))
        counts[key] += 1
    return found


def mapped(baseline: Sequence[CodeMutant], today: Sequence[CodeMutant]) -> tuple[dict[int, int], list[CodeMutant]]:
    """For each mutant of a baseline the same mutant today, as places in both; and the mutants without one.

    Text, function and operator are compared first; then looser, down to operator and function name alone. Each mutant
    of today is used once.
    """
    found: dict[int, int] = {}
    used: set[int] = set()
    for rule in _RULES:
        by_key: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for place, mutant in enumerate(today):
            by_key[rule(mutant)].append(place)
        for place, mutant in enumerate(baseline):
            if place in found:
                continue
            candidates = [each for each in by_key[rule(mutant)] if each not in used]
            if candidates:
                found[place] = min(candidates, key=lambda each: abs(today[each].occurrence - mutant.occurrence))
                used.add(found[place])
    return found, [mutant for place, mutant in enumerate(baseline) if place not in found]


def _name(mutant: CodeMutant) -> str:
    """The function without its class; `__init__` and its like keep the class, as every class has them."""
    name = mutant.function.rpartition(".")[2]
    return mutant.function if name.startswith("__") else name


_RULES = (
    lambda mutant: (mutant.function, mutant.kind, mutant.before, mutant.occurrence),
    lambda mutant: (mutant.function, mutant.kind, mutant.before),
    lambda mutant: (_name(mutant), mutant.kind, mutant.before),
    lambda mutant: (mutant.kind, mutant.before),
    lambda mutant: (mutant.function, mutant.kind, mutant.occurrence),
    lambda mutant: (mutant.function, mutant.kind),
    lambda mutant: (_name(mutant), mutant.kind),
)


def written(mutants: Sequence[CodeMutant], *, total: int, random_seed: int) -> str:
    """JSON lines: a header, then a line for each mutant."""
    header = {"format": FORMAT, "code_mutants": total, "random_seed": random_seed}
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (header, *map(asdict, mutants)))


def read(file: Path) -> list[CodeMutant]:
    """The mutants of a file that `written` wrote. Raises ValueError for another format."""
    header, *lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    if header.get("format") != FORMAT:
        raise ValueError(f"{file.name} is no {FORMAT} file: write it with tox -e mutation")
    return [CodeMutant(**line) for line in lines]
