"""The old PBX of a migration: the fake with the archive.

It runs as `noojee-fake serve`, but takes any number of by-hour requests. Waits for the limit of one a minute would take
hours, and tests of the limit are elsewhere.
"""

from __future__ import annotations

import sys

from noojee_fake.cli.main import main
from noojee_fake.pbx import rate_limit

if __name__ == "__main__":
    rate_limit.BY_HOUR_SPACING_MICROS = 0
    sys.exit(main())
