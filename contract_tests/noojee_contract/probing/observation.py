"""What an answer shows: an option with its value, behaviour beyond the options, or why nothing can be said. Values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from noojee_contract.model.exchange import Exchange
from noojee_contract.probing.pbx import BUSY, says_nothing
from noojee_contract.probing.questions import option_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """An option, its value, and the evidence: what was asked, in words, and the exchanges that show the value."""

    option: str
    value: str
    asked: str
    exchanges: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A behaviour that no option covers: what was seen, what was asked, and the exchange, None for many exchanges.

    `option` is the option that it is about, None for behaviour that no option is about.
    """

    saw: str
    asked: str
    exchange: Exchange | None = None
    option: str | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """An option that the answers do not decide, and the reason."""

    option: str
    reason: str


Observation = Learnt | Uncovered | Unclear
Observations = Iterator[Observation]


def observed(option: str, value: str | None, asked: str, *exchanges: Exchange, saw: str = "") -> Observation:
    """The option with this value, or uncovered behaviour if the value is none of the option's; `saw` says what came.

    Without a value, an answer that did not come whole or of a busy server decides nothing.
    """
    if value in option_rows()[option].values:
        return Learnt(option=option, value=str(value), asked=asked, exchanges=exchanges)
    empty = next((exchange for exchange in exchanges if says_nothing(exchange)), None)
    if empty is not None:
        reason = (
            "no whole answer came" if empty.status not in BUSY else f"the answer was {empty.status}, which says nothing"
        )
        return Unclear(option, reason)
    return Uncovered(option=option, saw=saw or f"{value}", asked=asked, exchange=exchanges[0] if exchanges else None)
