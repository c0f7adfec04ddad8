"""The decoded answers of this process, within a bound of memory: legs take much more memory than their JSON."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from noojee_contract.dialects.legs import Reading
from noojee_contract.model.exchange import Exchange

MOST_BYTES = 128 * 1024 * 1024
BYTES_A_BYTE = 7
"""The memory of decoded legs for each byte of their JSON, as measured."""
BYTES_OF_A_READING = 1000


class Readings:
    """The readings of the exchanges that were read last, of at most about `most_bytes`. The newest is always kept.

    A reading that was dropped is decoded again when it is needed.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[object, tuple[Reading, int]] = OrderedDict()
        self._bytes = 0

    def get(self, answer: object, exchange: Exchange, decode: Callable[[], Reading]) -> Reading:
        """The reading of an answer with this exchange; decodes it if it is not kept."""
        if answer in self._kept:
            self._kept.move_to_end(answer)
            return self._kept[answer][0]
        size = BYTES_OF_A_READING + BYTES_A_BYTE * exchange.body_bytes
        while self._kept and self._bytes + size > self._most_bytes:
            self._bytes -= self._kept.popitem(last=False)[1][1]
        reading = decode()
        self._kept[answer] = reading, size
        self._bytes += size
        return reading


READINGS = Readings()
"""One bound for all targets of the process."""
