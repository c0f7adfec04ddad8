"""The page of the clauses, from the catalogue."""

from __future__ import annotations

from itertools import groupby

from tables import cited, code, codes, table

from noojee_contract.catalogue.clauses import LISTING, Clause, catalogue

HEAD = """# Clauses

A clause is one sentence of the contract. `noojee-contract clauses` prints this list, and
`noojee-contract verify --only ID` runs single clauses.

- *must* and *should* bind everywhere: a failure is red. A vendor page says so.
- *declared* binds where the target's profile sets the [option](options.md) of the clause. Elsewhere the clause is
  informational.
- *may* is reported only.

The last column says where the sentence comes from: see [sources](sources.md).
"""


def page() -> str:
    """The whole page: a table for each group."""
    groups = groupby(catalogue().values(), key=lambda clause: clause.group)
    return "\n".join([HEAD, *(_group(name, list(clauses)) for name, clauses in groups)])


def _group(name: str, clauses: list[Clause]) -> str:
    rows = [
        [code(clause.id), clause.sentence, clause.severity, _conditions(clause), cited(clause.provenance)]
        for clause in clauses
    ]
    return f"## {name}\n\n" + table(["clause", "sentence", "severity", "only for", "source"], rows)


def _conditions(clause: Clause) -> str:
    parts = []
    if clause.dialects not in ((), LISTING):
        parts.append(codes(clause.dialects))
    if clause.declares is not None:
        parts.append(f"option {code(clause.declares)}")
    if clause.needs:
        parts.append("needs " + codes(clause.needs))
    return "; ".join(parts)
