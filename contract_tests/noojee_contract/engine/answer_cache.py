"""The answers that a subject keeps, and the second answers to questions of a failed clause."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from noojee_contract.clients.retry_after import is_unavailable
from noojee_contract.model.exchange import Exchange

K = TypeVar("K")
V = TypeVar("V")


class AnswerCache(Generic[K, V]):
    """Answers by question, each asked for once. `exchange_of` is the exchange of an answer.

    After `forget`, some questions are asked again; `settle` ends that. No question is asked a third time.
    """

    def __init__(self, exchange_of: Callable[[V], Exchange]) -> None:
        self._exchange_of = exchange_of
        self._kept: dict[K, V] = {}
        self._used: dict[K, None] = {}
        self._first: dict[K, V] = {}
        self._second: dict[K, V] = {}

    def get(self, question: K, ask: Callable[[], V]) -> V:
        """The answer to a question; asks for it if it is not kept."""
        self._used[question] = None
        if question not in self._kept:
            self._kept[question] = ask()
        return self._kept[question]

    def __contains__(self, question: K) -> bool:
        """Whether the answer to a question is kept."""
        return question in self._kept

    def begin(self) -> None:
        """Begin to note which questions are used."""
        self._used = {}

    @property
    def used(self) -> tuple[K, ...]:
        """The questions since `begin`, also a question that could not be asked."""
        return tuple(self._used)

    def unavailable(self) -> list[tuple[K, Exchange]]:
        """The used questions whose answer says nothing about them: 429, a server error, no whole answer."""
        found = ((question, self._exchange_of(self._kept[question])) for question in self._used if question in self)
        return [(question, exchange) for question, exchange in found if is_unavailable(exchange)]

    def drop(self, question: K) -> None:
        """Drop the answer to a question, if it is kept."""
        self._kept.pop(question, None)

    def values(self) -> tuple[V, ...]:
        """The answers, in the order of the questions."""
        return tuple(self._kept.values())

    def questions_of(self, exchange: Exchange) -> list[K]:
        """The questions that an exchange answers."""
        return [question for question, answer in self._kept.items() if self._exchange_of(answer) is exchange]

    def forget(self, questions: Collection[object]) -> None:
        """Forget the answers to these questions, and all that say nothing about their question, to ask them again.

        Questions that may be asked only once keep their answers.
        """
        self._first = {
            question: answer
            for question, answer in self._kept.items()
            if (question in questions or is_unavailable(self._exchange_of(answer)))
            and self._exchange_of(answer).request.repeatable
        }
        for question in self._first:
            self.drop(question)
            if question in self._second:
                self._kept[question] = self._second[question]

    @property
    def had_unavailable(self) -> bool:
        """Whether an answer that was forgotten said nothing about its question."""
        return any(is_unavailable(self._exchange_of(answer)) for answer in self._first.values())

    @property
    def changed(self) -> bool:
        """Whether a question that was answered has a different second answer."""
        return any(
            _said(self._exchange_of(first)) != _said(self._exchange_of(self._kept[question]))
            for question, first in self._first.items()
            if question in self._kept and not is_unavailable(self._exchange_of(first))
        )

    def second_exchanges(self) -> list[Exchange]:
        """The exchanges of all second answers."""
        return [self._exchange_of(answer) for answer in self._second.values()]

    def settle(self) -> None:
        """Put the first answers back. A second answer replaces a first one that said nothing about its question."""
        for question, first in self._first.items():
            if question in self._kept:
                self._second[question] = self._kept[question]
            if question not in self._kept or not is_unavailable(self._exchange_of(first)):
                self._kept[question] = first
        self._first = {}


def _said(exchange: Exchange) -> tuple[int | None, bytes]:
    return exchange.status, exchange.body
