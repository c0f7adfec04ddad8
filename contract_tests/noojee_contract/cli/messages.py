"""Lines for the operator on standard error: progress, and why a command ends."""

from __future__ import annotations

import sys
from contextlib import suppress

from noojee_contract.errors import LimitReached, NothingToCheck, Unreachable
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_UNREACHABLE, EXIT_USAGE
from noojee_contract.redaction.printable import escaped


def say(text: str) -> None:
    """Print a line to stderr, without characters that control a terminal; nobody may read it."""
    if sys.stderr is None:
        return
    with suppress(OSError):
        print(escaped(text), file=sys.stderr, flush=True)


def say_end(message: str, code: int) -> int:
    """Say why a command ends. Returns its exit code."""
    say(f"noojee-contract: {message}")
    return code


def say_error(error: Exception) -> int:
    """Say the error that ends a command. Returns its exit code: 4, 3 or 2."""
    if isinstance(error, Unreachable):
        return say_end(str(error), EXIT_UNREACHABLE)
    return say_end(str(error), EXIT_INCONCLUSIVE if isinstance(error, NothingToCheck | LimitReached) else EXIT_USAGE)
