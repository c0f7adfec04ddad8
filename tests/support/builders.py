"""Builders for the tests of the fake: archive files, their calls and legs, and a caller that acts as a client.

The caller computes hashes with its own code, not with that of the fake.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

from noojee_fake.messages import Pending, Request, Response
from noojee_fake.pbx.clock import CountedIds
from noojee_fake.server.sandboxes import Sandboxes, build
from support.openapi import check_answer

NOW = "2026-11-24T00:00:00+00:00"
KEY = "f863246a-973e-11e6-8784-08002718f5b5"
NJADMIN = "/njadmin/rest/RecordingAPI"
LEGACY = "/rest/RecordingAPI"
MANAGED = "/servicemanager/rest/CallManagementAPI"
SERVICES = "/servicemanager/services/njadmin-api-recording"
FORM = (("content-type", "application/x-www-form-urlencoded"),)


class Caller:
    """A client of one sandbox. It checks every answer: no bug of the fake, and a correct Content-Length.

    Answers of the control API are checked against its OpenAPI description.
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
        """A caller of the sandbox that an answer of the control API describes."""
        document = json.loads(made.body)
        return Caller(self.sandboxes, path=document["path"], key=document["api_key"])

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
        sent = {"content-type": "application/json"} if body is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
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
            headers=tuple(sent.items()),
            body=raw,
            client=client,
        )
        check_answer(method, f"/__noojee{path}", raw, answer)
        return answer

    def control_json(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """The JSON answer of the control API about the default sandbox; None for an empty body. Checks the status."""
        answer = self.control(method, f"/sandboxes/default{path}", body)
        assert answer.status == status, answer
        return json.loads(answer.body) if answer.body else None


def encoded(parameters: dict[str, Any]) -> str:
    """A query of percent-encoded parameters."""
    return "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())


def leg(start: str = "2026-11-20T09:00:00+11:00", end: str | None = None, **fields: Any) -> dict[str, Any]:
    """A leg of an archive file. Without `end` it lasts ten seconds."""
    ten_seconds = f"{start[:17]}{int(start[17:19]) + 10:02d}{start[19:]}" if end is None else end
    return {"start": start, "end": ten_seconds, "destination": "410", **fields}


def call(unique_id: str = "1763589600.1", *legs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A call of an archive file: internal, with one leg, unless legs and fields say otherwise."""
    return {
        "unique_id": unique_id,
        "direction": "internal",
        "source": "400",
        "legs": list(legs) or [leg()],
        **fields,
    }


def archive(*calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An archive file. Its clock is frozen on 24 November 2026 in Melbourne."""
    return {
        "format": "noojee-archive/1",
        "description": "calls of a test",
        "provenance": "made up",
        "time_zone": "Australia/Melbourne",
        "now": NOW,
        "calls": list(calls),
        **fields,
    }


def caller(*calls: dict[str, Any], head: dict[str, Any] | None = None, **options: str) -> Caller:
    """A caller of a new default sandbox with these calls and options. `head` are further fields of the archive file."""
    sandboxes = build(archive=archive(*calls, **(head or {})), profile=options, ids=CountedIds())
    return Caller(sandboxes)
