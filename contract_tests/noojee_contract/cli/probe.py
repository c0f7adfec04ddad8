"""`noojee-contract probe`: learns the options of one PBX, and writes them with their evidence as a profile file.

A mistake in flags, target file or existing profile is reported in one line before the first request: exit code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from noojee_contract.cli.first_contact import KeyRefused, NotHttp, first_contact
from noojee_contract.cli.messages import say, say_end, say_error
from noojee_contract.cli.one_target import one_target, places_of, run_options
from noojee_contract.cli.probe_flags import PERMISSION_KEYS
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.errors import BudgetSpent, NothingToCheck, TargetError, Unreachable
from noojee_contract.model.outcome import EXIT_FAILED, EXIT_INCONCLUSIVE, EXIT_OK
from noojee_contract.probing.pbx import ProbedPbx
from noojee_contract.probing.probe import DEFAULT_BUDGET, ProbeResult, probe, probed
from noojee_contract.probing.profile_file import check_replaceable, render
from noojee_contract.probing.questions import ProbeQuestion, options_of
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.redaction.printable import escaped
from noojee_contract.report import writing
from noojee_contract.targets.flags import TARGET_FLAGS, Flag, given
from noojee_contract.targets.target import Target

DEFAULT_OUT = "profile.toml"


def run(arguments: argparse.Namespace) -> int:
    """Probe one target and write its profile. Returns the exit code."""
    out = Path(arguments.out or DEFAULT_OUT)
    try:
        options = _options(arguments)
        target = _target(options, arguments)
        writing.ensure_writable(out)
        check_replaceable(out, target)
    except TargetError as error:
        return say_error(error)
    began = datetime.now(UTC)
    try:
        with tempfile.TemporaryDirectory(prefix="noojee-contract-") as folder, closing(Servers()) as servers:
            result = _probe(target, options, Path(folder), servers)
    except (TargetError, Unreachable) as error:
        return say_error(error)
    if isinstance(result, str):
        return say_end(result, EXIT_FAILED)
    if not result.learnt:
        return say_end(f"nothing was learnt of {target.name}: {_reasons(result)}", EXIT_INCONCLUSIVE)
    writing.write(out, render(result, began=began))
    print(escaped(summary(result, out), kept="\n"), end="")
    return EXIT_OK


def _options(arguments: argparse.Namespace) -> RunOptions:
    """The options of a run. The flags of permissions describe a target only together with --base-url."""
    return run_options(arguments, without=PERMISSION_KEYS if arguments.base_url is None else ())


def _target(options: RunOptions, arguments: argparse.Namespace) -> Target:
    """The one target, with the budget and the permissions of the flags. Raises TargetError."""
    target = one_target(options)
    if target.api.is_custom:
        raise TargetError(
            f"target {target.name!r} has a custom dialect; the options are those of the vendor's dialects"
        )
    permissions = {} if options.target_flags else given(_permission_flags(), vars(arguments))
    if permissions.get("negative_tests") == "allowed" and target.waives_negative_tests:
        raise TargetError(
            f"--negative-tests: the target file waives negative tests on {target.name!r}; change it there"
        )
    budget = permissions.get("request_budget") or target.request_budget or DEFAULT_BUDGET
    if not arguments.request_budget:
        budget = min(budget, DEFAULT_BUDGET)
    return replace(
        target,
        negative_tests=permissions.get("negative_tests", "allowed" if target.negative_tests else "") == "allowed",
        max_wait_seconds=permissions.get("max_wait_seconds", target.max_wait_seconds),
        request_budget=min(budget, target.request_budget or budget),
    )


def _permission_flags() -> list[Flag]:
    return [flag for flag in TARGET_FLAGS if flag.name in PERMISSION_KEYS]


def _probe(target: Target, options: RunOptions, folder: Path, servers: Servers) -> ProbeResult | str:
    """What the probe found, or in one line why it must not go on after the first answers."""
    asked = probed(target)
    client = TargetClient(asked, servers=servers, limits=limits_of([asked], folder)[asked.name], environ=os.environ)
    try:
        shown = None
        if target.base_url is not None:
            with suppress(BudgetSpent):
                shown = first_contact(client, places_of(options, target))
        if isinstance(shown, KeyRefused):
            return f"target {target.name!r} refuses its key (HTTP {shown.exchange.status}); nothing else was sent"
        if isinstance(shown, NotHttp):
            return f"target {target.name!r} answers with bytes that are no valid HTTP; nothing else was sent"
        if shown is not None:
            raise NothingToCheck(shown.reason)
        return probe(ProbedPbx(client), client, progress=_say)
    finally:
        client.close()


def summary(result: ProbeResult, out: Path) -> str:
    """What was learnt, what was not, and why."""
    options = options_of(result.target)
    learnt = f"learnt {len(result.learnt)} of the {len(options)} options of {result.target.dialect}"
    lines = [f"{result.target.name}: {learnt} with {result.requests} requests; written to {out}"]
    lines += [f"  {key:34} {result.learnt[key].value}" for key in options if key in result.learnt]
    if result.not_learnt:
        lines.append("Not learnt:")
        lines += [f"  {key:34} {result.not_learnt[key]}" for key in options if key in result.not_learnt]
    if result.uncovered:
        lines.append("Behaviour that no option covers:")
        lines += [f"  {each.option + ': ' if each.option else ''}{each.saw}" for each in result.uncovered]
    return "\n".join(lines) + "\n"


def _reasons(result: ProbeResult) -> str:
    return "; ".join(dict.fromkeys(result.not_learnt.values()))


def _say(question: ProbeQuestion) -> None:
    if sys.stderr.isatty():
        say(f"asking {question.asks}")
