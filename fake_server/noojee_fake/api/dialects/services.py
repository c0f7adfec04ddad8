"""The oldest dialect, `services`: Noojee Recorder 2.7.14.x, plain GET with `method=`, no authentication, plain text.

Source: Recording API version 2.7.14.x (DOC W-27). The SOAP form is not served, because its shape is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable

from noojee_fake.api.dialects.call_control import CallControl
from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.parameters import ParameterError
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import TextErrors, plain_text
from noojee_fake.api.dialects.route import ApiCall, ApiRoute
from noojee_fake.messages import Response
from noojee_fake.pbx.live.call import CallRefused, Reason

PATH = "/servicemanager/services/njadmin-api-recording"
AUDIO = "GET {base}?method=retrieve&uniqueId={unique_id}&leg={leg}"
"""The request for the sound of a leg, in the form of a target file. UNKNOWN: chosen."""


def routes(context: DialectContext) -> dict[str, ApiRoute]:
    """The single path of the dialect."""
    return {PATH: ApiRoute(handle=_Services(context).handle, methods=("GET",), is_slow=True)}


class _Services:
    """Start, stop and retrieve. Success is HTTP 200, "otherwise an error message is returned" (DOC W-27)."""

    def __init__(self, context: DialectContext) -> None:
        profile = context.profile
        self._errors = TextErrors(profile.number("services_failure_status"))
        self._recordings = Recordings(context, self._errors)
        self._stop_warns = profile["stop_not_recording"] == "warning"
        control = CallControl(context, self._errors)
        self._operations: dict[str, Callable[[ApiCall], str]] = {
            "start": control.start_recording,
            "stop": control.stop_recording,
        }

    def handle(self, api_call: ApiCall) -> Response:
        """The response to the method that the parameter `method` names."""
        name = api_call.parameters.get("method")
        operation = self._operations.get(name or "")
        if operation is not None:
            return self._carry_out(api_call, operation)
        if name == "retrieve":
            by_tag = "tag" in api_call.parameters or "uniqueId" not in api_call.parameters
            return self._recordings.sound_by_tag(api_call) if by_tag else self._recordings.sound_by_unique_id(api_call)
        return self._errors.bad_request("Missing parameter method" if name is None else "No such method")

    def _carry_out(self, api_call: ApiCall, operation: Callable[[ApiCall], str]) -> Response:
        try:
            return plain_text(operation(api_call))
        except ParameterError as error:
            return self._errors.bad_request(str(error))
        except CallRefused as refused:
            if refused.reason is Reason.NOT_RECORDING and self._stop_warns:
                return plain_text(refused.reason.value)
            return self._errors.bad_request(refused.reason.value)
