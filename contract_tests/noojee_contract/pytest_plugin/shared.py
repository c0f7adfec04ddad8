"""What all processes of a run share: the random seed, and the folder with the limits of the targets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

RANDOM_SEED: pytest.StashKey[int] = pytest.StashKey()
LIMITS: pytest.StashKey[Path] = pytest.StashKey()


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


def share_with(node: Any) -> None:
    """Send the random seed and the folder of the limits to a worker of pytest-xdist."""
    node.workerinput["noojee_random_seed"] = random_seed_of(node.config)
    node.workerinput["noojee_limits"] = str(limits_folder_of(node.config))
