"""The page of the Python API, from signatures and docstrings."""

from __future__ import annotations

import enum
import inspect
import re
import sys
from collections.abc import Iterator

from tables import code

import noojee_contract
import noojee_fake

HEAD = """# Python API

These names are public. Everything else may change without notice. Both packages have type hints for mypy and pyright in
strict mode. Fixtures and markers are on the page of [pytest](pytest.md).
"""


def page() -> str:
    """The whole page: the names of both packages, with the methods and properties of classes."""
    parts = [HEAD]
    for package in (noojee_contract, noojee_fake):
        parts.append(f"## {package.__name__}\n\n{inspect.getdoc(package)}\n")
        parts += [_entry(f"{package.__name__}.{name}", getattr(package, name)) for name in sorted(package.__all__)]
    return "\n".join(parts)


def _entry(name: str, value: object) -> str:
    if not inspect.isclass(value):
        return f"### {name}\n\n{_signature(name, value)}{_doc(value)}\n"
    bases = [each.__name__ for each in value.__bases__ if each is not object]
    head = f"Base: {code(bases[0])}.\n\n" if bases else ""
    if issubclass(value, enum.Enum):
        return f"### {name}\n\n{head}{_doc(value)}\n\nMembers: {', '.join(code(each.name) for each in value)}.\n"
    if issubclass(value, Exception):
        return f"### {name}\n\n{head}{_doc(value)}\n"
    return f"### {name}\n\n{head}{_signature(name, value)}{_doc(value)}\n" + "".join(_members(value))


def _members(value: type) -> Iterator[str]:
    for name, member in vars(value).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield f"\n#### {name}\n\nProperty. {_doc(member)}\n"
        elif callable(member) or isinstance(member, (classmethod, staticmethod)):
            function = inspect.unwrap(getattr(value, name))
            yield f"\n#### {name}()\n\n{_signature(name, function)}{_doc(function)}\n"


def _signature(name: str, value: object) -> str:
    assert callable(value)
    found = inspect.signature(value)
    parameters = [each for each in found.parameters.values() if each.name != "self"]
    text = _unquoted(f"{name}{found.replace(parameters=parameters)}")
    if len(text) > 100:
        inside = "".join(f"    {line},\n" for line in _written(parameters))
        returns = "" if found.return_annotation is inspect.Signature.empty else f" -> {found.return_annotation}"
        text = _unquoted(f"{name}(\n{inside}){returns}")
    return f"```python\n{text}\n```\n\n"


def _written(parameters: list[inspect.Parameter]) -> Iterator[str]:
    keyword_only = False
    for each in parameters:
        if each.kind is inspect.Parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            yield "*"
        yield str(each)


def _unquoted(text: str) -> str:
    """The signature with its annotations as they are written in the code, and without the path of this interpreter."""
    text = text.replace(repr(sys.executable), "sys.executable")
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)


def _doc(value: object) -> str:
    return inspect.getdoc(value) or ""
