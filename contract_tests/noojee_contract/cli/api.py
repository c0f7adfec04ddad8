"""`noojee_contract.verify`: the command `noojee-contract verify` for Python, in a process of its own.

The process keeps a pytest that calls it apart from the pytest that runs the suite.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from noojee_contract.dialects.loader.file import is_file_name
from noojee_contract.errors import ContractError, NothingToCheck, TargetError
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_USAGE
from noojee_contract.model.result import Report
from noojee_contract.report.jsonlines import read
from noojee_contract.targets.config import json_values
from noojee_contract.targets.flags import RUN_FLAGS, words

PREFIX = "noojee-contract: "
TABLES = "targets.json"
"""The temporary target file of tables that a caller passes."""
FILE_KEYS = ("recordings", "ca_file", "client_cert", "client_key", "profile")
"""The keys of a target whose values are files. A profile may also be a table."""

Tables = Mapping[str, Mapping[str, Any]]


def verify(
    targets: str | Path | Sequence[str] | Tables = (),
    *,
    config: str | Path | None = None,
    only: Sequence[str] = (),
    require: Sequence[str] = (),
    examples: int | None = None,
    random_seed: int | None = None,
    smoke: bool = False,
    time_limit: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Report:
    """Run the contract suite on targets and return its report.

    `targets` is the path of a target file, or target tables by name with the keys of a target file; relative paths in
    a table start from the current folder. With `config`, `targets` are names of targets in that file, and none means
    all of them. `environ` adds variables, such as API keys, to the environment of this process. The other parameters
    are the flags of `noojee-contract verify`.

    A failed clause, an inconclusive run and an unreachable target are in the report: see `Report.exit_code`,
    `Report.results` and `Report.unreachable`. Raises TargetError for wrong parameters, targets or variables, and
    NothingToCheck, a TargetError, if no clause applies to a target. Never exits the process.
    """
    run: dict[str, Any] = {"only": list(only), "require": list(require), "examples": examples}
    run |= {"random_seed": random_seed, "smoke": smoke, "time_limit": time_limit}
    with tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder:
        run["config"] = _target_file(targets, config, Path(folder) / TABLES)
        names = [] if config is None else _names(targets)
        report = Path(folder) / "report.jsonl"
        arguments = ["verify", *words(RUN_FLAGS, run), "--json", str(report), "--", *names]
        return _report(_run(arguments, environ or {}), report)


def _target_file(targets: str | Path | Sequence[str] | Tables, config: str | Path | None, tables: Path) -> str | None:
    """The target file of the run, which for tables is written to `tables`; None for the default."""
    if config is not None:
        return str(config)
    if isinstance(targets, Mapping):
        return str(_write_tables(targets, tables))
    if isinstance(targets, (str, Path)):
        return str(targets)
    if targets:
        raise TargetError("names of targets need config: the path of their target file")
    return None


def _names(targets: str | Path | Sequence[str] | Tables) -> list[str]:
    if isinstance(targets, str):
        return [targets]
    if isinstance(targets, (Mapping, Path)):
        raise TargetError("with config, targets are names of targets in that file")
    return list(targets)


def _write_tables(tables: Tables, path: Path) -> Path:
    try:
        document = json_values({"targets": {name: _with_whole_paths(table) for name, table in tables.items()}})
        path.write_text(json.dumps(document), encoding="utf-8")
    except (TypeError, AttributeError):
        raise TargetError("targets must be tables by name, with values as in a target file") from None
    return path


def _with_whole_paths(table: Mapping[str, Any]) -> dict[str, Any]:
    """A target table whose files do not depend on the folder of the target file."""
    whole = {key: str(value) if isinstance(value, Path) else value for key, value in table.items()}
    for key in FILE_KEYS:
        files = whole.get(key)
        if isinstance(files, (list, tuple)):
            whole[key] = [str(Path(file).absolute()) for file in files]
        elif isinstance(files, str) and files:
            whole[key] = str(Path(files).absolute())
    dialect = whole.get("dialect")
    if isinstance(dialect, str) and is_file_name(dialect):
        whole["dialect"] = str(Path(dialect).absolute())
    return whole


def _run(arguments: Sequence[str], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the command with the modules that this process can import, and without the pytest variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.run(  # noqa: S603  this Python, and arguments that are not a shell command
        [sys.executable, "-m", "noojee_contract", *arguments],
        env={**inherited, "PYTHONPATH": path, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _report(done: subprocess.CompletedProcess[str], path: Path) -> Report:
    if path.exists():
        return read(path.read_text(encoding="utf-8"))
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    reasons = [line.removeprefix(PREFIX) for line in lines if line.startswith(PREFIX)]
    reason = (reasons or lines or ["no reason was printed"])[-1].removeprefix(f"{path.with_name(TABLES)}: ")
    if done.returncode == EXIT_USAGE:
        raise TargetError(reason)
    if done.returncode == EXIT_INCONCLUSIVE:
        raise NothingToCheck(reason)
    raise ContractError(f"noojee-contract verify ended with {done.returncode}: {reason}")
