"""The paths of the schemas and fixtures: inside an installed package, else in the checkout."""

from __future__ import annotations

from pathlib import Path

from noojee_contract.errors import ContractError

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE, _PACKAGE.parent.parent)


def schemas(*parts: str) -> Path:
    """A file or folder under `schemas/`. Raises ContractError if it is missing."""
    return _find("schemas", parts)


def fixtures(*parts: str) -> Path:
    """A file or folder under `fixtures/`. Raises ContractError if it is missing."""
    return _find("fixtures", parts)


def _find(top: str, parts: tuple[str, ...]) -> Path:
    tried = [root.joinpath(top, *parts) for root in _ROOTS]
    for path in tried:
        if path.exists():
            return path
    looked = " and ".join(str(path.parent) for path in tried)
    raise ContractError(f"{'/'.join((top, *parts))} is missing from this installation; looked in {looked}")
