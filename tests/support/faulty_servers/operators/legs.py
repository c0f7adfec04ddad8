"""Operators on the list of legs: which are there, how often, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from noojee_contract.model.failure import FailureKind
from support.faulty_servers import FaultyServer, with_legs
from support.faulty_servers.expected import LEGS, ExpectedFailure, expect
from support.faulty_servers.operators import BY_HOUR, METADATA, WORDS, answering, dialects_of

Leg = dict[str, str]
Change = Callable[[list[Leg]], Any]

MISSING = expect(*LEGS)
MORE = expect(FailureKind.REPEATED_LEG, FailureKind.UNEXPECTED_LEG)
ORDER = expect(FailureKind.WRONG_ORDER) + expect(FailureKind.OPTION_DIFFERS, options=("metadata_order",))
NO_LIST = expect(FailureKind.INVALID_BODY)
NO_LEG = expect(FailureKind.INVALID_BODY, FailureKind.MISSING_FIELD, FailureKind.UNEXPECTED_LEG)


def _without(legs: list[Leg], at: int) -> list[Leg]:
    return [leg for place, leg in enumerate(legs) if place != at % len(legs)] if legs else legs


def _of_first_call(legs: list[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg["UniqueId"] == legs[0]["UniqueId"]]


def _joined(legs: list[Leg]) -> list[Leg]:
    """The last two legs of the list as one, where they are of one call."""
    if len(legs) < 2 or legs[-1]["UniqueId"] != legs[-2]["UniqueId"]:
        return legs
    one, other = legs[-2:]
    return [*legs[:-2], {**one, "Duration": str(int(one["Duration"]) + int(other["Duration"]))}]


def _stray(legs: list[Leg]) -> list[Leg]:
    """A leg more, of a call that nobody put in."""
    return (
        [*legs, {**legs[-1], "UniqueId": legs[-1]["UniqueId"] + "9", "CallRecordId": "999999", "Tag": ""}]
        if legs
        else legs
    )


def _one_more(legs: list[Leg]) -> list[Leg]:
    """A leg more of the last call, numbered on."""
    if not legs:
        return legs
    last = legs[-1]
    return [*legs, {**last, "Leg": str(int(last["Leg"]) + 1), "CallRecordId": str(int(last["CallRecordId"]) + 100_000)}]


CHANGES: tuple[tuple[str, str, Change, tuple[ExpectedFailure, ...]], ...] = (
    ("first-leg-missing", "the first leg is missing", lambda legs: _without(legs, 0), MISSING),
    ("last-leg-missing", "the last leg is missing", lambda legs: _without(legs, -1), MISSING),
    ("middle-leg-missing", "of three legs or more, the one in the middle is missing",
     lambda legs: _without(legs, len(legs) // 2) if len(legs) > 2 else legs, MISSING),
    ("no-legs", "no leg is listed", lambda legs: [], MISSING),
    ("two-legs-at-most", "a list ends after two legs", lambda legs: legs[:2], MISSING),
    ("five-legs-at-most", "a list ends after five legs", lambda legs: legs[:5], MISSING),
    ("one-call-alone", "the legs of the first call alone are listed", _of_first_call, MISSING),
    ("first-leg-twice", "the first leg is listed twice", lambda legs: [*legs[:1], *legs], MORE),
    ("every-leg-twice", "every leg is listed twice", lambda legs: legs + legs, MORE),
    ("a-stray-leg", "a leg of a call that does not exist is listed too", _stray, MORE),
    ("one-leg-more", "the last call has a leg more", _one_more, MORE),
    ("last-legs-joined", "the last two legs of a call are one", _joined, MISSING),
    ("nested", "each leg is in its own array", lambda legs: [[leg] for leg in legs], NO_LIST),
    ("keyed-by-record", "the list is an object, keyed by CallRecordId",
     lambda legs: {leg["CallRecordId"]: leg for leg in legs}, NO_LIST),
    ("an-empty-entry", "an empty entry ends the list", lambda legs: [*legs, {}], NO_LEG),
    ("a-null-entry", "null ends the list", lambda legs: [*legs, None], NO_LIST),
)  # fmt: skip
ORDERS: tuple[tuple[str, str, Change], ...] = (
    ("by-record-as-text", "legs come by CallRecordId, as text",
     lambda legs: sorted(legs, key=lambda leg: leg["CallRecordId"])),
    ("longest-first", "legs come by Duration, longest first",
     lambda legs: sorted(legs, key=lambda leg: -int(leg["Duration"]))),
    ("by-owner", "legs come by Username", lambda legs: sorted(legs, key=lambda leg: (leg["Username"], leg["Leg"]))),
    ("last-leg-first", "the last leg comes first", lambda legs: [*legs[-1:], *legs[:-1]]),
)  # fmt: skip


def mutants() -> Iterator[FaultyServer]:
    """Each change of the list in each document; each order where the order is declared."""
    for place in METADATA:
        for name, words, change, expected in CHANGES:
            yield _mutant(place, name, words, change, expected, "by-hour-membership" if place == BY_HOUR else "leg-set")
        for name, words, change in ORDERS:
            yield _mutant(place, name, words, change, ORDER, "order")


def _mutant(
    place: str, name: str, words: str, change: Change, expected: tuple[ExpectedFailure, ...], kind: str
) -> FaultyServer:
    return FaultyServer(
        name=f"{place}-{name}",
        description=f"{WORDS[place]}, {words}.",
        mistake=answering(place, lambda _, answer: with_legs(answer, change)),
        operator=name,
        kind=kind,
        expected=expected,
        dialects=dialects_of(place),
    )
