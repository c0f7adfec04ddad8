"""Relations: an answer does not depend on earlier or concurrent requests, nor on the connection."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import UNKNOWN_VALUES, Subject
from noojee_contract.model.question import Question
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import question_in_words
from noojee_contract.suite.support.queries import (
    ask,
    request_of,
    send,
    unknown_path,
    without_parameter,
    wrong_credentials,
)
from noojee_contract.suite.support.relations import answers_with_legs, ask_again, check_same

AT_ONCE = 4  # fewer than the five concurrent authentications that the vendor's pages allow
TIMES = 2


@clause("relations.in-parallel")
def test_concurrent_questions_have_their_own_answers(subject: Subject, check: Check) -> None:
    """DERIVED: a request names its recording. A concurrent request is independent of it."""
    answers = answers_with_legs(subject, AT_ONCE)
    for _ in range(TIMES):
        requests = [request_of(subject, answer.asked) for answer in answers]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            came = list(pool.map(lambda request: send(subject, request), requests))
        for answer, exchange in zip(answers, came, strict=True):
            check_same(subject, check, answer, exchange, "sent at the same time as others")


@clause("relations.after-other-questions")
def test_a_question_has_the_same_answer_after_others(subject: Subject, check: Check) -> None:
    """DERIVED: no request refers to the request before it."""
    answers = answers_with_legs(subject, AT_ONCE)
    for answer in answers[:TIMES]:
        for other in answers:
            if other is not answer:
                ask_again(subject, other)
        ask(subject, Question(answer.asked.kind, UNKNOWN_VALUES[0]))
        check_same(
            subject,
            check,
            answer,
            ask_again(subject, answer).exchange,
            "sent after other questions, one of them without a result",
        )


@clause("relations.after-refusals")
def test_a_question_has_the_same_answer_after_refusals(subject: Subject, check: Check) -> None:
    """DERIVED from W-HUd: the client repeats the call after a refusal, and the PBX answers it."""
    for answer in answers_with_legs(subject, 1):
        for what in _refusals(subject, answer.asked):
            check_same(subject, check, answer, ask_again(subject, answer).exchange, f"sent after {what}")


def _refusals(subject: Subject, question: Question) -> Iterator[str]:
    """Send requests that the PBX refuses; yields each in words after it was sent."""
    verb = "GET" if request_of(subject, question).method == "POST" else "POST"
    ask(subject, question, verb=verb)
    yield f"a {verb}"
    for what, _ in without_parameter(subject):
        yield f"a question {what}"
    unknown_path(subject, question)
    yield "a request for a method that does not exist"
    ask(subject, question, credentials=wrong_credentials(subject))
    yield "a request with a wrong credential"


@clause("relations.after-by-hour")
def test_a_question_has_the_same_answer_after_by_hour(subject: Subject, check: Check) -> None:
    """DERIVED from W-H, W-D9: the hour is a parameter of its own request."""
    answers = answers_with_legs(subject, AT_ONCE)
    for day, hour in subject.hours[:1]:
        listing = subject.new_listing(day, hour)
        for answer in answers:
            check_same(
                subject,
                check,
                answer,
                ask_again(subject, answer).exchange,
                f"sent after {question_in_words(listing)}",
            )


@clause("relations.new-connections")
def test_a_question_has_the_same_answer_over_each_connection(subject: Subject, check: Check) -> None:
    """DERIVED from HTTP: a connection has no meaning of its own."""
    for answer in answers_with_legs(subject, 2):
        for _ in range(2):
            exchange = ask(subject, answer.asked, headers=(("connection", "close"),))
            check_same(subject, check, answer, exchange, "sent over a connection of its own")
