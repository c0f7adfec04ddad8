"""The table of all routes that a PBX serves: its dialects, put together by profile and version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects import call_management, njadmin, recording_api, services
from noojee_fake.api.dialects import responses as answers
from noojee_fake.api.dialects.call_control import CallControl
from noojee_fake.api.dialects.call_management import CallManagement
from noojee_fake.api.dialects.encode import Encoder
from noojee_fake.api.dialects.hashes import Hashes, prefixes
from noojee_fake.api.dialects.njadmin import Njadmin
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import Failures, Json, JsonFailures, TextFailures
from noojee_fake.api.dialects.route import Route
from noojee_fake.api.dialects.services import Services
from noojee_fake.messages import Response
from noojee_fake.pbx.access import Attempts, ByHourLimit, UsedHashes
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.retention import Locations
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.versions import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the PBX remembers of those who asked, over changes of profile and version."""

    used_once: UsedHashes
    used_for_an_hour: UsedHashes
    attempts: Attempts
    by_hour: ByHourLimit


def routes(
    *,
    dialects: Sequence[str],
    release: Release,
    store: Store,
    locations: Locations,
    switchboard: Switchboard,
    profile: Profile,
    zone: ZoneInfo,
    default_account: str,
    api_key: str,
    user_key: str,
    memory: Memory,
) -> dict[str, Route]:
    """Every path with its route. Where two dialects tell the time under one path, the older one does."""
    encoder = Encoder(zone=zone, default_account=default_account, profile=profile)
    json = Json(profile["json_content_type"])

    def recordings(failures: Failures) -> Recordings:
        return Recordings(
            store=store, locations=locations, encoder=encoder, profile=profile, answers=json, failures=failures
        )

    def orders(failures: Failures) -> CallControl:
        return CallControl(switchboard=switchboard, profile=profile, answers=json, failures=failures)

    def hashes(failures: Failures, *, used: UsedHashes, refused: str, hour: bool) -> Hashes:
        return Hashes(
            profile=profile,
            api_key=api_key,
            used=used,
            attempts=memory.attempts,
            failures=failures,
            refused_status=profile.number(refused),
            hour=hour,
        )

    table: dict[str, Route] = {}
    bases = prefixes(profile)
    if njadmin.NAME in dialects:
        table |= Njadmin(
            store=store,
            locations=locations,
            encoder=encoder,
            profile=profile,
            zone=zone,
            api_key=api_key,
            user_key=user_key,
            limit=memory.by_hour,
        ).routes()
    if call_management.NAME in dialects:
        failures = JsonFailures(json, bad_request=profile.number("call_management_bad_request_status"))
        table |= CallManagement(
            switchboard=switchboard,
            orders=orders(failures),
            recordings=recordings(failures),
            hashes=hashes(failures, used=memory.used_for_an_hour, refused="call_management_refused_status", hour=True),
            answers=json,
            failures=failures,
            zone=zone,
            api_key=api_key,
            user_key=user_key,
            refused_status=profile.number("call_management_refused_status"),
            key=release.key,
            dial_records=release.dial_records,
        ).routes(bases, time_needs_tls=True)
    if recording_api.NAME in dialects:
        failures = JsonFailures(json, bad_request=profile.number("recording_api_bad_request_status"))
        table |= recording_api.routes(
            bases=bases,
            hashes=hashes(failures, used=memory.used_once, refused="recording_api_refused_status", hour=False),
            recordings=recordings(failures),
            orders=orders(failures),
        )
    if services.NAME in dialects:
        text = TextFailures(profile.number("services_failure_status"))
        table |= Services(
            orders=orders(text),
            recordings=recordings(text),
            failure_status=profile.number("services_failure_status"),
            stop_warns=profile["stop_not_recording"] == "warning",
        ).routes()
    return table


def not_found(profile: Profile) -> Callable[[], Response]:
    """What an unknown path is answered with. Source: HTML (CLIENT C-J); row 18."""
    kind = profile["unknown_path"]
    if kind == "json":
        return lambda: JsonFailures(Json(profile["json_content_type"]), bad_request=404).bad_request("Not Found")
    return (lambda: answers.empty(404)) if kind == "empty" else (lambda: answers.html(404))
