"""Contracts for the Noojee recording APIs, and tools for them.

`verify` runs the contract suite and returns its `Report`. The names of `__all__` are imported on first use, so that
`import noojee_contract` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from noojee_contract.cli.api import verify
    from noojee_contract.errors import ContractError, TargetError, Unreachable
    from noojee_contract.model.failure import Failure, FailureKind
    from noojee_contract.model.outcome import Outcome
    from noojee_contract.model.result import Report, Result

__all__ = [
    "ContractError",
    "Failure",
    "FailureKind",
    "Outcome",
    "Report",
    "Result",
    "TargetError",
    "Unreachable",
    "verify",
]

_MODULES = {
    "verify": "noojee_contract.cli.api",
    "ContractError": "noojee_contract.errors",
    "TargetError": "noojee_contract.errors",
    "Unreachable": "noojee_contract.errors",
    "Failure": "noojee_contract.model.failure",
    "FailureKind": "noojee_contract.model.failure",
    "Outcome": "noojee_contract.model.outcome",
    "Report": "noojee_contract.model.result",
    "Result": "noojee_contract.model.result",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
