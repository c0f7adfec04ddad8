"""The questions about known recordings that a read-only target does not answer: no clause that needs them can pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from noojee_contract.clients.retry_after import TOO_MANY_REQUESTS
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.question import Question
from noojee_contract.model.result import Unanswered

NO_ANSWER = "no answer"
HOUR = "hour "
MOST_SHOWN = 3
LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnansweredQuestion:
    """A question without an answer. `said` is a status, or "no answer"; `exchange` is None for an hour not kept."""

    question: str
    target: str
    said: str
    exchange: Exchange | None = None

    @classmethod
    def of(cls, target: str, question: Question | tuple[str, int], exchange: Exchange) -> Self:
        """A question about metadata, or about the sound of a leg, with the exchange that does not answer it."""
        whole = exchange.status is not None and exchange.transport_error is None
        said = str(exchange.status) if whole else NO_ANSWER
        return cls(question=in_words(question), target=target, said=said, exchange=exchange)

    @classmethod
    def of_request(cls, target: str, exchange: Exchange) -> Self:
        """A request that a clause made itself, with its answer."""
        request = exchange.request
        question = f"{request.method} {beginning(urlsplit(request.url).path, LONGEST_VALUE)}"
        return cls(question=question, target=target, said=str(exchange.status), exchange=exchange)

    @property
    def key(self) -> object:
        """What two of them have in common if they are about one request."""
        return (self.target, self.question) if self.exchange is None else id(self.exchange)


def in_words(question: Question | tuple[str, int]) -> str:
    """A question in words."""
    if isinstance(question, tuple):
        return f"sound of leg {question[1]} of {beginning(question[0], LONGEST_VALUE)!r}"
    if question.kind == "hour":
        return f"{HOUR}{question.value}"
    return f"{question.kind.replace('_', ' ')} {beginning(question.value, LONGEST_VALUE)!r}"


def counted(questions: Iterable[UnansweredQuestion]) -> list[Unanswered]:
    """How many questions each target did not answer, by what it said."""
    counts = Counter((each.target, each.said) for each in questions)
    return [Unanswered(target=target, said=said, count=count) for (target, said), count in counts.items()]


def reason(questions: Sequence[UnansweredQuestion]) -> str:
    """Why a clause that needs these answers is inconclusive, and what to do."""
    shown = [f"{each.question} on {each.target} ({each.said})" for each in questions[:MOST_SHOWN]]
    more = f" and {len(questions) - MOST_SHOWN} more" if len(questions) > MOST_SHOWN else ""
    number = "1 question was" if len(questions) == 1 else f"{len(questions)} questions were"
    return f"{number} not answered: {', '.join(shown)}{more}; {_advice(questions)}"


def _advice(questions: Sequence[UnansweredQuestion]) -> str:
    """What to do about questions without an answer."""
    busy = [each for each in questions if each.said == str(TOO_MANY_REQUESTS)]
    if not busy:
        return "run it again later"
    if all(each.question.startswith(HOUR) for each in busy):
        return "a PBX answers one by-hour request a minute: run it when no other client asks by hour"
    return "set a lower requests_per_second, or run it when no other client asks"
