"""A code mutant is found again by function and operator, whatever happened to lines, modules and names."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from quality.detection.results import ROOT
from quality.mutation.code_mutants import (
    MUTATED,
    CodeMutant,
    enclosing_function,
    mapped,
    numbered,
    read,
    written,
)
from quality.mutation.run_tests import TESTS

SOURCE = """
LIMIT = 1
class Store:
    SIZE = 2
    def add(self, call):
        def inner():
            return 1 + 2
        return inner() == call
"""


def mutant(**changes: object) -> CodeMutant:
    plain = CodeMutant(
        module="store.py", function="Store.add", operator="core/NumberReplacer", arguments={}, occurrence=0, line=1,
        before="return 1",
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("position", "function"),
    [((2, 8), ""), ((4, 11), "Store"), ((7, 19), "Store.add.inner"), ((8, 23), "Store.add")],
)
def test_the_innermost_definition_encloses(position: tuple[int, int], function: str) -> None:
    """Classes and functions, nested ones too."""
    assert enclosing_function(ast.parse(SOURCE), position) == function


def test_occurrences_count_within_function_and_operator() -> None:
    """Another function or operator starts at 0 again."""
    found = numbered([mutant(), mutant(), mutant(function="Store.drop"), mutant(operator="core/Break"), mutant()])
    assert [each.occurrence for each in found] == [0, 1, 0, 0, 2]


@pytest.mark.parametrize(
    "today",
    [
        mutant(line=90),
        mutant(module="pbx/store/memory.py"),
        mutant(function="MemoryStore.add"),
        mutant(function="MemoryStore.insert"),
        mutant(before="return one"),
        mutant(before="return one", function="MemoryStore.add", occurrence=4),
    ],
)
def test_a_moved_or_renamed_mutant_is_found(today: CodeMutant) -> None:
    """By text, function and operator, or by fewer of them."""
    found, lost = mapped([mutant()], [mutant(operator="core/Break"), today])
    assert (found, lost) == ({0: 1}, [])


def test_the_nearest_occurrence_is_taken_once() -> None:
    """Two mutants of a baseline never share one of today."""
    today = [mutant(occurrence=0), mutant(occurrence=1)]
    found, lost = mapped([mutant(occurrence=1), mutant(occurrence=0), mutant(occurrence=2)], today)
    assert found == {0: 1, 1: 0}
    assert lost == [mutant(occurrence=2)]


def test_a_constructor_is_not_mapped_to_another_class() -> None:
    """Every class has an `__init__`."""
    today = [mutant(function="Other.__init__", before="return one")]
    assert mapped([mutant(function="Store.__init__")], today)[0] == {}


def test_another_operator_is_another_mutant() -> None:
    """The arguments of the operator count too."""
    today = [mutant(operator="core/Break"), mutant(arguments={"by": 1})]
    assert mapped([mutant()], today) == ({}, [mutant()])


def test_rows_are_read_back_and_another_format_is_refused(tmp_path: Path) -> None:
    """The message names the format that is read."""
    file = tmp_path / "mutation.jsonl"
    file.write_text(written([mutant(caught_by="suite")], total=2, random_seed=1), encoding="utf-8")
    assert read(file) == [mutant(caught_by="suite")]
    file.write_text('{"format": "another"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match="noojee-mutation/1"):
        read(file)


def test_the_mutated_modules_and_the_tests_exist() -> None:
    """A module that moved would no longer be mutated."""
    assert all((ROOT / path).exists() for path in (*MUTATED, *TESTS))
