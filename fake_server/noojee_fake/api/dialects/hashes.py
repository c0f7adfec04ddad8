"""Authentication by time stamp and hash, as two generations have it: Time, and the judgement of what came of it.

Source: 1.0 Authentication (DOC W-A1), 01.1 Authentication, hash method (DOC W-HA).
"""

from __future__ import annotations

from noojee_fake.api.dialects.responses import Failures, plain_text
from noojee_fake.api.dialects.route import Question, Route
from noojee_fake.messages import Response
from noojee_fake.pbx.access import Attempts, HashRules, HashVerdict, UsedHashes, check_hash
from noojee_fake.pbx.options import Profile

_EXPIRED = "Expired TimeStamp"
_MESSAGES = {
    HashVerdict.MISSING: "Missing timeStamp or hash",
    HashVerdict.MALFORMED: "Malformed timeStamp",
    HashVerdict.WRONG: "Invalid hash",
    HashVerdict.SPENT: "Hash already used",
}


def prefixes(profile: Profile) -> tuple[str, ...]:
    """Both prefixes, unless the profile takes the bare one away. Source: quirk 9, row 47."""
    return ("/servicemanager/rest", "/rest") if profile["bare_rest"] == "served" else ("/servicemanager/rest",)


class Hashes:
    """Judges the hashes of one dialect, by one profile. `hour`: a hash lives on for an hour after its first use."""

    def __init__(
        self,
        *,
        profile: Profile,
        api_key: str,
        used: UsedHashes,
        attempts: Attempts,
        failures: Failures,
        refused_status: int,
        hour: bool = False,
    ) -> None:
        self._failures = failures
        self._api_key = api_key
        self._used = used
        self._attempts = attempts
        self._rules = HashRules(
            ahead_seconds=profile.number("clock_ahead_seconds"),
            seconds_accepted=profile["time_stamp_seconds"] == "accepted",
            once=not hour and profile["hash_reuse"] == "once",
            hour_from=profile["hash_hour_from"] if hour else None,
        )
        self._limited = profile["concurrent_authentications"] != "unlimited"
        self._expired_status = profile.number("expired_hash_status")
        self._refused_status = refused_status
        self._time_end = "\n" if profile["time_body"] == "digits-newline" else ""

    def time_routes(self, bases: tuple[str, ...], *, needs_tls: bool) -> dict[str, Route]:
        """Where the PBX tells its time."""
        return {f"{base}/Time": Route(answer=self._time, needs_tls=needs_tls) for base in bases}

    def authorise(self, question: Question) -> Response | None:
        """The refusal, or None for a good hash."""
        time_stamp = question.parameters.get("timeStamp")
        if self._limited:
            self._attempts.end(time_stamp)
        verdict = check_hash(
            time_stamp=time_stamp,
            given=question.parameters.get("hash"),
            api_key=self._api_key,
            now_millis=question.now_micros // 1000,
            rules=self._rules,
            used=self._used,
        )
        if verdict is HashVerdict.ACCEPTED:
            return None
        if verdict is HashVerdict.EXPIRED:
            return self._failures.answer(self._expired_status, _EXPIRED)
        return self._failures.answer(self._refused_status, _MESSAGES[verdict])

    def _time(self, question: Question) -> Response:
        """The PBX's clock in milliseconds; nobody needs to prove who asks. Source: W-A1, W-HA (DOC)."""
        now_millis = question.now_micros // 1000
        if self._limited and not self._attempts.begin(now_millis):
            return self._failures.answer(200, "Too many concurrent authentication attempts")
        return plain_text(f"{now_millis}{self._time_end}")
