"""Both packages redact the same texts in the same way. They share no code; the vectors test them from outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from noojee_contract.redaction.redact import Redactor
from noojee_fake.redaction import Redaction

FILE = Path(__file__).parents[3] / "fixtures" / "vectors" / "redactions.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["coding"])
def test_both_packages_hide_the_known_vectors(vector: dict[str, str]) -> None:
    """The fake in its access log and journal, the contracts in everything that they show."""
    assert Redaction([vector["secret"]]).text(vector["text"]) == vector["shown"]
    assert Redactor([vector["secret"]]).text(vector["text"]) == vector["shown"]
