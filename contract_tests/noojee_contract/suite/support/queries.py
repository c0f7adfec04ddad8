"""How the clauses about transport and authentication ask, and what counts as an answer or as a refusal.

`recordings` and `ask` ask in any dialect; `questions` and `post` are for clauses about the vendor's own paths and words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from noojee_contract.clients.client import FORM_TYPE, Credentials, Query, Request
from noojee_contract.engine.subject import Answer, Case, Judge
from noojee_contract.model.audio import kind_of
from noojee_contract.model.exchange import Exchange, Headers
from noojee_contract.suite.support.archives import refused, told
from noojee_contract.targets.recordings import Known

NOBODYS_KEY = "00000000-0000-4000-8000-000000000000"
BY_UNIQUE_ID = "retrieveMetaDataByUniqueId"
BY_TAG = "retrieveMetaData"
WITHOUT_BODY = ("GET", "HEAD", "OPTIONS")
Question = tuple[str, Query]


def recordings(case: Case) -> Iterator[Known]:
    """One question by unique id and one by tag, each for a recording that is there."""
    for unique_id in case.unique_ids[:1]:
        yield Known("unique_id", unique_id)
    for tag in case.tags[:1]:
        yield Known("tag", tag)


def one_recording(case: Case) -> Iterator[Known]:
    """The first of `recordings`; nothing where there is none."""
    yield from list(recordings(case))[:1]


def named(asked: Known) -> str:
    """A kind of question in words."""
    return f"by {asked.kind.replace('_', ' ')}"


def ask(
    case: Case, asked: Known, *, credentials: Credentials | None = None, verb: str | None = None, headers: Headers = ()
) -> Exchange:
    """A question in the PBX's dialect, with another verb, or with headers in place of those of the same name, or more."""
    return send(case, request_of(case, asked, credentials=credentials), verb=verb, headers=headers)


def request_of(case: Case, asked: Known, *, credentials: Credentials | None = None) -> Request:
    """A question as it goes out in the PBX's dialect."""
    request = case.client.request(asked, credentials=credentials)
    assert request is not None
    return request


def send(
    case: Case, request: Request, *, url: str | None = None, verb: str | None = None, headers: Headers = ()
) -> Exchange:
    """A request, changed in what is given. Its body, where it has one, goes with verbs that have one."""
    given = {name for name, _ in headers}
    kept = tuple(pair for pair in request.headers if pair[0] not in given)
    verb = verb or request.verb
    body = b"" if verb in WITHOUT_BODY else request.body
    return case.client.send(verb, url or request.url, headers=(*kept, *headers), body=body)


def unasked(case: Case) -> Iterator[tuple[str, Exchange]]:
    """The answers by unique id and by tag without the parameter, where it can be left out."""
    for kind in ("unique_id", "tag"):
        request = case.client.request(Known(kind, ""), bare=True)
        if request is not None:
            yield f"{named(Known(kind, ''))} without its parameter", send(case, request)


def with_parameter(request: Request, written: str) -> str:
    """The URL of a request with a parameter more."""
    return f"{request.url}{'&' if '?' in request.url else '?'}{written}"


def elsewhere(request: Request, name: str) -> str:
    """The URL of a request with another name in place of the last part of its path."""
    path, mark, query = request.url.partition("?")
    return f"{path.rpartition('/')[0]}/{name}{mark}{query}"


def unknown_path(case: Case, asked: Known, name: str = "noSuchMethod") -> Exchange:
    """The answer to a question that is asked of a path which nobody has."""
    request = request_of(case, asked)
    return send(case, request, url=elsewhere(request, name))


def questions(case: Case) -> Iterator[Question]:
    """One method by unique id and one by tag, each for a recording that is there."""
    for unique_id in case.unique_ids[:1]:
        yield BY_UNIQUE_ID, (("uniqueId", unique_id),)
    for tag in case.tags[:1]:
        yield BY_TAG, (("tag", tag),)


def one_question(case: Case) -> Iterator[Question]:
    """The first of `questions`; nothing where there is none."""
    yield from list(questions(case))[:1]


def url_of(case: Case, question: Question, *, credentials: Query | None = None, base: str | None = None) -> str:
    """The URL of a question with its credentials: the usual ones, or those given."""
    name, query = question
    return (
        f"{base or case.client.base}/{name}?{case.client.query_text(case.client.with_credentials(query, credentials))}"
    )


def post(
    case: Case,
    question: Question,
    *,
    credentials: Query | None = None,
    headers: Headers = (("content-type", FORM_TYPE),),
    body: bytes = b"",
    base: str | None = None,
) -> Exchange:
    """A question as POST, with headers and a body of the caller's."""
    url = url_of(case, question, credentials=credentials, base=base)
    return case.client.send("POST", url, headers=headers, body=body)


def read(case: Case, exchange: Exchange) -> Answer:
    """An exchange as the answer to a metadata question: by unique id or by tag, whichever it can be read as."""
    kinds = ("unique_id",) if case.target.described is None else ("unique_id", "tag")
    answers = [case.reread(Known(kind, ""), exchange) for kind in kinds]
    return max(answers, key=lambda answer: (bool(answer.legs), not answer.reading.problems))


def answers_it(case: Case, exchange: Exchange) -> bool:
    """Whether an exchange brings legs, without a failure."""
    answer = read(case, exchange)
    return exchange.status == 200 and bool(answer.legs) and answer.reading.failure is None


def brings_recording(case: Case, exchange: Exchange) -> bool:
    """Whether any of a recording is in an answer: legs, in whatever wrapping, or a sound."""
    described = case.target.described
    names = {frozenset({"CallRecordId"})} if described is None else described.name_keys
    body = exchange.body.lower()
    named = any(all(f'"{key.lower()}"'.encode() in body for key in keys) for keys in names)
    return bool(read(case, exchange).legs) or named or is_sound(exchange)


def is_sound(exchange: Exchange) -> bool:
    """Whether the body of an answer is a sound file."""
    return kind_of(exchange.body) is not None


def refuses(case: Case, exchange: Exchange) -> bool:
    """Whether an answer is a refusal: nothing of a recording, and an HTTP error or a failure object. [] is none."""
    return refused(read(case, exchange)) and not brings_recording(case, exchange)


def in_words(case: Case, exchange: Exchange) -> str:
    """What an answer was, in a few words."""
    return "a sound" if is_sound(exchange) else told(read(case, exchange))


def judge_answered(case: Case, judge: Judge, exchange: Exchange, what: str) -> None:
    """Judge that a request is answered with legs."""
    judge(answers_it(case, exchange), f"{what}: expected 200 and legs, got {in_words(case, exchange)}", exchange)


def judge_refused(case: Case, judge: Judge, exchange: Exchange, what: str) -> None:
    """Judge that a request is refused."""
    judge(refuses(case, exchange), f"{what}: expected a refusal, got {in_words(case, exchange)}", exchange)


def judge_brings_nothing(case: Case, judge: Judge, exchange: Exchange, what: str) -> None:
    """Judge that nothing of a recording comes, however it is said."""
    came = brings_recording(case, exchange)
    judge(not came, f"{what}: expected no recording, got {in_words(case, exchange)}", exchange)


def choice_of_status(case: Case, exchange: Exchange) -> str:
    """The status of a refusal as a choice; "other" where the answer is no refusal."""
    return str(exchange.status) if refuses(case, exchange) else f"other: {in_words(case, exchange)}"


def stamp(case: Case) -> int:
    """The PBX's time in milliseconds, asked now."""
    return case.client.clock_millis()


def proof(case: Case, time_stamp: str | int, digest: str) -> Query:
    """A time stamp and a hash of the caller's making; the hash is hidden in reports."""
    case.client.secrets.append(digest)
    return (("timeStamp", str(time_stamp)), ("hash", digest))


def sha256(text: str) -> str:
    """Lower-case hex sha256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def wrong_credentials(case: Case) -> Credentials:
    """Credentials in the documented form, made with a key that is nobody's."""
    return made_with(case, NOBODYS_KEY)


def made_with(case: Case, key: str) -> Credentials:
    """Credentials in the documented form, made with a key of the caller's."""
    case.client.secrets.append(key)
    return case.client.made_with(key)


def judge_each_refused(case: Case, judge: Judge, attempts: Iterable[tuple[str, Credentials]]) -> None:
    """Judge that one question is refused with each of some credentials."""
    for asked in one_recording(case):
        for what, credentials in attempts:
            judge_refused(case, judge, ask(case, asked, credentials=credentials), what)
