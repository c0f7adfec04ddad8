"""A client of the control API: makes sandboxes, plays calls, moves clocks, reads journals.

    with ControlClient("http://127.0.0.1:8000") as control, control.make_sandbox(version="6.0.1") as sandbox:
        sandbox.play({"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "first"})

`GET /__noojee/openapi.json` describes the JSON objects. Every refusal raises ControlError.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from noojee_fake.client.types import Document, JournalEntry, PlayedCall, Step, Time
from noojee_fake.errors import ControlError


class ControlClient:
    """A client of the control API of one server. Close it, or use it as a context manager.

    A client that is not on the loopback needs the token: `token` is its value, `token_env` names the variable with the
    value. `transport` is a transport of httpx, for example one in this process.
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
        """Raises ControlError if the variable that `token_env` names is not set."""
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
        """Close the connections."""
        self._http.close()

    def about(self) -> Document:
        """Name, version and dialects of the server."""
        return self.request("GET", "/")

    def names(self) -> list[str]:
        """The ids of all sandboxes, "default" first."""
        names: list[str] = self.request("GET", "/sandboxes")["sandboxes"]
        return names

    def sandbox(self, name: str = "default") -> Sandbox:
        """An existing sandbox. Raises ControlError (404) for an unknown id."""
        return Sandbox(self, self.request("GET", f"/sandboxes/{name}"))

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
        sandbox: str | None = None,
        api_key: str | None = None,
        user_key: str | None = None,
    ) -> Sandbox:
        """Make a sandbox: a PBX with its own path, key, calls, clock and limits. Its id and keys are random by default.

        A setting that is None comes from the archive, then from the server. With `now` the clock is frozen, unless
        `frozen` is False. Raises ControlError (400) for an invalid setting.
        """
        spec = {
            "archive": archive,
            "profile": profile,
            "dialects": dialects,
            "version": version,
            "directory": directory,
            "time_zone": time_zone,
            "clock": {"now": None if now is None else _rfc3339(now), "frozen": frozen},
            "sandbox": sandbox,
            "api_key": api_key,
            "user_key": user_key,
        }
        return Sandbox(self, self.request("POST", "/sandboxes", json=spec))

    def request(self, method: str, path: str, **arguments: Any) -> Document:
        """Send any request of the control API. Returns the JSON object of the answer, {} for an empty answer.

        `path` is the path below `/__noojee`; `arguments` are those of httpx.Client.request.
        """
        answer = self.send(method, path, **arguments)
        document: Document = answer.json() if answer.content else {}
        return document

    def send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send any request of the control API. Returns the answer. Raises ControlError unless its status is 2xx."""
        url = f"{self.base_url}/__noojee{path}"
        try:
            answer = self._http.request(method, url, **arguments)
        except httpx.HTTPError as error:
            raise ControlError(f"the control API at {self.base_url} does not answer: {error}") from error
        if answer.is_success:
            return answer
        document = _error_of(answer)
        reason = document.get("error") or f"{answer.reason_phrase}; is this server a noojee-fake?"
        where = f" ({document['path']})" if "path" in document else ""
        raise ControlError(
            f"{method} {path} was refused with {answer.status_code}: {reason}{where}",
            status=answer.status_code,
            document=document,
        )


class Sandbox:
    """One PBX. Use it as a context manager to delete it at the end.

    `base_url` is the address of the PBX; `api_key` is its global key, `user_key` the key of a user. `description` is the
    Sandbox object of the control API at the time when this object was made.
    """

    def __init__(self, control: ControlClient, description: Document) -> None:
        self._control = control
        self.description = description
        self.name: str = description["sandbox"]
        self.base_url = f"{control.base_url}/{description['path']}".rstrip("/")
        self.api_key: str = description["api_key"]
        self.user_key: str = description["user_key"]
        self.time_zone: str = description["time_zone"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def __repr__(self) -> str:
        return f"<Sandbox {self.name} at {self.base_url}>"

    def drop(self) -> None:
        """Delete the sandbox. Raises ControlError (409) for the default sandbox."""
        self._control.request("DELETE", f"/sandboxes/{self.name}")

    def state(self) -> Document:
        """The whole state: version, profile, clock, counts, live calls, limits."""
        return self._request("GET", "/state")

    # Calls

    def calls(self) -> list[Document]:
        """The calls of the archive in the form of an archive file, oldest first."""
        calls: list[Document] = self._request("GET", "/calls")["calls"]
        return calls

    def add_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Add whole calls in the form of an archive file: all of them, or none."""
        self._request("POST", "/calls", json={"calls": list(calls)})

    def delete_call(self, unique_id: str, leg: int | None = None) -> None:
        """Delete a call from the archive, or one leg of it."""
        self._request("DELETE", "/calls", params={"unique_id": unique_id, **({} if leg is None else {"leg": leg})})

    def sound(self, unique_id: str, leg: int) -> bytes:
        """The sound of a leg: a WAV file."""
        where = {"unique_id": unique_id, "leg": leg}
        return self._control.send("GET", f"/sandboxes/{self.name}/sound", params=where).content

    def put_sound(self, unique_id: str, leg: int, sound: bytes) -> None:
        """Store the sound of a leg: a WAV file in PCM, A-law or mu-law."""
        where = {"unique_id": unique_id, "leg": leg}
        self._request("PUT", "/sound", params=where, content=sound, headers={"Content-Type": "audio/x-wav"})

    def delete_sound(self, unique_id: str, leg: int) -> None:
        """Delete the sound of a leg, as retention does. Its metadata stay."""
        self._request("DELETE", "/sound", params={"unique_id": unique_id, "leg": leg})

    def live(self) -> list[Document]:
        """The live calls with parties, state and legs so far, oldest first."""
        calls: list[Document] = self._request("GET", "/live")["calls"]
        return calls

    def play(self, *steps: Step) -> dict[str, PlayedCall]:
        """Play the steps of a call flow. Returns the calls that its steps name with "as".

        Raises ControlError: 400 for an invalid step, and then nothing was played; 409 for a step that the state of
        the calls does not allow, and then `ControlError.document["done"]` steps stay done.
        """
        calls: dict[str, PlayedCall] = self._request("POST", "/flow", json={"steps": list(steps)})["calls"]
        return calls

    # Time

    def now(self) -> datetime:
        """The time of the PBX's clock, in UTC."""
        return _time_of(self._request("GET", "/clock"))

    def step(self, seconds: float) -> datetime:
        """Move the clock forwards, or backwards if negative. Returns its new time."""
        return _time_of(self._request("POST", "/clock", json={"step_seconds": seconds}))

    def freeze(self, at: Time | None = None) -> datetime:
        """Freeze the clock now or at a time. Returns its time. Raises ValueError for a datetime without a zone."""
        now = {} if at is None else {"now": _rfc3339(at)}
        return _time_of(self._request("POST", "/clock", json={"frozen": True, **now}))

    def unfreeze(self) -> datetime:
        """Let the clock run again. Returns its time."""
        return _time_of(self._request("POST", "/clock", json={"frozen": False}))

    # Settings

    def profile(self) -> dict[str, str]:
        """All options with their values."""
        return self._request("GET", "/profile")

    def set_profile(self, **options: str) -> None:
        """Change options by the keys of options.toml. The others keep their values."""
        self._request("PUT", "/profile", json=options)

    def version(self) -> str | None:
        """The product version; None if all dialects are served."""
        version: str | None = self._request("GET", "/version")["version"]
        return version

    def set_version(self, version: str | None) -> None:
        """Change the version, as an upgrade or a downgrade does. The archive stays."""
        self._request("PUT", "/version", json={"version": version})

    def directory(self) -> Document:
        """Users, queues and routes."""
        return self._request("GET", "/directory")

    def set_directory(self, directory: Mapping[str, Any]) -> None:
        """Replace the whole directory."""
        self._request("PUT", "/directory", json=directory)

    def allowed_addresses(self) -> list[str] | None:
        """The client addresses and networks that the PBX serves; None for all."""
        allowed: list[str] | None = self._request("GET", "/access")["allowed_addresses"]
        return allowed

    def set_allowed_addresses(self, addresses: Sequence[str] | None) -> None:
        """Set the client addresses and networks that the PBX serves; None for all."""
        allowed = None if addresses is None else list(addresses)
        self._request("PUT", "/access", json={"allowed_addresses": allowed})

    def retention(self) -> Document:
        """The retention rules."""
        return self._request("GET", "/retention")

    def set_retention(self, **rules: Any) -> None:
        """Change retention rules. The others keep their values."""
        self._request("PUT", "/retention", json=rules)

    # Journal and snapshots

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
    ) -> list[JournalEntry]:
        """The requests and answers of the PBX that match all filters, oldest first.

        `path` and `tag` are parts of the value; `parameter` is "NAME", or "NAME=PART" for a part of its value.
        `unmatched`: True for requests that matched no method or lacked a parameter, False for the others. `first` is
        the number of the first entry.
        """
        filters = {"path": path, "method": method, "status": status, "tag": tag, "parameter": parameter}
        filters |= {"from": first, "limit": limit}
        query: dict[str, Any] = {name: value for name, value in filters.items() if value is not None}
        if unmatched is not None:
            query["unmatched"] = "true" if unmatched else "false"
        return [_with_pairs(entry) for entry in self._request("GET", "/journal", params=query)["entries"]]

    def clear_journal(self) -> None:
        """Delete the entries of the journal. Their numbers are not used again."""
        self._request("DELETE", "/journal")

    def snapshot(self) -> str:
        """Keep the current state. Returns an id for `restore`."""
        name: str = self._request("POST", "/snapshots")["id"]
        return name

    def snapshots(self) -> list[Document]:
        """The snapshots, oldest first."""
        kept: list[Document] = self._request("GET", "/snapshots")["snapshots"]
        return kept

    def restore(self, snapshot: str) -> None:
        """Restore the state of a snapshot, any number of times."""
        self._request("POST", f"/snapshots/{snapshot}/restore")

    def drop_snapshot(self, snapshot: str) -> None:
        """Delete a snapshot."""
        self._request("DELETE", f"/snapshots/{snapshot}")

    def reset(self) -> None:
        """Reset the sandbox to its first state, with its archive."""
        self._request("POST", "/reset")

    def _request(self, method: str, path: str, **arguments: Any) -> Document:
        return self._control.request(method, f"/sandboxes/{self.name}{path}", **arguments)


def _with_pairs(entry: Document) -> JournalEntry:
    """An entry of the journal with its headers as tuples, which JSON does not have."""
    answer = {**entry["answer"], "headers": [tuple(pair) for pair in entry["answer"]["headers"]]}
    shown: Any = {**entry, "headers": [tuple(pair) for pair in entry["headers"]], "answer": answer}
    typed: JournalEntry = shown
    return typed


def _error_of(answer: httpx.Response) -> Document:
    try:
        document = answer.json()
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _rfc3339(time: Time) -> str:
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise ValueError("the datetime has no time zone; give it one, as in datetime.now(UTC)")
        return time.isoformat()
    return time


def _time_of(clock: Document) -> datetime:
    return datetime.fromisoformat(clock["now"])
