"""A report file that somebody changed or made: it is shown, or refused in one line. It never ends in a traceback."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from noojee_contract.errors import TargetError
from noojee_contract.model.result import Report
from noojee_contract.report import jsonlines, junit, markdown, terminal
from noojee_contract.report.html import page

VALUES: tuple[Any, ...] = (None, "", -1, 2**62, {"x": 1}, "\x1b[31m<b>", [[1]], "\ud800")


def lines_of(report: Report) -> list[Any]:
    """The lines of a report as JSON values."""
    return [json.loads(line) for line in jsonlines.render(report).splitlines()]


def places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every value in a document; of lists, those in the first two entries."""
    if place:
        yield place
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*place, key))
    if isinstance(value, list):
        for number, inner in enumerate(value[:2]):
            yield from places(inner, (*place, number))


def changed(document: Any, place: tuple[str | int, ...], value: Any) -> Any:
    """A copy of a document with another value at a place."""
    copied = copy.deepcopy(document)
    inner = copied
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return copied


def show(text: str) -> None:
    """Read a report and write it in every format. Raises TargetError if it is refused."""
    report = jsonlines.read(text)
    for render in (terminal.render, markdown.render, junit.render, page.render, jsonlines.render):
        assert render(report)


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_any_value_at_any_place_is_shown_or_refused(value: Any, failed_run: Report) -> None:
    """The form of each line is checked before anything is shown."""
    lines = lines_of(failed_run)
    for number, line in enumerate(lines):
        for place in places(line):
            made = [*lines[:number], changed(line, place, value), *lines[number + 1 :]]
            with suppress(TargetError):
                show("\n".join(map(json.dumps, made)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "[" * 100_000,
        '{"kind": "header"}',
        '{"kind": ["header"]}',
        f'{{"kind": "header", "random_seed": {"9" * 5000}}}',
        '{"kind": "header", "seconds": NaN}',
        '{"kind": "header", "seconds": 1e999}',
        '["kind"]',
        '"kind"',
        "\x00",
    ],
    ids=range(11),
)
def test_a_text_that_is_no_report_is_refused(text: str) -> None:
    """Also numbers and depths that Python refuses."""
    with pytest.raises(TargetError):
        jsonlines.read(text)


@pytest.mark.parametrize("key", ["seconds", "calls", "notes"])
def test_a_deep_value_is_refused(key: str, failed_run: Report) -> None:
    """Python walks such a value recursively."""
    *lines, footer = lines_of(failed_run)
    deep: Any = []
    for _ in range(300):
        deep = [deep]
    with pytest.raises(TargetError):
        show("\n".join(map(json.dumps, [*lines, {**footer, key: deep}])))


def test_line_separators_of_unicode_do_not_split_a_line(failed_run: Report) -> None:
    """Another JSON writer leaves U+2028 unescaped."""
    *lines, footer = lines_of(failed_run)
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in [*lines, {**footer, "notes": ["a\u2028b"]}])
    assert jsonlines.read(text).notes == ["a\u2028b"]
