"""A question to a PBX: the recordings of a tag, of a call, or of a local hour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """What a PBX is asked for. `kind` is tag, unique_id or hour; an hour is a local one, written `2021/09/14 15`."""

    kind: str
    value: str
