"""The errors of this package, by whose fault they are. A fault of the tested server is a failure, not an error."""

from __future__ import annotations

from collections.abc import Iterable


class ContractError(Exception):
    """The base of all errors of this package. The text is one line: what is wrong, where, and what to do."""


class TargetError(ContractError):
    """The caller's fault: a wrong flag, target file, variable or input file. Exit code 2."""


class NotOffered(TargetError):
    """The control API of a target lacks what a clause needs; the clause is inconclusive."""


class NoAnswer(TargetError):
    """The control API of a target does not answer."""


class NothingToCheck(TargetError):
    """There is no target, no clause that applies to a chosen target, or no answer that says something. Exit code 3."""


class Unreachable(ContractError):
    """A target that does not answer at all, or whose command does not start a server. Exit code 4."""

    def __init__(self, target_name: str, reason: str) -> None:
        super().__init__(reason)
        self.target_name = target_name


class LimitReached(ContractError):
    """A limit of the run ends a clause, which is inconclusive, or a command. Exit code 3."""


class BudgetSpent(LimitReached):
    """The request budget of a target is spent; `budget` is its number of requests."""

    STARTS = "the request budget of "

    def __init__(self, budget: int) -> None:
        super().__init__(f"{self.STARTS}{budget} is spent; raise request_budget in the target file to go on")
        self.budget = budget

    def __reduce__(self) -> tuple[type[BudgetSpent], tuple[int]]:
        """Travel between worker processes."""
        return BudgetSpent, (self.budget,)


class TooSoon(LimitReached):
    """A by-hour request would come less than a minute after the last; `seconds` is the wait until it may go out.

    `answered` is the status with which the server refused the request before, None if it was not sent.
    """

    def __init__(self, seconds: float, answered: str | None = None) -> None:
        whole = int(-(-seconds // 1))
        before = "" if answered is None else f"the hour was answered with {answered}, and "
        super().__init__(
            f"{before}the next by-hour request may go out in {whole} s (one a minute); "
            f"allow it with max_wait_seconds = {whole}"
        )
        self.seconds = seconds
        self.answered = answered

    def __reduce__(self) -> tuple[type[TooSoon], tuple[float, str | None]]:
        """Travel between worker processes."""
        return TooSoon, (self.seconds, self.answered)


class NotRecorded(LimitReached):
    """An exchange file that answers instead of a PBX holds no answer to a request; the clause is not applicable."""


class TimeSpent(LimitReached):
    """The time limit of the run is reached, or would be reached by the next wait."""

    def __init__(self) -> None:
        super().__init__("the time limit of the run is reached; raise --time-limit to go on")


def limit_of(reason: str | None) -> str | None:
    """The limit of the run that a reason names: "time limit" or "request budget"; None for any other reason."""
    if reason == str(TimeSpent()):
        return "time limit"
    return "request budget" if reason is not None and reason.startswith(BudgetSpent.STARTS) else None


def near(word: str, known: Iterable[str], *, cutoff: float = 0.5) -> str:
    """ " (did you mean ...?)" if a known word resembles this one, else nothing. `cutoff` is the least similarity."""
    import difflib  # here, because every pytest session imports this module

    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f" (did you mean {matches[0]}?)" if matches else ""
