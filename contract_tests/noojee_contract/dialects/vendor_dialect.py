"""The vendor's four dialects: paths, parameters and their order, as the published pages show them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import ClassVar
from urllib.parse import parse_qsl, quote, urlsplit
from zoneinfo import ZoneInfo

from noojee_contract.dialects.hour import Day, HourNumber
from noojee_contract.dialects.legs import ErrorBody, Place, Reading
from noojee_contract.dialects.model import ErrorRule
from noojee_contract.dialects.schemes import HASH, KeyInQuery, NoCredentials, RequestCredentials, Scheme, VendorHash
from noojee_contract.dialects.vendor import BY_HOUR, FIELDS, METADATA, read_error_body, read_listing
from noojee_contract.model.exchange import Exchange, Headers, Request
from noojee_contract.model.question import Question

FORM_TYPE = "application/x-www-form-urlencoded"
FORM: Headers = (("content-type", FORM_TYPE),)
REST_PATHS = ("/rest", "/servicemanager/rest")
"""The two prefixes of the older dialects. Source: W-27, W-ST, W-D9 (DOC), 4.1 (SPEC)."""
Query = Sequence[tuple[str, str]]

BY_TAG, BY_UNIQUE_ID, BY_HOUR_METHOD = "retrieveMetaData", "retrieveMetaDataByUniqueId", "retrieveMetaDataByHour"
METHODS = {"tag": (BY_TAG, "tag"), "unique_id": (BY_UNIQUE_ID, "uniqueId")}
"""The method and its parameter for each kind of question."""


CALLED_ONCE = ("start", "stop", "dial", "answer", "hangup", "subscribe", BY_HOUR_METHOD)
"""The methods that act on a live call, and by hour, which is limited to one request a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorDialect:
    """One generation of the vendor's API.

    `prefix` and `api` make the path of its methods. `rest_path` replaces the prefix of the older dialects.
    `chooses_scheme`: a PBX takes hashes or keys. `credentials_first`: credentials come before the other parameters.
    `charset` is that of queries. `reuses_hash`: a hash may serve several requests. `few_at_once`: only five
    authentications may be unfinished.
    """

    name: str
    scheme: Scheme
    prefix: str
    api: str
    capabilities: frozenset[str] = frozenset({"by_tag", "by_unique_id", "audio"})
    credentials_first: bool = False
    chooses_scheme: bool = False
    reuses_hash: bool = False
    rest_path: str | None = None
    charset: str = "utf-8"
    audio_template: str | None = None
    few_at_once: bool = False

    is_custom: ClassVar[bool] = False
    once_a_minute: ClassVar[bool] = True  # Source: 9.4 Retrieve recording list (DOC)
    takes_hour_range: ClassVar[bool] = False
    needs_audio_template: ClassVar[bool] = True
    options: ClassVar[Mapping[str, str]] = {}
    leg_keys: ClassVar[frozenset[frozenset[str]]] = frozenset({frozenset({"CallRecordId"})})
    headers: ClassVar[Headers] = FORM

    def configured(self, profile: Mapping[str, str], audio_template: str | None) -> VendorDialect:
        """The dialect as a PBX with this profile and audio template speaks it."""
        declared = "/servicemanager/rest" if profile.get("bare_rest") == "absent" else None
        return replace(
            self,
            rest_path=self.rest_path or declared,
            charset=profile.get("query_charset", self.charset),
            audio_template=audio_template,
            reuses_hash=self.reuses_hash or profile.get("hash_reuse") == "within-window",
            few_at_once=profile.get("concurrent_authentications") == "5",
        )

    def has_field(self, name: str, *, by_hour: bool) -> bool:
        """The vendor's answers have all fields."""
        return True

    def field_places(self, question: Question) -> Mapping[str, Place]:
        """Each field is a key of the leg."""
        shape = BY_HOUR if question.kind == "hour" else METADATA
        return {name: (name,) for name in FIELDS[shape]}

    def accepts_hour_text(self, name: str, text: str) -> bool:
        """The vendor takes dates as YYYY/MM/DD and hours as numbers only."""
        return False

    def error_rule(self, kind: str, method: str, *, own: bool = False) -> ErrorRule | None:
        """The vendor documents no rules by kind of error."""
        return None

    def base(self, root: str) -> str:
        """The URL that the paths of its methods start with."""
        return self.base_under(root, self._rest(self.prefix))

    def base_under(self, root: str, prefix: str) -> str:
        """`base` with another prefix."""
        return f"{root}{prefix}/{self.api}"

    def time_request(self, root: str) -> Request:
        """The request for the PBX's time. Source: 1.0 Authentication shows /servicemanager/rest/Time (DOC)."""
        return Request(method="POST", url=f"{root}{self._rest('/servicemanager/rest')}/Time", headers=FORM)

    def probe_request(self, root: str, credentials: RequestCredentials) -> Request:
        """The request for the time if it is needed for hashes, else a request to the base."""
        if self.scheme.kind == HASH:
            return self.time_request(root)
        url = f"{self.base(root)}?{self.query_text(credentials.query)}".rstrip("?")
        return Request(method="POST", url=url, headers=FORM)

    def cancel_request(self, root: str, time_stamp: str) -> Request | None:
        """A refused request that uses up a time stamp, if only five authentications may be unfinished."""
        if not self.few_at_once:
            return None
        return Request(method="POST", url=f"{self.base(root)}/{BY_TAG}?timeStamp={time_stamp}&hash=", headers=FORM)

    def method_request(
        self, root: str, name: str, query: Query, credentials: RequestCredentials, *, verb: str = "POST"
    ) -> Request:
        """A request for a method of the API with its parameters."""
        text = self.query_text(self.with_credentials(query, credentials))
        url = f"{self.base(root)}/{name}?{text}"
        return Request(method=verb, url=url, headers=FORM, repeatable=not calls_once(url))

    def command_request(
        self, root: str, name: str, query: Query, credentials: RequestCredentials, *, verb: str | None = None
    ) -> Request:
        """A request for a method that acts on a live call. The oldest generation takes it by GET, as `method=`.

        Source: Recording API version 2.7.14.x (W-27), 07.0 Start Recording, Stop Recording (W-ST, W-SPk) (DOC).
        """
        if self.name == "services":
            url = f"{self.base(root)}?{self.query_text((('method', name), *query))}"
            return Request(method=verb or "GET", url=url, headers=FORM, repeatable=False)
        return self.method_request(root, name, query, credentials, verb=verb or "POST")

    def listing_request(
        self, root: str, question: Question, credentials: RequestCredentials, *, bare: bool = False
    ) -> Request | None:
        """The request by tag or by unique id. Source: 4.1 (SPEC), 9.1 (DOC)."""
        name, parameter = METHODS[question.kind]
        query = () if bare else ((parameter, question.value),)
        return self.method_request(root, name, query, credentials)

    def hour_request(
        self, root: str, day: Day, hour: HourNumber, credentials: RequestCredentials, *, zone: ZoneInfo
    ) -> Request:
        """The request by hour. Source: 9.4 (DOC)."""
        written = f"{day:%Y/%m/%d}" if isinstance(day, date) else day
        parameters = (("date", written), ("hour", None if hour is None else str(hour)))
        query = [(name, value) for name, value in parameters if value is not None]
        return self.method_request(root, BY_HOUR_METHOD, query, credentials)

    def audio_request(
        self,
        root: str,
        values: Mapping[str, str],
        credentials: RequestCredentials,
        *,
        template: str | None = None,
    ) -> Request:
        """The request for the audio of a leg, by the audio template. Raises ValueError without a template."""
        if self.audio_template is None:
            raise ValueError("the target names no audio template")
        verb, _, url = (template or self.audio_template).partition(" ")
        url = url.replace("{base}", self.base(root))
        for name, value in values.items():
            url = url.replace("{" + name + "}", quote(value, safe="", encoding=self.charset, errors="replace"))
        if not url.startswith(("http://", "https://")):
            url = root + "/" + url.lstrip("/")
        query = self.query_text(credentials.query)
        whole = f"{url}{'&' if '?' in url else '?'}{query}".rstrip("?&")
        return Request(method=verb, url=whole, headers=FORM, audio=True)

    def with_credentials(self, query: Query, credentials: RequestCredentials) -> Query:
        """The parameters in the order of the samples: njadmin has credentials first, the older dialects last."""
        return (*credentials.query, *query) if self.credentials_first else (*query, *credentials.query)

    def query_text(self, query: Query) -> str:
        """A query, percent-encoded in the PBX's charset; a slash stays, as in the samples."""
        return "&".join(
            f"{quote(name, safe='')}={quote(value, safe='/', encoding=self.charset, errors='replace')}"
            for name, value in query
        )

    def read_answer(self, question: Question, exchange: Exchange, *, zone: ZoneInfo) -> Reading:
        """The legs of the answer to a question, its problems in words, or its error body."""
        return read_listing(exchange, shape=BY_HOUR if question.kind == "hour" else METADATA, zone=zone)

    def read_error_body(self, exchange: Exchange) -> ErrorBody | None:
        """The error body of an answer, None if it has none."""
        return read_error_body(exchange)

    def _rest(self, usual: str) -> str:
        """A prefix, or the path that replaces it; only the older dialects' prefixes are replaced."""
        return self.rest_path if self.rest_path and usual in REST_PATHS else usual


def calls_once(url: str) -> bool:
    """Whether a URL calls a method that must not be called again when its answer is lost; see `CALLED_ONCE`."""
    parts = urlsplit(url)
    named = dict(parse_qsl(parts.query)).get("method")  # the oldest dialect names the method in the query
    return parts.path.rpartition("/")[2] in CALLED_ONCE or named in CALLED_ONCE


_HASH = VendorHash("POST", "/servicemanager/rest/Time")
_KEY = KeyInQuery("apiKey")
_DIALECTS = (
    VendorDialect(
        name="services",
        scheme=NoCredentials(),
        prefix="/servicemanager/services",
        api="njadmin-api-recording",
        capabilities=frozenset(),
    ),
    VendorDialect(name="recording-api", scheme=_HASH, prefix="/rest", api="RecordingAPI"),
    VendorDialect(
        name="call-management",
        scheme=_KEY,
        prefix="/servicemanager/rest",
        api="CallManagementAPI",
        chooses_scheme=True,
        reuses_hash=True,
    ),
    VendorDialect(
        name="njadmin",
        scheme=_KEY,
        prefix="/njadmin/rest",
        api="RecordingAPI",
        capabilities=frozenset({"by_tag", "by_unique_id", "by_hour", "audio"}),
        credentials_first=True,
    ),
)
VENDOR_DIALECTS: Mapping[str, VendorDialect] = {dialect.name: dialect for dialect in _DIALECTS}
"""The vendor's dialects by name, oldest first. Source of their schemes: W-27, W-A1, W-D9 (DOC)."""


@cache
def vendor_dialect(name: str, *, authentication: str | None = None, rest_path: str | None = None) -> VendorDialect:
    """A dialect of the vendor's. `authentication` ("hash" or "api-key") chooses the scheme of call-management.

    `rest_path` replaces the prefix of the older dialects.
    """
    dialect = replace(VENDOR_DIALECTS[name], rest_path=rest_path)
    return with_scheme(dialect, authentication) if authentication and dialect.chooses_scheme else dialect


def with_scheme(dialect: VendorDialect, scheme: str) -> VendorDialect:
    """A dialect with a scheme: "hash" or "api-key"."""
    return replace(dialect, scheme=_HASH if scheme == HASH else _KEY)
