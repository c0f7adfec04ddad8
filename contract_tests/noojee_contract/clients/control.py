"""The client of a control API: sandboxes, calls, live calls, audio, clock, settings. Only for writable targets.

The control API is HTTP and JSON, and independent of the server behind it.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from noojee_contract.clients.body import BodyBounds, read_body
from noojee_contract.clients.request_trace import RequestTrace
from noojee_contract.clients.transport import DEADLINE, Deadline
from noojee_contract.clients.transport_errors import in_words, is_malformed
from noojee_contract.errors import NoAnswer, NotOffered, TargetError
from noojee_contract.model.archive import instant
from noojee_contract.model.exchange import Headers, NotJson, beginning, json_of

MOST_BYTES = 4 * 1024 * 1024
"""The longest body of an answer of a control API."""
MOST_OF_A_MESSAGE = 300
CONTROL_TIMEOUT_SECONDS = 60.0
"""How long an exchange with a control API may take: it may create thousands of calls, on a loaded machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A disposable PBX of a writable target. `path` is relative to the target's base URL."""

    id: str
    path: str
    api_key: str
    user_key: str
    profile: Mapping[str, str]
    dialects: tuple[str, ...]
    audio: Mapping[str, str]
    time_zone: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Played:
    """The result of played steps: the sandbox's time, and the unique id of each call that they named."""

    now: datetime
    unique_ids: Mapping[str, str]


class ControlClient:
    """The control API of one target. A refusal raises `TargetError` with the answer, a missing method `NotOffered`."""

    def __init__(
        self,
        http: httpx.Client,
        control_url: str,
        *,
        token: str | None = None,
        headers: Headers = (),
        timeout_seconds: float = CONTROL_TIMEOUT_SECONDS,
    ) -> None:
        self._http = http
        self._url = control_url.rstrip("/")
        self._headers = {**dict(headers), **({"authorization": f"Bearer {token}"} if token else {})}
        self._timeout_seconds = timeout_seconds

    def describe(self) -> Mapping[str, Any]:
        """The description of the control API. Raises TargetError if there is none, or if it makes no sandboxes."""
        described = self._call("GET", "/")
        if not described.get("sandboxes"):
            raise TargetError(f"the control API at {self._url} makes no sandboxes, so calls cannot be created safely")
        return described

    def make_sandbox(
        self, document: Mapping[str, Any] | None = None, *, profile: Mapping[str, str] | None = None
    ) -> Sandbox:
        """Make a sandbox filled with an archive file. Its clock is frozen if the document has `now`."""
        spec: dict[str, Any] = {}
        if document is not None:
            spec["archive"] = document
        if profile:
            spec["profile"] = dict(profile)
        made = self._call("POST", "/sandboxes", json=spec)
        with _as_described("POST /sandboxes"):
            return Sandbox(
                id=_sandbox_id(made["sandbox"]),
                path=_text(made["path"]),
                api_key=_text(made["api_key"]),
                user_key=_text(made.get("user_key", "")),
                profile={_text(key): _text(value) for key, value in made["profile"].items()},
                dialects=tuple(_text(name) for name in made["dialects"]),
                audio={_text(key): _text(value) for key, value in made.get("audio", {}).items()},
                time_zone=_text(made["time_zone"]),
                now=instant(_text(made["clock"]["now"])),
            )

    def drop(self, sandbox: Sandbox) -> None:
        """Delete a sandbox. It is no error if it does not exist."""
        with contextlib.suppress(TargetError):
            self._answer("DELETE", f"/sandboxes/{sandbox.id}")

    def step(self, sandbox: Sandbox, seconds: float) -> datetime:
        """Move a sandbox's clock forward, and return its time."""
        clock = self._call("POST", f"/sandboxes/{sandbox.id}/clock", json={"step_seconds": seconds})
        with _as_described("POST /sandboxes/.../clock"):
            return instant(_text(clock["now"]))

    def add_calls(self, sandbox: Sandbox, calls: Sequence[Mapping[str, Any]]) -> None:
        """Add calls of an archive file to a sandbox."""
        self._call("POST", f"/sandboxes/{sandbox.id}/calls", json={"calls": list(calls)})

    def play(self, sandbox: Sandbox, steps: Sequence[Mapping[str, Any]]) -> Played:
        """Play steps of live calls: who calls whom, who answers, how long it lasts."""
        played = self._call("POST", f"/sandboxes/{sandbox.id}/flow", json={"steps": list(steps)})
        with _as_described("POST /sandboxes/.../flow"):
            ids = {name: _text(call["unique_id"]) for name, call in played["calls"].items()}
            result = Played(instant(_text(played["now"])), ids)
        missing = [str(step["as"]) for step in steps if "as" in step and step["as"] not in ids]
        if missing:
            raise TargetError(
                f"the control API at {self._url} answered POST /sandboxes/.../flow without the call {missing[0]!r}: "
                "the answer may come from a cache"
            )
        return result

    def set(self, sandbox: Sandbox, part: str, settings: Mapping[str, Any]) -> None:
        """Set a part of a sandbox: directory, version, access, storage."""
        self._call("PUT", f"/sandboxes/{sandbox.id}/{part}", json=dict(settings))

    def put_sound(self, sandbox: Sandbox, unique_id: str, leg: int, sound: bytes) -> None:
        """Put the audio of a leg."""
        self._call(
            "PUT",
            f"/sandboxes/{sandbox.id}/sound",
            params={"unique_id": unique_id, "leg": str(leg)},
            content=sound,
            headers={"content-type": "audio/x-wav"},
        )

    def _call(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **how: Any) -> dict[str, Any]:
        status, body = self._answer(method, path, headers=headers, **how)
        if status >= 300:
            kind = NotOffered if status in (404, 405, 501) else TargetError
            words = beginning(body.decode("utf-8", "replace"), MOST_OF_A_MESSAGE)
            raise kind(f"the control API refused {method} {path} with {status}: {words}")
        if not body:
            return {}
        try:
            document = json_of(body)
        except NotJson as error:
            raise TargetError(
                f"the control API answered {method} {path} with a body that is not JSON: {error}"
            ) from error
        if not isinstance(document, dict):
            raise TargetError(f"the control API answered {method} {path} with JSON that is no object")
        return document

    def _answer(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **how: Any
    ) -> tuple[int, bytes]:
        """The status and body of an answer, read within bounds. Raises TargetError if it is missing or not whole.

        Sends the request again if a reused connection closes before a byte arrives: the server had closed it already.
        """
        deadline, into = Deadline(self._timeout_seconds), io.BytesIO()
        timeout = httpx.Timeout(self._timeout_seconds, connect=self._http.timeout.connect)
        sent = {**self._headers, **(headers or {})}
        try:
            request = self._http.build_request(method, self._url + path, headers=sent, timeout=timeout, **how)
            answer = self._sent(request, deadline)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            kind = TargetError if is_malformed(error) else NoAnswer
            raise kind(f"the control API at {self._url} does not answer: {in_words(error)}") from error
        with contextlib.closing(answer):
            fault = read_body(answer, deadline, BodyBounds(largest_bytes=MOST_BYTES), into)
        if fault is not None:
            raise TargetError(f"the control API at {self._url} answered {method} {path}: {fault}")
        return answer.status_code, into.getvalue()

    def _sent(self, request: httpx.Request, deadline: Deadline) -> httpx.Response:
        """The answer to a request; its body is not read yet. A connection that closed while idle is replaced."""
        trace = RequestTrace(None, deadline)
        request.extensions = {**request.extensions, "trace": trace, DEADLINE: deadline}
        try:
            return self._http.send(request, stream=True)
        except httpx.TransportError as error:
            if not trace.closed_early(error):
                raise
        return self._http.send(request, stream=True)


@contextlib.contextmanager
def _as_described(what: str) -> Iterator[None]:
    """Raises TargetError for an answer that is not as the control API describes it."""
    try:
        yield
    except KeyError as error:
        raise TargetError(f"the control API answered {what} without {error}") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise TargetError(f"the control API answered {what} with a wrong value: {error}") from error


def _sandbox_id(value: object) -> str:
    """The id of a sandbox, which becomes a part of paths."""
    name = _text(value)
    if re.fullmatch(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,127}", name) is None:
        raise ValueError("the id of a sandbox has letters, digits and ._~- only")
    return name


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} in place of a text")
    return value
