"""Faulty servers and server mutants: each has a group, a name of its own and an expected failure.

What is left out has a reason.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from noojee_contract.model.failure import Failure, FailureKind
from quality.detection.detect import detect
from support.faulty_servers import KINDS_FILE, everything, handwritten, kinds, survivors
from support.faulty_servers.expected import read_expected
from support.faulty_servers.operators import every_mutant, left_out, made

TESTS = Path(__file__).parents[2]
KINDS = set(tomllib.loads(KINDS_FILE.read_text(encoding="utf-8")))
SAME = (
    "All legs of a call share this field, so that of its first leg is the right one.",
    "By unique id, all legs are of one call.",
    "Let in, such a request is refused all the same: it is not the credential that is wrong.",
)


def test_there_are_enough_faulty_servers_in_every_group() -> None:
    """At least 150 in at least 14 groups; at least two thirds are server mutants."""
    groups = Counter(server.kind for server in everything().values())
    assert len(everything()) >= 150
    assert len(groups) >= 14
    assert set(groups) == KINDS
    assert len(made()) * 3 >= len(everything()) * 2


def test_every_faulty_server_has_group_and_expected_failure() -> None:
    """And a description in a sentence."""
    for server in everything().values():
        assert server.kind, f"{server.name} is in no group: put it into tests/support/faulty_servers/kinds.toml"
        assert server.expected, server.name
        assert server.description.endswith("."), server.name
    assert set(kinds()) == set(handwritten())


def test_faulty_servers_keep_the_order_of_their_modules() -> None:
    """Samples and the fingerprint depend on the order, which must not depend on the order of imports."""
    code = (
        "import support.faulty_servers.relations_flow, support.faulty_servers.audio; "
        "print(*support.faulty_servers.everything())"
    )
    process = subprocess.run([sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, check=True)
    assert process.stdout.split() == list(everything())


def test_an_expected_failure_has_kinds_and_names() -> None:
    """A failure matches by kind, by field, header or option, and by the method and status of its exchange."""
    exchange = {"request": {"method": "GET"}, "response": {"status": 200}}
    failure = Failure(message="", kind=FailureKind.WRONG_VALUE, field="Duration", exchange=exchange)
    for entry, matches in (
        ({"kind": "wrong_value"}, True),
        ({"kind": ["missing_leg", "wrong_value"], "field": "Duration"}, True),
        ({"kind": "wrong_value", "field": ["Start", "Duration"], "option": "start_fraction"}, True),
        ([{"kind": "missing_leg"}, {"kind": "wrong_value", "method": "GET", "status": 200}], True),
        ({"kind": "missing_leg", "field": "Duration"}, False),
        ({"kind": "wrong_value", "field": "Start"}, False),
        ({"kind": "wrong_value", "header": "Duration"}, False),
        ({"kind": "wrong_value", "method": "POST"}, False),
        ({"kind": "wrong_value", "status": 404}, False),
    ):
        assert any(each.matches(failure) for each in read_expected(entry)) is matches, entry
    for wrong in ({"kind": "other"}, {"kind": []}, {"kind": "wrong_value", "says": "Duration"}):
        with pytest.raises(ValueError, match=r"other|kind|says"):
            read_expected(wrong)


def test_survivors_and_left_out_mutants_exist() -> None:
    """A reason for a removed server would hide a new one of that name."""
    assert set(survivors()) <= set(everything())
    assert set(left_out()) <= {mutant.name for mutant in every_mutant()}
    assert all(reason.endswith(".") for reason in (*survivors().values(), *left_out().values()))


@pytest.mark.parametrize("name", sorted(name for name, reason in left_out().items() if reason in SAME))
def test_left_out_equivalents_answer_as_conformant(name: str) -> None:
    """No answer to the whole suite differs from a conformant server's."""
    row = detect({mutant.name: mutant for mutant in every_mutant()}[name])
    assert row.differs_at is None
    assert not row.caught
