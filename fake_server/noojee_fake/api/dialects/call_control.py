"""Start and stop of a recording, as three generations take them: who is meant, who asks, and what is answered.

Source: 07.0 Start Recording, Stop Recording (DOC W-ST, W-SPk); what they leave open is rows 19 to 24 of the reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from noojee_fake.api.dialects.responses import Failures, Json
from noojee_fake.api.dialects.route import Authorise, Question, Route
from noojee_fake.messages import Response
from noojee_fake.pbx.live.call import LiveCall, Reason, Refused, extension_of
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.options import Profile

Order = Callable[[Question], str]
"""Does something to a live call and gives the text of success; raises Refused or Malformed."""

LONGEST_TAG = 4000
LONGEST_NUMBER = 200
"""As long as an archive file may have them."""

_STARTED = "Recording Started"
_STOPPED = "Recording Stopped"


class Malformed(Exception):
    """A parameter that is missing or cannot be read; the text names it and never shows its value."""


class CallControl:
    """CallControl about live calls in one dialect, by one profile."""

    def __init__(self, *, switchboard: Switchboard, profile: Profile, answers: Json, failures: Failures) -> None:
        self.switchboard = switchboard
        self._answers = answers
        self._failures = failures
        self._several = profile["several_calls"]
        self._by_lookup = profile["extension_or_unique_id"] == "by-lookup"
        self._again = profile["start_while_recording"]
        self._anyone = profile["stop_permission"] == "anyone"
        self._agent_needed = profile["stop_without_agent"] == "refused"
        self._stop_warns = profile["stop_not_recording"] == "warning"
        self._plain_ok = profile["recording_message"] == "ok"
        self._get_taken = profile["get_on_post"] == "start-and-stop"

    def recording_routes(self, base: str, authorise: Authorise, *, needs_tls: bool = False) -> dict[str, Route]:
        """Start and stop under one base path. GET is for the vendor's Java client, by a option (row 14)."""
        methods = ("POST", "GET") if self._get_taken else ("POST",)
        return {
            f"{base}/start": Route(answer=self.start, authorise=authorise, methods=methods, needs_tls=needs_tls),
            f"{base}/stop": Route(answer=self.stop, authorise=authorise, methods=methods, needs_tls=needs_tls),
        }

    def start(self, question: Question) -> Response:
        """Record a live call from here on, with owner and tag; while recording, a new leg. Source: W-ST, W-RS (DOC)."""
        return self.answered(question, self.started)

    def stop(self, question: Question) -> Response:
        """End a recording. Source: W-SPk (DOC)."""
        return self.answered(question, self.stopped)

    def started(self, question: Question) -> str:
        """Start, and the text of success. Raises Refused or Malformed."""
        name = needed(question, "extenOrUniqueId")
        call = self.find(name)
        self.switchboard.start_recording(
            call,
            question.now_micros,
            tag=optional(question, "tag", longest=LONGEST_TAG),
            owner=optional(question, "agentLoginName") or None,
            extension=extension_of(name) if extension_of(name) in call.parties else None,
            again=self._again,
        )
        return "OK" if self._plain_ok else _STARTED

    def stopped(self, question: Question) -> str:
        """Stop, and the text of success. Raises Refused or Malformed."""
        self.switchboard.stop_recording(
            self.find(needed(question, "extenOrUniqueId")),
            question.now_micros,
            agent=optional(question, "agentLoginName") or None,
            anyone=self._anyone,
            agent_needed=self._agent_needed,
        )
        return "OK" if self._plain_ok else _STOPPED

    def find(self, name: str) -> LiveCall:
        """The live call that is meant."""
        return self.switchboard.find(name, several=self._several, by_lookup=self._by_lookup)

    def answered(self, question: Question, order: Order) -> Response:
        """Carry out an order: Code 0, or the refusal in the dialect's words and status."""
        try:
            message = order(question)
        except Malformed as malformed:
            return self._failures.bad_request(str(malformed))
        except Refused as refused:
            if refused.reason is Reason.NOT_RECORDING and self._stop_warns:
                return self.success(refused.reason.value, code=1)
            return self._failures.answer(200, refused.reason.value)
        return self.success(message)

    def success(self, message: str, *, code: int = 0, **more: str | int) -> Response:
        """`{"Message":...,"Code":0}`. Source: W-HUd (DOC) of hangup, C-J (CLIENT) of the others."""
        fields = {**more, "Message": message, "Code": code}
        return self._answers.answer(200, json.dumps(fields, separators=(",", ":")).encode())


def needed(question: Question, name: str, *, longest: int | None = None) -> str:
    """A parameter that must be there, and not be empty."""
    value = optional(question, name, longest=longest)
    if value is None:
        raise Malformed(f"Missing parameter {name}")
    if not value:
        raise Malformed(f"Empty parameter {name}")
    return value


def optional(question: Question, name: str, *, longest: int | None = None) -> str | None:
    """A parameter, None where it is absent. What the archive is to keep may have so many letters."""
    if name not in question.parameters:
        return None
    value = question.parameters[name]
    if value is None or (longest is not None and len(value) > longest):
        raise Malformed(f"Malformed parameter {name}")
    return value
