"""Classes have at most 200 lines, functions 40, constructors six parameters; exceptions are listed with reasons."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from quality.sizes.sizes import PACKAGES, Oversize, definitions, oversizes

HERE = Path(__file__).parent
ALLOWED: dict[str, str] = tomllib.loads((HERE / "allowed.toml").read_text(encoding="utf-8"))
SAME_NAMES: dict[str, str] = tomllib.loads((HERE / "same_names.toml").read_text(encoding="utf-8"))


def test_no_definition_is_larger_than_the_limits() -> None:
    """Split it, or list it in allowed.toml with the reason."""
    beyond = [f"{each.key}: {each.size}" for each in oversizes() if each.key not in ALLOWED]
    assert not beyond, "\n".join(beyond)


def test_each_allowed_size_is_needed_and_has_a_reason() -> None:
    """An entry for a definition that is small enough, or gone, is removed."""
    needed = {each.key for each in oversizes()}
    assert sorted(set(ALLOWED) - needed) == []
    assert all(reason.endswith(".") and len(reason) > 20 for reason in ALLOWED.values())


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("class A:\n" + "    x = 1\n" * 200, [("A", "class-lines")]),
        ("class A:\n" + "    x = 1\n" * 199, []),
        ("class A:\n    def f(self):\n" + "        x = 1\n" * 40, [("A.f", "function-lines")]),
        ("def f():\n" + "    x = 1\n" * 39, []),
        (
            "def f():\n    if True:\n        def g():\n" + "            x = 1\n" * 40,
            [("f", "function-lines"), ("f.g", "function-lines")],
        ),
        ("class A:\n    def __init__(self, a, b, c, *, d, e, f, g): ...", [("A.__init__", "constructor-parameters")]),
        ("class A:\n    def __init__(self, a, b, c, *, d, e, f): ...", []),
        ("@dataclass\nclass A:\n    a: int\n    b: int\n    c: int", [("A", "positional-fields")]),
        ("@dataclass(kw_only=True)\nclass A:\n    a: int\n    b: int\n    c: int", []),
    ],
)  # fmt: skip
def test_each_limit_is_seen(code: str, found: list[tuple[str, str]], tmp_path: Path) -> None:
    """One definition beyond each limit, and one at it."""
    folder = tmp_path / "fake_server" / "noojee_fake"
    folder.mkdir(parents=True)
    (folder / "module.py").write_text(code, encoding="utf-8")
    path = "fake_server/noojee_fake/module.py"
    assert [(each.name.removeprefix(f"{path}::"), each.what) for each in oversizes(tmp_path)] == found


def test_the_key_of_an_entry_names_definition_and_limit() -> None:
    """As it is written in allowed.toml."""
    assert Oversize(name="a.py::A.f", what="function-lines", size=41).key == "a.py::A.f function-lines"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_no_two_public_classes_of_a_package_share_a_name(package: Path) -> None:
    """One name means one thing; exceptions are listed in same_names.toml with their reasons."""
    shared = shared_names(package)
    assert {name: places for name, places in shared.items() if f"{package.name}.{name}" not in SAME_NAMES} == {}


def test_each_allowed_shared_name_is_needed_and_has_a_reason() -> None:
    """An entry for a name that is no longer shared is removed."""
    shared = {f"{package.name}.{name}" for package in PACKAGES for name in shared_names(package)}
    assert sorted(set(SAME_NAMES) - shared) == []
    assert all(reason.endswith(".") and len(reason) > 20 for reason in SAME_NAMES.values())


def shared_names(package: Path) -> dict[str, list[str]]:
    """The public classes of a package whose name is used twice, with their modules."""
    places: dict[str, list[str]] = defaultdict(list)
    for file in sorted(package.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for name, node in definitions(tree):
            if isinstance(node, ast.ClassDef) and not any(part.startswith("_") for part in name.split(".")):
                places[node.name].append(file.relative_to(package).as_posix())
    return {name: modules for name, modules in places.items() if len(modules) > 1}
