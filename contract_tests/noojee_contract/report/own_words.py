"""The words of this package's own messages, which a shared report keeps. Read from its modules."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.resources import schemas

PACKAGES = ("catalogue", "cli", "clients", "comparison", "dialects", "engine", "model", "report", "suite", "targets")
"""The packages that write messages of reports."""
SAMPLE_NAMES = frozenset(
    "alice barney betty fred fritz mark may neil pearl smith söhne ltd wilma zoë".split()  # noqa: SIM905  a list of words
)
"""Names of people in sample calls of the suite, and words that are names too."""
ROOT = Path(__file__).parents[1]
_NAME = re.compile(r"[^\W\d_]{2,}(?:_[^\W\d_]+)*")


@cache
def own_words() -> frozenset[str]:
    """All words and names in texts of the code, the catalogue's sentences and the options, in lower case.

    It takes about a second, once.
    """
    texts = [clause.sentence for clause in catalogue().values()]
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            texts += _texts(ast.parse(path.read_text(encoding="utf-8")))
    options = tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8"))
    texts += [text for key, row in options.items() for text in (key, *row["alternatives"])]
    names = {name.lower() for text in texts for name in _NAME.findall(text)}
    return frozenset(names | {word for name in names for word in name.split("_")}) - SAMPLE_NAMES


def _texts(tree: ast.AST) -> Iterator[str]:
    """The texts of a module without its docstrings."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
