"""Asks a PBX in one dialect. The dialect builds each request; the client adds credentials and sends it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from noojee_contract.clients.hashes import Hashes, HashParameters
from noojee_contract.clients.renewals import Renewals
from noojee_contract.clients.sender import Sender
from noojee_contract.dialects.dialect import Dialect
from noojee_contract.dialects.schemes import HASH, NoCredentials, RequestCredentials, VendorHash, hash_parameters
from noojee_contract.dialects.vendor_dialect import FORM, VendorDialect, calls_once, vendor_dialect, with_scheme
from noojee_contract.model.exchange import Exchange, Headers, Request
from noojee_contract.model.question import Question

Query = Sequence[tuple[str, str]]
Credentials = Query | RequestCredentials
"""Credentials of a caller: parameters of the query, or those and headers; () for none."""

SHARED_CHARACTERS = 8
SAFE_VERBS = ("GET", "HEAD", "OPTIONS", "POST")
"""The verbs that a request may be repeated with."""


class Client:
    """One PBX in one dialect, with one key.

    `root` is its base URL without a trailing slash, `zone` its time zone. `secrets` are all credentials that were sent,
    for redaction. In each method, `credentials` replaces the usual ones; () sends none.
    """

    def __init__(self, sender: Sender, *, root: str, dialect: Dialect, key: str, zone: ZoneInfo) -> None:
        self.sender = sender
        self.root = root.rstrip("/")
        self.dialect = dialect
        self.key = key
        self.zone = zone
        self.secrets: list[str] = [key]
        self._renewals = Renewals()
        sender.renew = self._renewals.renewed
        self._hashes = Hashes(sender, root=self.root, dialect=dialect)

    @property
    def base(self) -> str:
        """The URL that the paths of the API's methods start with."""
        return self.dialect.base(self.root)

    def send(self, method: str, url: str, *, headers: Headers = FORM, body: bytes = b"") -> Exchange:
        """Send a request exactly as given. Never raises for what the server does."""
        repeatable = method in SAFE_VERBS and not calls_once(url)
        return self.sender.send(Request(method=method, url=url, headers=headers, body=body, repeatable=repeatable))

    def by_tag(self, tag: str, *, credentials: Credentials | None = None) -> Exchange:
        """Ask for the calls with a tag."""
        return self._listing(Question("tag", tag), credentials)

    def by_unique_id(self, unique_id: str, *, credentials: Credentials | None = None) -> Exchange:
        """Ask for one call."""
        return self._listing(Question("unique_id", unique_id), credentials)

    def by_hour(
        self, day: date | str | None, hour: int | str | None, *, credentials: Credentials | None = None
    ) -> Exchange:
        """Ask for the legs that ended in an hour of the PBX's local time; None leaves a part out."""
        return self.sender.send(
            self.dialect.hour_request(self.root, day, hour, self._credentials(credentials), zone=self.zone)
        )

    def sound(
        self,
        unique_id: str,
        leg: int | str,
        *,
        tag: str = "",
        credentials: Credentials | None = None,
        template: str | None = None,
    ) -> Exchange:
        """Fetch the audio of a leg, by the target's audio template or another. Raises ValueError without one."""
        values = {"unique_id": unique_id, "leg": str(leg), "tag": tag}
        return self.sender.send(
            self.dialect.audio_request(self.root, values, self._credentials(credentials), template=template)
        )

    def request(
        self, question: Question, *, credentials: Credentials | None = None, bare: bool = False
    ) -> Request | None:
        """The request by tag or by unique id. `bare`: without the parameter; None if it cannot be left out."""
        return self.dialect.listing_request(self.root, question, self._credentials(credentials), bare=bare)

    def _listing(self, question: Question, credentials: Credentials | None) -> Exchange:
        request = self.request(question, credentials=credentials)
        assert request is not None
        return self.sender.send(request)

    def credentials(self) -> Query:
        """The usual query credentials: time stamp and hash (new, or of the last seconds), the key, or nothing."""
        return self._credentials(None).query

    def made_with(self, key: str) -> RequestCredentials:
        """Credentials in the form of the scheme, made with another key.

        Only a key that shares a part with the own key is hidden: a value such as "null" must stay readable in reports.
        """
        scheme = self.dialect.scheme
        if isinstance(scheme, VendorHash):
            return RequestCredentials(query=self.new_hash(key=key))
        if isinstance(scheme, NoCredentials):
            return RequestCredentials()
        credentials = scheme.credentials(key)
        return self._remembered(credentials) if shares_a_part(key, self.key) else credentials

    def in_place(self, value: str) -> RequestCredentials:
        """Credentials with a value in place of the hash (with a new time stamp), or of the key."""
        if self.dialect.scheme.kind == HASH:
            return RequestCredentials(query=self._in_place(value))
        return self.made_with(value)

    def time(self) -> Exchange:
        """Ask for the PBX's time."""
        return self._hashes.time()

    def clock_millis(self) -> int:
        """The PBX's time in milliseconds. Raises `TimeUnavailable` if it does not come as digits."""
        return self._hashes.clock_millis()

    def new_hash(self, *, key: str | None = None, renewable: bool = True) -> HashParameters:
        """A new time stamp and its hash; a repeated request gets others, if `renewable`. Raises `TimeUnavailable`."""
        made = self._hashes.new(self.key if key is None else key)
        return self._hidden(self._renewals.keep(made, (lambda: self.new_hash(key=key)) if renewable else None))

    def signed(self, time_stamp: str, *, key: str | None = None) -> HashParameters:
        """A given time stamp and its hash."""
        return self._hidden(hash_parameters(self.key if key is None else key, time_stamp))

    def forget_hash(self) -> None:
        """Drop the kept hash: after a step of the PBX's clock it is stale."""
        self._hashes.forget()

    def _credentials(self, given: Credentials | None) -> RequestCredentials:
        if given is not None:
            return given if isinstance(given, RequestCredentials) else RequestCredentials(query=tuple(given))
        scheme = self.dialect.scheme
        if isinstance(scheme, VendorHash):
            made = self._renewals.keep(self._hashes.usual(self.key), self.new_hash)
            return RequestCredentials(query=self._hidden(made))
        if isinstance(scheme, NoCredentials):
            return RequestCredentials()
        return self._remembered(scheme.credentials(self.key))

    def _in_place(self, value: str) -> HashParameters:
        made = (("timeStamp", str(self.clock_millis())), ("hash", value))
        return self._renewals.keep(made, lambda: self._in_place(value))

    def _hidden(self, parameters: HashParameters) -> HashParameters:
        """Add a hash to the secrets, and return its parameters. The time stamp is no secret."""
        if parameters[1][1] not in self.secrets:
            self.secrets.append(parameters[1][1])
        return parameters

    def _remembered(self, credentials: RequestCredentials) -> RequestCredentials:
        """Add the values of credentials to the secrets, and return the credentials."""
        for _, value in (*credentials.query, *credentials.headers):
            if value not in self.secrets:
                self.secrets.append(value)
        return credentials

    @property
    def audio_template(self) -> str | None:
        """The method and URL that fetch audio, None if the target names none."""
        return self.dialect.audio_template

    def can_encode(self, value: str) -> bool:
        """Whether the charset of queries has all letters of a value."""
        try:
            value.encode(self.dialect.charset)
        except UnicodeEncodeError:
            return False
        return True

    # The vendor's dialects only

    @property
    def vendor(self) -> VendorDialect:
        """The dialect, which must be one of the vendor's. Raises TypeError for a custom one."""
        if not isinstance(self.dialect, VendorDialect):
            raise TypeError(f"{self.dialect.name} is no dialect of the vendor's")
        return self.dialect

    def in_dialect(self, dialect: str, scheme: str) -> Client:
        """A client for the same PBX in another of the vendor's dialects, or with another scheme.

        It makes a new hash for each request. Its requests and secrets are counted here.
        """
        usual = self.vendor
        client = copy(self)
        client.dialect = replace(
            with_scheme(vendor_dialect(dialect, rest_path=usual.rest_path), scheme),
            charset=usual.charset,
            audio_template=usual.audio_template,
            few_at_once=usual.few_at_once,
            reuses_hash=False,
        )
        client._hashes = self._hashes.in_dialect(client.dialect)
        return client

    def ask(self, name: str, query: Query, *, credentials: Credentials | None = None, method: str = "POST") -> Exchange:
        """Call a method of the API with its parameters."""
        request = self.vendor.method_request(self.root, name, query, self._credentials(credentials), verb=method)
        return self.sender.send(request)

    def command(
        self, name: str, query: Query, *, credentials: Credentials | None = None, method: str | None = None
    ) -> Exchange:
        """Call a method that acts on a live call."""
        sent = self._credentials(credentials)
        return self.sender.send(self.vendor.command_request(self.root, name, query, sent, verb=method))

    def query_text(self, query: Query) -> str:
        """A query, percent-encoded as the PBX expects."""
        return self.vendor.query_text(query)

    def with_credentials(self, query: Query, credentials: Credentials | None = None) -> Query:
        """The parameters and the credentials, in the order of the samples."""
        return self.vendor.with_credentials(query, self._credentials(credentials))


def shares_a_part(text: str, key: str) -> bool:
    """Whether a text has a part of a key, in any letter case: eight characters, or a shorter key as a whole."""
    length = min(len(key), SHARED_CHARACTERS)
    parts = (key[start : start + length].lower() for start in range(len(key) - length + 1))
    return length > 0 and any(part in text.lower() for part in parts)
