"""A flow that cannot be played: of wrong form it does nothing; stuck, it says at which step, and what is done."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noojee_fake.control.steps import FORMS, MOST_STEPS
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
    ([{"do": "wait", "seconds": 1}] * (MOST_STEPS + 1), "$.steps"),
]
AGAINST_EACH_OTHER = [
    ([INBOUND, INBOUND], "$.steps[1].as"),
    ([{"do": "hang_up", "call": "a"}, INBOUND], "$.steps[0].call"),
    ([INBOUND, {"do": "hang_up", "call": "b"}], "$.steps[1].call"),
    ([INBOUND | {"tag": "\udc00"}], "$.steps[0].tag"),
]


@pytest.mark.parametrize(("steps", "path"), FAULTY + AGAINST_EACH_OTHER)
def test_a_flow_of_wrong_form_does_nothing(pbx: Any, steps: Any, path: str) -> None:
    """400 with the place, however many good steps stand before it."""
    caller = pbx()
    refused = caller.told("POST", "/flow", {"steps": steps}, status=400)
    assert refused["path"] == path
    assert caller.told("GET", "/live") == {"calls": []}
    assert caller.told("GET", "/clock")["now"] == "2026-11-24T00:00:00+00:00"


@pytest.mark.parametrize("steps", [steps for steps, _ in FAULTY])
def test_the_description_refuses_what_is_refused(steps: Any) -> None:
    """Its schema of a flow says the same as the code, but for what concerns two steps at once."""
    assert not FLOW.is_valid({"steps": steps})


values = st.one_of(
    st.sampled_from(["410", "a", "", "x y", 5, 0.5, True, None, "answer", "1.0", [], "é" * 300]), st.text(max_size=5)
)
fields = st.sampled_from(sorted({name for form in FORMS.values() for name in (*form.needed, *form.may)} | {"odd"}))


@given(st.sampled_from(sorted(FORMS)), st.dictionaries(fields, values, max_size=4))
def test_code_and_description_judge_a_step_alike(pbx: Any, do: str, more: dict[str, Any]) -> None:
    """Any step: 400 where the schema refuses it, and never where it does not."""
    call = {"call": "a"} if "call" in FORMS[do].needed else {}
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
        ([{"do": "answer", "call": "a", "by": "999"}], 1, "there ring 400, 410, 420"),
        ([{"do": "answer", "call": "a", "by": "410"}, {"do": "answer", "call": "a", "by": "400"}], 2, "nobody rings"),
        ([{"do": "transfer", "call": "a", "to": "420"}], 1, "Nobody is connected"),
        ([{"do": "stop_recording", "call": "a", "agent": "Nobody"}], 1, "No such user"),
        ([{"do": "hang_up", "call": "a"}, {"do": "hang_up", "call": "a"}], 2, "No such call"),
        ([{"do": "hang_up", "call": "1.2"}], 1, "GET live"),
        ([{"do": "place", "from": "999", "number": "1"}], 1, "GET directory"),
        ([{"do": "wait", "seconds": 1e9}] * 300, 252, "1970 to 9998"),
    ],
)
def test_a_step_that_cannot_be_done_leaves_those_before_it_done(
    pbx: Any, steps: list[dict[str, Any]], at: int, says: str
) -> None:
    """409 with its number, the reason and what to do; the answer tells how many were played, and what became of the calls."""
    caller = pbx()
    refused = caller.told("POST", "/flow", {"steps": [INBOUND, *steps]}, status=409)
    assert (refused["path"], refused["done"]) == (f"$.steps[{at}]", at)
    assert refused["error"].startswith(f"step {at} (")
    assert says in refused["error"]
    assert refused["now"] == caller.told("GET", "/clock")["now"]
    listed = [call["unique_id"] for call in json.loads(caller.control("GET", "/sandboxes/default/calls").body)["calls"]]
    assert listed == [refused["calls"]["a"]["unique_id"]]


def test_a_number_that_no_route_takes_is_refused(pbx: Any) -> None:
    """Where the directory has no route for any number."""
    caller = pbx()
    caller.told("PUT", "/directory", {"users": [{"name": "Fred", "extension": "410"}]})
    refused = caller.told("POST", "/flow", {"steps": [INBOUND]}, status=409)
    assert (refused["done"], refused["calls"]) == (0, {})
    assert "No route for this number" in refused["error"]
