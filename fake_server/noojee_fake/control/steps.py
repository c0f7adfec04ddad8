"""The steps of a call flow as a request brings them: their form is judged whole, before any is played."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from noojee_fake.control.json_body import Refused, only
from noojee_fake.pbx.directory import Record

MOST_STEPS = 1000
LONGEST_WAIT_SECONDS = 1e9

_NUMBER = re.compile(r"[0-9+#*A-Za-z_.-]{1,40}")

Judge = Callable[[Any], str | None]
"""What is wrong with a value; None: nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of good form. `fields` are those that were given, without `do`."""

    do: str
    fields: Mapping[str, Any]


def read_steps(written: Any) -> list[Step]:
    """The steps of a body. Raises Refused (400) with the JSON path of what is wrong."""
    if not isinstance(written, list) or not written:
        raise Refused(400, "steps is a list of steps, with one at least", "$.steps")
    if len(written) > MOST_STEPS:
        raise Refused(400, f"a flow has up to {MOST_STEPS} steps; play it in several requests", "$.steps")
    steps: list[Step] = []
    names: set[str] = set()
    for at, row in enumerate(written):
        path = f"$.steps[{at}]"
        step = _read_step(row, path)
        name = step.fields.get("as")
        if name is not None and name in names:
            raise Refused(400, f"a call is named {name!r} already", f"{path}.as")
        call = step.fields.get("call")
        if call is not None and call not in names and "." not in call:
            known = f"named are {', '.join(sorted(names))}" if names else "no step before it has 'as'"
            raise Refused(400, f"no call is named {call!r}: {known}; a unique id will do too", f"{path}.call")
        if name is not None:
            names.add(name)
        steps.append(step)
    return steps


def _read_step(row: Any, path: str) -> Step:
    if not isinstance(row, dict):
        raise Refused(400, 'a step is an object, as {"do": "wait", "seconds": 5}', path)
    do = row.get("do")
    if not isinstance(do, str) or do not in FORMS:
        near = difflib.get_close_matches(do, FORMS, n=1, cutoff=0)[0] if isinstance(do, str) and do else "inbound"
        raise Refused(400, f"there is no step {do!r}; the nearest is {near}; do is {', '.join(FORMS)}", f"{path}.do")
    form = FORMS[do]
    only(row, "do", *form.needed, *form.may, path=path)
    for name in form.needed:
        if name not in row:
            raise Refused(400, f"{do} needs {' and '.join(form.needed)}", f"{path}.{name}")
    fields = {name: value for name, value in row.items() if name != "do"}
    for name, value in fields.items():
        wrong = (form.needed.get(name) or form.may[name])(value)
        if wrong is not None:
            raise Refused(400, f"{name} {wrong}", f"{path}.{name}")
    return Step(do, fields)


def _number(value: Any) -> str | None:
    fine = isinstance(value, str) and _NUMBER.fullmatch(value)
    return None if fine else "is a number as it is dialled, such as 410"


def _text(longest: int, *, least: int = 0) -> Judge:
    def judge(value: Any) -> str | None:
        fine = isinstance(value, str) and least <= len(value) <= longest
        return None if fine else f"is a text of {least} to {longest} letters"

    return judge


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "is true or false"


def _seconds(value: Any) -> str | None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fine = number and math.isfinite(value) and 0 <= value <= LONGEST_WAIT_SECONDS
    return None if fine else f"is a number of seconds from 0 to {LONGEST_WAIT_SECONDS:.0f}"


def _record(value: Any) -> str | None:
    names = [record.value for record in Record]
    return None if value in names else f"is {', '.join(names)}"


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a step, each with what judges it."""

    needed: Mapping[str, Judge]
    may: Mapping[str, Judge]


_NAME = _text(40, least=1)
_CALL = _text(200, least=1)
_PERSON = _text(200, least=1)
_TAG = _text(4000)

FORMS: Mapping[str, Form] = {
    "inbound": Form({"did": _number}, {"source": _text(200), "as": _NAME, "record": _record, "tag": _TAG}),
    "place": Form({"from": _number, "number": _number}, {"as": _NAME, "record": _record, "tag": _TAG}),
    "dial": Form({"from": _number, "number": _number}, {"as": _NAME, "record": _flag, "tag": _TAG, "at_once": _flag}),
    "wait": Form({"seconds": _seconds}, {}),
    "proceed": Form({"call": _CALL}, {}),
    "answer": Form({"call": _CALL, "by": _number}, {}),
    "transfer": Form({"call": _CALL, "to": _number}, {}),
    "start_recording": Form({"call": _CALL}, {"tag": _TAG, "agent": _PERSON}),
    "stop_recording": Form({"call": _CALL}, {"agent": _PERSON}),
    "hang_up": Form({"call": _CALL}, {}),
}
