"""Asks an API as its dialect file says. The same questions as the vendor's `Client`, with other paths and credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import httpx

from noojee_contract.clients.client import Client, Credentials
from noojee_contract.dialects.model import METHOD_OF, Dialect, Method, Proof, VendorHash
from noojee_contract.model.exchange import Exchange, Request
from noojee_contract.model.question import Question

JSON = ("accept", "application/json")


class CustomClient(Client):
    """One API that is not the vendor's, with one key. What is about the vendor's paths has no meaning here.

    `zone` is the PBX's: its hours are asked for.
    """

    def __init__(
        self,
        *,
        http: httpx.Client,
        root: str,
        dialect: Dialect,
        key: str,
        zone: ZoneInfo,
        max_body_bytes: int = 64 * 1024 * 1024,
        timeout_seconds: float = 10.0,
        before_request: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            http=http,
            root=root,
            dialect=dialect.name,
            proof=dialect.scheme.kind,
            key=key,
            audio="" if "audio" in dialect.methods else None,
            max_body_bytes=max_body_bytes,
            timeout_seconds=timeout_seconds,
            before_request=before_request,
        )
        self.described = dialect
        self.zone = zone

    @property
    def base(self) -> str:
        """Where its paths begin."""
        return self.root

    def time(self) -> Exchange:
        """The PBX's time, where the hash is made from it."""
        scheme = self.described.scheme
        assert isinstance(scheme, VendorHash)
        return self.send(scheme.verb, self.root + scheme.path, headers=())

    def made_with(self, key: str) -> Credentials:
        """Credentials in the described form, made with another key."""
        scheme = self.described.scheme
        if isinstance(scheme, VendorHash):
            return Proof(query=tuple(self.ticket(key=key)))
        return self._hidden(scheme.proof(key))

    def in_place(self, value: str) -> Credentials:
        """A value in place of the hash (with a fresh time stamp), or of the key."""
        return super().in_place(value) if self.proof == "hash" else self.made_with(value)

    def request(self, asked: Question, *, credentials: Credentials | None = None, bare: bool = False) -> Request | None:
        """The request by tag or by unique id; see `Client.request`."""
        method = self.described.methods[METHOD_OF[asked.kind]]
        if bare and not method.takes_as_parameter(asked.kind):
            return None
        return self._request(method, {} if bare else {asked.kind: asked.value}, credentials)

    def by_hour(
        self, day: date | str | None, hour: int | str | None, *, credentials: Credentials | None = None
    ) -> Exchange:
        """The legs that ended in an hour of the PBX's local time; None leaves one out."""
        method = self.described.methods["by_hour"]
        return self._send(self._request(method, method.hour.values(day, hour, self.zone), credentials))

    def sound(
        self,
        unique_id: str,
        leg: int | str,
        *,
        tag: str = "",
        credentials: Credentials | None = None,
        template: str | None = None,
    ) -> Exchange:
        """The sound of one leg. Raises ValueError where the file describes none; there is no other template."""
        if template is not None or "audio" not in self.described.methods:
            raise ValueError("the dialect file describes one way to the sound, or none")
        values = {"unique_id": unique_id, "leg": str(leg), "tag": tag}
        request = self._request(self.described.methods["audio"], values, credentials)
        return self._send(replace(request, headers=tuple(pair for pair in request.headers if pair != JSON)))

    def _request(self, method: Method, values: Mapping[str, str], credentials: Credentials | None) -> Request:
        proof = self._usual() if credentials is None else credentials
        if not isinstance(proof, Proof):
            proof = Proof(query=tuple(proof))
        typed = () if method.body is None else (("content-type", method.body.content_type),)
        return Request(
            method=method.verb,
            url=self.root + method.url(values, also=proof.query),
            headers=(JSON, *typed, *proof.headers),
            body=b"" if method.body is None else method.body.written(values),
        )

    def _send(self, request: Request) -> Exchange:
        return self.send(request.method, request.url, headers=request.headers, body=request.body)

    def _usual(self) -> Proof:
        scheme = self.described.scheme
        if isinstance(scheme, VendorHash):
            return Proof(query=tuple(self.credentials()))
        return self._hidden(scheme.proof(self.key))

    def _hidden(self, proof: Proof) -> Proof:
        """A proof whose values are known as secrets from now on."""
        for _, value in (*proof.query, *proof.headers):
            if value not in self.secrets:
                self.secrets.append(value)
        return proof
