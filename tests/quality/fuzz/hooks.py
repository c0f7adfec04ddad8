"""Hooks of schemathesis: good credentials for most requests, live calls, and checks for signs of a bug.

`SCHEMATHESIS_HOOKS=quality.fuzz.hooks`; the figures of a run go to the file that NOOJEE_FUZZ_FIGURES names.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import struct
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st

from quality.fuzz.served import CALLS, KEY

UNCHANGED = 8
"""One of this many requests keeps its generated credentials."""
CALL_CONTROL = ("/start", "/stop", "/hangup", "/answer", "/subscribe", "/njadmin-api-recording")

figures: Counter[str] = Counter()
_session = requests.Session()
_session.trust_env = False


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put the key into the query, or a fresh time stamp with its hash, which lives ten seconds.

    CallControl and flows get a live call.
    """
    if case.path.endswith("/flow"):
        _begin_flow(case.body)
    query = case.query
    if not isinstance(query, dict) or zlib.crc32(repr(query).encode("utf-8", "replace")) % UNCHANGED == 0:
        return
    names = {parameter.name for parameter in case.operation.query}
    if "apiKey" in names:
        query["apiKey"] = KEY
    elif "hash" in names:
        stamp = str(int(time.time() * 1000))
        query |= {"timeStamp": stamp, "hash": hashlib.sha256(f"{KEY}:{stamp}".encode()).hexdigest()}
    if case.path.endswith("/subscribe") and str(query.get("timeOut", "10")).isdecimal():
        query["timeOut"] = "0"  # do not wait
    if case.path.endswith(CALL_CONTROL):
        _dial(case.operation.base_url)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count the request, and whether the PBX did something."""
    figures["requests"] += 1
    figures[f"status {response.status_code // 100}xx"] += 1
    if case.path.startswith("/__noojee"):
        by = case.path.rpartition("/")[2]
        done = case.method in ("POST", "PUT", "DELETE") and response.status_code < 300
    else:
        by = case.operation.tags[0]
        done = response.status_code == 200 and (
            response.content.startswith((b"[{", b"RIFF", b"Recording")) or b'"Code":0' in response.content
        )
    if done:
        figures[f"done by {by}"] += 1


@schemathesis.serializer("audio/x-wav")
def audio(context: Any, value: Any) -> bytes:
    """An audio body of the control API."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@st.composite
def _waves(draw: st.DrawFn) -> bytes:
    """WAV files, many of them broken somewhere."""
    tag, bits, channels = draw(
        st.sampled_from(((1, 16, 1), (1, 8, 2), (6, 8, 1), (7, 8, 1), (85, 0, 1), (1, 16, 0), (65534, 16, 1)))
    )
    rate = draw(st.sampled_from((8000, 0, 44_100, 2**32 - 1)))
    samples = draw(st.binary(max_size=200))
    align = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * align % 2**32, align, bits)
    size = draw(st.sampled_from((len(samples),) * 4 + (0, 2**32 - 1)))
    chunks = b"WAVE" + struct.pack("<4sI", b"fmt ", len(form)) + form + struct.pack("<4sI", b"data", size) + samples
    whole = struct.pack("<4sI", b"RIFF", len(chunks)) + chunks
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole


schemathesis.openapi.media_type("audio/x-wav", _waves())


@schemathesis.check
def no_bug_of_the_fake(context: Any, response: Any, case: Any) -> None:
    """No header of an unexpected exception."""
    assert "x-noojee-fake-bug" not in {name.lower() for name in response.headers}, "a bug of the fake"


def _begin_flow(flow: Any) -> None:
    """Let the steps of most flows name an existing call."""
    steps = flow.get("steps") if isinstance(flow, dict) else None
    if not isinstance(steps, list) or zlib.crc32(repr(flow).encode("utf-8", "replace")) % UNCHANGED == 0:
        return
    for step in steps:
        if isinstance(step, dict):
            step.update(
                {name: known for name, known in (("call", "this"), ("by", "410"), ("from", "400")) if name in step}
            )
    steps.insert(0, {"do": "inbound", "did": "7601", "as": "this"})


def _dial(base_url: str) -> None:
    """A call from 410 that is connected, and one to it that rings."""
    figures["calls dialled"] += 2
    query = f"apiKey={KEY}&number=0390000000&extenOrUniqueId=SIP/410&autoAnswer=yes&record=true&tag=1234"
    _session.post(f"{base_url}{CALLS}/dial?{query}", timeout=15)
    _session.post(f"{base_url}{CALLS}/dial?apiKey={KEY}&number=410&extenOrUniqueId=SIP/400&autoAnswer=yes", timeout=15)


@atexit.register
def _write_figures() -> None:
    named = os.environ.get("NOOJEE_FUZZ_FIGURES")
    if named:
        Path(named).write_text(json.dumps(figures), encoding="utf-8")
