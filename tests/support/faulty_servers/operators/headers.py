"""Operators on the headers of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, Mistake
from support.faulty_servers.expected import ExpectedFailure, expect
from support.faulty_servers.operators import BY_TAG, BY_UNIQUE_ID, METADATA, SOUND, TIME, WORDS, answering, dialects_of
from support.faulty_servers.operators.answers import on_success
from support.faulty_servers.rewriting import is_refusal, with_headers_of

Change = Callable[[httpx.Response], httpx.Response]


def _type(written: str | None) -> Change:
    return lambda answer: with_headers_of(answer, content_type=written)


def _length(more: int) -> Change:
    return lambda answer: with_headers_of(answer, content_length=str(max(0, len(answer.content) + more)))


TYPES: tuple[tuple[str, str, str | None], ...] = (
    ("type-dropped", "has no Content-Type", None),
    ("type-html", "is labelled text/html", "text/html"),
    ("type-text", "is labelled text/plain", "text/plain;charset=UTF-8"),
    ("type-latin-1", "is labelled as JSON in Latin-1", "application/json;charset=ISO-8859-1"),
    ("type-without-charset", "is labelled as JSON without a charset", "application/json"),
    ("type-javascript", "is labelled as JavaScript", "text/javascript;charset=UTF-8"),
    ("type-xml", "is labelled as XML", "application/xml"),
    ("type-form", "is labelled as a form", "application/x-www-form-urlencoded"),
)
LENGTHS: tuple[tuple[str, str, int], ...] = (
    ("length-one-more", "has a Content-Length that is one more than its body", 1),
    ("length-one-less", "has a Content-Length that is one less than its body", -1),
    ("length-zero", "has a Content-Length of 0", -10_000_000),
)
CODED: tuple[tuple[str, str, Change], ...] = (
    ("coding-gzip", "is labelled as gzip, and is not zipped",
     lambda answer: with_headers_of(answer, content_encoding="gzip")),
    ("coding-deflate", "is labelled as deflate, and is not packed",
     lambda answer: with_headers_of(answer, content_encoding="deflate")),
)  # fmt: skip
TYPE = expect(
    FailureKind.WRONG_HEADER, FailureKind.OPTION_DIFFERS, headers=("Content-Type",), options=("json_content_type",)
)
LENGTH = expect(FailureKind.WRONG_HEADER, headers=("Content-Length",))
CODING = expect(FailureKind.NO_ANSWER, FailureKind.WRONG_TIME) + expect(
    FailureKind.WRONG_HEADER, headers=("Content-Encoding",)
)


def mutants() -> Iterator[FaultyServer]:
    """Each label, length and coding of the answers that have one."""
    for place in (BY_TAG, BY_UNIQUE_ID):
        for name, words, written in TYPES:
            yield _mutant(place, name, words, on_success(place, _type(written)), TYPE)
    for name, written in (("type-json", "application/json"), ("type-html", "text/html"), ("type-xml", "text/xml")):
        yield _mutant(
            TIME,
            name,
            f"is labelled {written}",
            answering(TIME, lambda _, answer, to=written: _type(to)(answer)),
            TYPE,
        )
    for place in (TIME, BY_TAG, BY_UNIQUE_ID):
        for name, words, more in LENGTHS:
            yield _mutant(place, name, words, on_success(place, _length(more)), LENGTH)
    for place in (TIME, *METADATA, SOUND):
        for name, words, change in CODED:
            yield _mutant(place, name, words, on_success(place, change), CODING)
    for name, words, more in LENGTHS:
        yield FaultyServer(
            name=f"refusal-{name}",
            description=f"A refusal {words}.",
            mistake=answering(
                BY_UNIQUE_ID, lambda _, answer, more=more: _length(more)(answer) if is_refusal(answer) else answer
            ),
            operator=name,
            kind="header-and-charset",
            expected=LENGTH,
        )  # fmt: skip


def _mutant(place: str, name: str, words: str, mistake: Mistake, expected: tuple[ExpectedFailure, ...]) -> FaultyServer:
    return FaultyServer(
        name=f"{place}-{name}",
        description=f"{WORDS[place]} {words}.",
        mistake=mistake,
        operator=name,
        kind="header-and-charset",
        expected=expected,
        dialects=dialects_of(place),
    )
