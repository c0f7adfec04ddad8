"""What this package raises, named by whose fault it is. What another server does wrong is a failure, never an error."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ContractError(Exception):
    """The base of all errors of this package; the text is one line that says what, where and what to do."""


class TargetError(ContractError):
    """The caller's fault: a wrong option, target file, variable or input file. Ends a command with 2."""


class NotOffered(TargetError):
    """The control API of a target lacks what a clause needs of it: the clause is not proved there."""


class NothingToCheck(TargetError):
    """There is no target, or no clause that a chosen target could be judged by: not proved is not green. Ends with 3."""


class Unreachable(ContractError):
    """A target that does not answer at all. Ends a command with 4."""


class BudgetSpent(ContractError):
    """The request budget of a target is used up; `budget` is how many requests it allowed."""

    def __init__(self, budget: int) -> None:
        super().__init__(f"the request budget of {budget} is spent; raise request_budget in the target file to go on")
        self.budget = budget

    def __reduce__(self) -> tuple[type[BudgetSpent], tuple[int]]:
        """Travel between worker processes."""
        return BudgetSpent, (self.budget,)


class TooSoon(ContractError):
    """A by-hour request would come less than a minute after the last; `seconds` is how long it would have to wait."""

    def __init__(self, seconds: float) -> None:
        whole = int(-(-seconds // 1))
        super().__init__(
            f'the next by-hour request may go out in {whole} s (one a minute); allow the wait with "wait:{whole}s"'
        )
        self.seconds = seconds

    def __reduce__(self) -> tuple[type[TooSoon], tuple[float]]:
        """Travel between worker processes."""
        return TooSoon, (self.seconds,)


def near(word: str, known: Iterable[str]) -> str:
    """ " (did you mean ...?)" where some known word is near to one; else nothing."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" (did you mean {matches[0]}?)" if matches else ""
