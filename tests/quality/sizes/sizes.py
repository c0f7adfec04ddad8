"""Classes, functions and constructors of the two packages that are larger than the limits, found by `ast`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = (ROOT / "fake_server" / "noojee_fake", ROOT / "contract_tests" / "noojee_contract")
LONGEST_CLASS_LINES, LONGEST_FUNCTION_LINES, MOST_PARAMETERS, MOST_POSITIONAL_FIELDS = 200, 40, 6, 2
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversize:
    """A definition beyond a limit. `name` is "path::Class.method", `what` the limit, `size` the value."""

    name: str
    what: str
    size: int

    @property
    def key(self) -> str:
        """The entry of the allow-list that names it."""
        return f"{self.name} {self.what}"


def oversizes(root: Path = ROOT) -> Iterator[Oversize]:
    """Everything beyond a limit in the packages below a root."""
    for package in PACKAGES:
        for file in sorted((root / package.relative_to(ROOT)).rglob("*.py")):
            yield from _in_module(ast.parse(file.read_text(encoding="utf-8")), file.relative_to(root).as_posix())


def _in_module(tree: ast.Module, path: str) -> Iterator[Oversize]:
    for name, node in definitions(tree):
        full = f"{path}::{name}"
        for what, size in _sizes(node):
            yield Oversize(name=full, what=what, size=size)


def definitions(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Definition]]:
    """Every function and class below a node with its qualified name."""
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, Definition):
            name = f"{prefix}.{child.name}".lstrip(".")
            yield name, child
        yield from definitions(child, name)


def _sizes(node: Definition) -> Iterator[tuple[str, int]]:
    """The limits that a definition exceeds, with its values."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if isinstance(node, ast.ClassDef):
        if lines > LONGEST_CLASS_LINES:
            yield "class-lines", lines
        yield from _fields(node)
        return
    if lines > LONGEST_FUNCTION_LINES:
        yield "function-lines", lines
    if node.name == "__init__":
        parameters = len(node.args.posonlyargs) + len(node.args.args) + len(node.args.kwonlyargs) - 1
        if parameters > MOST_PARAMETERS:
            yield "constructor-parameters", parameters


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, int]]:
    """A dataclass with more than two fields takes them by keyword; one with behaviour has at most six."""
    call = next((each for each in node.decorator_list if _is_dataclass(each)), None)
    if call is None:
        return
    keywords = call.keywords if isinstance(call, ast.Call) else []
    keyword_only = any(each.arg == "kw_only" and _is_true(each.value) for each in keywords)
    fields = sum(isinstance(each, ast.AnnAssign) and not _is_class_variable(each) for each in node.body)
    if fields > MOST_POSITIONAL_FIELDS and not keyword_only:
        yield "positional-fields", fields


def _is_dataclass(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(target, ast.Name) and target.id == "dataclass"


def _is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _is_class_variable(node: ast.AnnAssign) -> bool:
    return "ClassVar" in ast.unparse(node.annotation)
