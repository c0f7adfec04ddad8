"""Runs a failed clause once more on a read-only target: its question is asked again, as is each that had no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.clients.hashes import TimeUnavailable
from noojee_contract.clients.retry_after import is_unavailable
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.clause_run import ClauseFunction, run_clause
from noojee_contract.engine.expectations import Expectations
from noojee_contract.engine.subject import Subject, SubjectPair
from noojee_contract.errors import ContractError
from noojee_contract.model.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondRun:
    """A second run: its check, and its failed check, None if it passed.

    `counts`: it replaces the first run, which met a server that was unavailable. It does not count if the failed check
    is about another answer that has changed, or that is not kept and so cannot be compared. `exchanges` are those of
    the second run, and of all questions that were asked again before.
    """

    check: Check
    failed: CheckFailed | None
    counts: bool
    exchanges: Sequence[Exchange]


def run_again(
    clause: Clause,
    function: ClauseFunction,
    failed: CheckFailed,
    subject: Subject | SubjectPair,
    expectations: Expectations,
) -> SecondRun | None:
    """Run a failed clause once more; None if that is not allowed, or did not end.

    A clause that waits or tests the limit of by hour runs only once, as does a *may* clause that got an answer.
    """
    exchange = failed.exchange
    once = exchange is not None and not exchange.request.repeatable
    if once or clause.wait_seconds or clause.scope == "limit":
        return None
    caches = [cache for side in subject.sides for cache in side.caches]
    questions = [question for cache in caches for question in (cache.questions_of(exchange) if exchange else ())]
    for cache in caches:
        cache.forget(questions)
    unavailable = exchange is not None and is_unavailable(exchange)
    had_unavailable = unavailable or any(cache.had_unavailable for cache in caches)
    try:
        if not had_unavailable and (exchange is None or clause.severity == "may"):
            return None
        check = Check(expectations)
        again, exchanges = _run(function, subject, check)
        changed = any(cache.changed for cache in caches)
    except (Inconclusive, ContractError, TimeUnavailable):
        return None
    finally:
        for cache in caches:
            cache.settle()
    exchanges += [second for cache in caches for second in cache.second_exchanges()]
    is_comparable = exchange is None or bool(questions)
    counts = unavailable or (had_unavailable and is_comparable and not changed)
    return SecondRun(check=check, failed=again, counts=counts, exchanges=exchanges)


def _run(
    function: ClauseFunction, subject: Subject | SubjectPair, check: Check
) -> tuple[CheckFailed | None, list[Exchange]]:
    """The failed check of a run, None if it passed, and its exchanges."""
    exchanges: list[Exchange] = []
    for side in subject.sides:
        side.client.sender.on_exchange = exchanges.append
    try:
        run_clause(function, subject, check)
    except CheckFailed as shown:
        return shown, exchanges
    finally:
        for side in subject.sides:
            side.client.sender.on_exchange = None
    return None, exchanges
