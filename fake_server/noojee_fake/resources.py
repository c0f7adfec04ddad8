"""Finds the data files: beside the package where it is installed, else in the checkout; never guesses on."""

from __future__ import annotations

from pathlib import Path

from noojee_fake.errors import FakeError

_PACKAGE = Path(__file__).resolve().parent


def schema(name: str) -> Path:
    """The path of a file of our own schemas, such as `options.toml`. Raises FakeError where it is nowhere."""
    tried = (_PACKAGE / "schemas" / "own" / name, _PACKAGE.parent.parent / "schemas" / "own" / name)
    for path in tried:
        if path.is_file():
            return path
    raise FakeError(f"{name} is missing; looked in {' and '.join(str(path.parent) for path in tried)}")
