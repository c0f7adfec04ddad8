"""A short form of `tox -e detection -- --read-only`: a few faults are caught, and services without a fault pass."""

from __future__ import annotations

import pytest

from quality.detection.read_only import ReadOnlyRun
from quality.detection.read_only_run import RightJob, right_results, wrong_results
from support.faulty_migrations import SERVICES, faulty_migrations

FAULTS = (
    "njadmin/the-last-leg-is-lost",
    "njadmin/the-old-zone-is-utc",
    "records/numbers-cut-to-ten",
    "events/destination-of-the-last-leg",
)
VARIANTS = ("http-1.0", "keys-in-another-order")


@pytest.mark.parametrize("name", FAULTS)
def test_a_visible_fault_of_a_migration_is_caught(name: str, read_only: ReadOnlyRun) -> None:
    """With five listed recordings and two hours, the first failure has the kind and the field of the fault."""
    row = read_only.row(faulty_migrations()[name], "short")
    assert row.visible
    assert row.names_it, row.message
    assert row.errors == ()


@pytest.mark.parametrize("service", SERVICES)
def test_no_clause_fails_on_a_service_without_a_fault(service: str, read_only: ReadOnlyRun) -> None:
    """No failure and no error, on the service and on the migration to it."""
    assert wrong_results(right_results(read_only, RightJob(service, None, 1))) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_clause_fails_on_a_variant_of_servers(variant: str, read_only: ReadOnlyRun) -> None:
    """The answers are the same, in another way that no page forbids. `--read-only` runs all variants."""
    assert wrong_results(right_results(read_only, RightJob("njadmin", variant, 1))) == []
