"""Relations: the same question, written differently, has the same answer: escapes, headers, bodies, parameters."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from noojee_contract.clients.client import Query
from noojee_contract.dialects.vendor_dialect import FORM_TYPE
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Headers
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import ask, is_refused, post, request_of, send, with_parameter
from noojee_contract.suite.support.relations import answers_with_legs, check_same, question_of

FORM = ("content-type", FORM_TYPE)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CLIENTS: tuple[Headers, ...] = (
    (("accept-language", "de-DE,de;q=0.9"),),
    (("accept-language", "fr"), ("user-agent", BROWSER)),
    (("user-agent", "curl/8.10.1"), ("accept-encoding", "identity")),
)
UNNAMED = ("_=1792800000000", "xDebugArg=1", "lang=de")


def _one(subject: Subject) -> Iterator[Answer]:
    """The first answer with legs, whose question the test repeats; nothing where there is none."""
    yield from answers_with_legs(subject, 1)


def _escaped(subject: Subject, query: Query, digits: str) -> str:
    """A query with every character of its values escaped. `digits`: "X" for upper-case hex, "x" for lower-case."""
    charset = subject.client.dialect.charset
    return "&".join(
        name + "=" + "".join(f"%{byte:02{digits}}" for byte in value.encode(charset)) for name, value in query
    )


@clause("relations.percent-encoding")
def test_letters_may_be_escaped(subject: Subject, check: Check) -> None:
    """DERIVED from RFC 3986: %31, and %2e as well as %2E."""
    for answer in _one(subject):
        name, query = question_of(answer)
        for digits, how in (("X", "upper-case"), ("x", "lower-case")):
            escaped = _escaped(subject, subject.client.with_credentials(query), digits)
            exchange = subject.client.send("POST", f"{subject.client.base}/{name}?{escaped}")
            check_same(subject, check, answer, exchange, f"each character escaped, with {how} hex digits")


@clause("relations.header-letters")
def test_the_letter_case_of_headers_and_host_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED from RFC 9110 (names of headers, media types) and RFC 3986 (hosts)."""
    host = urlsplit(subject.client.base).netloc
    spelled: list[tuple[str, Headers]] = [
        ("Content-Type in lower case, as the last header", (("accept", "*/*"), FORM)),
        ("CONTENT-TYPE in upper case", (("CONTENT-TYPE", FORM_TYPE), ("ACCEPT", "*/*"))),
        ("the media type in upper case", (("Content-Type", FORM_TYPE.upper()),)),
    ]
    if host.upper() != host:
        spelled.append(("the host in upper case", (FORM, ("Host", host.upper()))))
    for answer in _one(subject):
        for how, headers in spelled:
            check_same(subject, check, answer, post(subject, question_of(answer), headers=headers), f"with {how}")


@clause("relations.client-headers")
def test_who_asks_in_which_language_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: the word internal is a literal, independent of the client's language."""
    for answer in answers_with_legs(subject, 2):
        for headers in CLIENTS:
            how = ", ".join(f"{name}: {value}" for name, value in headers)
            check_same(subject, check, answer, ask(subject, answer.asked, headers=headers), f"with {how}")


@clause("relations.form-body")
def test_a_form_body_beside_the_query_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED from W-SU: the parameters are in the query. The method needs no other input."""
    for answer in _one(subject):
        question = question_of(answer)
        for how, body in (
            ("a field that is no parameter", b"submit=Retrieve"),
            ("the same again", subject.client.query_text(question[1]).encode()),
        ):
            exchange = post(subject, question, headers=(FORM,), body=body)
            check_same(subject, check, answer, exchange, f"with {how} in a form body next to the query")


@clause("relations.unknown-parameter")
def test_an_unknown_parameter_that_is_taken_changes_nothing(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: the methods have the parameters on their pages. Another clause checks refusals."""
    for answer in _one(subject):
        for more in UNNAMED:
            request = request_of(subject, answer.asked)
            exchange = send(subject, request, url=with_parameter(request, more))
            if not is_refused(subject, exchange):
                check_same(subject, check, answer, exchange, f"with the additional parameter {more}")


@clause("relations.repeated-value")
def test_a_value_given_twice_counts_once(subject: Subject, check: Check) -> None:
    """CLIENT C-D sends apiKey twice; no page mentions other repeated parameters."""
    for answer in _one(subject):
        name, query = question_of(answer)
        check_same(subject, check, answer, post(subject, (name, (*query, *query))), f"with {query[0][0]} given twice")
