"""`noojee-fake --version`."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from noojee_fake.cli.main import main


def test_version_flag_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output, with exit code 0."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr() == (f"noojee-fake {version('noojee-contract')}\n", "")
