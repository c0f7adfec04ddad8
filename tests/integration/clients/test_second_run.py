"""A clause that fails on a read-only target runs again once. The server is on a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.runner import Runner
from noojee_contract.model.cell import CallSource, Cell
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.question import Question
from noojee_contract.model.result import Result
from noojee_contract.suite import clause_functions
from noojee_contract.targets.target import Target

ID = "1392271611.238"
LEG = {
    "Source": "0400000001", "Leg": "1", "Start": "2014-02-13 17:06:52.0", "Tag": "INV-7", "Duration": "31",
    "Username": "Fred", "CallRecordId": "501", "UniqueId": ID, "DID": "0390000000", "Direction": "0",
    "Destination": "600",
}  # fmt: skip
RIGHT = Response(json.dumps([LEG]), content_type="application/json")
BUSY = Response("", status=503)
WRONG = Response('{"legs": "soon"}', content_type="application/json")
BASE = "/njadmin/rest/RecordingAPI"


OTHER = "1392271700.5"


@pytest.fixture
def runner(httpserver: HTTPServer, request: pytest.FixtureRequest) -> Iterator[Runner]:
    """A runner on a read-only target that knows one recording, or those of the parameter."""
    known = getattr(request, "param", (ID,))
    target = Target(
        name="pbx",
        dialect="njadmin",
        base_url=httpserver.url_for("").rstrip("/"),
        api_key_env="KEY",
        recordings=tuple(Question("unique_id", unique_id) for unique_id in known),
        negative_tests=True,
    )
    with Runner(RunnerConfig(targets=[target], random_seed=1, examples=1), environ={"KEY": "right-key-1"}) as opened:
        yield opened


@pytest.fixture
def check(runner: Runner) -> Callable[[str], Result]:
    """Runs a clause on the target."""

    def run(clause_id: str) -> Result:
        return runner.result(catalogue()[clause_id], clause_functions()[clause_id], Cell("pbx", CallSource.OBSERVED))

    return run


def _answers(httpserver: HTTPServer, *answers: Response) -> list[str]:
    """Lets the server give these answers in turn, the last one for ever. Returns the requests as they come."""
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.full_path)
        return answers[min(len(asked), len(answers)) - 1]

    httpserver.expect_request(f"{BASE}/retrieveMetaDataByUniqueId").respond_with_handler(answer)
    return asked


@pytest.mark.parametrize("first", [BUSY, Response("", status=500), Response("", status=429)])
def test_an_unavailable_server_that_recovers_is_no_failure(
    first: Response, httpserver: HTTPServer, runner: Runner, check: Callable[[str], Result]
) -> None:
    """The answer to the second request counts, and the first one is counted."""
    asked = _answers(httpserver, first, RIGHT)
    assert check("metadata.by-unique-id-answered").outcome is Outcome.PASSED
    assert len(asked) == 2
    assert runner.target_clients["pbx"].tally.unavailable == {str(first.status_code): 1}
    assert check("metadata.by-unique-id-answered").outcome is Outcome.PASSED
    assert len(asked) == 2  # the second answer is kept


def test_a_server_that_stays_unavailable_is_a_failure(httpserver: HTTPServer, check: Callable[[str], Result]) -> None:
    """Asked twice, and no more by other clauses."""
    asked = _answers(httpserver, BUSY)
    assert check("metadata.by-unique-id-answered").outcome is Outcome.FAILED
    assert len(asked) == 2
    check("metadata.by-unique-id-answered")
    assert len(asked) == 2


def test_a_wrong_answer_that_comes_right_stays_a_failure(
    httpserver: HTTPServer, check: Callable[[str], Result]
) -> None:
    """It is flaky: a client that asked once has got the wrong answer."""
    asked = _answers(httpserver, WRONG, RIGHT)
    result = check("metadata.by-unique-id-answered")
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    assert str(result.failure.flaky).startswith("flaky: on a second run with the same calls it passed")
    assert len(asked) == 2


def test_a_wrong_answer_that_stays_wrong_is_not_flaky(httpserver: HTTPServer, check: Callable[[str], Result]) -> None:
    """Each question is asked at most twice, by however many clauses."""
    asked = _answers(httpserver, WRONG)
    for _ in range(2):
        result = check("metadata.by-unique-id-answered")
        assert result.failure is not None
        assert result.failure.flaky is None
    assert len(asked) == 2


@pytest.mark.parametrize("runner", [(ID, OTHER)], indirect=True)
def test_an_unavailable_answer_excuses_no_other_question(
    httpserver: HTTPServer, check: Callable[[str], Result]
) -> None:
    """A repeated question brings nothing once. That another question is never answered does not explain it."""
    answers = iter((RIGHT, WRONG))

    def answer(request: Request) -> Response:
        return BUSY if request.args["uniqueId"] == OTHER else next(answers, RIGHT)

    httpserver.expect_request(f"{BASE}/retrieveMetaDataByUniqueId").respond_with_handler(answer)
    result = check("metadata.repeatable")
    assert result.outcome is Outcome.FAILED
    assert result.failure is not None
    assert str(result.failure.flaky).startswith("flaky: on a second run with the same calls it was inconclusive: ")


def _by_key(*wrong: Response) -> Callable[[Request], Any]:
    refusals = iter(wrong)

    def answer(request: Request) -> Response:
        return RIGHT if request.args.get("apiKey") == "right-key-1" else next(refusals, wrong[-1])

    return answer


@pytest.mark.parametrize(
    ("wrong", "outcome"),
    [
        ([Response("", status=401)], Outcome.PASSED),
        ([BUSY, Response("", status=401)], Outcome.PASSED),
        ([BUSY], Outcome.INCONCLUSIVE),
        ([Response("", status=500)], Outcome.INCONCLUSIVE),
        ([Response("", status=429)], Outcome.INCONCLUSIVE),
        ([Response("", status=418)], Outcome.PASSED),
        ([BUSY, RIGHT], Outcome.FAILED),
        ([Response(RIGHT.data, status=500)], Outcome.FAILED),
    ],
    ids=["401", "503 then 401", "503", "500", "429", "418", "503 then legs", "legs with 500"],
)
@pytest.mark.parametrize("clause_id", ["authentication.wrong-refused", "authentication.refusal-is-an-error"])
def test_only_a_refusal_refuses_a_wrong_key(
    clause_id: str,
    wrong: list[Response],
    outcome: Outcome,
    httpserver: HTTPServer,
    check: Callable[[str], Result],
) -> None:
    """429 and 5xx say that the server is busy or broken, not that it has checked the key."""
    httpserver.expect_request(f"{BASE}/retrieveMetaDataByUniqueId").respond_with_handler(_by_key(*wrong))
    assert check(clause_id).outcome is outcome
