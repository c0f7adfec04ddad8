"""Asks a PBX as the published pages say: own query building, own hashing. Never raises on an HTTP status.

Whatever becomes of a request is an `Exchange`: answered, or failed in words. Bodies are bounded in size and in time.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from copy import copy
from datetime import UTC, date, datetime
from urllib.parse import quote

import httpx

from noojee_contract.dialects.model import Proof
from noojee_contract.model.exchange import Exchange, Headers, Request, Response
from noojee_contract.model.question import Question

FORM_TYPE = "application/x-www-form-urlencoded"
REST_PATHS = ("/rest", "/servicemanager/rest")
BASES = {
    "services": ("/servicemanager/services", "njadmin-api-recording"),
    "recording-api": ("/rest", "RecordingAPI"),
    "call-management": ("/servicemanager/rest", "CallManagementAPI"),
    "njadmin": ("/njadmin/rest", "RecordingAPI"),
}
"""The usual prefix of each dialect, and its name behind it."""
Query = Sequence[tuple[str, str]]
Credentials = Query | Proof
"""Parameters of the query, or those and headers; () for none."""
NAMES = {
    "tag": ("retrieveMetaData", "tag"),
    "unique_id": ("retrieveMetaDataByUniqueId", "uniqueId"),
    "hour": ("retrieveMetaDataByHour", ""),
}
"""The vendor's method and parameter for each kind of question."""

for _name in ("httpx", "httpcore"):  # they print whole URLs, and so keys
    logging.getLogger(_name).disabled = True
    logging.getLogger(_name).propagate = False


def vendor_hash(key: str, time_stamp: str) -> str:
    """The hash of a call: lower-case hex sha256 of key, colon, time stamp. Source: 1.0 Authentication (DOC)."""
    return hashlib.sha256(f"{key}:{time_stamp}".encode()).hexdigest()


class Client:
    """One PBX seen through one dialect, with one key.

    `root` is the base URL (a path prefix included), without a trailing slash. `before_request` is called before each
    request (rate and budget). `secrets` are all credentials that were sent, for redaction.
    """

    def __init__(
        self,
        *,
        http: httpx.Client,
        root: str,
        dialect: str,
        proof: str,
        key: str,
        rest_path: str | None = None,
        charset: str = "utf-8",
        audio: str | None = None,
        max_body_bytes: int = 64 * 1024 * 1024,
        timeout_seconds: float = 10.0,
        reuse_ticket: bool = False,
        few_at_once: bool = False,
        before_request: Callable[[], None] | None = None,
    ) -> None:
        self.http = http
        self.root = root.rstrip("/")
        self.dialect = dialect
        self.proof = proof
        self.key = key
        self.charset = charset
        self.audio_template = audio
        self.secrets: list[str] = [key]
        self.requests = 0
        self.on_exchange: Callable[[Exchange], None] | None = None
        self._rest_path = rest_path
        self._max_body_bytes = max_body_bytes
        self._timeout_seconds = timeout_seconds
        self._reuse_ticket = reuse_ticket
        self._few_at_once = few_at_once
        self._before_request = before_request
        self._ticket: tuple[float, Query] | None = None
        self._given = ("", 0)  # the last time stamp, and how many tickets more it gave

    @property
    def base(self) -> str:
        """The API base, under one prefix or the other. Source: W-27, W-ST, W-D9 (DOC), 4.1 (SPEC)."""
        prefix, api = BASES[self.dialect]
        return f"{self.root}{self._prefix(prefix)}/{api}"

    def with_prefix(self, prefix: str) -> str:
        """The API base under another prefix than the usual one."""
        return f"{self.root}{prefix}/{BASES[self.dialect][1]}"

    def _prefix(self, usual: str) -> str:
        return self._rest_path or usual if usual in REST_PATHS else usual

    @property
    def time_url(self) -> str:
        """Where the PBX's time is asked. Source: 1.0 Authentication shows /servicemanager/rest/Time (DOC)."""
        return f"{self.root}{self._prefix('/servicemanager/rest')}/Time"

    def time(self) -> Exchange:
        """The PBX's time, as it answers it."""
        return self.send("POST", self.time_url)

    def ticket(self, *, key: str | None = None) -> Query:
        """A fresh time stamp and its hash; raises `TimeUnavailable` where Time does not answer digits.

        Two tickets of one millisecond (a fast line, a clock that stands) would be one hash. Where that may serve only
        once, the second has the millisecond before.
        """
        stamp = self._time_stamp()
        last, given = self._given
        self._given = (stamp, given + 1 if stamp == last and not self._reuse_ticket else 0)
        if self._given[1]:
            self._end(stamp)
        return self.signed(str(int(stamp) - self._given[1]) if self._given[1] else stamp, key=key)

    def clock_millis(self) -> int:
        """The PBX's time, for a caller that sends no such time stamp. Raises `TimeUnavailable` as `ticket` does."""
        stamp = self._time_stamp()
        self._end(stamp)
        return int(stamp)

    def _time_stamp(self) -> str:
        exchange = self.time()
        stamp = exchange.body.decode("latin-1").strip()
        if exchange.status != 200 or not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 20):
            raise TimeUnavailable(exchange)
        return stamp

    def _end(self, time_stamp: str) -> None:
        """Use a time stamp up where only five may be under way at once, as declared (row 11)."""
        if self._few_at_once:
            self.send("POST", f"{self.base}/retrieveMetaData?timeStamp={time_stamp}&hash=")

    def signed(self, time_stamp: str, *, key: str | None = None) -> Query:
        """The two parameters for a time stamp of the caller's choice."""
        digest = vendor_hash(self.key if key is None else key, time_stamp)
        self.secrets.append(digest)
        return (("timeStamp", time_stamp), ("hash", digest))

    def credentials(self) -> Query:
        """What proves who asks: the hash pair (a fresh one, or one of the last seconds), the key, or nothing."""
        if self.proof != "hash":
            return (("apiKey", self.key),) if self.proof == "api-key" else ()
        now = time.monotonic()
        if not self._reuse_ticket or self._ticket is None or now - self._ticket[0] > 4:
            self._ticket = (now, self.ticket())
        return self._ticket[1]

    def beside(self, dialect: str, proof: str) -> Client:
        """The same PBX asked in another dialect, or with another proof; each request with a ticket of its own, counted here."""

        def counted() -> None:
            if self._before_request is not None:
                self._before_request()
            self.requests += 1

        other = copy(self)
        other.dialect, other.proof = dialect, proof
        other._ticket, other._reuse_ticket = None, False
        other._before_request = counted
        return other

    def forget_ticket(self) -> None:
        """After the PBX's clock was stepped, a kept ticket is stale."""
        self._ticket = None

    def ask(self, name: str, query: Query, *, credentials: Credentials | None = None, method: str = "POST") -> Exchange:
        """A method of the API with its parameters. `credentials` given replaces the usual ones; () sends none."""
        return self.send(method, f"{self.base}/{name}?{self.query_text(self.with_credentials(query, credentials))}")

    def order(
        self, name: str, query: Query, *, credentials: Credentials | None = None, method: str | None = None
    ) -> Exchange:
        """A method that does something to a live call. The oldest generation takes it by GET, as `method=`.

        Source: Recording API version 2.7.14.x (W-27), 07.0 Start Recording, Stop Recording (W-ST, W-SPk) (DOC).
        """
        if self.dialect == "services":
            return self.send(method or "GET", f"{self.base}?{self.query_text((('method', name), *query))}")
        return self.ask(name, query, credentials=credentials, method=method or "POST")

    def query_text(self, query: Query) -> str:
        """Name and value pairs as a query, percent-encoded in the PBX's charset; a slash stays, as in the samples."""
        return "&".join(f"{quote(name, safe='')}={self._quoted(value)}" for name, value in query)

    def can_say(self, value: str) -> bool:
        """Whether the charset of queries has all letters of a value."""
        try:
            value.encode(self.charset)
        except UnicodeEncodeError:
            return False
        return True

    def _quoted(self, value: str) -> str:
        return quote(value, safe="/", encoding=self.charset, errors="replace")

    def with_credentials(self, query: Query, credentials: Credentials | None = None) -> Query:
        """The parameters in the order of the samples: in the replacement the key comes first, elsewhere the proof is last."""
        given = _pairs(credentials)
        proof = self.credentials() if given is None else given
        return (*proof, *query) if self.dialect == "njadmin" else (*query, *proof)

    def made_with(self, key: str) -> Credentials:
        """Credentials in the documented form, made with another key."""
        return self.ticket(key=key) if self.proof == "hash" else (("apiKey", key),)

    def in_place(self, value: str) -> Credentials:
        """A value in place of the hash (with a fresh time stamp), or of the key."""
        if self.proof == "hash":
            return (("timeStamp", str(self.clock_millis())), ("hash", value))
        return (("apiKey", value),)

    def request(self, asked: Question, *, credentials: Credentials | None = None, bare: bool = False) -> Request | None:
        """The request by tag or by unique id. `bare`: without the parameter; None where that cannot be left out."""
        name, parameter = NAMES[asked.kind]
        query = self.with_credentials(() if bare else ((parameter, asked.value),), credentials)
        return Request(
            method="POST", url=f"{self.base}/{name}?{self.query_text(query)}", headers=(("content-type", FORM_TYPE),)
        )

    def by_tag(self, tag: str, *, credentials: Credentials | None = None) -> Exchange:
        """Metadata of the calls with a tag. Source: 4.1 (SPEC), 9.1 (DOC)."""
        return self._asked(Question("tag", tag), credentials)

    def by_unique_id(self, unique_id: str, *, credentials: Credentials | None = None) -> Exchange:
        """Metadata of one call. Source: 4.1 (SPEC), 9.1 (DOC)."""
        return self._asked(Question("unique_id", unique_id), credentials)

    def by_hour(
        self, day: date | str | None, hour: int | str | None, *, credentials: Credentials | None = None
    ) -> Exchange:
        """Metadata of the legs that ended in an hour of the PBX's local time; None leaves one out. Source: 9.4 (DOC)."""
        written = f"{day:%Y/%m/%d}" if isinstance(day, date) else day
        given = (("date", written), ("hour", None if hour is None else str(hour)))
        query = [(name, value) for name, value in given if value is not None]
        return self.ask(NAMES["hour"][0], query, credentials=credentials)

    def _asked(self, asked: Question, credentials: Credentials | None) -> Exchange:
        request = self.request(asked, credentials=credentials)
        assert request is not None
        return self.send(request.method, request.url, headers=request.headers, body=request.body)

    def sound(
        self,
        unique_id: str,
        leg: int | str,
        *,
        tag: str = "",
        credentials: Credentials | None = None,
        template: str | None = None,
    ) -> Exchange:
        """The sound of one leg, asked as the target's audio template says, or another. Raises ValueError without one."""
        if self.audio_template is None:
            raise ValueError("the target names no audio template")
        method, _, template = (template or self.audio_template).partition(" ")
        url = template.replace("{base}", self.base)
        for name, value in (("unique_id", unique_id), ("leg", str(leg)), ("tag", tag)):
            url = url.replace("{" + name + "}", quote(value, safe="", encoding=self.charset, errors="replace"))
        if not url.startswith(("http://", "https://")):
            url = self.root + "/" + url.lstrip("/")
        pairs = _pairs(credentials)
        proof = self.query_text(self.credentials() if pairs is None else pairs)
        return self.send(method, f"{url}{'&' if '?' in url else '?'}{proof}".rstrip("?&"))

    def send(
        self, method: str, url: str, *, headers: Headers = (("content-type", FORM_TYPE),), body: bytes = b""
    ) -> Exchange:
        """One request exactly as given; never raises for what the server does. Calls `on_exchange` with the exchange."""
        exchange = self._sent(method, url, headers, body)
        if self.on_exchange is not None:
            self.on_exchange(exchange)
        return exchange

    def _sent(self, method: str, url: str, headers: Headers, body: bytes) -> Exchange:
        if self._before_request is not None:
            self._before_request()
        self.requests += 1
        request = Request(method=method, url=url, headers=headers, body=body)
        at = datetime.now(UTC)
        started = time.monotonic()
        try:
            with self.http.stream(method, url, headers=list(headers), content=body, follow_redirects=False) as answer:
                read, transport_error = self._read(answer, started)
                response = Response(
                    status=answer.status_code,
                    headers=tuple((name.lower(), value) for name, value in answer.headers.multi_items()),
                    body=read,
                    seconds=time.monotonic() - started,
                )
                return Exchange(request=request, response=response, transport_error=transport_error, at=at)
        except httpx.TimeoutException:
            return Exchange(request=request, transport_error=f"no answer within {self._timeout_seconds:g} s", at=at)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            return Exchange(request=request, transport_error=f"{type(error).__name__}: {error}", at=at)

    def _read(self, answer: httpx.Response, started: float) -> tuple[bytes, str | None]:
        body = bytearray()
        try:
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > self._max_body_bytes:
                    return bytes(body[: self._max_body_bytes]), f"the body is longer than {self._max_body_bytes} bytes"
                if time.monotonic() - started > self._timeout_seconds:
                    return bytes(body), f"the answer was not whole after {self._timeout_seconds:g} s"
        except httpx.HTTPError as error:
            return bytes(body), f"the answer was cut off: {type(error).__name__}: {error}"
        return bytes(body), None


def _pairs(credentials: Credentials | None) -> Query | None:
    """Credentials as the vendor takes them: parameters alone."""
    return credentials.query if isinstance(credentials, Proof) else credentials


class TimeUnavailable(Exception):
    """Time did not answer with digits, so no hash can be made; `exchange` shows what it answered."""

    def __init__(self, exchange: Exchange) -> None:
        came = exchange.transport_error or exchange.status
        super().__init__(f"Time did not answer with digits ({came}), so no hash could be made")
        self.exchange = exchange
