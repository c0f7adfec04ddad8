"""The sync control client, written from the async one: the same methods without `async` and `await`, as in httpcore."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

CLIENT = Path(__file__).parents[3] / "fake_server" / "noojee_fake" / "client"
SOURCE = CLIENT / "async_control_client.py"
TARGET = CLIENT / "control_client.py"
FIRST_LINE = "# Written from async_control_client.py by `python -m support.generated_code`. Do not edit.\n"
WORDS = (
    (r"AsyncControlClient", "ControlClient"),
    (r"AsyncSandbox", "Sandbox"),
    (r"httpx\.AsyncClient", "httpx.Client"),
    (r"httpx\.AsyncBaseTransport", "httpx.BaseTransport"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"\baclose\b", "close"),
    (r"\basync (def|with) ", r"\1 "),
    (r"\bawait ", ""),
    (r"An async client", "A client"),
)


def written(source: str) -> str:
    """The text of the sync client for the text of the async one."""
    text = source
    for pattern, replacement in WORDS:
        text = re.sub(pattern, replacement, text)
    return FIRST_LINE + text


def files() -> Iterator[tuple[Path, str]]:
    """The file and its text."""
    yield TARGET, written(SOURCE.read_text(encoding="utf-8"))
