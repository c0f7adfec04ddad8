"""Requests that provoke refusals are sent only with permission.

A target file can waive them, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from noojee_contract.engine.subject import UNKNOWN_VALUES

Contract = Callable[..., Any]
WRITING = ("PUT", "DELETE", "PATCH")
HOSTILE = UNKNOWN_VALUES[1:]
TARGET = """[targets.{name}]
base_url = "{url}"
dialect = "{dialect}"
api_key_env = "PBX_KEY"
time_zone = "Australia/Melbourne"
recordings = "{recordings}"
audio = "POST {{base}}/retrieveByUniqueId?uniqueId={{unique_id}}&leg={{leg}}"
{extra}
"""
WAIVED, ALLOWED = 'negative_tests = "waived"', 'negative_tests = "allowed"'


def table(name: str, url: str, served: Any, dialect: str, extra: str = "") -> str:
    """A read-only target of a target file."""
    return TARGET.format(name=name, url=url, recordings=served.recordings_file, dialect=dialect, extra=extra)


def negative(request: tuple[float, str, str], key: str) -> bool:
    """Whether a request provokes a refusal: by its method, a wrong or absent credential, or a hostile value."""
    _, method, path = request
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query, keep_blank_values=True).items()}
    is_api = "/retrieve" in path
    without_key = is_api and query.get("apiKey") != key and "hash" not in query
    hostile = query.get("tag") in HOSTILE or query.get("uniqueId") in HOSTILE
    return method in WRITING or without_key or hostile or query.get("hour") in ("24", "-1")


@pytest.mark.parametrize("extra", ["", WAIVED])
@pytest.mark.parametrize("dialect", ["recording-api", "njadmin"])
def test_no_negative_request_is_sent_without_permission(
    dialect: str, extra: str, tmp_path: Path, counted: Any, served: Any, contract: Contract
) -> None:
    """A counting server sees no PUT, DELETE or PATCH, no wrong key, no hostile value."""
    (tmp_path / "noojee-contract.toml").write_text(table("pbx", counted.url, served, dialect, extra))
    ran = contract("verify", "pbx", PBX_KEY=served.key)
    assert ran.code == (0 if extra else 3), ran.out + ran.err
    assert len(counted.asked) > 50
    assert [request for request in counted.asked if negative(request, served.key)] == []


def test_the_counting_server_sees_negative_tests(tmp_path: Path, counted: Any, served: Any, contract: Contract) -> None:
    """The test above is not blind: with permission, each kind of negative request is sent."""
    (tmp_path / "noojee-contract.toml").write_text(table("pbx", counted.url, served, "njadmin", ALLOWED))
    contract("verify", "pbx", PBX_KEY=served.key)
    found = [request for request in counted.asked if negative(request, served.key)]
    assert {method for _, method, _ in found} >= {"PUT", "DELETE", "PATCH", "POST"}


def test_a_migration_passes_with_production_waived(tmp_path: Path, served: Any, contract: Contract) -> None:
    """Exit 0; the first line says what was not tested, and where."""
    (tmp_path / "noojee-contract.toml").write_text(
        table("old", served.url, served, "recording-api", WAIVED)
        + table("staging", served.url, served, "njadmin", ALLOWED)
        + '[[migration]]\nfrom = "old"\nto = "staging"\n'
    )
    ran = contract("verify", PBX_KEY=served.key)
    assert ran.code == 0, ran.out + ran.err
    first = ran.out.splitlines()[0]
    assert first.startswith("PASSED")
    assert "; refusal of wrong keys not tested on old" in first
