"""What the fuzz run needs before it starts."""

from __future__ import annotations

import pytest

from quality.fuzz import __main__ as fuzz


def test_missing_schemathesis_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Two of the parts need it; the message names them and the way to install it."""
    monkeypatch.setattr(fuzz, "find_spec", lambda name: None)
    monkeypatch.setattr("sys.argv", ["fuzz", "--only", "control", "bytes"])
    with pytest.raises(SystemExit) as ended:
        fuzz.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "control" in said
    assert "tox -e fuzz" in said
