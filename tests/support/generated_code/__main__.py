"""`python -m support.generated_code` writes the files, in the folder `tests`."""

from __future__ import annotations

import subprocess
import sys

from support.generated_code import option_types, sync_client


def main() -> None:
    for module in (option_types, sync_client):
        for path, text in module.files():
            path.write_text(text, encoding="utf-8")
            subprocess.run([sys.executable, "-m", "ruff", "format", "-q", path], check=True)


if __name__ == "__main__":
    main()
