"""What schemathesis is told of the PBX: good credentials for most requests, calls that live, and the signs of a bug.

`SCHEMATHESIS_HOOKS=fuzz.hooks`; the figures of a run go to the file that NOOJEE_FUZZ_FIGURES names.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import requests
import schemathesis

from fuzz.served import CALLS, KEY

AS_MADE = 8
"""Of so many requests one keeps the credentials that it was made with, whatever they are."""
ORDERS = ("/start", "/stop", "/hangup", "/answer", "/subscribe", "/njadmin-api-recording")

figures: Counter[str] = Counter()
_session = requests.Session()
_session.trust_env = False


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Put the key into the query, or a fresh time stamp with its hash: it lives ten seconds. Orders get a live call."""
    query = case.query
    if not isinstance(query, dict) or zlib.crc32(repr(query).encode("utf-8", "replace")) % AS_MADE == 0:
        return
    names = {parameter.name for parameter in case.operation.query}
    if "apiKey" in names:
        query["apiKey"] = KEY
    elif "hash" in names:
        stamp = str(int(time.time() * 1000))
        query |= {"timeStamp": stamp, "hash": hashlib.sha256(f"{KEY}:{stamp}".encode()).hexdigest()}
    if case.path.endswith("/subscribe") and str(query.get("timeOut", "10")).isdecimal():
        query["timeOut"] = "0"  # nobody waits for news here
    if case.path.endswith(ORDERS):
        _dial(case.operation.base_url)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count the request, and whether the PBX did what it was asked for."""
    figures["requests"] += 1
    figures[f"status {response.status_code // 100}xx"] += 1
    if response.status_code == 200 and (
        b'"Code":0' in response.content or response.content[:2] in (b"[{", b"RI", b"Re")
    ):
        figures[f"done by {case.operation.tags[0] if case.operation.tags else 'control'}"] += 1


@schemathesis.check
def no_bug_of_the_fake(context: Any, response: Any, case: Any) -> None:
    """No header that names an exception which nobody expected."""
    assert "x-noojee-fake-bug" not in {name.lower() for name in response.headers}, "a bug of the fake"


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
