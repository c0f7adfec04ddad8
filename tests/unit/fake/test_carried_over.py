"""Whatever the API let into the archive, another sandbox takes as the control API gives it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

CALLS = "/servicemanager/rest/CallManagementAPI"
texts = st.one_of(
    st.text(max_size=20), st.text(min_size=190, max_size=210), st.sampled_from(("\0", "T" * 4000, "T" * 4001))
)


@given(tag=texts, number=texts, started=texts)
@example(tag="", number="SIP/", started="\0")
@example(tag="T" * 4001, number="0" * 201, started="T" * 4001)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_calls_of_any_text_are_carried_over(tag: str, number: str, started: str, pbx: Any) -> None:
    """Tags, numbers and what a start gives: refused when they come, or kept so that they can leave."""
    caller = pbx()

    def order(method: str, **parameters: str) -> int:
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
        return int(json.loads(caller.ask(f"{CALLS}/{method}", f"apiKey={caller.key}&{query}").body)["Code"])

    dialled = order("dial", number=number, extenOrUniqueId="SIP/410", autoAnswer="yes", record="true", tag=tag) == 0
    if not dialled:
        order("dial", number="0390000000", extenOrUniqueId="SIP/410", autoAnswer="yes")
    recorded = order("start", extenOrUniqueId="410", tag=started) == 0
    caller.control("POST", "/sandboxes/default/clock", {"step_seconds": 5})
    assert order("hangup", extenOrUniqueId="410") == 0
    calls = json.loads(caller.control("GET", "/sandboxes/default/calls").body)
    assert bool(calls["calls"]) is recorded
    other = json.loads(caller.control("POST", "/sandboxes", {}).body)["sandbox"]
    answer = caller.control("POST", f"/sandboxes/{other}/calls", calls)
    assert answer.status == 201, answer.body
    assert json.loads(caller.control("GET", f"/sandboxes/{other}/calls").body) == calls
