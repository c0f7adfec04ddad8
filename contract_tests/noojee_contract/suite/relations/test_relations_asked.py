"""Relations: the same question, put otherwise, has the same answer: escapes, headers, bodies, parameters beside it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from noojee_contract.clients.client import FORM_TYPE, Query
from noojee_contract.engine.subject import Answer, Case, Judge
from noojee_contract.model.exchange import Headers
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import ask, post, refuses, request_of, send, with_parameter
from noojee_contract.suite.support.relations import judge_same, question_of, told_answers

FORM = ("content-type", FORM_TYPE)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CLIENTS: tuple[Headers, ...] = (
    (("accept-language", "de-DE,de;q=0.9"),),
    (("accept-language", "fr"), ("user-agent", BROWSER)),
    (("user-agent", "curl/8.10.1"), ("accept-encoding", "identity")),
)
UNNAMED = ("_=1792800000000", "xDebugArg=1", "lang=de")


def _one(case: Case) -> Iterator[Answer]:
    """An answer to put the question of again; nothing where there is none."""
    yield from told_answers(case, 1)


def _escaped(case: Case, query: Query, digits: str) -> str:
    """A query whose values are escaped letter by letter. `digits`: "X" for capital hex digits, "x" for small ones."""
    charset = case.client.charset
    return "&".join(
        name + "=" + "".join(f"%{byte:02{digits}}" for byte in value.encode(charset)) for name, value in query
    )


@clause("relations.percent-encoding")
def test_letters_may_be_escaped(case: Case, judge: Judge) -> None:
    """DERIVED from RFC 3986: %31, and %2e as well as %2E."""
    for answer in _one(case):
        name, query = question_of(answer)
        for digits, how in (("X", "capital"), ("x", "small")):
            asked = _escaped(case, case.client.with_credentials(query), digits)
            exchange = case.client.send("POST", f"{case.client.base}/{name}?{asked}")
            judge_same(case, judge, answer, exchange, f"escaped letter by letter, with {how} hex digits")


@clause("relations.header-letters")
def test_the_letter_case_of_headers_and_host_changes_nothing(case: Case, judge: Judge) -> None:
    """DERIVED from RFC 9110 (names of headers, media types) and RFC 3986 (hosts)."""
    host = urlsplit(case.client.base).netloc
    spelled: list[tuple[str, Headers]] = [
        ("Content-Type in small letters, as the last header", (("accept", "*/*"), FORM)),
        ("CONTENT-TYPE in capitals", (("CONTENT-TYPE", FORM_TYPE), ("ACCEPT", "*/*"))),
        ("the media type in capitals", (("Content-Type", FORM_TYPE.upper()),)),
    ]
    if host.upper() != host:
        spelled.append(("the host in capitals", (FORM, ("Host", host.upper()))))
    for answer in _one(case):
        for how, headers in spelled:
            judge_same(case, judge, answer, post(case, question_of(answer), headers=headers), f"with {how}")


@clause("relations.client-headers")
def test_who_asks_in_which_language_changes_nothing(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4: the word internal is a literal, whoever reads it."""
    for answer in told_answers(case, 2):
        for headers in CLIENTS:
            how = ", ".join(f"{name}: {value}" for name, value in headers)
            judge_same(case, judge, answer, ask(case, answer.asked, headers=headers), f"with {how}")


@clause("relations.form-body")
def test_a_form_body_beside_the_query_changes_nothing(case: Case, judge: Judge) -> None:
    """DERIVED from W-SU: the parameters are in the query; what else is sent is not needed."""
    for answer in _one(case):
        question = question_of(answer)
        for how, body in (
            ("a field that is no parameter", b"submit=Retrieve"),
            ("the same again", case.client.query_text(question[1]).encode()),
        ):
            exchange = post(case, question, headers=(FORM,), body=body)
            judge_same(case, judge, answer, exchange, f"with {how} in a form body beside the query")


@clause("relations.unknown-parameter")
def test_an_unknown_parameter_that_is_taken_changes_nothing(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4, W-D9: the methods have the parameters that their pages list. A refusal is another clause's."""
    for answer in _one(case):
        for more in UNNAMED:
            request = request_of(case, answer.asked)
            exchange = send(case, request, url=with_parameter(request, more))
            if not refuses(case, exchange):
                judge_same(case, judge, answer, exchange, f"with the parameter {more} beside it")


@clause("relations.repeated-value")
def test_a_value_given_twice_counts_once(case: Case, judge: Judge) -> None:
    """CLIENT C-D passes apiKey twice; of other parameters no page tells."""
    for answer in _one(case):
        name, query = question_of(answer)
        judge_same(case, judge, answer, post(case, (name, (*query, *query))), f"with {query[0][0]} given twice")
