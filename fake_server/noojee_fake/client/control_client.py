"""A client of the control API, for tests in Python: it makes sandboxes, plays calls, moves clocks, reads journals.

    with ControlClient("http://127.0.0.1:8000") as control, control.make_sandbox(version="6.0.1") as sandbox:
        sandbox.play({"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "first"})

Documents go and come as the description says (`GET /__noojee/openapi.json`). Whatever is refused is a `ControlError`.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypedDict

import httpx

from noojee_fake.errors import ControlError

Document = dict[str, Any]
Time = datetime | str
"""An aware datetime, or an RFC 3339 text with its offset."""


class Leg(TypedDict):
    """A leg; `end` None: it is being recorded. Times are RFC 3339 texts in UTC."""

    leg: int
    start: str
    end: str | None
    tag: str
    username: str
    destination: str
    call_record_id: int


class PlayedCall(TypedDict):
    """What became of a call that a flow named."""

    unique_id: str
    live: bool
    legs: list[Leg]


class Answer(TypedDict):
    """What the PBX answered, without credentials; `body` None: it is no text."""

    status: int
    headers: list[tuple[str, str]]
    body: str | None
    body_bytes: int


class NearMiss(TypedDict):
    """The served method most like a request that matched none; `differs` has one sentence a difference."""

    method: str
    path: str
    differs: list[str]


class Entry(TypedDict):
    """A request in the journal, without credentials."""

    number: int
    time: str
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: str | None
    body_bytes: int
    answer: Answer
    matched: bool
    near_miss: NearMiss | None


class ControlClient:
    """The control API of one server. `token` is its value, `token_env` the variable that holds it.

    `transport` may be any of httpx, also one in this process.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000",
        *,
        token: str | None = None,
        token_env: str | None = None,
        transport: httpx.BaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
        timeout_seconds: float = 30.0,
    ) -> None:
        """Raises ControlError where `token_env` names a variable that is not set."""
        if token_env is not None and not os.environ.get(token_env):
            raise ControlError(f"the variable {token_env} of the control token is not set: export it")
        token = os.environ[token_env] if token_env is not None else token
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {token}"} if token else None,
            transport=transport,
            verify=verify,
            timeout=timeout_seconds,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def about(self) -> Document:
        """What the server says of itself: its version, and the dialects it knows."""
        return self.call("GET", "/")

    def names(self) -> list[str]:
        """The ids of all sandboxes; "default" first."""
        names: list[str] = self.call("GET", "/sandboxes")["sandboxes"]
        return names

    def sandbox(self, name: str = "default") -> Sandbox:
        """A sandbox that is there."""
        return Sandbox(self, self.call("GET", f"/sandboxes/{name}"))

    def make_sandbox(
        self,
        *,
        archive: Mapping[str, Any] | None = None,
        profile: Mapping[str, str] | None = None,
        dialects: Sequence[str] | None = None,
        version: str | None = None,
        directory: Mapping[str, Any] | None = None,
        time_zone: str | None = None,
        now: Time | None = None,
        frozen: bool | None = None,
    ) -> Sandbox:
        """A new sandbox: a PBX with a path, a key, calls, clock and limits of its own. Its clock stands where `now` is given."""
        spec = {
            "archive": archive,
            "profile": profile,
            "dialects": dialects,
            "version": version,
            "directory": directory,
            "time_zone": time_zone,
            "clock": {"now": None if now is None else _text(now), "frozen": frozen},
        }
        return Sandbox(self, self.call("POST", "/sandboxes", json=spec))

    def call(self, method: str, path: str, **how: Any) -> Document:
        """Any request of the control API, by its path below `/__noojee`; `how` as httpx takes it. {} where the answer is empty."""
        answer = self.ask(method, path, **how)
        document: Document = answer.json() if answer.content else {}
        return document

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """The same, with the answer as it came."""
        url = f"{self.base_url}/__noojee{path}"
        try:
            answer = self._http.request(method, url, **how)
        except httpx.HTTPError as error:
            raise ControlError(f"the control API at {self.base_url} does not answer: {error}") from error
        if answer.is_success:
            return answer
        document = _refusal(answer)
        said = document.get("error") or f"{answer.reason_phrase}; is this a noojee-fake?"
        where = f" ({document['path']})" if "path" in document else ""
        raise ControlError(
            f"{method} {path} was refused with {answer.status_code}: {said}{where}",
            status=answer.status_code,
            document=document,
        )


class Sandbox:
    """One PBX. As a context manager it is dropped at the end.

    `base_url` is where the PBX is asked; `api_key` is its global key, `user_key` a user's. `described` is the sandbox
    object as it was when this was made.
    """

    def __init__(self, control: ControlClient, described: Document) -> None:
        self._control = control
        self.described = described
        self.name: str = described["sandbox"]
        self.base_url = f"{control.base_url}/{described['path']}".rstrip("/")
        self.api_key: str = described["api_key"]
        self.user_key: str = described["user_key"]
        self.time_zone: str = described["time_zone"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def drop(self) -> None:
        """End the sandbox."""
        self._control.call("DELETE", f"/sandboxes/{self.name}")

    def state(self) -> Document:
        """Everything in one document: version, profile, clock, counts, live calls, limits."""
        return self._call("GET", "/state")

    # Calls

    def calls(self) -> list[Document]:
        """The calls of the archive, as an archive file has them."""
        calls: list[Document] = self._call("GET", "/calls")["calls"]
        return calls

    def put_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Put whole calls into the archive, as an archive file has them: all, or none."""
        self._call("POST", "/calls", json={"calls": list(calls)})

    def delete_call(self, unique_id: str, leg: int | None = None) -> None:
        """Take a call out of the archive, or one leg of it."""
        self._call("DELETE", "/calls", params={"unique_id": unique_id, **({} if leg is None else {"leg": leg})})

    def sound(self, unique_id: str, leg: int) -> bytes:
        """The sound of a leg, a WAV file."""
        where = {"unique_id": unique_id, "leg": leg}
        return self._control.ask("GET", f"/sandboxes/{self.name}/sound", params=where).content

    def put_sound(self, unique_id: str, leg: int, sound: bytes) -> None:
        """Give a leg its sound: a WAV file in PCM, A-law or mu-law."""
        where = {"unique_id": unique_id, "leg": leg}
        self._call("PUT", "/sound", params=where, content=sound, headers={"Content-Type": "audio/x-wav"})

    def delete_sound(self, unique_id: str, leg: int) -> None:
        """Take the sound of a leg away, as retention does; its metadata stay."""
        self._call("DELETE", "/sound", params={"unique_id": unique_id, "leg": leg})

    def live(self) -> list[Document]:
        """The calls that live now, with parties, state and legs so far; oldest first."""
        calls: list[Document] = self._call("GET", "/live")["calls"]
        return calls

    def play(self, *steps: Mapping[str, Any]) -> dict[str, PlayedCall]:
        """Play a call flow; what became of the calls that its steps name with "as".

        Of a flow that got stuck, the steps before it stay done: `ControlError.document` tells how many.
        """
        calls: dict[str, PlayedCall] = self._call("POST", "/flow", json={"steps": list(steps)})["calls"]
        return calls

    # Time

    def now(self) -> datetime:
        """The PBX's time."""
        return _time(self._call("GET", "/clock"))

    def step(self, seconds: float) -> datetime:
        """Move the clock on, or back; the time it shows then."""
        return _time(self._call("POST", "/clock", json={"step_seconds": seconds}))

    def freeze(self, at: Time | None = None) -> datetime:
        """Stop the clock, where it is or at a time; the time it shows."""
        now = {} if at is None else {"now": _text(at)}
        return _time(self._call("POST", "/clock", json={"frozen": True, **now}))

    def unfreeze(self) -> datetime:
        """Let the clock run on; the time it shows."""
        return _time(self._call("POST", "/clock", json={"frozen": False}))

    # What it is set to

    def profile(self) -> dict[str, str]:
        """Every option with its choice."""
        return self._call("GET", "/profile")

    def set_profile(self, **choices: str) -> None:
        """Change options, by the keys of options.toml; the others stay."""
        self._call("PUT", "/profile", json=choices)

    def version(self) -> str | None:
        """The product version; None: all generations are served."""
        version: str | None = self._call("GET", "/version")["version"]
        return version

    def set_version(self, version: str | None) -> None:
        """Upgrade, or go back: the archive stays."""
        self._call("PUT", "/version", json={"version": version})

    def directory(self) -> Document:
        """Users, queues and routes."""
        return self._call("GET", "/directory")

    def set_directory(self, directory: Mapping[str, Any]) -> None:
        """Put another directory in place of the whole one."""
        self._call("PUT", "/directory", json=directory)

    def allowed_addresses(self) -> list[str] | None:
        """The addresses and networks that are served; None: all."""
        allowed: list[str] | None = self._call("GET", "/access")["allowed_addresses"]
        return allowed

    def set_allowed_addresses(self, addresses: Sequence[str] | None) -> None:
        """Say whom the PBX serves."""
        allowed = None if addresses is None else list(addresses)
        self._call("PUT", "/access", json={"allowed_addresses": allowed})

    def retention(self) -> Document:
        """The rules by which sound ages."""
        return self._call("GET", "/retention")

    def set_retention(self, **rules: Any) -> None:
        """Change the rules by which sound ages; the others stay."""
        self._call("PUT", "/retention", json=rules)

    # What was asked, and how things were

    def journal(
        self,
        *,
        path: str | None = None,
        method: str | None = None,
        status: int | None = None,
        tag: str | None = None,
        parameter: str | None = None,
        unmatched: bool | None = None,
        first: int = 1,
        limit: int = 1000,
    ) -> list[Entry]:
        """What the PBX was asked and what it answered, oldest first; each filter narrows it down.

        `path` and `tag` are parts; `parameter` is "NAME", or "NAME=PART"; `unmatched` True: requests that missed;
        `first` is the number of the first entry.
        """
        filters = {"path": path, "method": method, "status": status, "tag": tag, "parameter": parameter}
        filters |= {"from": first, "limit": limit}
        given: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
        if unmatched is not None:
            given["unmatched"] = "true" if unmatched else "false"
        entries: list[Entry] = self._call("GET", "/journal", params=given)["entries"]
        return entries

    def clear_journal(self) -> None:
        """Forget what was asked; numbers go on."""
        self._call("DELETE", "/journal")

    def snapshot(self) -> str:
        """Keep the state of now; the id for `restore`."""
        name: str = self._call("POST", "/snapshots")["id"]
        return name

    def snapshots(self) -> list[Document]:
        """The snapshots that are kept, oldest first."""
        kept: list[Document] = self._call("GET", "/snapshots")["snapshots"]
        return kept

    def restore(self, snapshot: str) -> None:
        """Put the state of a snapshot back; it can be restored many times."""
        self._call("POST", f"/snapshots/{snapshot}/restore")

    def drop_snapshot(self, snapshot: str) -> None:
        """Forget a snapshot."""
        self._call("DELETE", f"/snapshots/{snapshot}")

    def reset(self) -> None:
        """Put the sandbox back as it was made, its archive included."""
        self._call("POST", "/reset")

    def _call(self, method: str, path: str, **how: Any) -> Document:
        return self._control.call(method, f"/sandboxes/{self.name}{path}", **how)


def _refusal(answer: httpx.Response) -> Document:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(time: Time) -> str:
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise ValueError("a time without a zone could mean any: give it one, as in datetime.now(UTC)")
        return time.isoformat()
    return time


def _time(clock: Document) -> datetime:
    return datetime.fromisoformat(clock["now"])
