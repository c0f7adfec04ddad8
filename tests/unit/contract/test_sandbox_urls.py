"""What a control API names stays below the root of its target: a writable target is not trusted."""

from __future__ import annotations

import pytest

from noojee_contract.clients.sandbox_urls import check_below, check_template
from noojee_contract.dialects.vendor_dialect import vendor_dialect
from noojee_contract.errors import TargetError

ROOT = "http://127.0.0.1:8000/s/1a"


@pytest.mark.parametrize(
    "template",
    [
        "DELETE {base}/x?leg={leg}",
        "GET http://other.invalid/x?leg={leg}",
        "GET https://127.0.0.1:8000/s/1a/x?leg={leg}",
        "GET http://127.0.0.1:8001/s/1a/x?leg={leg}",
        "GET http://127.0.0.1:8000@other.invalid/s/1a/x?leg={leg}",
        "GET {base}/../../../../../x?leg={leg}",
        "GET {base}/%2e%2e/%2e%2e/x?leg={leg}",
        "GET /../x?leg={leg}",
        "GET {base}/x",
        "GET {base}/x\nDELETE {leg}",
    ],
)
def test_an_audio_template_elsewhere_is_refused(template: str) -> None:
    """Another verb, scheme, host, port or path: nothing is sent there."""
    dialect = vendor_dialect("njadmin").configured({}, template)
    with pytest.raises(TargetError, match="control API gives"):
        check_template(template, dialect, ROOT)


@pytest.mark.parametrize(
    "template", ["POST {base}/retrieve?uniqueId={unique_id}&leg={leg}", "GET /audio/{unique_id}/{leg}.wav"]
)
def test_an_audio_template_below_the_root_is_taken(template: str) -> None:
    """With the base of the API, or a path of the sandbox."""
    check_template(template, vendor_dialect("njadmin").configured({}, template), ROOT)


@pytest.mark.parametrize("path", ["../other", "s/%2e%2e/%2e%2e/x", "s/../../x"])
def test_a_path_of_a_sandbox_above_the_root_is_refused(path: str) -> None:
    """It would lead requests to another service of the host."""
    with pytest.raises(TargetError, match="outside of"):
        check_below("http://127.0.0.1:8000/pbx", f"http://127.0.0.1:8000/pbx/{path}", "the path of a sandbox")
