"""The page of pytest: the flags of the suite, and the fixtures and the marker of the fake."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType

from flags import written
from tables import code, section

import noojee_contract.pytest_plugin.answers_fixture
import noojee_contract.pytest_plugin.plugin
import noojee_contract.pytest_plugin.replay_fixture
import noojee_fake.pytest_plugin
from noojee_contract.targets.flags import PYTEST_PREFIX, RUN_FLAGS, TARGET_FLAGS, TARGET_NAME, help_of

HEAD = """# pytest: flags, fixtures, markers

noojee-contract registers two pytest plugins when it is installed. They load nothing else until a fixture or the suite
is used.

Run the suite with pytest: `pytest --pyargs noojee_contract.suite -n 2 --noojee-config noojee-contract.toml`.
"""


def page() -> str:
    """The whole page."""
    ours = noojee_contract.pytest_plugin
    modules = (noojee_fake.pytest_plugin, ours.replay_fixture, ours.answers_fixture, ours.plugin)
    fixtures = [row for module in modules for row in _fixtures(module)]
    flags = (TARGET_NAME, *RUN_FLAGS, *TARGET_FLAGS)
    return "\n".join(
        [
            HEAD,
            section("Fixtures", "", ["fixture", "scope", "what it is"], fixtures),
            f"## Marker\n\n{inspect.getdoc(noojee_fake.pytest_plugin)}\n",
            section(
                "Flags of the suite",
                "The same as the flags of `noojee-contract verify`, with a prefix.",
                ["flag", "what it does"],
                [[written(flag, PYTEST_PREFIX), help_of(flag)] for flag in flags],
            ),
        ]
    )


def _fixtures(module: ModuleType) -> Iterator[list[str]]:
    for node in ast.parse(inspect.getsource(module)).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        for decorator in map(ast.unparse, node.decorator_list):
            if decorator.startswith("pytest.fixture"):
                scope = "session" if "session" in decorator else "module" if "module" in decorator else "function"
                yield [code(node.name), scope, ast.get_docstring(node) or ""]
