"""What all processes of a run share: the random seed, the folder with the targets' limits, and the end of the run."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

RANDOM_SEED: pytest.StashKey[int] = pytest.StashKey()
LIMITS: pytest.StashKey[Path] = pytest.StashKey()
UNTIL: pytest.StashKey[float] = pytest.StashKey()
NODES: pytest.StashKey[list[Any]] = pytest.StashKey()
WORKER_FILE = "worker-"
"""The beginning of the name of an empty file in the folder of the limits; the end is the process id of a worker."""
LONGEST_END_SECONDS = 5.0
"""How long a worker may take to close its servers after an interruption. pytest-xdist kills it ten seconds later."""


def random_seed_of(config: pytest.Config) -> int:
    """The random seed of the run: given, or drawn once by the controller and sent to all workers."""
    given = config.getoption("noojee_random_seed")
    if given is not None:
        return int(given)
    if hasattr(config, "workerinput"):
        return int(config.workerinput["noojee_random_seed"])
    if RANDOM_SEED not in config.stash:
        import secrets  # here, because every pytest session imports this module

        config.stash[RANDOM_SEED] = secrets.randbelow(2**32)
    return config.stash[RANDOM_SEED]


def limits_folder_of(config: pytest.Config) -> Path:
    """The folder in which all processes count the requests to a target; pytest removes it at its end."""
    if hasattr(config, "workerinput"):
        return Path(config.workerinput["noojee_limits"])
    if LIMITS not in config.stash:
        import tempfile

        folder = tempfile.TemporaryDirectory(prefix="noojee-contract-")
        config.add_cleanup(folder.cleanup)
        config.stash[LIMITS] = Path(folder.name)
    return config.stash[LIMITS]


def until_of(config: pytest.Config) -> float | None:
    """When the run ends by --time-limit, in seconds since 1970; None without a limit. The controller decides."""
    if hasattr(config, "workerinput"):
        until: float | None = config.workerinput["noojee_until"]
        return until
    from noojee_contract.pytest_plugin.options import RunOptions

    seconds = RunOptions.of_pytest(config).time_limit_seconds
    if seconds is None:
        return None
    if UNTIL not in config.stash:
        config.stash[UNTIL] = time.time() + seconds
    return config.stash[UNTIL]


def share_with(node: Any) -> None:
    """Send the random seed, the folder of the limits and the end of the run to a worker of pytest-xdist."""
    node.config.stash.setdefault(NODES, []).append(node)
    node.workerinput["noojee_until"] = until_of(node.config)
    node.workerinput["noojee_random_seed"] = random_seed_of(node.config)
    node.workerinput["noojee_limits"] = str(limits_folder_of(node.config))


def end_on_signal(config: pytest.Config) -> None:
    """In a worker: let SIGTERM end it in order, and leave its process id for the controller. Elsewhere: nothing."""
    if hasattr(config, "workerinput") and os.name == "posix":
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        (limits_folder_of(config) / f"{WORKER_FILE}{os.getpid()}").touch()


def interrupt_workers(config: pytest.Config) -> list[Any]:
    """End the workers of an interrupted run, and so their servers. Returns the workers that have sent their numbers."""
    nodes = config.stash.get(NODES, [])
    if not nodes:
        return []
    for path in limits_folder_of(config).glob(f"{WORKER_FILE}*"):
        with contextlib.suppress(OSError):
            os.kill(int(path.name.removeprefix(WORKER_FILE)), signal.SIGTERM)
    until = time.monotonic() + LONGEST_END_SECONDS
    while time.monotonic() < until and not all(hasattr(node, "workeroutput") for node in nodes):
        time.sleep(0.02)
    return [node for node in nodes if hasattr(node, "workeroutput")]
