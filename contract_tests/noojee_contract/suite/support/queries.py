"""How the clauses about transport and authentication send requests, and what counts as an answer or a refusal.

`questions` and `ask` work in every dialect. `vendor_questions` and `post` are for clauses about the vendor's own paths.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from noojee_contract.clients.client import Credentials, Query
from noojee_contract.clients.retry_after import TOO_MANY_REQUESTS
from noojee_contract.dialects.vendor_dialect import FORM_TYPE
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.audio import kind_of
from noojee_contract.model.exchange import Exchange, Headers, Request
from noojee_contract.model.failure import FailureKind
from noojee_contract.model.question import Question
from noojee_contract.suite.support.answers import describe, is_busy, is_refusal, kind_without_legs, require_a_decision
from noojee_contract.suite.support.listing import brings_nothing, is_empty

UNUSED_KEY = "00000000-0000-4000-8000-000000000000"
BY_UNIQUE_ID = "retrieveMetaDataByUniqueId"
BY_TAG = "retrieveMetaData"
WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")
MOST_HOSTILE_VALUES = 6  # for a read-only target that allows negative tests
NOT_FOUND = 404
NO_RECORDING = "no row of the recordings file brings legs; name recordings that the PBX holds"
NamedQuery = tuple[str, Query]


def present(subject: Subject, kind: str) -> tuple[str, ...]:
    """A unique id or a tag of a recording that is present; empty if none is known.

    On a read-only PBX, the first row of the recordings file that brings legs; if there is none, the first row.
    """
    values, ask = (subject.tags, subject.by_tag) if kind == "tag" else (subject.unique_ids, subject.by_unique_id)
    if subject.archive is not None or len(values) <= 1:
        return values[:1]
    return (next((value for value in values if ask(value).legs), values[0]),)


def _is_of_no_recording(subject: Subject, exchange: Exchange) -> bool:
    """Whether an answer without legs is due to the recordings file of a read-only PBX: none of its rows brings legs.

    An error that may be about the key is not: only an empty list is, or 404 as for an unknown recording.
    """
    is_about_recordings = exchange.status == NOT_FOUND or is_empty(read(subject, exchange))
    if subject.archive is not None or not is_about_recordings:
        return False
    ids, tags = present(subject, "unique_id"), present(subject, "tag")
    if any(answer.legs for answer in (*map(subject.by_unique_id, ids), *map(subject.by_tag, tags))):
        return False
    return brings_nothing(subject, read(subject, exchange))


def questions(subject: Subject) -> Iterator[Question]:
    """A question by unique id and a question by tag, each for a recording that is present."""
    for unique_id in present(subject, "unique_id"):
        yield Question("unique_id", unique_id)
    for tag in present(subject, "tag"):
        yield Question("tag", tag)


def first_question(subject: Subject) -> Iterator[Question]:
    """The first of `questions`; nothing if there is none."""
    yield from list(questions(subject))[:1]


def allowed_values(subject: Subject) -> tuple[str, ...]:
    """The unknown values that a subject may be asked for: the hostile ones only where negative tests are allowed."""
    if subject.archive is not None:
        return subject.unknown_values
    return subject.unknown_values[: MOST_HOSTILE_VALUES if subject.target.negative_tests else 1]


def describe_question(question: Question) -> str:
    """The kind of a question in words."""
    return f"by {question.kind.replace('_', ' ')}"


def ask(
    subject: Subject,
    question: Question,
    *,
    credentials: Credentials | None = None,
    verb: str | None = None,
    headers: Headers = (),
) -> Exchange:
    """Send a question in the PBX's dialect. `headers` are added, and replace headers of the same name."""
    return send(subject, request_of(subject, question, credentials=credentials), verb=verb, headers=headers)


def request_of(subject: Subject, question: Question, *, credentials: Credentials | None = None) -> Request:
    """The request of a question in the PBX's dialect."""
    request = subject.client.request(question, credentials=credentials)
    assert request is not None
    return request


def send(
    subject: Subject, request: Request, *, url: str | None = None, verb: str | None = None, headers: Headers = ()
) -> Exchange:
    """Send a request with these changes. The body is left out for GET, HEAD and OPTIONS."""
    given = {name for name, _ in headers}
    kept = tuple(pair for pair in request.headers if pair[0] not in given)
    verb = verb or request.method
    body = b"" if verb in WITHOUT_BODY else request.body
    return subject.client.send(verb, url or request.url, headers=(*kept, *headers), body=body)


def without_parameter(subject: Subject, kinds: Iterable[str] = ("unique_id", "tag")) -> Iterator[tuple[str, Exchange]]:
    """The answers by unique id and by tag without the parameter, if it can be left out."""
    for kind in kinds:
        request = subject.client.request(Question(kind, ""), bare=True)
        if request is not None:
            yield f"{describe_question(Question(kind, ''))} without its parameter", send(subject, request)


def with_parameter(request: Request, parameter: str) -> str:
    """The URL of a request with one more parameter, as `name=value`."""
    return f"{request.url}{'&' if '?' in request.url else '?'}{parameter}"


def unknown_path(subject: Subject, question: Question, name: str = "noSuchMethod") -> Exchange:
    """The answer to a question that is sent to a path with another last part."""
    request = request_of(subject, question)
    path, mark, query = request.url.partition("?")
    return send(subject, request, url=f"{path.rpartition('/')[0]}/{name}{mark}{query}")


def vendor_questions(subject: Subject) -> Iterator[NamedQuery]:
    """The vendor's methods by unique id and by tag, each for a recording that is present."""
    for unique_id in present(subject, "unique_id"):
        yield BY_UNIQUE_ID, (("uniqueId", unique_id),)
    for tag in present(subject, "tag"):
        yield BY_TAG, (("tag", tag),)


def first_vendor_question(subject: Subject) -> Iterator[NamedQuery]:
    """The first of `vendor_questions`; nothing if there is none."""
    yield from list(vendor_questions(subject))[:1]


def url_of(subject: Subject, question: NamedQuery, *, credentials: Query | None = None, base: str | None = None) -> str:
    """The URL of a vendor's question with its usual credentials, or with the given credentials."""
    name, query = question
    parameters = subject.client.query_text(subject.client.with_credentials(query, credentials))
    return f"{base or subject.client.base}/{name}?{parameters}"


def post(
    subject: Subject,
    question: NamedQuery,
    *,
    credentials: Query | None = None,
    headers: Headers = (("content-type", FORM_TYPE),),
    body: bytes = b"",
    base: str | None = None,
) -> Exchange:
    """POST a vendor's question with these headers and this body."""
    url = url_of(subject, question, credentials=credentials, base=base)
    return subject.client.send("POST", url, headers=headers, body=body)


def read(subject: Subject, exchange: Exchange) -> Answer:
    """An exchange as an answer by unique id or by tag: the kind that gives legs, or fewer problems."""
    kinds = ("unique_id", "tag") if subject.target.api.is_custom else ("unique_id",)
    answers = [subject.reread(Question(kind, ""), exchange) for kind in kinds]
    return max(answers, key=lambda answer: (bool(answer.legs), not answer.reading.problems))


def has_legs(subject: Subject, exchange: Exchange) -> bool:
    """Whether an answer is HTTP 200 with legs and without an error body."""
    answer = read(subject, exchange)
    return exchange.status == 200 and bool(answer.legs) and answer.reading.error_body is None


def shows_recording(subject: Subject, exchange: Exchange) -> bool:
    """Whether an answer has any part of a recording: legs in any wrapping, or audio."""
    names = subject.target.api.leg_keys
    body = exchange.body.lower()
    has_keys = any(all(f'"{key.lower()}"'.encode() in body for key in keys) for keys in names)
    return bool(read(subject, exchange).legs) or has_keys or has_audio(exchange)


def has_audio(exchange: Exchange) -> bool:
    """Whether the body of an answer is an audio file."""
    return kind_of(exchange.body) is not None


def is_refused(subject: Subject, exchange: Exchange) -> bool:
    """Whether an answer is a refusal, as `is_refusal` defines it, without any part of a recording."""
    return is_refusal(read(subject, exchange)) and not shows_recording(subject, exchange)


def describe_exchange(subject: Subject, exchange: Exchange) -> str:
    """An exchange in a few words, for a message."""
    return "audio" if has_audio(exchange) else describe(read(subject, exchange))


def check_answered(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is answered with legs. Raises Inconclusive if no row of the recordings file brings any."""
    if _is_of_no_recording(subject, exchange):
        raise Inconclusive(NO_RECORDING)
    actual = describe_exchange(subject, exchange)
    kind = FailureKind.INVALID_BODY
    if not has_audio(exchange):
        answer = read(subject, exchange)
        kind = FailureKind.UNEXPECTED_STATUS if answer.legs else kind_without_legs(answer)
    check(
        has_legs(subject, exchange),
        f"{what}: expected 200 and legs, got {actual}",
        exchange,
        kind=kind,
        expected="200 and legs",
        actual=actual,
    )


def check_refused(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is refused. Raises Inconclusive for 429."""
    require_a_decision(exchange)
    _check_refused(subject, check, exchange, what)


def check_credentials_refused(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is refused because of its credentials.

    No answer decides nothing, nor do 429 and server errors without a recording.
    """
    if not _is_undecided(subject, check, exchange, what):
        _check_refused(subject, check, exchange, what)


def is_unanswered(subject: Subject, check: Check, exchange: Exchange, what: str) -> bool:
    """Whether a request with wrong credentials got no answer: the check keeps it, and the clause goes on with the next.

    A PBX may close the connection on wrong credentials, but so does a proxy whose PBX is down.
    """
    if exchange.response is not None:
        return False
    actual = describe_exchange(subject, exchange)
    check.undecide(
        f"{what}: {actual}, which does not say whether the credentials are refused",
        exchange,
        kind=FailureKind.NO_ANSWER,
        expected="a refusal",
        actual=actual,
    )
    return True


def _is_undecided(subject: Subject, check: Check, exchange: Exchange, what: str) -> bool:
    """Whether an exchange says nothing about credentials: the check keeps it, and the clause goes on with the next."""
    if is_unanswered(subject, check, exchange, what):
        return True
    if not is_busy(exchange) or shows_recording(subject, exchange):
        return False
    actual = describe_exchange(subject, exchange)
    advice = "; set requests_per_second" if exchange.status == TOO_MANY_REQUESTS else ""
    check.undecide(
        f"{what}: the answer is {actual}, which does not say whether the credentials are refused{advice}",
        exchange,
        kind=FailureKind.UNEXPECTED_STATUS,
        expected="a refusal",
        actual=actual,
    )
    return True


def _check_refused(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    actual = describe_exchange(subject, exchange)
    check(
        is_refused(subject, exchange),
        f"{what}: expected a refusal, got {actual}",
        exchange,
        kind=kind_without_refusal(exchange, shown=shows_recording(subject, exchange)),
        expected="a refusal",
        actual=actual,
    )


def kind_without_refusal(exchange: Exchange, *, shown: bool) -> FailureKind:
    """What is wrong with an answer that should be a refusal, and is none. `shown`: it has a part of a recording."""
    if exchange.response is None or (exchange.transport_error is not None and not shown):
        return FailureKind.NO_ANSWER
    return FailureKind.NOT_REFUSED if shown or exchange.status == 200 else FailureKind.UNEXPECTED_STATUS


def check_no_recording(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that an answer has no part of a recording. It may be a refusal or an empty list, but no server error.

    Raises Inconclusive for 429.
    """
    require_a_decision(exchange)
    actual = describe_exchange(subject, exchange)
    check(
        not shows_recording(subject, exchange) and not is_busy(exchange),
        f"{what}: expected no recording, got {actual}",
        exchange,
        kind=FailureKind.UNEXPECTED_STATUS if is_busy(exchange) else FailureKind.NOT_REFUSED,
        expected="no recording",
        actual=actual,
    )


def check_credentials_get_nothing(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that wrong credentials get no recording.

    No answer decides nothing, nor do 429 and server errors without a recording.
    """
    if not _is_undecided(subject, check, exchange, what):
        check_no_recording(subject, check, exchange, what)


def refusal_status(subject: Subject, exchange: Exchange) -> str:
    """The status of a refusal as the value of an option; "other: ..." if the answer is no refusal."""
    if is_refused(subject, exchange):
        return str(exchange.status)
    return f"other: {describe_exchange(subject, exchange)}"


def pbx_millis(subject: Subject) -> int:
    """The PBX's time in milliseconds, from a new request."""
    return subject.client.clock_millis()


def hash_credentials(subject: Subject, time_stamp: str | int, digest: str) -> Query:
    """Credentials of any time stamp and hash. Reports hide the hash."""
    subject.client.secrets.append(digest)
    return (("timeStamp", str(time_stamp)), ("hash", digest))


def sha256(text: str) -> str:
    """Lower-case hex sha256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def wrong_credentials(subject: Subject) -> Credentials:
    """Credentials in the documented form, made with a key that no PBX has."""
    return credentials_of_key(subject, UNUSED_KEY)


def credentials_of_key(subject: Subject, key: str) -> Credentials:
    """Credentials in the documented form, made with a key."""
    subject.client.secrets.append(key)
    return subject.client.made_with(key)


def check_each_refused(subject: Subject, check: Check, attempts: Iterable[tuple[str, Credentials]]) -> None:
    """Check that one question is refused with each of some credentials."""
    for question in first_question(subject):
        for what, credentials in attempts:
            check_credentials_refused(subject, check, ask(subject, question, credentials=credentials), what)
