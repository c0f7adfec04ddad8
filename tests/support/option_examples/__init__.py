"""Examples of all options: a request for each option, and the answer for each of its values."""

from __future__ import annotations

from support.option_examples import access, live, recordings, sound
from support.option_examples.asking import CALLS, Shown

PARTS = (access.SHOWN, live.SHOWN, recordings.SHOWN, sound.SHOWN)
SHOWN: dict[str, Shown] = {key: shown for part in PARTS for key, shown in part.items()}

__all__ = ["CALLS", "PARTS", "SHOWN", "Shown"]
