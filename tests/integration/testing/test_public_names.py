"""The public names of `noojee_fake`: loaded when they are used, and documented."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest

import noojee_fake
from noojee_fake import resources


@pytest.mark.parametrize("name", noojee_fake.__all__)
def test_public_name_has_a_docstring(name: str) -> None:
    """`from noojee_fake import NAME` works for each name of `__all__`."""
    value = getattr(noojee_fake, name)
    assert value.__name__ == name
    assert value.__doc__


def test_public_names_are_listed() -> None:
    """`dir` shows them before they are loaded, and an unknown name is an AttributeError."""
    assert dir(noojee_fake) == sorted(noojee_fake.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Unknown'"):
        _ = noojee_fake.Unknown


def test_import_of_the_package_loads_no_library() -> None:
    """`import noojee_fake` loads nothing of the package, and no library beyond Python's own."""
    code = (
        "import sys, noojee_fake; "
        "print([m for m in sys.modules if m.startswith('noojee_fake.')], 'httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] False"


def test_version_is_that_of_the_distribution() -> None:
    """The metadata of the installed distribution are the only place of the version."""
    assert resources.version() == metadata.version("noojee-contract")
    assert not hasattr(noojee_fake, "__version__")
