"""A server sets a session cookie with every accepted request: one clause fails if the cookie lets in, else none."""

from __future__ import annotations

import httpx
import pytest

from noojee_contract.engine.bundled import bundled
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.server.sandboxes import build
from support.faulty_servers.authentication import session_logs_in
from support.read_only_subjects import AUDIO, KEY
from support.running import run_clauses


class _Served(httpx.BaseTransport):
    """The fake with all bundled archives. Accepted requests bring a session cookie."""

    def __init__(self, *, lets_in: bool) -> None:
        self._fake = Transport(build(archive={**bundled().document, "provenance": "as shipped"}))
        self._lets_in = lets_in

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._lets_in:
            request.headers.pop("cookie", None)
        return session_logs_in(request, self._send, {})

    def _send(self, request: httpx.Request) -> httpx.Response:
        answer = self._fake.handle_request(request)
        answer.read()
        return answer


def lets_in() -> httpx.BaseTransport:
    """A server whose session lets in."""
    return _Served(lets_in=True)


def ignores_it() -> httpx.BaseTransport:
    """A server that does not look at the cookie."""
    return _Served(lets_in=False)


@pytest.mark.parametrize(
    ("transport", "fails"), [("lets_in", {"authentication.session"}), ("ignores_it", frozenset[str]())]
)
def test_a_session_cookie_fails_the_clause_about_it(
    transport: str, fails: frozenset[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request carries its own credentials and no state, so that no other clause meets the session."""
    monkeypatch.setenv("PBX_KEY", KEY)
    archive = bundled()
    tags = tuple(Question("tag", tag) for tag in archive.tags[:4])
    target = Target(
        name="pbx", dialect="njadmin", transport=f"{__name__}:{transport}", api_key_env="PBX_KEY", audio=AUDIO,
        recordings=(*tags, Question("unique_id", archive.calls[4].unique_id)), negative_tests=True,
    )  # fmt: skip
    results = list(run_clauses(RunnerConfig(targets=[target], random_seed=1, examples=1)))
    assert {result.clause for result in results if result.outcome in (Outcome.FAILED, Outcome.ERROR)} == fails
    assert sum(result.outcome is Outcome.PASSED for result in results) > 50
