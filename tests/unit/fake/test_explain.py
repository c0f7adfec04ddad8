"""`noojee-fake explain`: what a method does, its sources, and what is only chosen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from noojee_fake.cli.main import main
from noojee_fake.pbx.methods import methods

BY_HOUR = "/njadmin/rest/RecordingAPI/retrieveMetaDataByHour"


@pytest.fixture
def explained(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What the command prints."""

    def run(*words: str) -> str:
        assert main(["explain", *words]) == 0
        return capsys.readouterr().out

    return run


def section(text: str, title: str) -> str:
    return text.split(f"\n{title}", 1)[1].split("\n\n", 1)[0]


def test_without_a_path_all_methods_are_listed_by_dialect(explained: Callable[..., str]) -> None:
    """A line each, with its mark, and how to ask for one."""
    text = explained()
    for name in ("services", "recording-api", "call-management", "njadmin"):
        assert f"{name}, version" in text
    assert all(method.names[0] in text for method in methods())
    assert "Explain one method: noojee-fake explain" in text


@pytest.mark.parametrize(
    "asked",
    [
        "retrieveMetaDataByHour",
        BY_HOUR,
        f"http://127.0.0.1:8000{BY_HOUR}?apiKey=x",
        f"https://pbx/s/abc{BY_HOUR}",
        BY_HOUR[9:],
    ],
)
def test_a_method_is_named_by_path_url_or_last_part(explained: Callable[..., str], asked: str) -> None:
    """A host or prefix before the path, and a query, are ignored."""
    assert explained(asked).startswith(f"retrieveMetaDataByHour, njadmin, version current\n  POST {BY_HOUR}\n")


def test_a_method_name_shows_every_dialect_that_has_it(explained: Callable[..., str]) -> None:
    """`start` is a method of two and an argument of the oldest."""
    text = explained("start")
    heads = [line.split(",")[1].strip() for line in text.splitlines() if ", version" in line]
    assert heads == ["services", "recording-api", "call-management"]
    assert explained("/rest/CallManagementAPI/start").count(", version") == 1


def test_sourced_and_chosen_behaviours_are_apart(explained: Callable[..., str]) -> None:
    """Each with its mark; a chosen point with its option, its default and its alternatives."""
    text = explained("retrieveMetaDataByHour")
    assert "DOC      At most one request a minute; a second request returns an error. [W-H]" in section(
        text, "Behaviour"
    )
    assert "UNKNOWN  " not in text
    chosen = section(text, "Options")
    assert "A second request within 60 seconds" in chosen
    assert "by_hour_limit_status = 429, or 400, 503, 200" in chosen
    assert "W-H   9.4 Retrieve recording list (current)" in section(text, "Sources")


def test_parameters_are_shown_with_their_source(explained: Callable[..., str]) -> None:
    """Whether one is needed, what it means, and since which version."""
    text = " ".join(section(explained("dial"), "Parameters").split())
    assert "number required The number to call. [DOC W-DI]" in text
    assert "record optional true: record once the call is answered. From 6.0.1 on. [DOC W-DI]" in text


@pytest.mark.parametrize("asked", [None, *sorted({name for method in methods() for name in method.names})])
def test_it_is_readable_in_a_hundred_columns_without_colour(explained: Callable[..., str], asked: str | None) -> None:
    """No terminal: no escape, no line beyond 100, nothing behind the last word."""
    lines = explained(*([] if asked is None else [asked])).splitlines()
    assert max(map(len, lines)) <= 100
    assert not [line for line in lines if line != line.rstrip() or "\x1b" in line]


@pytest.mark.parametrize(
    ("asked", "near"),
    [("retreiveMetaDataByhour", "retrieveMetaDataByHour"), ("/rest/RecordingAPI/stops", "/rest/RecordingAPI/stop"),
     ("hangUp", "hangup"), ("foo", None), ("/", None), ("http://[", None)],
)  # fmt: skip
def test_an_unknown_method_is_refused_with_the_nearest(
    capsys: pytest.CaptureFixture[str], asked: str, near: str | None
) -> None:
    """Exit code 2 and one line."""
    assert main(["explain", asked]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "noojee-fake explain lists all methods" in err
    assert ("did you mean" in err) is (near is not None)
    assert near is None or f"did you mean {near}?" in err
