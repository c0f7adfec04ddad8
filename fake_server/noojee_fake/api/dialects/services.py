"""The oldest generation, `services`: Noojee Recorder 2.7.14.x, plain GET with `method=`, no authentication, plain text.

Source: Recording API version 2.7.14.x (DOC W-27). SOAP, which it took as well, is not served: its shape is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable

from noojee_fake.api.dialects.call_control import CallControl, Malformed
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import plain_text
from noojee_fake.api.dialects.route import Question, Route
from noojee_fake.messages import Response
from noojee_fake.pbx.live.call import Reason, Refused

NAME = "services"
PATH = "/servicemanager/services/njadmin-api-recording"
AUDIO = "GET {base}?method=retrieve&uniqueId={unique_id}&leg={leg}"
"""How the sound of a leg is fetched, in the form of a target file. UNKNOWN: chosen."""


class Services:
    """Start, stop and retrieve, by one profile. Success is HTTP 200, "otherwise an error message is returned" (DOC)."""

    def __init__(self, *, orders: CallControl, recordings: Recordings, failure_status: int, stop_warns: bool) -> None:
        self._orders = orders
        self._recordings = recordings
        self._failure_status = failure_status
        self._stop_warns = stop_warns

    def routes(self) -> dict[str, Route]:
        return {PATH: Route(answer=self._method, methods=("GET",))}

    def _method(self, question: Question) -> Response:
        name = question.parameters.get("method")
        if name == "start":
            return self._ordered(question, self._orders.started)
        if name == "stop":
            return self._ordered(question, self._orders.stopped)
        if name == "retrieve":
            by_tag = "tag" in question.parameters or "uniqueId" not in question.parameters
            return self._recordings.sound_by_tag(question) if by_tag else self._recordings.sound_by_unique_id(question)
        return self._failure("Missing parameter method" if name is None else "No such method")

    def _ordered(self, question: Question, order: Callable[[Question], str]) -> Response:
        try:
            return plain_text(order(question))
        except Malformed as malformed:
            return self._failure(str(malformed))
        except Refused as refused:
            if refused.reason is Reason.NOT_RECORDING and self._stop_warns:
                return plain_text(refused.reason.value)
            return self._failure(refused.reason.value)

    def _failure(self, message: str) -> Response:
        return plain_text(message, status=self._failure_status)
