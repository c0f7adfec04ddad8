"""Makes the output and the picture of the README again: `python docs/generate/readme.py`. It needs bash and Chromium.

The output is that of the README's first command. The picture is the report of the tutorial, `docs/tutorial/verify.md`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TUTORIAL = ROOT / "docs" / "tutorial" / "verify.md"
PICTURE = ROOT / "docs" / "report.png"
LINES = 4
SIZE = "1200,1000"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)


def without_numbers(text: str) -> str:
    """A text in which each number is #, so that two runs can be compared."""
    return re.sub(r"[0-9][0-9,.]*[0-9]|[0-9]", "#", text)


def output(*flags: str) -> str:
    """The first lines that `noojee-contract verify` prints."""
    command = [str(Path(sys.executable).with_name("noojee-contract")), "verify", *flags]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return "".join(line + "\n" for line in done.stdout.splitlines()[:LINES])


def tutorial(folder: Path) -> str:
    """Run all commands of the tutorial but the installation in a folder, and return their output.

    The folder is the home of the user. Its folder noojee-tutorial has report.html then.
    """
    _, *commands = blocks(TUTORIAL, "sh")
    script = "trap 'for job in $(jobs -p); do kill $job; done' EXIT\n" + "".join(commands)
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env={"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def take_picture(report: Path) -> None:
    """Write the picture of a report in HTML."""
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={SIZE}")
    subprocess.run(["chromium", *flags, f"--screenshot={PICTURE}", report.as_uri()], check=True, capture_output=True)


def main() -> None:
    """Write both."""
    (shown,) = blocks(README, "text")
    README.write_text(README.read_text(encoding="utf-8").replace(shown, output()), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        tutorial(Path(folder))
        take_picture(Path(folder) / "noojee-tutorial" / "report.html")


if __name__ == "__main__":
    main()
