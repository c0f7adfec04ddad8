"""The tox environment to copy: tox installs it, gives it the keys only, and ends with the exit code of verify."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Any

from support.leaks.scanner import Scanner
from support.pipelines.run import RECIPES, Machine


def test_tox_ends_with_the_exit_code_of_verify(machine: Machine, pbx: Any) -> None:
    """Inconclusive: the clause needs a writable target. With the four reports, and without the key in any of them."""
    shutil.copy(RECIPES / "tox.ini", machine.repository)
    done = subprocess.run(
        [sys.executable, "-m", "tox", "-e", "pbx-contract", "--", "staging", "--only", "metadata.anonymous-caller"],
        cwd=machine.repository, env=machine.variables(OLD_PBX_KEY=pbx.key, STAGING_PBX_KEY=pbx.key),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stdout
    texts = {path.name: path.read_text(encoding="utf-8") for path in (machine.repository / "reports").iterdir()}
    assert set(texts) == {"contract.xml", "contract.html", "contract.md", "contract.jsonl"}
    scanner = Scanner([pbx.key])
    assert not any(scanner.leaks(text) for text in (done.stdout, *texts.values()))
