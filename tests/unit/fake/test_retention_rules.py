"""The storage rules as JSON: read with what is wrong and where, written as they are read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_fake.errors import UsageError
from noojee_fake.pbx.retention import LOCATIONS, MOST_DAYS, RetentionRules, Tier, read_rules, write_rules

SET = RetentionRules(mid_term_days=90, long_term_days=365, nightly_hour=3)


def test_the_rules_of_a_new_pbx() -> None:
    """Nothing is ever deleted, and the run is at two in the night. UNKNOWN: chosen."""
    assert write_rules(RetentionRules()) == {
        "nightly_hour": 2,
        "mid_term_days": None,
        "long_term_days": None,
        "encrypted": False,
        "offline": [],
    }


def test_rules_that_are_not_named_stay() -> None:
    """Null keeps for ever."""
    assert read_rules({}, SET) == SET
    assert read_rules({"mid_term_days": None, "offline": ["long_term"]}, SET) == RetentionRules(
        nightly_hour=3, long_term_days=365, offline=frozenset({Tier.LONG_TERM})
    )


@given(
    st.builds(
        RetentionRules,
        nightly_hour=st.integers(0, 23),
        mid_term_days=st.none() | st.integers(0, MOST_DAYS),
        long_term_days=st.none() | st.integers(0, MOST_DAYS),
        encrypted=st.booleans(),
        offline=st.frozensets(st.sampled_from(LOCATIONS)),
    )
)
def test_what_is_written_reads_back(rules: RetentionRules) -> None:
    """Whatever was in force before."""
    assert read_rules(write_rules(rules), SET) == rules


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ([], "$", "the storage rules are an object"),
        (None, "$", "the storage rules are an object"),
        ({"nightly_hours": 2}, "$.nightly_hours", "the rules are nightly_hour, mid_term_days, long_term_days, encr"),
        ({"nightly_hour": 24}, "$.nightly_hour", "from 0 to 23"),
        ({"nightly_hour": -1}, "$.nightly_hour", "from 0 to 23"),
        ({"nightly_hour": None}, "$.nightly_hour", "from 0 to 23"),
        ({"nightly_hour": 2.0}, "$.nightly_hour", "a whole number"),
        ({"nightly_hour": True}, "$.nightly_hour", "a whole number"),
        ({"mid_term_days": -1}, "$.mid_term_days", "from 0 to 36500, or null"),
        ({"mid_term_days": "90"}, "$.mid_term_days", "a number of days"),
        ({"long_term_days": 10**30}, "$.long_term_days", "from 0 to 36500, or null"),
        ({"long_term_days": False}, "$.long_term_days", "a number of days"),
        ({"encrypted": "yes"}, "$.encrypted", "true or false"),
        ({"encrypted": 1}, "$.encrypted", "true or false"),
        ({"offline": "mid_term"}, "$.offline", "a list of locations: short_term, mid_term, long_term"),
        ({"offline": ["gone"]}, "$.offline", "a list of locations"),
        ({"offline": [["mid_term"]]}, "$.offline", "a list of locations"),
        ({"offline": None}, "$.offline", "a list of locations"),
    ],
)
def test_what_is_no_rule_is_refused(written: Any, path: str, said: str) -> None:
    """With the JSON path and the allowed values."""
    with pytest.raises(UsageError, match=said) as refused:
        read_rules(written, SET)
    assert refused.value.path == path


def test_rules_made_in_python_are_checked_too() -> None:
    """The same limits hold for those who set them without JSON."""
    with pytest.raises(UsageError):
        RetentionRules(nightly_hour=24)
    with pytest.raises(UsageError):
        RetentionRules(offline=frozenset({Tier.GONE}))
