"""The paths of data files, next to the installed package or in the checkout, and the version of the distribution."""

from __future__ import annotations

from pathlib import Path

from noojee_fake.errors import FakeError

EXAMPLE = "specification-page"
"""The archive that is also named `example`: the sample call of the specification page."""
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


def archives() -> dict[str, Path]:
    """The bundled archive files by name: `example`, and the published and synthetic ones."""
    folders = (_PACKAGE / "archives", _PACKAGE.parent.parent / "fixtures" / "archives")
    folder = next((each for each in folders if each.is_dir()), folders[0])
    found = sorted([*folder.glob("published/*.json"), *folder.glob("synthetic/*.json")])
    named = {path.stem: path for path in found}
    return {"example": named[EXAMPLE], **named} if EXAMPLE in named else named


def version() -> str:
    """The version of the installed distribution."""
    from importlib import metadata  # slow to load, and a server needs it only when asked

    return metadata.version("noojee-contract")
