"""A mistake in a file of the catalogue is one line with the file, the clause and the key."""

from __future__ import annotations

import pytest

from noojee_contract.catalogue.clauses import LISTING, read_clauses
from noojee_contract.errors import ContractError

GOOD = """
[duration]
sentence = "Duration is the difference of End and Start."
severity = "must"
provenance = "SPEC W-A4"
scope = "meaning"
over = "archive"
faulty_server = "longest-duration"
"""


def test_a_clause_table_is_read_with_its_defaults() -> None:
    """The id is the group and the name."""
    clause = read_clauses("metadata", GOOD + 'wait_seconds = 11\nneeds = ["writable"]\n')["metadata.duration"]
    assert (clause.id, clause.group, clause.scope) == ("metadata.duration", "metadata", "meaning")
    assert (clause.dialects, clause.scheme, clause.requests) == (LISTING, None, 0)
    assert (clause.wait_seconds, clause.needs) == (11, ("writable",))


def test_a_clause_about_an_option_needs_no_faulty_server() -> None:
    """Each server with another value of the option is one."""
    text = GOOD.replace('faulty_server = "longest-duration"', 'declares = "metadata_order"').replace("must", "declared")
    assert read_clauses("metadata", text)["metadata.duration"].faulty_server is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[duration", "catalogue/metadata.toml: not valid TOML"),
        (GOOD.replace("sentence", "sentance"), "metadata.duration: unknown key 'sentance' (did you mean sentence?)"),
        (GOOD.replace("scope", "about"), "metadata.duration: unknown key 'about'"),
        (GOOD.replace('severity = "must"\n', ""), "metadata.duration: severity: this key is required"),
        (GOOD.replace('"must"', '"most"'), "severity: unknown value 'most' (did you mean must?); use must, should"),
        (GOOD.replace('"meaning"', '"meanings"'), "scope: unknown value 'meanings' (did you mean meaning?)"),
        (GOOD.replace('"archive"', "3"), "over: expected a text"),
        (GOOD + 'needs = ["fill"]\n', "needs: unknown value 'fill'"),
        (GOOD + 'needs = "writable"\n', "needs: expected a list of texts"),
        (GOOD + 'dialects = ["njadmn"]\n', "dialects: unknown value 'njadmn' (did you mean njadmin?)"),
        (GOOD + 'scheme = "none"\n', "scheme: unknown value 'none'"),
        (GOOD + 'wait_seconds = "11"\n', "wait_seconds: expected a whole number"),
        (GOOD + 'pattern = "subsets"\n', "pattern: unknown value 'subsets' (did you mean subset?)"),
        (GOOD.replace('"longest-duration"', '""'), "faulty_server: expected a text"),
        (
            GOOD.replace('faulty_server = "longest-duration"', ""),
            "metadata.duration: faulty_server: this key is required",
        ),
        ("duration = 3\n", "metadata.duration: a clause is a table"),
    ],
)
def test_a_mistake_names_file_clause_and_key(text: str, says: str) -> None:
    """The author of a clause can correct the mistake without opening the reader."""
    with pytest.raises(ContractError) as raised:
        read_clauses("metadata", text)
    assert str(raised.value).startswith("catalogue/metadata.toml: ")
    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
