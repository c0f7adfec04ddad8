"""The profiles that ship: each has values that the table of options lists, and a provenance."""

from __future__ import annotations

import tomllib

import pytest

from noojee_fake.pbx.options import Profile, named_profiles, option_table
from noojee_fake.resources import schema_text

MARKS = ("SPEC", "DOC", "CLIENT", "DERIVED", "UNKNOWN")


@pytest.mark.parametrize("name", named_profiles())
def test_a_named_profile_has_values_of_the_table(name: str) -> None:
    """Never a default: what a profile does not name stays at its default."""
    named = named_profiles()[name]
    whole = Profile(named.values)
    assert named.values
    assert all(whole[key] == value != option_table()[key].default for key, value in named.values.items())


@pytest.mark.parametrize("name", named_profiles())
def test_a_named_profile_says_what_it_is_for_and_on_what_ground(name: str) -> None:
    """A sentence, and a mark."""
    named = named_profiles()[name]
    assert named.about.endswith(".")
    assert named.provenance.startswith(MARKS)


@pytest.mark.parametrize("name", ["recording-api", "call-management", "njadmin"])
def test_the_profile_of_a_dialect_concerns_that_dialect(name: str) -> None:
    """Each of its options concerns that dialect."""
    assert all(name in option_table()[key].dialects for key in named_profiles()[name].values)


def test_profile_names_are_no_options_and_all_are_read() -> None:
    """So that neither is taken for the other."""
    table = tomllib.loads(schema_text("profiles.toml"))
    assert list(table) == list(named_profiles())
    assert not set(table) & set(option_table())
