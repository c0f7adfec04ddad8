"""Finds data files, next to the installed package or in the checkout, and the version of the distribution."""

from __future__ import annotations

from pathlib import Path

from noojee_fake.errors import FakeError

_PACKAGE = Path(__file__).resolve().parent


def schema(name: str) -> Path:
    """The path of a file in `schemas/own`, such as `options.toml`. Raises FakeError if it does not exist."""
    tried = (_PACKAGE / "schemas" / "own" / name, _PACKAGE.parent.parent / "schemas" / "own" / name)
    for path in tried:
        if path.is_file():
            return path
    raise FakeError(f"{name} is missing; looked in {' and '.join(str(path.parent) for path in tried)}")


def schema_text(name: str) -> str:
    """The text of a file in `schemas/own`. Raises FakeError if it does not exist."""
    return schema(name).read_text(encoding="utf-8")


def version() -> str:
    """The version of the installed distribution."""
    from importlib import metadata  # slow to load, and a server needs it only when asked

    return metadata.version("noojee-contract")
