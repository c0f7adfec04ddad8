"""Builders for the tests of the fake: small seeds, and a caller that asks a PBX as a client would, hashing by itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, settings

from noojee_fake.messages import Pending, Request, Response
from noojee_fake.pbx.clock import Clock, CountedIds, parse_instant
from noojee_fake.server.sandboxes import Sandboxes, build
from support.openapi import judge

NOW = "2026-11-24T00:00:00+00:00"
KEY = "f863246a-973e-11e6-8784-08002718f5b5"
NJADMIN = "/njadmin/rest/RecordingAPI"
LEGACY = "/rest/RecordingAPI"
MANAGED = "/servicemanager/rest/CallManagementAPI"
SERVICES = "/servicemanager/services/njadmin-api-recording"
for profile in ("default", "ci"):
    settings.register_profile(
        profile, settings.get_profile(profile), deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )  # a busy machine is no find
settings.register_profile("stateful", max_examples=1000, deadline=None, derandomize=False)
"""For `--hypothesis-profile=stateful`: by chance and for long. Tests that set a number of their own ask for the name."""
FORM = (("content-type", "application/x-www-form-urlencoded"),)


class Caller:
    """A client of one sandbox. Every answer is checked for what holds always: no bug, a length that is true.

    Answers of the control API are held to its description.
    """

    def __init__(self, sandboxes: Sandboxes, *, path: str = "", key: str = KEY) -> None:
        self.sandboxes = sandboxes
        self.root = f"/{path}" if path else ""
        self.key = key

    def ask(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "POST",
        headers: tuple[tuple[str, str], ...] = FORM,
        body: bytes = b"",
        client: str | None = "127.0.0.1",
        secure: bool = False,
    ) -> Response:
        answer = self.sandboxes.handle(
            Request(method=method, path=path, query=query, headers=headers, body=body, client=client, secure=secure)
        )
        assert not self.sandboxes.own_bugs, self.sandboxes.own_bugs
        if isinstance(answer, Pending):
            return answer
        lengths = [value for name, value in answer.headers if name == "Content-Length"]
        if answer.status in (204, 304):
            assert not lengths
            assert not answer.body
        elif method == "HEAD":
            assert len(lengths) == 1
            assert not answer.body
        else:
            assert lengths == [str(len(answer.body))]
        return answer

    def sandbox(self, made: Response) -> Caller:
        """A caller of the sandbox that this answer of the control API describes."""
        described = json.loads(made.body)
        return Caller(self.sandboxes, path=described["path"], key=described["api_key"])

    @property
    def millis(self) -> int:
        return int(self.ask(f"{self.root}/servicemanager/rest/Time", headers=FORM).body)

    def signature(self, *, age: float = 0, key: str | None = None) -> str:
        return self.signature_at(self.millis - round(age * 1000), key=key)

    def signature_at(self, millis: int, *, key: str | None = None) -> str:
        digest = hashlib.sha256(f"{key or self.key}:{millis}".encode()).hexdigest()
        return f"timeStamp={millis}&hash={digest}"

    def njadmin(self, name: str, *, method: str = "POST", **parameters: Any) -> Response:
        return self.ask(f"{self.root}{NJADMIN}/{name}", f"apiKey={self.key}&{encoded(parameters)}", method=method)

    def legacy(self, name: str, *, base: str = LEGACY, method: str = "POST", **parameters: Any) -> Response:
        query = f"{encoded(parameters)}&{self.signature()}"
        return self.ask(f"{self.root}{base}/{name}", query, method=method)

    def managed(self, name: str, *, method: str = "POST", **parameters: Any) -> Response:
        return self.ask(f"{self.root}{MANAGED}/{name}", f"apiKey={self.key}&{encoded(parameters)}", method=method)

    def services(self, name: str, *, method: str = "GET", **parameters: Any) -> Response:
        return self.ask(f"{self.root}{SERVICES}", f"method={name}&{encoded(parameters)}", method=method)

    @staticmethod
    def values(name: str, answer: Response) -> list[str]:
        """One field of each leg of a metadata answer."""
        return [row[name] for row in json.loads(answer.body)]

    def control(
        self, method: str, path: str, body: Any = None, *, client: str | None = "127.0.0.1", **headers: str
    ) -> Response:
        given = {"content-type": "application/json"} if body is not None else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw, query = b"", ""
        if isinstance(body, bytes):
            raw = body
        elif body is not None:
            raw = json.dumps(body).encode()
        if "?" in path:
            path, query = path.split("?", 1)
        answer = self.ask(
            f"/__noojee{path}",
            query,
            method=method,
            headers=tuple(given.items()),
            body=raw,
            client=client,
        )
        judge(method, f"/__noojee{path}", raw, answer)
        return answer

    def told(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """What the control API answers about the default sandbox, once its status is the expected one."""
        answer = self.control(method, f"/sandboxes/default{path}", body)
        assert answer.status == status, answer
        return json.loads(answer.body) if answer.body else None


def encoded(parameters: dict[str, Any]) -> str:
    return "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())


@pytest.fixture(scope="session")
def leg() -> Callable[..., dict[str, Any]]:
    """A leg for an archive: ten seconds long unless told otherwise."""

    def make(start: str = "2026-11-20T09:00:00+11:00", end: str | None = None, **fields: Any) -> dict[str, Any]:
        ten_seconds = f"{start[:17]}{int(start[17:19]) + 10:02d}{start[19:]}" if end is None else end
        return {"start": start, "end": ten_seconds, "destination": "410", **fields}

    return make


@pytest.fixture(scope="session")
def call(leg: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """A call for an archive: internal, with one leg, unless told otherwise."""

    def make(unique_id: str = "1763589600.1", *legs: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return {
            "unique_id": unique_id,
            "direction": "internal",
            "source": "400",
            "legs": list(legs) or [leg()],
            **fields,
        }

    return make


@pytest.fixture(scope="session")
def archive() -> Callable[..., dict[str, Any]]:
    """An archive file, its clock frozen on 24 November 2026 in Melbourne."""

    def make(*calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
        return {
            "format": "noojee-archive/1",
            "description": "calls of a test",
            "provenance": "made up",
            "time_zone": "Australia/Melbourne",
            "now": NOW,
            "calls": list(calls),
            **fields,
        }

    return make


@pytest.fixture(scope="session")
def pbx(archive: Callable[..., dict[str, Any]]) -> Callable[..., Caller]:
    """A caller of a fresh default sandbox with these calls and options."""

    def make(*calls: dict[str, Any], head: dict[str, Any] | None = None, **options: str) -> Caller:
        sandboxes = build(archive=archive(*calls, **(head or {})), profile=options, ids=CountedIds())
        return Caller(sandboxes)

    return make


@pytest.fixture(scope="session")
def calling() -> Callable[[Sandboxes], Caller]:
    """A caller of sandboxes that the test built by itself."""
    return Caller


@pytest.fixture(scope="session")
def at() -> Callable[[str], Clock]:
    """A clock that stands at an RFC 3339 time."""
    return lambda text: Clock(now=parse_instant(text), frozen=True)
