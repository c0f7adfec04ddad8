"""A request without an answer passes no check; with wrong credentials, it decides nothing."""

from __future__ import annotations

import httpx
import pytest

from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.clause_run import run_clause
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import SubjectPair
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause_functions
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.targets.target import Target
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.server.sandboxes import build
from support.read_only_subjects import AUDIO, read_only_subject

CALL = "1773200300.2"
RECORDINGS = (("unique_id", CALL), ("tag", "CASE-7"), ("hour", "2026/03/11 14"))
ABOUT_WRONG_CREDENTIALS = (
    "by-hour.key-needed",
    "authentication.wrong-refused",
    "authentication.refusal-is-an-error",
    "authentication.missing-refused",
    "authentication.empty-refused",
    "authentication.hostile-refused",
    "authentication.key-whole",
    "authentication.key-letter-case",
    "authentication.not-remembered",
    "authentication.no-way-around",
    "authentication.not-in-cookie",
    "authentication.sound-guarded",
    "authentication.no-echo-of-wrong",
    "authentication.no-oracle",
)


def lose(request: httpx.Request) -> httpx.Response:
    """A server whose connections are lost."""
    raise httpx.ReadError("the connection was lost")


class ClosesOnWrongKeys(httpx.BaseTransport):
    """A PBX that closes the connection in place of a refusal with 401 or 403."""

    def __init__(self) -> None:
        recorded = call(CALL, leg("2026-03-11T14:40:00+11:00", "2026-03-11T14:40:30+11:00", tag="CASE-7"))
        self._inner = Transport(build(archive={**archive(recorded), "provenance": "as shipped"}))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the PBX, unless it is a refusal."""
        answer = self._inner.handle_request(request)
        return lose(request) if answer.status_code in (401, 403) else answer


def subject_of(transport: httpx.BaseTransport) -> ReadOnlySubject:
    """A read-only PBX that allows negative tests."""
    target = Target(name="pbx", dialect="njadmin", audio=AUDIO, negative_tests=True)
    return read_only_subject(transport, RECORDINGS, target=target)


@pytest.mark.parametrize("clause", clause_functions())
def test_no_clause_passes_without_an_answer(clause: str) -> None:
    """No leg, no audio and no credential came: because nothing came. Options are noted as they are seen."""
    subject, check = subject_of(httpx.MockTransport(lose)), Check()
    asked = SubjectPair(subject, subject) if clause.startswith("migration.") else subject
    try:
        run_clause(clause_functions()[clause], asked, check)
    except (CheckFailed, Inconclusive, TimeUnavailable):
        return
    assert check.options or not check.checks


@pytest.mark.parametrize("clause", ABOUT_WRONG_CREDENTIALS)
def test_a_connection_that_closes_on_wrong_credentials_is_undecided(clause: str) -> None:
    """No page says how a PBX refuses; a proxy whose PBX is down closes connections, too."""
    with pytest.raises(CheckFailed) as raised:
        run_clause(clause_functions()[clause], subject_of(ClosesOnWrongKeys()), Check())
    assert raised.value.undecided
    assert raised.value.kind is FailureKind.NO_ANSWER
