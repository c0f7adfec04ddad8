"""`noojee-contract clauses`: lists the clauses with severity, dialects, scheme, sentence and provenance."""

from __future__ import annotations

import argparse

from noojee_contract.catalogue.clauses import FILE, Clause, catalogue, choose
from noojee_contract.cli.messages import say_error
from noojee_contract.cli.output import print_text
from noojee_contract.errors import TargetError
from noojee_contract.model.outcome import EXIT_INCONCLUSIVE, EXIT_OK


def list_clauses(options: argparse.Namespace) -> int:
    """Print the clauses that the patterns choose; all of them without a pattern."""
    try:
        chosen = choose(options.pattern) if options.pattern else tuple(catalogue().values())
    except TargetError as error:
        return say_error(error)
    printed = print_text("\n".join(_text(clause) for clause in chosen))
    return EXIT_OK if printed else EXIT_INCONCLUSIVE


def _text(clause: Clause) -> str:
    kind = f"{clause.severity}, {clause.pattern}" if clause.pattern else clause.severity
    dialects = list(dict.fromkeys([*clause.dialects, *([FILE] if clause.scope == "meaning" else [])]))
    about = [f"scope {clause.scope}"]
    if clause.scheme is not None:
        about.append(f"scheme {clause.scheme}")
    return (
        f"{clause.id}  [{kind}] {', '.join(dialects)}; {', '.join(about)}\n  {clause.sentence}\n  {clause.provenance}"
    )
