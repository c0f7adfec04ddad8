"""The protocol of a dialect: how to build requests and decode answers of an API. Pure.

The vendor's four dialects are in `vendor_dialect`, custom dialects in `custom`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

from noojee_contract.dialects.hour import Day, HourNumber
from noojee_contract.dialects.legs import ErrorBody, Place, Reading
from noojee_contract.dialects.model import ErrorRule
from noojee_contract.dialects.schemes import RequestCredentials, Scheme
from noojee_contract.model.exchange import Exchange, Headers, Request
from noojee_contract.model.question import Question


class Dialect(Protocol):
    """One API: its requests, its answers, and what it can do. `root` is the base URL of a PBX."""

    @property
    def name(self) -> str:
        """Its name in target files and reports."""

    @property
    def is_custom(self) -> bool:
        """Whether a dialect file describes it."""

    @property
    def scheme(self) -> Scheme:
        """Its authentication scheme."""

    @property
    def capabilities(self) -> frozenset[str]:
        """Its methods: by_tag, by_unique_id, by_hour, audio."""

    @property
    def once_a_minute(self) -> bool:
        """Whether by hour may be asked once a minute only."""

    @property
    def needs_audio_template(self) -> bool:
        """Whether audio can be fetched only from a target that names an audio template."""

    @property
    def audio_template(self) -> str | None:
        """The method and URL that fetch audio: "" if its file describes them, None if there are none."""

    @property
    def charset(self) -> str:
        """The charset of queries."""

    @property
    def reuses_hash(self) -> bool:
        """Whether a hash may serve several requests."""

    @property
    def options(self) -> Mapping[str, str]:
        """The options that it declares by itself."""

    @property
    def leg_keys(self) -> frozenset[frozenset[str]]:
        """The sets of JSON keys that identify a leg in an answer."""

    @property
    def headers(self) -> Headers:
        """The headers of each request."""

    def configured(self, profile: Mapping[str, str], audio_template: str | None) -> Dialect:
        """The dialect as a PBX with this profile and audio template speaks it."""

    def has_field(self, name: str, *, by_hour: bool) -> bool:
        """Whether answers by hour, or else by tag and by unique id, have a field."""

    def field_places(self, question: Question) -> Mapping[str, Place]:
        """The places of the fields in a leg of an answer, by the fields' names."""

    @property
    def takes_hour_range(self) -> bool:
        """Whether by hour takes a range of times, and not a date and an hour."""

    def accepts_hour_text(self, name: str, text: str) -> bool:
        """Whether a text that is no vendor date or hour may be valid by hour; `name` is "date" or "hour"."""

    def error_rule(self, kind: str, method: str, *, own: bool = False) -> ErrorRule | None:
        """How a method (by_tag, by_unique_id, by_hour, audio) answers a kind of error, None if it does not say.

        `own`: None too if the method answers it as all methods do.
        """

    def base(self, root: str) -> str:
        """The URL that the paths of its methods start with."""

    def time_request(self, root: str) -> Request:
        """The request for the PBX's time. Only for dialects with the hash scheme, and the vendor's."""

    def probe_request(self, root: str, credentials: RequestCredentials) -> Request:
        """A harmless request that every server answers in some way. A request for the time has no credentials."""

    def cancel_request(self, root: str, time_stamp: str) -> Request | None:
        """The request that uses up a time stamp, None if time stamps need not be used up."""

    def listing_request(
        self, root: str, question: Question, credentials: RequestCredentials, *, bare: bool = False
    ) -> Request | None:
        """The request by tag or by unique id. `bare`: without the parameter; None if it cannot be left out."""

    def hour_request(
        self, root: str, day: Day, hour: HourNumber, credentials: RequestCredentials, *, zone: ZoneInfo
    ) -> Request:
        """The request by hour; None leaves a part out, a text is sent as it is."""

    def audio_request(
        self,
        root: str,
        values: Mapping[str, str],
        credentials: RequestCredentials,
        *,
        template: str | None = None,
    ) -> Request:
        """The request for the audio of a leg; `values` are unique_id, leg and tag.

        `template` replaces the audio template. Raises ValueError if there is no way to ask.
        """

    def read_answer(self, question: Question, exchange: Exchange, *, zone: ZoneInfo) -> Reading:
        """The legs of the answer to a question, its problems in words, or its error body."""

    def read_error_body(self, exchange: Exchange) -> ErrorBody | None:
        """The error body of an answer, None if it has none."""
