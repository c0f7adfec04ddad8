"""The one target of a command that asks a single PBX."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from functools import partial

from noojee_contract.errors import TargetError, Unreachable
from noojee_contract.pytest_plugin.options import HERE, RunOptions, chosen_targets
from noojee_contract.targets.places import place_of
from noojee_contract.targets.target import Target


def run_options(arguments: argparse.Namespace, *, without: Collection[str] = ()) -> RunOptions:
    """The options of a run whose command takes at most one name of a target. `without` are flags that it leaves out."""
    values = {name: value for name, value in vars(arguments).items() if name not in without}
    return RunOptions.of({**values, "target": [arguments.target] if arguments.target else []})


def one_target(options: RunOptions) -> Target:
    """The target that the options choose. Raises TargetError if there are several."""
    targets, _ = chosen_targets(options)
    if len(targets) != 1 and options.is_embedded_by_default:
        raise TargetError(
            f"there is no target file {HERE} in this folder: write one with noojee-contract init, name one with "
            "--config, or describe a target with --base-url"
        )
    if len(targets) != 1:
        raise TargetError(f"name one target: {', '.join(target.name for target in targets)}")
    return targets[0]


def places_of(options: RunOptions, target: Target) -> Callable[[str], str]:
    """Says where a key of a target is set: the line of the target file, or the flag."""
    return partial(place_of, target_name=target.name, config=None if options.target_flags else options.config)


def not_reached(target: Target, reason: str, place: Callable[[str], str]) -> Unreachable:
    """The error of a target that does not answer. `place` says where a key of the target is set."""
    where = "" if target.base_url is None else f" (base_url: {place('base_url')})"
    return Unreachable(target.name, f"target {target.name!r} cannot be reached: {reason}{where}")
