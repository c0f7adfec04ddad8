"""How much a request may disturb a PBX. One scale for the clauses of the suite and the questions of the probe."""

from __future__ import annotations

from enum import Enum


class Manner(Enum):
    """What a request does to a PBX that is only read.

    A harmless request is sent to every target. A negative test provokes a refusal. A question that waits is sent only
    after a pause, such as a by-hour request after the first. A request that acts changes calls.
    """

    HARMLESS = "harmless"
    NEGATIVE_TEST = "negative-test"
    WAITS = "waits"
    ACTS = "acts"
