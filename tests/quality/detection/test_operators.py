"""Faulty servers made by operators: in groups, told apart by their names, and what is left out has a reason that holds."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from quality.detection.judge import judge
from support.faulty_servers import by_hand, everything, kinds, survivors
from support.faulty_servers.operators import every_mutant, left_out, made

TESTS = Path(__file__).parents[2]
KINDS = set(kinds_in_order := dict.fromkeys(kind for kind, _ in kinds().values()))
SAME = (
    "All legs of a call share this field, so that of its first leg is the right one.",
    "By unique id, all legs are of one call.",
    "Let in, such a request is refused all the same: it is not the credential that is wrong.",
)


def test_there_are_enough_faulty_servers_in_every_group() -> None:
    """At least 150 in at least 14 groups; two thirds or more made by operators."""
    groups = Counter(server.kind for server in everything().values())
    assert len(everything()) >= 150
    assert len(groups) >= 14
    assert set(groups) == KINDS
    assert len(made()) * 3 >= len(everything()) * 2


def test_every_faulty_server_says_what_a_finding_must_say() -> None:
    """A group, a description, and the words that name the fault."""
    for server in everything().values():
        assert server.kind, f"{server.name} is in no group: put it into tests/faulty_servers/kinds.toml"
        assert server.says, server.name
        assert server.description.endswith("."), server.name
    assert set(kinds()) == set(by_hand())


def test_the_order_of_faulty_servers_is_that_of_their_modules() -> None:
    """What is drawn by a seed, and the fingerprint of the score, hang on it; whoever imports a module first must not."""
    code = "import support.faulty_servers.relations_flow, support.faulty_servers.audio; print(*support.faulty_servers.everything())"
    told = subprocess.run([sys.executable, "-c", code], cwd=TESTS, capture_output=True, text=True, check=True)
    assert told.stdout.split() == list(everything())


def test_survivors_and_those_left_out_exist() -> None:
    """A reason for a server that is gone would hide a new one of that name."""
    assert set(survivors()) <= set(everything())
    assert set(left_out()) <= {mutant.name for mutant in every_mutant()}
    assert all(reason.endswith(".") for reason in (*survivors().values(), *left_out().values()))


@pytest.mark.parametrize("name", sorted(name for name, reason in left_out().items() if reason in SAME))
def test_what_is_left_out_as_the_same_gives_right_answers(name: str) -> None:
    """No request of the whole suite is answered otherwise than by a conformant server."""
    row = judge({mutant.name: mutant for mutant in every_mutant()}[name])
    assert row.differs_at is None
    assert not row.caught
