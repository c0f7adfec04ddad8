"""The files that follow from other files are current: the sync control client, and the types of the options."""

from __future__ import annotations

import ast
from types import ModuleType

import pytest

from support.generated_code import option_types, sync_client


@pytest.mark.parametrize(
    "module", [option_types, sync_client], ids=lambda module: str(module.__name__).rpartition(".")[2]
)
def test_generated_file_is_current(module: ModuleType) -> None:
    """`python -m support.generated_code`, in the folder tests, writes it again."""
    for path, text in module.files():
        assert _meaning(path.read_text(encoding="utf-8")) == _meaning(text), f"{path.name} is stale"


def _meaning(text: str) -> str:
    """The code without its line breaks, which the formatter chooses."""
    return ast.dump(ast.parse(text))
