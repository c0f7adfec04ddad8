"""The key of stand-ins, from the environment."""

from __future__ import annotations

import os

from noojee_contract.errors import TargetError
from noojee_contract.redaction.stand_ins import StandInKey


def stand_in_key(variable: str | None) -> StandInKey:
    """The key that a variable holds; without a variable, a new key that nobody knows. Raises TargetError."""
    if variable is None:
        return StandInKey.random()
    value = os.environ.get(variable, "").strip()
    if not value:
        raise TargetError(f"the variable {variable}, which --redaction-key-env names, is not set: export it")
    return StandInKey(value.encode())
