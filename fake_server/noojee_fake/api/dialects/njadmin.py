"""The replacement dialect, `njadmin`: an API key, and metadata by hour, once a minute. Source: W-D9, W-H (DOC)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import JsonErrors
from noojee_fake.api.dialects.route import ApiCall, ApiRoute
from noojee_fake.messages import Response
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.clock import EPOCH, SECOND
from noojee_fake.pbx.credentials import GLOBAL, KeyStatus

_BASE = "/njadmin/rest/RecordingAPI"
_DATE = re.compile(r"(\d{4})/(\d{2})/(\d{2})", re.ASCII)
_HOUR = re.compile(r"\d{1,2}", re.ASCII)


def routes(context: DialectContext) -> dict[str, ApiRoute]:
    """The methods of the replacement. Every method needs TLS (DOC W-AK)."""
    return _Njadmin(context).routes()


class _Njadmin:
    """The methods of the replacement."""

    def __init__(self, context: DialectContext) -> None:
        profile = context.profile
        self._errors = JsonErrors(
            context.json,
            bad_request=profile.number("njadmin_bad_request_status"),
            lower_case=profile["njadmin_failure_envelope"] == "lower-case",
        )
        self._recordings = Recordings(context, self._errors)
        self._json = context.json
        self._store = context.store
        self._encoder = context.encoder
        self._zone = context.zone
        self._keys = context.keys
        self._limit = context.access.by_hour
        self._refused_status = profile.number("njadmin_refused_status")
        self._user_key_status = profile.number("user_key_status")
        self._limit_status = profile.number("by_hour_limit_status")
        self._first_only = profile["repeated_hour"] == "first"
        self._future_refused = profile["future_hour"] == "refused"
        self._bad_hour_refused = profile["bad_hour"] == "refused"

    def routes(self) -> dict[str, ApiRoute]:
        """The shared methods, and metadata by hour."""
        by_hour = ApiRoute(handle=self._by_hour, authorise=self._authorise, needs_tls=True)
        return {
            **self._recordings.routes(_BASE, self._authorise, needs_tls=True),
            f"{_BASE}/retrieveMetaDataByHour": by_hour,
        }

    def _authorise(self, api_call: ApiCall) -> Response | None:
        status = self._keys.check(api_call.parameters.get("apiKey"))
        if status is GLOBAL:
            return None
        if status is KeyStatus.USER:
            return self._errors.response(self._user_key_status, "This key has no access to recordings")
        message = "Missing apiKey" if status is KeyStatus.MISSING else "Invalid apiKey"
        return self._errors.response(self._refused_status, message)

    def _by_hour(self, api_call: ApiCall) -> Response:
        """The legs that ended within an hour of the PBX's local time, once a minute. Source: W-H (DOC)."""
        for name in ("date", "hour"):
            if name not in api_call.parameters:
                return self._errors.bad_request(f"Missing parameter {name}")
        now_micros = api_call.now_micros
        hour = local_hour(api_call.parameters["date"], api_call.parameters["hour"])
        if hour is None and self._bad_hour_refused:
            return self._errors.bad_request("Malformed parameter date or hour")
        if not self._limit.accept(now_micros):
            return self._errors.response(self._limit_status, "Rate limit exceeded: one request per minute")
        if hour is None:
            return self._json.response(200, b"[]")
        if self._future_refused and _begin_micros(hour, self._zone) > now_micros:
            return self._errors.bad_request("This hour has not started")
        written = [
            self._encoder.hourly(call, leg)
            for call, leg in self._ended_in(hour)
            if leg.end_micros <= now_micros and self._recordings.selection.has_record(call, leg, now_micros)
        ]
        return self._json.response(200, b"[" + b",".join(written) + b"]")

    def _ended_in(self, hour: datetime) -> list[tuple[Call, Leg]]:
        """The legs that ended in an hour of local time, by time of end.

        An hour that occurs twice gives the legs of both (option `repeated_hour`). A skipped hour gives none.
        """
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
    """The naive local time at which an hour begins; None where either text is malformed or names no existing time.

    The date is `YYYY/MM/DD` (DOC W-H). An hour of one digit may have a leading zero (UNKNOWN: chosen).
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
    """A span, in seconds since 1970, that contains every instant of the hour. It may be longer than the hour."""
    as_if_utc = int((hour.replace(tzinfo=UTC) - EPOCH).total_seconds())
    offsets = _offsets(hour, zone)
    return as_if_utc - max(offsets), as_if_utc + 3600 - min(offsets)


def _begin_micros(hour: datetime, zone: ZoneInfo) -> int:
    return _span_seconds(hour, zone)[0] * SECOND
