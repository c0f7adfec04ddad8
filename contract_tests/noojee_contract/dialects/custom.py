"""A custom dialect: an API that a dialect file describes, and how its answers are decoded. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from noojee_contract.dialects.body import quoted
from noojee_contract.dialects.formats import Unread
from noojee_contract.dialects.hour import Day, HourNumber, TimeRange
from noojee_contract.dialects.legs import (
    MISSING,
    ErrorBody,
    Leg,
    Place,
    Reading,
    read_legs,
    value_at,
    value_in_words,
)
from noojee_contract.dialects.model import METHOD_OF, ErrorRule, ErrorRules, Method, Shape
from noojee_contract.dialects.schemes import RequestCredentials, Scheme, VendorHash
from noojee_contract.model.exchange import Exchange, Headers, NotJson, Request
from noojee_contract.model.question import Question

ACCEPT_JSON = ("accept", "application/json")
EMPTY_LIST = ErrorRule(statuses=(), empty_list=True)
"""How an unknown recording is answered if the file does not say."""
UNKNOWN_IN = ("by_tag", "by_unique_id")
"""The methods that are asked for recordings by name."""
ATTRIBUTES: Mapping[str, str] = {
    "UniqueId": "unique_id",
    "Leg": "number",
    "CallRecordId": "call_record_id",
    "Start": "start",
    "End": "end",
    "Duration": "duration_seconds",
    "Tag": "tag",
    "Username": "username",
    "Source": "source",
    "Destination": "destination",
    "DID": "did",
    "Direction": "direction",
}
"""The attribute of `Leg` for each field name of dialect files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomDialect:
    """An API as a dialect file describes it. `methods` by their names in the file."""

    name: str
    scheme: Scheme
    methods: Mapping[str, Method]
    errors: ErrorRules = field(default_factory=ErrorRules)

    is_custom: ClassVar[bool] = True
    needs_audio_template: ClassVar[bool] = False
    reuses_hash: ClassVar[bool] = False
    charset: ClassVar[str] = "utf-8"
    headers: ClassVar[Headers] = (ACCEPT_JSON,)

    @property
    def capabilities(self) -> frozenset[str]:
        """Its methods: by_tag, by_unique_id, by_hour, audio."""
        return frozenset(self.methods)

    @property
    def audio_template(self) -> str | None:
        """ "" if the file describes audio, else None."""
        return "" if "audio" in self.methods else None

    @property
    def once_a_minute(self) -> bool:
        """Whether by hour may be asked once a minute only."""
        return "by_hour" in self.methods and self.methods["by_hour"].once_a_minute

    @property
    def options(self) -> Mapping[str, str]:
        """The options that the file declares: keys of options.toml with their values."""
        unknown = {name: self._unknown_recording(name) for name in UNKNOWN_IN}
        same = len(set(unknown.values())) == 1
        declared = {
            "unknown_recording": unknown["by_tag"]
            if same
            else ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in unknown.items())
        }
        no_sound = self.error_rule("no_sound", "audio")
        if no_sound is not None:
            declared["audio_unknown_leg"] = str(no_sound.statuses[0])
        if "by_hour" in self.methods and self.methods["by_hour"].hour.says_instants:
            declared["repeated_hour"] = "both"  # the range includes both hours, and each instant is in one of them
        return declared

    def _unknown_recording(self, method: str) -> str:
        """The values of the option unknown_recording that a method may show, in words."""
        rule = self.error_rule("unknown_recording", method) or EMPTY_LIST
        return " or ".join(rule.option_values)

    @property
    def leg_keys(self) -> frozenset[frozenset[str]]:
        """The keys that identify a leg in an answer, one set a method: those of its unique id and of its number."""
        shapes = (each.shape.fields for each in self.methods.values() if each.shape.fields)
        return frozenset(frozenset((*fields["UniqueId"], *fields.get("Leg", ()))) for fields in shapes)

    def has_field(self, name: str, *, by_hour: bool) -> bool:
        """Whether answers by hour, or else by tag and by unique id, have a field."""
        methods = ("by_hour",) if by_hour else ("by_tag", "by_unique_id")
        return all(name in self.methods[each].shape.fields for each in methods if each in self.methods)

    def field_places(self, question: Question) -> Mapping[str, Place]:
        """The places of the fields that the file names for a method."""
        return self.methods[METHOD_OF[question.kind]].shape.fields

    @property
    def takes_hour_range(self) -> bool:
        """Whether by hour takes a range of times."""
        return "by_hour" in self.methods and isinstance(self.methods["by_hour"].hour, TimeRange)

    def accepts_hour_text(self, name: str, text: str) -> bool:
        """Whether a text is valid for the date or the hour, as the file writes them."""
        return self.methods["by_hour"].hour.reads(name, text)

    def error_rule(self, kind: str, method: str, *, own: bool = False) -> ErrorRule | None:
        """How a method answers a kind of error, None if not in the file. Unknown recordings have an empty list."""
        rules = self.methods[method].failures if method in self.methods else {}
        if own or kind in rules:
            return rules.get(kind)
        return self.errors.kinds.get(kind, EMPTY_LIST if kind == "unknown_recording" else None)

    def configured(self, profile: Mapping[str, str], audio_template: str | None) -> CustomDialect:
        """The dialect itself: its file settles everything."""
        return self

    def base(self, root: str) -> str:
        """The URL that the paths of its methods start with."""
        return root

    def time_request(self, root: str) -> Request:
        """The request for the PBX's time. Only for the hash scheme."""
        assert isinstance(self.scheme, VendorHash)
        return Request(method=self.scheme.verb, url=root + self.scheme.path)

    def probe_request(self, root: str, credentials: RequestCredentials) -> Request:
        """The request for the time if it is needed for hashes, else a GET of the root."""
        if isinstance(self.scheme, VendorHash):
            return self.time_request(root)
        query = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in credentials.query)
        return Request(method="GET", url=f"{root}?{query}".rstrip("?"), headers=credentials.headers)

    def cancel_request(self, root: str, time_stamp: str) -> Request | None:
        """Time stamps need not be used up."""
        return None

    def listing_request(
        self, root: str, question: Question, credentials: RequestCredentials, *, bare: bool = False
    ) -> Request | None:
        """The request by tag or by unique id. `bare`: without the parameter; None if it is part of the path."""
        method = self.methods[METHOD_OF[question.kind]]
        if bare and not method.takes_as_parameter(question.kind):
            return None
        return self._request(root, method, {} if bare else {question.kind: question.value}, credentials)

    def hour_request(
        self, root: str, day: Day, hour: HourNumber, credentials: RequestCredentials, *, zone: ZoneInfo
    ) -> Request:
        """The request for the legs that ended in an hour of the PBX's local time; None leaves a part out."""
        method = self.methods["by_hour"]
        return replace(self._request(root, method, method.hour.values(day, hour, zone), credentials), repeatable=False)

    def audio_request(
        self,
        root: str,
        values: Mapping[str, str],
        credentials: RequestCredentials,
        *,
        template: str | None = None,
    ) -> Request:
        """The request for the audio of a leg. Raises ValueError for a template, and if the file describes no audio."""
        if template is not None or "audio" not in self.methods:
            raise ValueError("the dialect file describes one request for audio, or none")
        request = self._request(root, self.methods["audio"], values, credentials)
        headers = tuple(pair for pair in request.headers if pair != ACCEPT_JSON)
        return replace(request, headers=headers, audio=True)

    def _request(
        self, root: str, method: Method, values: Mapping[str, str], credentials: RequestCredentials
    ) -> Request:
        typed = () if method.body is None else (("content-type", method.body.content_type),)
        return Request(
            method=method.verb,
            url=root + method.url(values, also=credentials.query),
            headers=(ACCEPT_JSON, *typed, *credentials.headers),
            body=b"" if method.body is None else method.body.written(values),
        )

    def read_answer(self, question: Question, exchange: Exchange, *, zone: ZoneInfo) -> Reading:
        """The legs of the answer to a question, its problems in words, or its error body."""
        method = self.methods[METHOD_OF[question.kind]]
        return read_legs(exchange, method.legs, partial(_read_leg, shape=method.shape, zone=zone), self._error_body_of)

    def read_error_body(self, exchange: Exchange) -> ErrorBody | None:
        """The error body of an answer, None if it has none."""
        try:
            return self._error_body_of(exchange.json())
        except NotJson:
            return None

    def _error_body_of(self, document: Any) -> ErrorBody | None:
        rules = self.errors
        code, message = (
            MISSING if place is None else value_at(document, place) for place in (rules.code, rules.message)
        )
        if rules.success is not None and code == rules.success:
            return None
        if code in (MISSING, None) and message in (MISSING, None):
            return None
        return ErrorBody(
            code=code if isinstance(code, int | str) and not isinstance(code, bool) else None,
            message=message if isinstance(message, str) else "",
        )


def _read_leg(entry: Mapping[str, Any], *, shape: Shape, zone: ZoneInfo) -> tuple[Leg, list[str]]:
    """One entry of an array, and the problems of its fields, under the names that the API gives them."""
    problems: list[str] = []
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    unread: dict[str, str] = {}
    for name, place in shape.fields.items():
        value = value_at(entry, place)
        try:
            read = shape.formats[name](value, zone)
        except Unread as reason:
            problem = "is missing" if value is MISSING else f"is {value_in_words(value)}: {reason}"
            problems.append(f"{'.'.join(place)} {problem}")
            if name == "UniqueId" and isinstance(value, int | float) and not isinstance(value, bool):
                values["unique_id"] = str(value)  # it identifies the leg, though it is no text
            else:
                unread[name] = value_in_words(value)
            continue
        values[ATTRIBUTES[name]] = str(read) if name == "CallRecordId" else read
        texts[name] = str(value) if name in ("Start", "End") else str(read)
    return Leg(**values, texts=texts, raw=entry, unread=unread, silent=shape.silent), problems
