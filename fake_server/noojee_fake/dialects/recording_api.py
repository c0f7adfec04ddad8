"""The legacy generation, `recording-api`: Time, and hashes that live ten seconds. Source: W-A1 (DOC), W-A4 (SEED)."""

from __future__ import annotations

from noojee_fake.access import HashRules, HashVerdict, SpentHashes, judge_hash
from noojee_fake.dialects.answers import Failures, Json, plain_text
from noojee_fake.dialects.encode import Encoder
from noojee_fake.dialects.recordings import Recordings
from noojee_fake.dialects.route import Question, Route
from noojee_fake.messages import Response
from noojee_fake.profile import Profile
from noojee_fake.store import Store

NAME = "recording-api"

_EXPIRED = "Expired TimeStamp"
_MESSAGES = {
    HashVerdict.MISSING: "Missing timeStamp or hash",
    HashVerdict.MALFORMED: "Malformed timeStamp",
    HashVerdict.WRONG: "Invalid hash",
    HashVerdict.SPENT: "Hash already used",
}


class RecordingApi:
    """The routes of the legacy generation, by one profile."""

    def __init__(self, *, store: Store, encoder: Encoder, profile: Profile, api_key: str, spent: SpentHashes) -> None:
        answers = Json(profile["json_content_type"])
        self._failures = Failures(answers, bad_request=profile.number("recording_api_bad_request_status"))
        self._recordings = Recordings(
            store=store, encoder=encoder, profile=profile, answers=answers, failures=self._failures
        )
        self._api_key = api_key
        self._spent = spent
        self._rules = HashRules(
            ahead_seconds=profile.number("clock_ahead_seconds"),
            seconds_accepted=profile["time_stamp_seconds"] == "accepted",
            once=profile["hash_reuse"] == "once",
        )
        self._expired_status = profile.number("expired_hash_status")
        self._refused_status = profile.number("recording_api_refused_status")
        self._time_end = "\n" if profile["time_body"] == "digits-newline" else ""
        self._prefixes = (
            ("/servicemanager/rest", "/rest") if profile["bare_rest"] == "served" else ("/servicemanager/rest",)
        )

    def routes(self) -> dict[str, Route]:
        """Both prefixes, unless the profile takes the bare one away. Source: quirk 9, row 47."""
        table: dict[str, Route] = {}
        for prefix in self._prefixes:
            table[f"{prefix}/Time"] = Route(answer=self._time)
            table |= self._recordings.routes(f"{prefix}/RecordingAPI", self._authorise)
        return table

    def _time(self, question: Question) -> Response:
        """The PBX's clock in milliseconds; nobody needs to prove who asks. Source: W-A1, W-HA (DOC)."""
        return plain_text(f"{question.now_micros // 1000}{self._time_end}")

    def _authorise(self, question: Question) -> Response | None:
        verdict = judge_hash(
            time_stamp=question.parameters.get("timeStamp"),
            given=question.parameters.get("hash"),
            api_key=self._api_key,
            now_millis=question.now_micros // 1000,
            rules=self._rules,
            spent=self._spent,
        )
        if verdict is HashVerdict.ACCEPTED:
            return None
        if verdict is HashVerdict.EXPIRED:
            return self._failures.answer(self._expired_status, _EXPIRED)
        return self._failures.answer(self._refused_status, _MESSAGES[verdict])
