"""An invalid flow does nothing; a flow that gets stuck names the step, and the steps before it stay done."""

from __future__ import annotations

import inspect
import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_fake.control import flows
from support.openapi import API

INBOUND = {"do": "inbound", "did": "1", "source": "7", "as": "a"}
FLOW = jsonschema_rs.validator_for({"$ref": "#/components/schemas/Flow", "components": API["components"]})
FAULTY = [
    (None, "$.steps"),
    ([], "$.steps"),
    ({}, "$.steps"),
    ([5], "$.steps[0]"),
    ([{}], "$.steps[0].do"),
    ([{"do": 5}], "$.steps[0].do"),
    ([{"do": ["wait"]}], "$.steps[0].do"),
    ([{"do": "Wait", "seconds": 1}], "$.steps[0].do"),
    ([{"do": "wait"}], "$.steps[0].seconds"),
    ([{"do": "wait", "seconds": "1"}], "$.steps[0].seconds"),
    ([{"do": "wait", "seconds": True}], "$.steps[0].seconds"),
    ([{"do": "wait", "seconds": -1}], "$.steps[0].seconds"),
    ([{"do": "wait", "seconds": 1e10}], "$.steps[0].seconds"),
    ([{"do": "wait", "seconds": 1, "minutes": 2}], "$.steps[0]"),
    ([INBOUND, {"do": "inbound"}], "$.steps[1].did"),
    ([INBOUND, {"do": "inbound", "did": "1 2"}], "$.steps[1].did"),
    ([INBOUND, {"do": "inbound", "did": "1\n"}], "$.steps[1].did"),
    ([INBOUND, {"do": "inbound", "did": "1", "source": "7" * 201}], "$.steps[1].source"),
    ([INBOUND, {"do": "inbound", "did": "1", "as": ""}], "$.steps[1].as"),
    ([INBOUND, {"do": "inbound", "did": "1", "record": True}], "$.steps[1].record"),
    ([INBOUND, {"do": "inbound", "did": "1", "tag": None}], "$.steps[1].tag"),
    ([INBOUND, {"do": "dial", "from": "410", "number": "1", "record": "answer"}], "$.steps[1].record"),
    ([INBOUND, {"do": "answer", "call": "a"}], "$.steps[1].by"),
    ([INBOUND, {"do": "answer", "call": ["a"], "by": "410"}], "$.steps[1].call"),
    ([INBOUND, {"do": "hang_up", "call": ""}], "$.steps[1].call"),
    ([INBOUND, {"do": "start_recording", "call": "a", "agent": ""}], "$.steps[1].agent"),
    ([{"do": "wait", "seconds": 1}] * 1001, "$.steps"),
]
AGAINST_EACH_OTHER = [
    ([INBOUND, INBOUND], "$.steps[1].as"),
    ([{"do": "hang_up", "call": "a"}, INBOUND], "$.steps[0].call"),
    ([INBOUND, {"do": "hang_up", "call": "b"}], "$.steps[1].call"),
    ([INBOUND | {"tag": "\udc00"}], "$.steps[0].tag"),
]


@pytest.mark.parametrize(("steps", "path"), FAULTY + AGAINST_EACH_OTHER)
def test_invalid_flow_does_nothing(pbx: Any, steps: Any, path: str) -> None:
    """400 with the JSON path, whatever valid steps come first."""
    caller = pbx()
    refused = caller.control_json("POST", "/flow", {"steps": steps}, status=400)
    assert refused["path"] == path
    assert caller.control_json("GET", "/live") == {"calls": []}
    assert caller.control_json("GET", "/clock")["now"] == "2026-11-24T00:00:00+00:00"


@pytest.mark.parametrize("steps", [steps for steps, _ in FAULTY])
def test_invalid_step_does_not_match_the_schema(steps: Any) -> None:
    """The schema of a flow refuses each step that is invalid by itself."""
    assert not FLOW.is_valid({"steps": steps})


def test_table_of_steps_is_that_of_the_schema() -> None:
    """Each step of the description has a function whose parameters are its fields, and there are no others."""
    keywords = {"as": "name", "from": "extension"}
    for do, component in STEPS.items():
        parameters = list(inspect.signature(flows._PLAYS[do]).parameters.values())[1:]
        fields = {keywords.get(name, name) for name in component["properties"]} - {"do"}
        assert {parameter.name for parameter in parameters} == fields
        required = {parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty}
        assert required == {keywords.get(name, name) for name in component["required"]} - {"do"}
    assert set(flows._PLAYS) == set(STEPS)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([{"do": "Wait", "seconds": 1}], '"Wait" is not allowed; did you mean "wait"?'),
        ([{"do": "wait", "second": 1}], 'the field "seconds" is missing'),
        ([{"do": "wait", "seconds": 1, "minutes": 2}], 'unknown field "minutes"; the fields are do, seconds'),
        ([{"do": "wait", "seconds": -1}], "-1 is out of range: at least 0 and at most 1000000000"),
        ([INBOUND | {"record": "anser"}], 'did you mean "answer"?'),
        ([INBOUND | {"did": "1 2"}], "such as 410"),
        ([INBOUND | {"tag": {"a": 1}}], "an object is not a text"),
        ([], "at least 1 and at most 1000 entries"),
    ],
)
def test_refusal_of_a_step_has_a_hint(pbx: Any, steps: Any, says: str) -> None:
    """The message names the field and the correction, and quotes no list, object or pattern."""
    assert says in pbx().control_json("POST", "/flow", {"steps": steps}, status=400)["error"]


values = st.one_of(
    st.sampled_from(["410", "a", "", "x y", 5, 0.5, True, None, "answer", "1.0", [], "é" * 300]), st.text(max_size=5)
)
STEPS = {
    component["properties"]["do"]["const"]: component
    for name, component in API["components"]["schemas"].items()
    if name.startswith("Step")
}
fields = st.sampled_from(sorted({name for step in STEPS.values() for name in step["properties"]} - {"do"} | {"odd"}))


@given(st.sampled_from(sorted(STEPS)), st.dictionaries(fields, values, max_size=4))
def test_step_is_refused_only_if_its_schema_refuses_it(pbx: Any, do: str, more: dict[str, Any]) -> None:
    """400 exactly for a step that does not match its schema."""
    call = {"call": "a"} if "call" in STEPS[do]["properties"] else {}
    steps = [INBOUND, {"do": do, **call, **more, **({"as": "b"} if "as" in more else {})}]
    if "call" in more:
        steps[1]["call"] = "a" if more["call"] == "1.0" else more["call"]
    answer = pbx().control("POST", "/sandboxes/default/flow", {"steps": steps})
    named = steps[1].get("call", "a") == "a" or not isinstance(steps[1]["call"], str) or not steps[1]["call"]
    if named:
        assert (answer.status == 400) is not FLOW.is_valid({"steps": steps}), (steps, answer)


@pytest.mark.parametrize(
    ("steps", "at", "says"),
    [
        ([{"do": "answer", "call": "a", "by": "999"}], 1, "ringing are 400, 410, 420"),
        ([{"do": "answer", "call": "a", "by": "410"}, {"do": "answer", "call": "a", "by": "400"}], 2, "nobody rings"),
        ([{"do": "transfer", "call": "a", "to": "420"}], 1, "Nobody is connected"),
        ([{"do": "stop_recording", "call": "a", "agent": "Nobody"}], 1, "No such user"),
        ([{"do": "hang_up", "call": "a"}, {"do": "hang_up", "call": "a"}], 2, "No such call"),
        ([{"do": "hang_up", "call": "1.2"}], 1, "GET live"),
        ([{"do": "place", "from": "999", "number": "1"}], 1, "GET directory"),
        ([{"do": "wait", "seconds": 1e9}] * 300, 252, "1970 to 9998"),
    ],
)
def test_impossible_step_leaves_the_steps_before_it_done(
    pbx: Any, steps: list[dict[str, Any]], at: int, says: str
) -> None:
    """409 with the step, the reason and a hint, the number of played steps and the state of the calls."""
    caller = pbx()
    refused = caller.control_json("POST", "/flow", {"steps": [INBOUND, *steps]}, status=409)
    assert (refused["path"], refused["done"]) == (f"$.steps[{at}]", at)
    assert refused["error"].startswith(f"step {at} (")
    assert says in refused["error"]
    assert refused["now"] == caller.control_json("GET", "/clock")["now"]
    listed = [call["unique_id"] for call in json.loads(caller.control("GET", "/sandboxes/default/calls").body)["calls"]]
    assert listed == [refused["calls"]["a"]["unique_id"]]


def test_number_without_a_route_is_refused(pbx: Any) -> None:
    """The directory has no route for the number, and none for any number."""
    caller = pbx()
    caller.control_json("PUT", "/directory", {"users": [{"name": "Fred", "extension": "410"}]})
    refused = caller.control_json("POST", "/flow", {"steps": [INBOUND]}, status=409)
    assert (refused["done"], refused["calls"]) == (0, {})
    assert "No route for this number" in refused["error"]
