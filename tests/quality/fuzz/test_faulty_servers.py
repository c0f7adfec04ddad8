"""The tests of this folder turn red: each sign of trouble is seen on a server that has it."""

from __future__ import annotations

import pytest

from quality.fuzz.served import KEY, NJADMIN, heard_of, request, served

RAISING = """
from noojee_fake.api.dialects.recordings import Recordings
def by_tag(self, question):
    raise KeyError(question)
Recordings.by_tag = by_tag
"""
TRACING = """
import traceback
from noojee_fake.api.dialects.hashes import Hashes
def _time(self, question):
    try:
        raise KeyError
    except KeyError:
        traceback.print_exc()
    return self._errors.response(200, "")
Hashes._time = _time
"""


def test_a_bug_of_the_fake_is_seen() -> None:
    """In the answer that it takes the place of."""
    with served("--quiet", preface=RAISING) as server:
        server.lives()
        with pytest.raises(AssertionError, match="500 Internal Server Error"):
            server.ask(request("POST", f"{NJADMIN}/retrieveMetaData?apiKey={KEY}&tag=1234"), answers=1)


def test_a_trace_is_seen_though_the_answer_is_good() -> None:
    """The server wrote it to its stderr."""
    with served("--quiet", preface=TRACING) as server:
        assert server.ask(request("POST", "/rest/Time"), answers=1).statuses == (200,)
        with pytest.raises(AssertionError, match="Traceback"):
            server.lives()


@pytest.mark.parametrize(
    "received",
    [
        b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 503 Service Unavailable\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\nHTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Noojee-Fake-Bug: KeyError\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\nTraceback (most recent call last):",
    ],
)
def test_a_wrong_answer_is_seen(received: bytes) -> None:
    """Whole or not, the first of a row or a later one."""
    with pytest.raises(AssertionError):
        heard_of(received, closed=True)
