"""The fixture `noojee_answers`: recorded answers as syrupy snapshots, in the pytest run of a user."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from noojee_contract.model.wire import WireExchange
from noojee_contract.traffic.capture.folder import Capture, CaptureRun
from noojee_contract.traffic.capture.listing import recorded_answers
from support.recorded import AT, BASE, exchange, exchange_file, message

pytest_plugins = ("pytester",)

TEST = """
def test_answers(noojee_answers, snapshot):
    assert noojee_answers("before") == snapshot
"""
CLOCK = "<moves with the clock>"


def token(seed: int) -> str:
    """A request id as a server makes it."""
    return sha256(str(seed).encode()).hexdigest()[:16]


def recorded(seconds: int, *, tag: str = "INV-1", request_id: str | None = None) -> WireExchange:
    """A listing by tag some seconds later, with a Date and a request id."""
    at = AT + timedelta(seconds=seconds)
    body = json.dumps([{"UniqueId": "1772445000.1", "Leg": 1, "Tag": tag}]).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: {at:%a, %d %b %Y %H:%M:%S GMT}\r\n"
        f"X-Request-Id: {request_id or token(seconds)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    response = message(head.encode() + body)
    return exchange(f"{BASE}/retrieveMetaData?tag=1&apiKey=k-1", at=at, response=response)


def capture_of(folder: Path, *exchanges: WireExchange) -> None:
    """A capture without redaction, with one exchange a run."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    runs = tuple(CaptureRun(number=n, started="2026-03-02T10:15:00", exchanges=1) for n in range(1, len(exchanges) + 1))
    capture = Capture(folder=folder, target="pbx", dialect="njadmin", redaction=None, runs=runs)
    for run, each in zip(runs, exchanges, strict=True):
        exchange_file(capture.answers(run.number), [each])
        capture.sounds(run.number).write_text("{}", encoding="utf-8")
    capture.write_manifest()


@pytest.fixture
def user(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a test of a capture, and a snapshot that `--snapshot-update` has made of it."""
    pytester.makepyfile(TEST)
    capture_of(pytester.path / "before", recorded(0), recorded(10))
    run(pytester, "--snapshot-update").assert_outcomes(passed=1)
    return pytester


def run(user: pytest.Pytester, *flags: str) -> pytest.RunResult:
    """The tests of the project."""
    return user.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:randomly", *flags)


def test_noise_leaves_the_snapshot_as_it_is(user: pytest.Pytester) -> None:
    """A later capture has another Date and another request id, and the same test passes."""
    capture_of(user.path / "before", recorded(3600), recorded(3610))
    run(user).assert_outcomes(passed=1)


def test_change_fails_until_the_snapshot_is_updated(user: pytest.Pytester) -> None:
    """The failure shows the old and the new value; `--snapshot-update` accepts it."""
    capture_of(user.path / "before", recorded(3600, tag="INV-2"), recorded(3610, tag="INV-2"))
    failed = run(user)
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["*INV-1*", "*INV-2*"])
    run(user, "--snapshot-update").assert_outcomes(passed=1)
    run(user).assert_outcomes(passed=1)


def test_broken_capture_fails_the_test_in_one_line(user: pytest.Pytester) -> None:
    """The message names the file."""
    (user.path / "before" / "capture.json").write_text("{", encoding="utf-8")
    broken = run(user)
    broken.assert_outcomes(failed=1)
    broken.stdout.fnmatch_lines(["*capture.json: the capture is no JSON*"])


def test_word_in_place_of_a_token_is_shown(tmp_path: Path) -> None:
    """Noise is a rule and not a field. Credentials of a question are not listed."""
    capture_of(tmp_path, recorded(0), recorded(10), recorded(20, request_id="unavailable"))
    ((question, answer),) = recorded_answers(tmp_path).items()
    assert question == f"POST {BASE}/retrieveMetaData tag=1"
    assert answer["headers"] == {"content-type": "application/json", "date": CLOCK, "x-request-id": "unavailable"}


def test_exchange_file_shows_its_values(tmp_path: Path) -> None:
    """Without a second run nothing is known to be noise but the time of the answer."""
    file = exchange_file(tmp_path / "day.jsonl", [recorded(10)])
    (answer,) = recorded_answers(file).values()
    assert answer["headers"] == {"content-type": "application/json", "date": CLOCK, "x-request-id": token(10)}
    assert answer["legs"] == [{"UniqueId": "a string 1772445000.1", "Leg": "a number 1", "Tag": "a string INV-1"}]
