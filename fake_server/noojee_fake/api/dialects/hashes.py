"""Authentication by time stamp and hash, which two dialects share: Time, and the check of a request's hash.

Source: 1.0 Authentication (DOC W-A1), 01.1 Authentication, hash method (DOC W-HA).
"""

from __future__ import annotations

from dataclasses import dataclass

from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.responses import ErrorWriter, plain_text
from noojee_fake.api.dialects.route import ApiCall, ApiRoute
from noojee_fake.messages import Response
from noojee_fake.pbx.credentials import ACCEPTED, HashChecker, HashRules, HashStatus, UsedHashes
from noojee_fake.pbx.options import Profile

_MESSAGES = {
    HashStatus.MISSING: "Missing timeStamp or hash",
    HashStatus.MALFORMED: "Malformed timeStamp",
    HashStatus.EXPIRED: "Expired TimeStamp",
    HashStatus.INVALID: "Invalid hash",
    HashStatus.USED: "Hash already used",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HashScheme:
    """How one dialect treats hashes. `refused_status` is the HTTP status of a refusal other than an expired hash.

    `hour`: a used hash stays valid for an hour.
    """

    used: UsedHashes
    refused_status: int
    hour: bool


def prefixes(profile: Profile) -> tuple[str, ...]:
    """The path prefixes of the hash dialects. The option `bare_rest` removes the short one."""
    return ("/servicemanager/rest", "/rest") if profile["bare_rest"] == "served" else ("/servicemanager/rest",)


class Hashes:
    """Checks the hashes of one dialect and serves Time."""

    def __init__(self, context: DialectContext, errors: ErrorWriter, scheme: HashScheme) -> None:
        profile = context.profile
        self._errors = errors
        self._attempts = context.access.attempts
        rules = HashRules(
            ahead_seconds=profile.number("clock_ahead_seconds"),
            seconds_accepted=profile["time_stamp_seconds"] == "accepted",
            once=not scheme.hour and profile["hash_reuse"] == "once",
            hour_from=profile["hash_hour_from"] if scheme.hour else None,
        )
        self._checker = HashChecker(context.keys.global_key, rules, scheme.used)
        self._limited = profile["concurrent_authentications"] != "unlimited"
        self._expired_status = profile.number("expired_hash_status")
        self._refused_status = scheme.refused_status
        self._time_end = "\n" if profile["time_body"] == "digits-newline" else ""

    def time_routes(self, bases: tuple[str, ...], *, needs_tls: bool) -> dict[str, ApiRoute]:
        """The routes of Time, one for each prefix."""
        return {f"{base}/Time": ApiRoute(handle=self._time, needs_tls=needs_tls) for base in bases}

    def authorise(self, api_call: ApiCall) -> Response | None:
        """The refusal, or None for an accepted hash."""
        time_stamp = api_call.parameters.get("timeStamp")
        if self._limited:
            self._attempts.end(time_stamp)
        given = api_call.parameters.get("hash")
        status = self._checker.check(time_stamp or "", given or "", api_call.now_micros // 1000)
        if status is ACCEPTED:
            return None
        http_status = self._expired_status if status is HashStatus.EXPIRED else self._refused_status
        return self._errors.response(http_status, _MESSAGES[status])

    def _time(self, api_call: ApiCall) -> Response:
        """The PBX's clock in milliseconds. It needs no credentials. Source: W-A1, W-HA (DOC)."""
        now_millis = api_call.now_micros // 1000
        if self._limited and not self._attempts.begin(now_millis):
            return self._errors.response(200, "Too many concurrent authentication attempts")
        return plain_text(f"{now_millis}{self._time_end}")
