# Written from async_control_client.py by `python -m support.generated_code`. Do not edit.
"""A client of the control API: makes sandboxes, plays calls, moves clocks, reads journals.

    with ControlClient("http://127.0.0.1:8000") as control:
        with control.make_sandbox(version="6.0.1") as sandbox:
            sandbox.play({"do": "inbound", "did": "0390000000", "source": "0400000001", "as": "first"})

`GET /__noojee/openapi.json` describes the JSON objects. Every refusal raises ControlError.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, Unpack

import httpx

from noojee_fake.client.messages import (
    accepted,
    authorization,
    clock_spec,
    document_of,
    journal_query,
    leg_of,
    rfc3339,
    time_of,
    unanswered,
    with_pairs,
)
from noojee_fake.client.option_types import Dialect, OptionValues, Version
from noojee_fake.client.types import Document, JournalEntry, PlayedCall, Step, Time


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
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(
            headers=authorization(token, token_env),
            transport=transport,
            verify=verify,
            timeout=timeout_seconds,
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"<ControlClient {self.base_url}>"

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
        answer = self.request("GET", "/sandboxes")
        names: list[str] = answer["sandboxes"]
        return names

    def sandbox(self, name: str = "default") -> Sandbox:
        """An existing sandbox. Raises ControlError (404) for an unknown id."""
        return Sandbox(self, self.request("GET", f"/sandboxes/{name}"))

    def make_sandbox(
        self,
        *,
        archive: Mapping[str, Any] | None = None,
        profile: OptionValues | Mapping[str, str] | None = None,
        dialects: Sequence[Dialect] | None = None,
        version: Version | None = None,
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
            "clock": clock_spec(now, frozen),
            "sandbox": sandbox,
            "api_key": api_key,
            "user_key": user_key,
        }
        return Sandbox(self, self.request("POST", "/sandboxes", json=spec))

    def request(self, method: str, path: str, **arguments: Any) -> Document:
        """Send any request of the control API. Returns the JSON object of the answer, {} for an empty answer.

        `path` is the path below `/__noojee`; `arguments` are those of httpx.Client.request.
        """
        return document_of(self.send(method, path, **arguments), method, path)

    def send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send any request of the control API. Returns the answer. Raises ControlError unless its status is 2xx."""
        url = f"{self.base_url}/__noojee{path}"
        try:
            answer = self._http.request(method, url, **arguments)
        except httpx.HTTPError as error:
            raise unanswered(self.base_url, error) from error
        return accepted(answer, method, path)


class Sandbox:
    """One PBX. Use it as a context manager to delete it at the end.

    `base_url` is the address of the PBX; `api_key` is its global key, `user_key` the key of a user. `description` is
    the Sandbox object of the control API at the time when this object was made.
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

    def calls(self) -> list[Document]:
        """The calls of the archive in the form of an archive file, oldest first."""
        answer = self._request("GET", "/calls")
        calls: list[Document] = answer["calls"]
        return calls

    def add_calls(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """Add whole calls in the form of an archive file: all of them, or none."""
        self._request("POST", "/calls", json={"calls": list(calls)})

    def delete_call(self, unique_id: str, leg: int | None = None) -> None:
        """Delete a call from the archive, or one leg of it."""
        self._request("DELETE", "/calls", params=leg_of(unique_id, leg))

    def sound(self, unique_id: str, leg: int) -> bytes:
        """The sound of a leg: a WAV file."""
        path = f"/sandboxes/{self.name}/sound"
        answer = self._control.send("GET", path, params=leg_of(unique_id, leg))
        return answer.content

    def put_sound(self, unique_id: str, leg: int, sound: bytes) -> None:
        """Store the sound of a leg: a WAV file in PCM, A-law or mu-law."""
        kind = {"Content-Type": "audio/x-wav"}
        self._request("PUT", "/sound", params=leg_of(unique_id, leg), content=sound, headers=kind)

    def delete_sound(self, unique_id: str, leg: int) -> None:
        """Delete the sound of a leg, as retention does. Its metadata stay."""
        self._request("DELETE", "/sound", params=leg_of(unique_id, leg))

    def live(self) -> list[Document]:
        """The live calls with parties, state and legs so far, oldest first."""
        answer = self._request("GET", "/live")
        calls: list[Document] = answer["calls"]
        return calls

    def play(self, *steps: Step) -> dict[str, PlayedCall]:
        """Play the steps of a call flow. Returns the calls that its steps name with "as".

        Raises ControlError: 400 for an invalid step, and then nothing was played; 409 for a step that the state of
        the calls does not allow, and then `ControlError.document["done"]` steps stay done.
        """
        answer = self._request("POST", "/flow", json={"steps": list(steps)})
        calls: dict[str, PlayedCall] = answer["calls"]
        return calls

    def now(self) -> datetime:
        """The time of the PBX's clock, in UTC."""
        return time_of(self._request("GET", "/clock"))

    def step(self, seconds: float) -> datetime:
        """Move the clock forwards, or backwards if negative. Returns its new time."""
        return time_of(self._request("POST", "/clock", json={"step_seconds": seconds}))

    def freeze(self, at: Time | None = None) -> datetime:
        """Freeze the clock now or at a time. Returns its time. Raises ValueError for a datetime without a zone."""
        now = {} if at is None else {"now": rfc3339(at)}
        return time_of(self._request("POST", "/clock", json={"frozen": True, **now}))

    def unfreeze(self) -> datetime:
        """Let the clock run again. Returns its time."""
        return time_of(self._request("POST", "/clock", json={"frozen": False}))

    def profile(self) -> OptionValues:
        """All options with their values."""
        options: Any = self._request("GET", "/profile")
        profile: OptionValues = options
        return profile

    def set_profile(self, **options: Unpack[OptionValues]) -> None:
        """Change options by the keys of options.toml. The others keep their values."""
        self._request("PUT", "/profile", json=options)

    def version(self) -> Version | None:
        """The product version; None if all dialects are served."""
        answer = self._request("GET", "/version")
        version: Version | None = answer["version"]
        return version

    def set_version(self, version: Version | None) -> None:
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
        answer = self._request("GET", "/access")
        allowed: list[str] | None = answer["allowed_addresses"]
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
        query = journal_query({**filters, "from": first, "limit": limit}, unmatched)
        answer = self._request("GET", "/journal", params=query)
        return [with_pairs(entry) for entry in answer["entries"]]

    def clear_journal(self) -> None:
        """Delete the entries of the journal. Their numbers are not used again."""
        self._request("DELETE", "/journal")

    def snapshot(self) -> str:
        """Keep the current state. Returns an id for `restore`."""
        answer = self._request("POST", "/snapshots")
        name: str = answer["id"]
        return name

    def snapshots(self) -> list[Document]:
        """The snapshots, oldest first."""
        answer = self._request("GET", "/snapshots")
        kept: list[Document] = answer["snapshots"]
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
