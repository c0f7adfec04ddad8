"""How the clauses about transport and authentication ask, and what counts as an answer or as a refusal.

`recordings` and `ask` ask in any dialect; `questions` and `post` are for clauses about the vendor's own paths and words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from noojee_contract.clients.client import FORM_TYPE, Credentials, Query
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.audio import kind_of
from noojee_contract.model.exchange import Exchange, Headers, Request
from noojee_contract.model.question import Question
from noojee_contract.suite.support.archives import refused, told

NOBODYS_KEY = "00000000-0000-4000-8000-000000000000"
BY_UNIQUE_ID = "retrieveMetaDataByUniqueId"
BY_TAG = "retrieveMetaData"
WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")
NamedQuery = tuple[str, Query]


def recordings(subject: Subject) -> Iterator[Question]:
    """One question by unique id and one by tag, each for a recording that is there."""
    for unique_id in subject.unique_ids[:1]:
        yield Question("unique_id", unique_id)
    for tag in subject.tags[:1]:
        yield Question("tag", tag)


def one_recording(subject: Subject) -> Iterator[Question]:
    """The first of `recordings`; nothing where there is none."""
    yield from list(recordings(subject))[:1]


def named(asked: Question) -> str:
    """A kind of question in words."""
    return f"by {asked.kind.replace('_', ' ')}"


def ask(
    subject: Subject,
    asked: Question,
    *,
    credentials: Credentials | None = None,
    verb: str | None = None,
    headers: Headers = (),
) -> Exchange:
    """A question in the PBX's dialect, with another verb, or with headers in place of those of the same name, or more."""
    return send(subject, request_of(subject, asked, credentials=credentials), verb=verb, headers=headers)


def request_of(subject: Subject, asked: Question, *, credentials: Credentials | None = None) -> Request:
    """A question as it goes out in the PBX's dialect."""
    request = subject.client.request(asked, credentials=credentials)
    assert request is not None
    return request


def send(
    subject: Subject, request: Request, *, url: str | None = None, verb: str | None = None, headers: Headers = ()
) -> Exchange:
    """A request, changed in what is given. Its body, where it has one, goes with verbs that have one."""
    given = {name for name, _ in headers}
    kept = tuple(pair for pair in request.headers if pair[0] not in given)
    verb = verb or request.method
    body = b"" if verb in WITHOUT_BODY else request.body
    return subject.client.send(verb, url or request.url, headers=(*kept, *headers), body=body)


def unasked(subject: Subject) -> Iterator[tuple[str, Exchange]]:
    """The answers by unique id and by tag without the parameter, where it can be left out."""
    for kind in ("unique_id", "tag"):
        request = subject.client.request(Question(kind, ""), bare=True)
        if request is not None:
            yield f"{named(Question(kind, ''))} without its parameter", send(subject, request)


def with_parameter(request: Request, written: str) -> str:
    """The URL of a request with a parameter more."""
    return f"{request.url}{'&' if '?' in request.url else '?'}{written}"


def elsewhere(request: Request, name: str) -> str:
    """The URL of a request with another name in place of the last part of its path."""
    path, mark, query = request.url.partition("?")
    return f"{path.rpartition('/')[0]}/{name}{mark}{query}"


def unknown_path(subject: Subject, asked: Question, name: str = "noSuchMethod") -> Exchange:
    """The answer to a question that is asked of a path which nobody has."""
    request = request_of(subject, asked)
    return send(subject, request, url=elsewhere(request, name))


def questions(subject: Subject) -> Iterator[NamedQuery]:
    """One method by unique id and one by tag, each for a recording that is there."""
    for unique_id in subject.unique_ids[:1]:
        yield BY_UNIQUE_ID, (("uniqueId", unique_id),)
    for tag in subject.tags[:1]:
        yield BY_TAG, (("tag", tag),)


def one_question(subject: Subject) -> Iterator[NamedQuery]:
    """The first of `questions`; nothing where there is none."""
    yield from list(questions(subject))[:1]


def url_of(subject: Subject, question: NamedQuery, *, credentials: Query | None = None, base: str | None = None) -> str:
    """The URL of a question with its credentials: the usual ones, or those given."""
    name, query = question
    return f"{base or subject.client.base}/{name}?{subject.client.query_text(subject.client.with_credentials(query, credentials))}"


def post(
    subject: Subject,
    question: NamedQuery,
    *,
    credentials: Query | None = None,
    headers: Headers = (("content-type", FORM_TYPE),),
    body: bytes = b"",
    base: str | None = None,
) -> Exchange:
    """A question as POST, with headers and a body of the caller's."""
    url = url_of(subject, question, credentials=credentials, base=base)
    return subject.client.send("POST", url, headers=headers, body=body)


def read(subject: Subject, exchange: Exchange) -> Answer:
    """An exchange as the answer to a metadata question: by unique id or by tag, whichever it can be read as."""
    kinds = ("unique_id",) if subject.target.described is None else ("unique_id", "tag")
    answers = [subject.reread(Question(kind, ""), exchange) for kind in kinds]
    return max(answers, key=lambda answer: (bool(answer.legs), not answer.reading.problems))


def answers_it(subject: Subject, exchange: Exchange) -> bool:
    """Whether an exchange brings legs, without a failure."""
    answer = read(subject, exchange)
    return exchange.status == 200 and bool(answer.legs) and answer.reading.error_body is None


def brings_recording(subject: Subject, exchange: Exchange) -> bool:
    """Whether any of a recording is in an answer: legs, in whatever wrapping, or a sound."""
    described = subject.target.described
    names = {frozenset({"CallRecordId"})} if described is None else described.name_keys
    body = exchange.body.lower()
    named = any(all(f'"{key.lower()}"'.encode() in body for key in keys) for keys in names)
    return bool(read(subject, exchange).legs) or named or is_sound(exchange)


def is_sound(exchange: Exchange) -> bool:
    """Whether the body of an answer is a sound file."""
    return kind_of(exchange.body) is not None


def refuses(subject: Subject, exchange: Exchange) -> bool:
    """Whether an answer is a refusal: nothing of a recording, and an HTTP error or a failure object. [] is none."""
    return refused(read(subject, exchange)) and not brings_recording(subject, exchange)


def in_words(subject: Subject, exchange: Exchange) -> str:
    """What an answer was, in a few words."""
    return "a sound" if is_sound(exchange) else told(read(subject, exchange))


def check_answered(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is answered with legs."""
    check(answers_it(subject, exchange), f"{what}: expected 200 and legs, got {in_words(subject, exchange)}", exchange)


def check_refused(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that a request is refused."""
    check(refuses(subject, exchange), f"{what}: expected a refusal, got {in_words(subject, exchange)}", exchange)


def check_brings_nothing(subject: Subject, check: Check, exchange: Exchange, what: str) -> None:
    """Check that nothing of a recording comes, however it is said."""
    came = brings_recording(subject, exchange)
    check(not came, f"{what}: expected no recording, got {in_words(subject, exchange)}", exchange)


def choice_of_status(subject: Subject, exchange: Exchange) -> str:
    """The status of a refusal as a choice; "other" where the answer is no refusal."""
    return str(exchange.status) if refuses(subject, exchange) else f"other: {in_words(subject, exchange)}"


def stamp(subject: Subject) -> int:
    """The PBX's time in milliseconds, asked now."""
    return subject.client.clock_millis()


def proof(subject: Subject, time_stamp: str | int, digest: str) -> Query:
    """A time stamp and a hash of the caller's making; the hash is hidden in reports."""
    subject.client.secrets.append(digest)
    return (("timeStamp", str(time_stamp)), ("hash", digest))


def sha256(text: str) -> str:
    """Lower-case hex sha256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def wrong_credentials(subject: Subject) -> Credentials:
    """Credentials in the documented form, made with a key that is nobody's."""
    return made_with(subject, NOBODYS_KEY)


def made_with(subject: Subject, key: str) -> Credentials:
    """Credentials in the documented form, made with a key of the caller's."""
    subject.client.secrets.append(key)
    return subject.client.made_with(key)


def check_each_refused(subject: Subject, check: Check, attempts: Iterable[tuple[str, Credentials]]) -> None:
    """Check that one question is refused with each of some credentials."""
    for asked in one_recording(subject):
        for what, credentials in attempts:
            check_refused(subject, check, ask(subject, asked, credentials=credentials), what)
