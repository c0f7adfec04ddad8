"""`python -m noojee_fake` runs the command `noojee-fake`."""

from __future__ import annotations

import sys

from noojee_fake.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
