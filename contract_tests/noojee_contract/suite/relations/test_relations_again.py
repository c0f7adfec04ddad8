"""Relations: to ask changes nothing, whatever was asked before, beside or over which connection."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from noojee_contract.engine.subject import STRANGERS, Case, Judge
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import ask, request_of, send, unasked, unknown_path, wrong_credentials
from noojee_contract.suite.support.relations import asked_again, judge_same, told_answers
from noojee_contract.targets.recordings import Known

AT_ONCE = 4  # fewer than the five authentications that the pages allow at a time
TIMES = 2


@clause("relations.in-parallel")
def test_questions_asked_at_once_have_their_own_answers(case: Case, judge: Judge) -> None:
    """DERIVED: a request names its recording; what is asked beside it is another request."""
    answers = told_answers(case, AT_ONCE)
    for _ in range(TIMES):
        requests = [request_of(case, answer.asked) for answer in answers]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            came = list(pool.map(lambda request: send(case, request), requests))
        for answer, exchange in zip(answers, came, strict=True):
            judge_same(case, judge, answer, exchange, "asked at the same time as others")


@clause("relations.after-other-questions")
def test_a_question_has_the_same_answer_after_others(case: Case, judge: Judge) -> None:
    """DERIVED: no request refers to the one before it."""
    answers = told_answers(case, AT_ONCE)
    for answer in answers[:TIMES]:
        for other in answers:
            if other is not answer:
                asked_again(case, other)
        ask(case, Known(answer.asked.kind, STRANGERS[0]))
        judge_same(
            case, judge, answer, asked_again(case, answer).exchange, "asked after others, one of which finds nothing"
        )


@clause("relations.after-refusals")
def test_a_question_has_the_same_answer_after_refusals(case: Case, judge: Judge) -> None:
    """DERIVED from W-HUd: the call is repeated after its refusal, and answered."""
    for answer in told_answers(case, 1):
        for what in _refusals(case, answer.asked):
            judge_same(case, judge, answer, asked_again(case, answer).exchange, f"asked after {what}")


def _refusals(case: Case, asked: Known) -> Iterator[str]:
    """Ask what is refused, one by one; each in words, once it was asked."""
    verb = "GET" if request_of(case, asked).verb == "POST" else "POST"
    ask(case, asked, verb=verb)
    yield f"a {verb}"
    for what, _ in unasked(case):
        yield f"a question {what}"
    unknown_path(case, asked)
    yield "a request for a method that is not there"
    ask(case, asked, credentials=wrong_credentials(case))
    yield "a request with a wrong credential"


@clause("relations.after-by-hour")
def test_a_question_has_the_same_answer_after_by_hour(case: Case, judge: Judge) -> None:
    """DERIVED from W-H, W-D9: the hour belongs to its own request."""
    answers = told_answers(case, AT_ONCE)
    for day, hour in case.hours[:1]:
        case.ask_by_hour(day, hour)
        for answer in answers:
            judge_same(
                case, judge, answer, asked_again(case, answer).exchange, f"asked after hour {hour} of {day:%Y/%m/%d}"
            )


@clause("relations.new-connections")
def test_a_question_has_the_same_answer_over_each_connection(case: Case, judge: Judge) -> None:
    """DERIVED from HTTP: a connection stands for nothing."""
    for answer in told_answers(case, 2):
        for _ in range(2):
            exchange = ask(case, answer.asked, headers=(("connection", "close"),))
            judge_same(case, judge, answer, exchange, "asked over a connection of its own")
