"""What `verify --plan` prints about the limits of targets."""

from __future__ import annotations

from pathlib import Path

from noojee_contract.cli.plan import plan_text
from noojee_contract.pytest_plugin.options import RunOptions, chosen_targets

TARGETS = """
[targets.old]
base_url = "http://pbx.invalid:8000/old"
dialect = "recording-api"
request_budget = 50

[targets.staging]
base_url = "http://pbx.invalid:8000/new"
dialect = "njadmin"

[targets.other]
base_url = "http://other.invalid"
dialect = "njadmin"
"""


def test_a_budget_that_targets_of_one_host_share_is_named(tmp_path: Path) -> None:
    """Each of them may send so many requests less as the other sends."""
    file = tmp_path / "targets.toml"
    file.write_text(TARGETS, encoding="utf-8")
    options = RunOptions(config=str(file))
    old, staging, other = plan_text(options, chosen_targets(options)[0]).split(": read-only\n")[1:]
    assert "the 50 requests, the by-hour limit, with staging on the same host and port" in old
    assert "the 50 requests, the by-hour limit, with old on the same host and port" in staging
    assert "at most 50 requests" in staging
    assert "shared" not in other
