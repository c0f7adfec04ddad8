"""Runs Schemathesis on one faulty server, as its users would: with our OpenAPI file, credentials, and known recordings.

Schemathesis gets what the suite gets: the same faulty server in the process, the bundled calls, the generations that
the suite asks, and the processor time that the suite took. `docs/detection-peer.md` says the same to readers.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import product
from typing import Any
from unittest.mock import patch

import httpx
import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.wsgi import WSGITransport

from noojee_contract.engine.bundled import bundled
from noojee_contract.resources import schemas
from quality.detection.adapters import WatchedServer
from quality.detection.detect import OLD, REPLACEMENT, detect, targets
from quality.detection.peer_results import PeerRow, own_failures
from quality.detection.socket_adapter import SocketAdapter
from support.faulty_servers import WIRE, FaultyServer, everything

DIALECTS = ("services", "recording-api", "call-management", "njadmin")
CREDENTIALS = ("apiKey", "timeStamp", "hash")
BY_HOUR = "/retrieveMetaDataByHour"
CALL_CONTROL = ("/start", "/stop", "/hangup", "/answer", "/njadmin-api-recording")
SLOT_SECONDS = 61
FAULTY = "x-faulty-answer"
"""The header that marks answers which a fault changed, for the count alone.

Schemathesis ignores headers that no file describes.
"""
MOST_EXAMPLES = 12
"""Values of a parameter that the OpenAPI file shows; each costs requests of the examples phase."""
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run of Schemathesis reported.

    Failures are named "check of METHOD path". `requests` counts the sent requests, `seconds` is the processor time.
    """

    failures: tuple[str, ...]
    requests: int
    seconds: float


def run_peer(
    server: FaultyServer, dialects: Sequence[str], *, seconds: float, random_seed: int, marked: bool = True
) -> Found:
    """What Schemathesis reports of a faulty server within so many seconds of processor time.

    `marked`: count only what it reports of an answer that the fault changed.
    """
    if server.name not in WIRE:
        watched = WatchedServer(server)
        sandbox = _Sandbox(lambda request: watched.handle_request(request))
        schema = _schema(dialects, sandbox, seconds=seconds, random_seed=random_seed)
        schema.app = _wsgi(watched)
        with _signed_by(sandbox):
            return _found(schema, watched, marked=marked)
    with closing(SocketAdapter(WIRE[server.name][1])) as adapter, httpx.HTTPTransport() as transport:
        sandbox = _Sandbox(transport.handle_request, adapter.control_url)
        schema = _schema(dialects, sandbox, seconds=seconds, random_seed=random_seed, origin=adapter.url)
        with _signed_by(sandbox):
            return _found(schema, adapter.watched, marked=False)


class _Sandbox:
    """A sandbox with the bundled calls. `path` is below the root; `now_ms` follows its clock."""

    def __init__(self, send: Callable[[httpx.Request], httpx.Response], control: str = "http://localhost") -> None:
        self._send = send
        self._control = control
        made = self._post("/__noojee/sandboxes", {"archive": bundled().document})
        self.path = f"/{made['path']}"
        self.key: str = made["api_key"]
        self._control_path = f"/__noojee/sandboxes/{made['sandbox']}"
        self._now = datetime.fromisoformat(made["clock"]["now"])

    def wait(self, seconds: int) -> None:
        """Move the clock, which stands still otherwise."""
        self._now = datetime.fromisoformat(self._post(f"{self._control_path}/clock", {"step_seconds": seconds})["now"])

    def dial(self) -> None:
        """A call between 410 and 420 that is recorded."""
        steps = [
            {"do": "place", "from": "410", "number": "420", "as": "call"},
            {"do": "answer", "call": "call", "by": "420"},
        ]
        self._post(f"{self._control_path}/flow", {"steps": steps})

    def credentials(self) -> Mapping[str, str]:
        """The key, and a fresh time stamp with its hash."""
        stamp = str(round(self._now.timestamp() * 1000))
        return {"apiKey": self.key, "timeStamp": stamp, "hash": sha256(f"{self.key}:{stamp}".encode()).hexdigest()}

    def _post(self, path: str, document: Mapping[str, Any]) -> Any:
        answer = self._send(httpx.Request("POST", self._control + path, json=document))
        answer.read()
        if answer.is_error:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text}")
        return answer.json()


def _schema(
    dialects: Sequence[str], sandbox: _Sandbox, *, seconds: float, random_seed: int, origin: str = "http://localhost"
) -> OpenApiSchema:
    """The OpenAPI file with credentials and known recordings, set up for one run."""
    config = SchemathesisConfig.from_dict(_config())
    config.update(seed=random_seed, max_failures=None)
    config.max_time = seconds  # type: ignore[assignment]  # the file takes whole seconds, the engine any
    schema = schemathesis.openapi.from_dict(_document(dialects), config=config)
    schema.config.update(base_url=origin + sandbox.path)

    return schema


@contextmanager
def _signed_by(sandbox: _Sandbox) -> Iterator[None]:
    """Sign each request, with a fresh hash when it is sent.

    Wait for the by-hour limit, and dial, as a user of this API has to.
    """
    issued: set[str] = set()

    class Credentials:
        def get(self, case: Any, context: Any) -> Mapping[str, str]:
            return sandbox.credentials()

        def set(self, case: Any, values: Mapping[str, str], context: Any) -> None:
            issued.add(values["hash"])
            case.query |= {name: values[name] for each in case.operation.definition.raw["security"] for name in each}

    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        if case.path.endswith(BY_HOUR):
            sandbox.wait(SLOT_SECONDS)
        elif case.path.endswith(CALL_CONTROL):
            sandbox.dial()
        elif case.path.endswith("/subscribe"):
            case.query["timeOut"] = "0"  # a long poll would wait
        if case.query.get("hash") in issued:
            case.query |= {name: sandbox.credentials()[name] for name in ("timeStamp", "hash")}

    schemathesis.auth(refresh_interval=None)(Credentials)
    schemathesis.hook(before_call)
    try:
        yield
    finally:
        schemathesis.auths.unregister()
        schemathesis.hooks.unregister(before_call)


def _document(dialects: Sequence[str]) -> dict[str, Any]:
    """Our OpenAPI file: the operations of the dialects, credentials as security schemes, known recordings as examples.

    An operation has its documented method alone: GET next to POST is an option that these servers do not have.
    """
    whole = json.loads(schemas("own", "pbx.openapi.json").read_text(encoding="utf-8"))
    named = whole["components"]["parameters"]
    known = _known()
    for parameter in named.values():
        if values := known.get(parameter["name"]):
            parameter["examples"] = {f"known-{at}": {"value": value} for at, value in enumerate(values[:MOST_EXAMPLES])}
    paths: dict[str, Any] = {}
    for path, operations in whole["paths"].items():
        method = "post" if "post" in operations else "get"
        operation = operations[method]
        if "x-same-as" not in operation and set(operation["tags"]) & set(dialects):
            paths[path] = {method: _with_security(operation, named)}
    whole["components"]["securitySchemes"] = {
        name: {"type": "apiKey", "in": "query", "name": name} for name in CREDENTIALS
    }
    return {**whole, "paths": paths}


def _with_security(operation: dict[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """An operation whose credentials are security schemes; the key where it takes the key or a hash."""
    taken = [named[each["$ref"].rpartition("/")[2]]["name"] for each in operation.get("parameters", [])]
    kept = [each for each, name in zip(operation.get("parameters", []), taken, strict=True) if name not in CREDENTIALS]
    needed = [name for name in CREDENTIALS if name in taken]
    if "apiKey" in needed:
        needed = ["apiKey"]
    return {**operation, "parameters": kept, "security": [{name: [] for name in needed}] if needed else []}


def _known() -> Mapping[str, Sequence[str]]:
    """The values of parameters that name a bundled recording."""
    archive = bundled()
    hours = archive.hours
    return {
        "tag": archive.tags,
        "uniqueId": [call.unique_id for call in archive.calls],
        "extenOrUniqueId": ["410", "SIP/420", *(call.unique_id for call in archive.calls)],
        "leg": ["1", "2"],
        "date": [f"{day:%Y/%m/%d}" for day, _ in hours],
        "hour": [str(hour) for _, hour in hours],
    }


def _config() -> dict[str, Any]:
    """All checks and all phases; half of the generated values are known ones."""
    known = {name: list(values) for name, values in _known().items()}
    return {
        "continue-on-failure": True,
        "warnings": False,
        "cache": {"enabled": False},
        "dictionaries": {name: {"values": values} for name, values in known.items()},
        "parameters": {f"query.{name}": {"dictionary": name, "probability": 0.5} for name in known},
        "generation": {"database": "none"},
    }


def _wsgi(watched: WatchedServer) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """The faulty server as an application that Schemathesis calls in the process.

    A connection that breaks raises as in requests.
    """

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        target = "?".join(filter(None, [environ["REQUEST_URI"], environ["QUERY_STRING"]]))
        url = httpx.URL("http://localhost", raw_path=target.encode("latin-1"))
        try:
            request = httpx.Request(environ["REQUEST_METHOD"], url, headers=list(_headers(environ)), content=body)
            answer = watched.handle_request(request)
            content = answer.read()
        except httpx.HTTPError as error:
            raise requests.ConnectionError(str(error)) from error
        headers = answer.headers.multi_items()
        if (request.method, str(request.url)) in watched.differing:
            headers.append((FAULTY, "yes"))
        start_response(f"{answer.status_code} {answer.reason_phrase or 'Unknown'}", headers)
        return [content]

    return application


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").title(), value
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            yield name.replace("_", "-").title(), environ[name]


_SEND = WSGITransport.send
_OF_SOCKETS = ("max_redirects", "verify", "cert", "timeout")


def _in_process(transport: WSGITransport, case: Any, **settings: Any) -> Response:
    """Send without settings of sockets.

    Probes without credentials hand these settings on to werkzeug, which refuses them (4.32.5).
    """
    kept = {name: value for name, value in settings.items() if name not in _OF_SOCKETS}
    return _SEND(transport, case, **kept)


def _found(schema: OpenApiSchema, watched: WatchedServer, *, marked: bool) -> Found:
    started = time.process_time()
    failures: dict[str, None] = {}
    with patch("time.monotonic", time.process_time), patch.object(WSGITransport, "send", _in_process):
        for event in from_schema(schema).execute():
            for failure in _failures(event, marked=marked):
                failures.setdefault(failure)
    return Found(failures=tuple(failures), requests=watched.requests, seconds=round(time.process_time() - started, 2))


def _failures(event: events.EngineEvent, *, marked: bool) -> Iterator[str]:
    """The failures and errors of an event, named by check and operation.

    Where answers are marked, only those of faulty answers.
    """
    if isinstance(event, events.NonFatalError):
        yield f"error: {event.info.title}: {event.label}"
    if not isinstance(event, events.ScenarioFinished):
        return
    for case_id, nodes in event.recorder.checks.items():
        for node in nodes:
            if node.failure_info is None:
                continue
            failure = node.failure_info.failure
            answers = [event.recorder.find_response(case_id=each) for each in {case_id, failure.case_id or case_id}]
            if not marked or any(answer is not None and FAULTY in answer.headers for answer in answers):
                yield f"{node.name}: {failure.title}: {failure.operation}"


def baseline(*, runs: int, seconds: float) -> tuple[str, ...]:
    """The failures that Schemathesis reports of a conformant server: several runs of each generation."""
    right = FaultyServer("conformant", "", lambda request, send, memory: send(request))
    found: set[str] = set()
    for dialect, random_seed in product(DIALECTS, range(runs)):
        found |= set(run_peer(right, [dialect], seconds=seconds, random_seed=random_seed, marked=False).failures)
    return tuple(sorted(found))


def peer_row(name: str, random_seed: int, kept: Collection[str], draw: Collection[str]) -> PeerRow:
    """The row of a faulty server: the suite first, then Schemathesis with the processor time that the suite took."""
    server = everything()[name]
    dialects = [target.dialect for target in targets(server)[0] if target.name != OLD]
    started = time.process_time()
    detect(server)
    seconds = time.process_time() - started
    found = run_peer(server, [REPLACEMENT] if name in WIRE else dialects, seconds=seconds, random_seed=random_seed)
    return PeerRow(
        name=name, failures=own_failures(found.failures, kept), requests=found.requests,
        suite_seconds=round(seconds, 2), seconds=found.seconds, drawn=name in draw,
    )  # fmt: skip
