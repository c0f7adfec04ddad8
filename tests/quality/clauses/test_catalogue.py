"""The catalogue itself: enough clauses, each with a source that carries its severity, and a clause for each option."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from importlib import resources

import pytest

from noojee_contract.catalogue.clauses import (
    DIALECTS,
    FILE,
    LISTING,
    MIGRATION,
    NEEDS,
    REQUIRED_CLAUSES,
    SCHEMES,
    SCOPES,
    SEVERITIES,
    Clause,
    catalogue,
)
from noojee_contract.dialects.custom import ATTRIBUTES
from noojee_contract.resources import schemas

TABLE = tomllib.loads(schemas("own", "options.toml").read_text(encoding="utf-8"))
CLAUSES = sorted(catalogue().values(), key=lambda clause: clause.id)
GROUPS = {"transport", "authentication", "metadata", "by-hour", "audio", "migration", "relations", "live-calls"}

# Options without a clause: only one value is allowed.
WITHOUT_CLAUSE: dict[str, str] = {key: row["settled"] for key, row in TABLE.items() if not row["alternatives"]}


def test_there_are_enough_clauses_in_every_group() -> None:
    """At least eighty, over all groups."""
    groups = Counter(clause.group for clause in CLAUSES)
    assert set(groups) == GROUPS
    assert sum(groups.values()) >= 80
    assert min(groups.values()) >= 8, groups


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_is_whole(clause: Clause) -> None:
    """Id, sentence, severity, source, dialects and needs are words that the runner knows."""
    assert re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", clause.id)
    assert clause.sentence.endswith(".")
    assert len(clause.sentence) <= 240
    assert clause.severity in SEVERITIES
    assert clause.over in ("exchange", "archive")
    assert set(clause.dialects) <= {*DIALECTS, MIGRATION, FILE}
    assert clause.scope in SCOPES
    assert set(clause.fields) <= set(ATTRIBUTES)
    assert set(clause.needs) <= set(NEEDS)
    assert clause.scheme in (None, *SCHEMES)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_binds_no_more_than_its_source(clause: Clause) -> None:
    """SPEC and DOC facts are must or should; what is UNKNOWN binds only where it is declared."""
    marks = set(re.findall(r"\b(SPEC|DOC|CLIENT|DERIVED|UNKNOWN)\b", clause.provenance))
    assert marks
    if clause.severity == "must":
        assert marks & {"SPEC", "DOC"}
    if clause.severity == "should":
        assert marks & {"SPEC", "DOC", "CLIENT", "DERIVED"}
    assert (clause.severity == "declared") == (clause.declares is not None)


def test_each_clause_says_what_it_is_about() -> None:
    """Each clause decides whether it binds an API that is not the vendor's."""
    folder = resources.files("noojee_contract") / "catalogue"
    files = [
        tomllib.loads(file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml") and file.name != "spec_page.toml"
    ]
    assert [name for rows in files for name, row in rows.items() if "scope" not in row] == []


def test_no_two_clauses_share_a_sentence() -> None:
    """No two clauses have the same sentence."""
    assert max(Counter(clause.sentence for clause in CLAUSES).values()) == 1


def test_every_option_has_a_clause_or_a_reason() -> None:
    """A row of options.toml without a clause would be an option without a check."""
    with_clause = {clause.declares for clause in CLAUSES if clause.declares}
    assert with_clause <= set(TABLE)
    assert with_clause.isdisjoint(WITHOUT_CLAUSE)
    assert with_clause | set(WITHOUT_CLAUSE) == set(TABLE)
    assert all(WITHOUT_CLAUSE.values())


def test_the_required_clauses_are_in_the_catalogue() -> None:
    """Each required clause binds everywhere, in each dialect that lists legs."""
    for clause_id in REQUIRED_CLAUSES:
        assert catalogue()[clause_id].severity == "must"
        assert catalogue()[clause_id].scope == "meaning"
        assert set(catalogue()[clause_id].dialects) == set(LISTING)
