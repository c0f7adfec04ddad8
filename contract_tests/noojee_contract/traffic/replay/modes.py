"""The modes of a replay: the order of requests, and what follows the last recorded answer."""

from __future__ import annotations

from enum import StrEnum


class Order(StrEnum):
    """`any`: requests may come in any order. `recorded`: only in the order of the recording."""

    ANY = "any"
    RECORDED = "recorded"


class Repetition(StrEnum):
    """What a request gets after its last recorded answer: that answer again, its first again, or none."""

    LAST = "last"
    CYCLE = "cycle"
    NEVER = "never"
