"""Operators on time and memory: answers that depend on what was asked before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, Mistake, Send, with_body, with_each_leg, with_legs
from support.faulty_servers.expected import LEGS, REFUSALS, VALUES, ExpectedFailure, expect
from support.faulty_servers.operators import BY_HOUR, BY_TAG, BY_UNIQUE_ID, METADATA, SOUND, WORDS, dialects_of, is_at
from support.faulty_servers.operators.answers import page
from support.faulty_servers.operators.fields import off_by_one
from support.faulty_servers.rewriting import given, is_method, is_refusal, pairs, place_of

Worse = Callable[[httpx.Response], httpx.Response]
PARAMETER = {BY_TAG: "tag", BY_UNIQUE_ID: "uniqueId", BY_HOUR: "hour"}
EXPECTED = expect(*LEGS, *REFUSALS)
OTHER_AUDIO = expect(FailureKind.WRONG_AUDIO, FailureKind.ANSWERS_DIFFER)
FIELDS = ("Username", "Duration", "CallRecordId")


def _every(nth: int, place: str, worse: Worse) -> Mistake:
    """Every nth answer of a place is worse."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        if not is_at(request, place) or request.method != "POST" or is_refusal(answer):
            return answer
        memory[place] = memory.get(place, 0) + 1
        return worse(answer) if memory[place] % nth == 0 else answer

    return mistake


def _asked_again(place: str, worse: Worse) -> Mistake:
    """A question that was asked before is answered worse."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        if not is_at(request, place) or is_refusal(answer):
            return answer
        asked = (
            place_of(request),
            tuple(pair for pair in pairs(request) if pair[0] in ("tag", "uniqueId", "date", "hour")),
        )
        memory[asked] = memory.get(asked, 0) + 1  # type: ignore[index]
        return worse(answer) if memory[asked] > 1 else answer  # type: ignore[index]

    return mistake


def _kept(place: str, forget: tuple[str, ...]) -> Mistake:
    """The first answer is kept, under a name that lacks some of what was asked."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer = send(request)
        if not is_at(request, place) or request.method != "POST" or is_refusal(answer):
            return answer
        asked = (
            place_of(request).sandbox,
            tuple(
                (name, given(request, name))
                for name in ("tag", "uniqueId", "date", "hour", "leg")
                if name not in forget
            ),
        )
        return with_body(answer, memory.setdefault(repr(asked), answer.content))

    return mistake


def _after_refusal(place: str, worse: Worse) -> Mistake:
    """Once a request was refused, a sandbox's answers are worse."""

    def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
        answer, sandbox = send(request), place_of(request).sandbox
        if is_method(request) and is_refusal(answer):
            memory[sandbox] = True
        elif is_at(request, place) and memory.get(sandbox):
            return worse(answer)
        return answer

    return mistake


def _spoiled(field: str) -> Worse:
    return lambda answer: with_each_leg(answer, lambda leg: {**leg, field: off_by_one([leg], 0, field)})


def _empty(answer: httpx.Response) -> httpx.Response:
    return with_legs(answer, lambda legs: [])


def _shorter(answer: httpx.Response) -> httpx.Response:
    return with_legs(answer, lambda legs: legs[:-1])


def _failing(answer: httpx.Response) -> httpx.Response:
    return page(500)


WORSE: tuple[tuple[str, str, Worse], ...] = (
    ("fails", "is answered 500", _failing),
    ("is-empty", "is an empty list", _empty),
    ("lacks-a-leg", "lacks its last leg", _shorter),
)


def mutants() -> Iterator[FaultyServer]:
    """Each place by each way to remember too much or too little."""
    for place in METADATA:
        for name, words, worse in WORSE:
            for nth in (2, 5):
                yield _mutant(
                    place, f"every-{nth}th-{name}", f"every answer in {nth} {words}", _every(nth, place, worse)
                )
            yield _mutant(place, f"again-{name}", f"a question asked again {words}", _asked_again(place, worse))
            yield _mutant(
                place, f"after-a-refusal-{name}", f"after a refusal, an answer {words}", _after_refusal(place, worse)
            )
        for field in FIELDS:
            words = f"a question asked again shows another {field}"
            yield _mutant(
                place,
                f"again-another-{field.lower()}",
                words,
                _asked_again(place, _spoiled(field)),
                expect(*VALUES, fields=(field,)) + expect(FailureKind.ANSWERS_DIFFER),
            )
        forget = ("date", "hour") if place == BY_HOUR else (PARAMETER[place],)
        yield _mutant(
            place, "kept-without-its-parameter", f"a cache forgets {' and '.join(forget)}", _kept(place, forget)
        )
        yield _mutant(place, "kept", "the first answer to a question is kept for good", _kept(place, ()))
    yield _mutant(BY_HOUR, "kept-without-its-date", "a cache forgets the date", _kept(BY_HOUR, ("date",)))
    yield _mutant(BY_HOUR, "kept-without-its-hour", "a cache forgets the hour", _kept(BY_HOUR, ("hour",)))
    yield _mutant(SOUND, "kept-without-its-leg", "a cache forgets the leg", _kept(SOUND, ("leg",)), OTHER_AUDIO)
    yield _mutant(SOUND, "kept-without-its-call", "a cache forgets the call", _kept(SOUND, ("uniqueId",)), OTHER_AUDIO)


def _mutant(
    place: str, name: str, words: str, mistake: Mistake, expected: tuple[ExpectedFailure, ...] = EXPECTED
) -> FaultyServer:
    return FaultyServer(
        name=f"{place}-{name}",
        description=f"{WORDS[place]}, {words}.",
        mistake=mistake,
        operator=f"state-{name}",
        kind="state-over-time",
        expected=expected,
        dialects=dialects_of(place),
    )
