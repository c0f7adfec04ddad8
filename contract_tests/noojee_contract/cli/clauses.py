"""`noojee-contract clauses`: lists the clauses with severity, dialects, scheme, sentence and provenance."""

from __future__ import annotations

import argparse
import sys

from noojee_contract.catalogue.clauses import FILE, Clause, catalogue, choose
from noojee_contract.errors import TargetError
from noojee_contract.model.outcome import EXIT_OK, EXIT_USAGE


def list_clauses(options: argparse.Namespace) -> int:
    """Print the clauses that the patterns choose; all of them without a pattern."""
    try:
        chosen = choose(options.pattern) if options.pattern else tuple(catalogue().values())
    except TargetError as error:
        print(f"noojee-contract: {error}", file=sys.stderr)
        return EXIT_USAGE
    for clause in chosen:
        print(_text(clause))
    return EXIT_OK


def _text(clause: Clause) -> str:
    kind = f"{clause.severity}, {clause.pattern}" if clause.pattern else clause.severity
    dialects = list(dict.fromkeys([*clause.dialects, *([FILE] if clause.scope == "meaning" else [])]))
    about = [f"scope {clause.scope}"]
    if clause.scheme is not None:
        about.append(f"scheme {clause.scheme}")
    return (
        f"{clause.id}  [{kind}] {', '.join(dialects)}; {', '.join(about)}\n  {clause.sentence}\n  {clause.provenance}"
    )
