"""The replacement, `njadmin`: an API key, and metadata by hour, once a minute. Source: W-D9, W-H (DOC)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects.encode import Encoder
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import Json, JsonFailures
from noojee_fake.api.dialects.route import Question, Route
from noojee_fake.messages import Response
from noojee_fake.pbx.access import ByHourLimit, KeyVerdict, check_key
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.clock import EPOCH, SECOND
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.retention import Locations
from noojee_fake.pbx.store.base import Store

NAME = "njadmin"

_BASE = "/njadmin/rest/RecordingAPI"
_DATE = re.compile(r"(\d{4})/(\d{2})/(\d{2})", re.ASCII)
_HOUR = re.compile(r"\d{1,2}", re.ASCII)


class Njadmin:
    """The routes of the replacement, by one profile."""

    def __init__(
        self,
        *,
        store: Store,
        locations: Locations,
        encoder: Encoder,
        profile: Profile,
        zone: ZoneInfo,
        api_key: str,
        user_key: str,
        limit: ByHourLimit,
    ) -> None:
        self._answers = Json(profile["json_content_type"])
        self._failures = JsonFailures(
            self._answers,
            bad_request=profile.number("njadmin_bad_request_status"),
            lower_case=profile["njadmin_failure_envelope"] == "lower-case",
        )
        self._recordings = Recordings(
            store=store,
            locations=locations,
            encoder=encoder,
            profile=profile,
            answers=self._answers,
            failures=self._failures,
        )
        self._store = store
        self._encoder = encoder
        self._zone = zone
        self._api_key = api_key
        self._user_key = user_key
        self._limit = limit
        self._refused_status = profile.number("njadmin_refused_status")
        self._user_key_status = profile.number("user_key_status")
        self._limit_status = profile.number("by_hour_limit_status")
        self._first_only = profile["repeated_hour"] == "first"
        self._future_refused = profile["future_hour"] == "refused"
        self._bad_hour_refused = profile["bad_hour"] == "refused"

    def routes(self) -> dict[str, Route]:
        return {
            **self._recordings.routes(_BASE, self._authorise, needs_tls=True),
            f"{_BASE}/retrieveMetaDataByHour": Route(answer=self._by_hour, authorise=self._authorise, needs_tls=True),
        }

    def _authorise(self, question: Question) -> Response | None:
        verdict = check_key(question.parameters.get("apiKey"), global_key=self._api_key, user_key=self._user_key)
        if verdict is KeyVerdict.GLOBAL:
            return None
        if verdict is KeyVerdict.USER:
            return self._failures.answer(self._user_key_status, "This key has no access to recordings")
        message = "Missing apiKey" if verdict is KeyVerdict.MISSING else "Invalid apiKey"
        return self._failures.answer(self._refused_status, message)

    def _by_hour(self, question: Question) -> Response:
        """The legs that ended within an hour of the PBX's local time, once a minute. Source: W-H (DOC)."""
        for name in ("date", "hour"):
            if name not in question.parameters:
                return self._failures.bad_request(f"Missing parameter {name}")
        hour = local_hour(question.parameters["date"], question.parameters["hour"])
        if hour is None and self._bad_hour_refused:
            return self._failures.bad_request("Malformed parameter date or hour")
        if not self._limit.accept(question.now_micros):
            return self._failures.answer(self._limit_status, "Rate limit exceeded: one request per minute")
        if hour is None:
            return self._answers.answer(200, b"[]")
        if self._future_refused and _begin_micros(hour, self._zone) > question.now_micros:
            return self._failures.bad_request("This hour has not begun")
        written = [
            self._encoder.hourly(call, leg)
            for call, leg in self._ended_in(hour)
            if leg.end_micros <= question.now_micros and self._recordings.has_record(call, leg, question.now_micros)
        ]
        return self._answers.answer(200, b"[" + b",".join(written) + b"]")

    def _ended_in(self, hour: datetime) -> list[tuple[Call, Leg]]:
        """Judged by local wall time, so an hour that occurs twice gives both, one that is skipped nothing. Row 38."""
        zone = self._zone
        first, after = _span_seconds(hour, zone)
        found: list[tuple[Call, Leg]] = []
        for end_second, _, call, leg in self._store.ended_between(first, after):
            local = datetime.fromtimestamp(end_second, zone)
            if local.hour != hour.hour or local.day != hour.day or (self._first_only and local.fold):
                continue
            found.append((call, leg))
        return found


def local_hour(date: str | None, hour: str | None) -> datetime | None:
    """The naive local time at which the asked hour begins; None where either is malformed or does not exist.

    The date is `YYYY/MM/DD` (DOC); an hour of one digit may be padded with a zero (UNKNOWN: chosen).
    """
    matched = _DATE.fullmatch(date or "")
    if matched is None or hour is None or _HOUR.fullmatch(hour) is None:
        return None
    try:
        return datetime(int(matched[1]), int(matched[2]), int(matched[3]), int(hour))  # noqa: DTZ001 - naive on purpose
    except ValueError:
        return None


def _offsets(hour: datetime, zone: ZoneInfo) -> list[int]:
    """The zone's offsets from UTC, in seconds, at both ends of an hour, before and after a change of the clocks."""
    ends = (hour, hour + timedelta(minutes=59, seconds=59))
    found = [end.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta() for end in ends for fold in (0, 1)]
    return [int(offset.total_seconds()) for offset in found]


def _span_seconds(hour: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """Seconds since 1970 between which every instant of the hour lies, and perhaps others."""
    as_if_utc = int((hour.replace(tzinfo=UTC) - EPOCH).total_seconds())
    offsets = _offsets(hour, zone)
    return as_if_utc - max(offsets), as_if_utc + 3600 - min(offsets)


def _begin_micros(hour: datetime, zone: ZoneInfo) -> int:
    return _span_seconds(hour, zone)[0] * SECOND
