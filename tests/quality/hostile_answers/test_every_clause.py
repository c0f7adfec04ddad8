"""No hostile answer makes a clause end as `error`. `python -m quality.hostile_answers` measures whole runs."""

from __future__ import annotations

import pytest

from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target
from support.hostile_answers import HOSTILE, HostileServer
from support.read_only_subjects import AUDIO, KEY
from support.running import run_clauses

TIMEOUT_SECONDS = 0.02
LONGEST_BYTES = 100_000
RECORDINGS = (Question("tag", "1234"), Question("unique_id", "1392271611.238"), Question("hour", "2014/02/13 17"))
FAST = (
    "1xx dripped", "100,000 headers", "body dripped", "chunk extension dripped", "endless header lines",
    "endless trailers", "empty gzip members dripped", "false gzip label",
    "header with NUL", "huge content length", "location with a port", "location without a host", "malformed header",
    "negative content length", "retry after for ever", "set-cookie that is broken", "status 099", "status 999",
    "switching protocols", "unknown content coding",
)  # fmt: skip
"""One of each kind of answer; the others take minutes."""


@pytest.mark.parametrize("name", FAST)
def test_no_clause_ends_with_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server does is a failure or undecided, and never an error. The metadata of no call counts as answered."""
    monkeypatch.setenv("PBX_KEY", KEY)
    with HostileServer(HOSTILE[name]) as server:
        target = Target(
            name="pbx", dialect="njadmin", base_url=server.url, api_key_env="PBX_KEY", audio=AUDIO,
            recordings=RECORDINGS, negative_tests=True, timeout_seconds=TIMEOUT_SECONDS, max_body_bytes=LONGEST_BYTES,
            largest_audio_bytes=LONGEST_BYTES,
        )  # fmt: skip
        results = list(run_clauses(RunnerConfig(targets=[target], random_seed=1, examples=1, shrink_seconds=0)))
    assert [(result.clause, result.reason) for result in results if result.outcome is Outcome.ERROR] == []
    if name != "set-cookie that is broken":
        assert {result.outcome for result in results if result.clause == "metadata.by-tag-answered"} <= {
            Outcome.FAILED,
            Outcome.INCONCLUSIVE,
        }
