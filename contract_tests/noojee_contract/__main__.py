"""`python -m noojee_contract` runs the command `noojee-contract`."""

from __future__ import annotations

import sys

from noojee_contract.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
