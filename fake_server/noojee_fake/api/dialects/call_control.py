"""Start and stop of a recording, as three dialects offer them, and the responses of all operations on live calls.

Source: 07.0 Start Recording, Stop Recording (DOC W-ST, W-SPk). The pages leave some points open; each is an option.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.parameters import ParameterError, optional, required
from noojee_fake.api.dialects.responses import ErrorWriter
from noojee_fake.api.dialects.route import ApiCall, ApiRoute, Authorise, Handler
from noojee_fake.messages import Response
from noojee_fake.pbx.live.call import CallRefused, LiveCall, Reason, extension_of
from noojee_fake.pbx.live.recording import RecordingStart, RecordingStop

Operation = Callable[[ApiCall], Response]
"""Changes a live call and returns the response of success. Raises CallRefused or ParameterError."""

LONGEST_TAG = 4000
LONGEST_NUMBER = 200
"""The most characters of a tag and of a number, as in an archive file."""

_STARTED = "Recording Started"
_STOPPED = "Recording Stopped"


class CallControl:
    """Starts and stops recordings for one dialect."""

    def __init__(self, context: DialectContext, errors: ErrorWriter) -> None:
        profile = context.profile
        self._switchboard = context.switchboard
        self._json = context.json
        self._errors = errors
        self._several = profile["several_calls"]
        self._by_lookup = profile["extension_or_unique_id"] == "by-lookup"
        self._again = profile["start_while_recording"]
        self._anyone = profile["stop_permission"] == "anyone"
        self._agent_required = profile["stop_without_agent"] == "refused"
        self._stop_warns = profile["stop_not_recording"] == "warning"
        self._plain_ok = profile["recording_message"] == "ok"
        self._get_allowed = profile["get_on_post"] == "start-and-stop"

    def recording_routes(self, base: str, authorise: Authorise, *, needs_tls: bool = False) -> dict[str, ApiRoute]:
        """Start and stop under one base path. The option `get_on_post` allows GET for the vendor's Java client."""
        methods = ("POST", "GET") if self._get_allowed else ("POST",)
        return {
            f"{base}/{name}": ApiRoute(
                handle=self.handler(operation), authorise=authorise, methods=methods, needs_tls=needs_tls
            )
            for name, operation in (("start", self._start), ("stop", self._stop))
        }

    def start_recording(self, api_call: ApiCall) -> str:
        """Record a live call from now on, with owner and tag. A call that is recorded gets a new leg.

        Returns the message of success. Raises CallRefused or ParameterError. Source: W-ST, W-RS (DOC).
        """
        parameters = api_call.parameters
        name = required(parameters, "extenOrUniqueId")
        call = self.find(name)
        start = RecordingStart(
            tag=optional(parameters, "tag", longest=LONGEST_TAG),
            owner=optional(parameters, "agentLoginName") or None,
            extension=extension_of(name) if extension_of(name) in call.parties else None,
            again=self._again,
        )
        self._switchboard.start_recording(call, start, api_call.now_micros)
        return "OK" if self._plain_ok else _STARTED

    def stop_recording(self, api_call: ApiCall) -> str:
        """End a recording. Returns the message of success.

        Raises CallRefused or ParameterError. Source: W-SPk (DOC).
        """
        call = self.find(required(api_call.parameters, "extenOrUniqueId"))
        stop = RecordingStop(
            agent=optional(api_call.parameters, "agentLoginName") or None,
            anyone=self._anyone,
            agent_required=self._agent_required,
        )
        self._switchboard.stop_recording(call, stop, api_call.now_micros)
        return "OK" if self._plain_ok else _STOPPED

    def find(self, name: str) -> LiveCall:
        """The live call of an extension, a channel or a unique id. Raises CallRefused."""
        return self._switchboard.find(name, several=self._several, by_lookup=self._by_lookup)

    def handler(self, operation: Operation) -> Handler:
        """The handler of a method that carries out an operation. It returns a refusal in the form of the dialect."""
        return partial(self._carry_out, operation)

    def success(self, message: str, *, code: int = 0, **fields: str | int) -> Response:
        """`{"Message":...,"Code":0}`. Source: W-HUd (DOC) for hangup, C-J (CLIENT) for the others."""
        document = {**fields, "Message": message, "Code": code}
        return self._json.response(200, json.dumps(document, separators=(",", ":")).encode())

    def _carry_out(self, operation: Operation, api_call: ApiCall) -> Response:
        try:
            return operation(api_call)
        except ParameterError as error:
            return self._errors.bad_request(str(error))
        except CallRefused as refused:
            if refused.reason is Reason.NOT_RECORDING and self._stop_warns:
                return self.success(refused.reason.value, code=1)
            return self._errors.response(200, refused.reason.value)

    def _start(self, api_call: ApiCall) -> Response:
        return self.success(self.start_recording(api_call))

    def _stop(self, api_call: ApiCall) -> Response:
        return self.success(self.stop_recording(api_call))
