"""How the stateful test asks: one sandbox of a server, through its API only."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from noojee_fake.messages import Request, Response
from noojee_fake.server.sandboxes import Sandboxes

SERVICES = "/servicemanager/services/njadmin-api-recording"
MANAGED = "/servicemanager/rest/CallManagementAPI"
LEGACY = "/rest/RecordingAPI"
NJADMIN = "/njadmin/rest/RecordingAPI"


class SandboxClient:
    """A sandbox that the server made by a spec."""

    def __init__(self, server: Sandboxes, spec: dict[str, Any]) -> None:
        self._server = server
        sandbox = self._control("POST", "/sandboxes", spec)
        self._name, self._path, self.key = sandbox["sandbox"], sandbox["path"], sandbox["api_key"]

    def drop(self) -> None:
        self._control("DELETE", f"/sandboxes/{self._name}")

    def step(self, seconds: float) -> None:
        self._control("POST", f"/sandboxes/{self._name}/clock", {"step_seconds": seconds})

    def play(self, do: str, **fields: Any) -> Any:
        """A step of a call flow."""
        return self._control("POST", f"/sandboxes/{self._name}/flow", {"steps": [{"do": do, **fields}]})

    def time(self) -> int:
        """The milliseconds that Time returns."""
        return int(self._send("POST", f"/{self._path}/servicemanager/rest/Time").body)

    def ask(self, base: str, method: str, credential: str | None = None, **given: Any) -> Response:
        """A method of the API, by key unless another credential is given."""
        query = f"{credential or f'apiKey={self.key}'}&{urlencode(given, quote_via=quote)}"
        return self._send("POST", f"/{self._path}{base}/{method}", query)

    def order(self, how: int, ticket: str, method: str, **given: Any) -> int:
        """Start or stop, by one of the ways that there are: the Code that came, or would have."""
        if how == 0:
            query = urlencode({"method": method, **given}, quote_via=quote)
            return 0 if self._send("GET", f"/{self._path}{SERVICES}", query).status == 200 else -1
        base, credential = (LEGACY, ticket) if how == 1 else (MANAGED, ticket if how == 2 else None)
        code: int = json.loads(self.ask(base, method, credential, **given).body)["Code"]
        return code

    def subscribed(self, after: int, extensions: str) -> Any:
        """The immediate answer of subscribe."""
        given = {"exten": extensions, "lastSequenceNumber": after, "timeOut": 0}
        return json.loads(self.ask(MANAGED, "subscribe", **given).body)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._send(method, f"/__noojee{path}", body=body)
        return json.loads(answer.body) if answer.body else None

    def _send(self, method: str, path: str, query: str = "", body: Any = None) -> Response:
        kind = "application/x-www-form-urlencoded" if body is None else "application/json"
        answer = self._server.handle(
            Request(
                method=method,
                path=path,
                query=query,
                headers=(("content-type", kind),),
                body=b"" if body is None else json.dumps(body).encode(),
                client="127.0.0.1",
            )
        )
        assert not self._server.own_bugs, self._server.own_bugs
        return answer
