"""One first seed for all workers of a run: `NOOJEE_FALSE_POSITIVE_RANDOM_SEED`.

With it, a false positive can be shown again.
"""

from __future__ import annotations

import os
import random

MANY = 2


def pytest_configure() -> None:
    """Draw the first seed where there are many runs; a few have the same seeds each time."""
    if int(os.environ.get("NOOJEE_FALSE_POSITIVE_RUNS", str(MANY))) > MANY:
        os.environ.setdefault("NOOJEE_FALSE_POSITIVE_RANDOM_SEED", str(random.SystemRandom().randrange(2**31)))
