"""The dialect `call-management`: live calls, authenticated by hash and, from 4.9.0.10 on, by API key.

Source: W-ST, W-SPk, W-B9, W-DI, W-HU, W-SU, W-HA, W-AK (DOC); answer and the fields of CallData: C-J (CLIENT).
"""

from __future__ import annotations

from noojee_fake.api.dialects.call_control import LONGEST_NUMBER, LONGEST_TAG, CallControl
from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.hashes import Hashes, HashScheme, prefixes
from noojee_fake.api.dialects.parameters import ParameterError, optional, required
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import JsonErrors
from noojee_fake.api.dialects.route import ApiCall, ApiRoute, Handler
from noojee_fake.api.dialects.subscribe import Subscribe
from noojee_fake.messages import Response
from noojee_fake.pbx.credentials import GLOBAL, KeyStatus
from noojee_fake.pbx.live.call import CallRefused, Reason, extension_of


def routes(context: DialectContext) -> dict[str, ApiRoute]:
    """The methods under each prefix, and Time. Every method needs TLS (DOC W-AK)."""
    return _CallManagement(context).routes(prefixes(context.profile))


class _CallManagement:
    """The methods of the dialect."""

    def __init__(self, context: DialectContext) -> None:
        profile = context.profile
        self._errors = JsonErrors(context.json, bad_request=profile.number("call_management_bad_request_status"))
        self._refused_status = profile.number("call_management_refused_status")
        self._switchboard = context.switchboard
        self._keys = context.keys
        self._release = context.release
        self._control = CallControl(context, self._errors)
        self._recordings = Recordings(context, self._errors)
        self._subscribe = Subscribe(context, self._errors)
        scheme = HashScheme(used=context.access.used_for_an_hour, refused_status=self._refused_status, hour=True)
        self._hashes = Hashes(context, self._errors, scheme)

    def routes(self, bases: tuple[str, ...]) -> dict[str, ApiRoute]:
        """The methods under each prefix, and Time."""
        table = self._hashes.time_routes(bases, needs_tls=True)
        methods: dict[str, Handler] = {
            "dial": self._control.handler(self._dial),
            "hangup": self._control.handler(self._hangup),
            "answer": self._control.handler(self._answer),
            "subscribe": self._subscribe.handle,
        }
        for prefix in bases:
            base = f"{prefix}/CallManagementAPI"
            table |= self._recordings.routes(base, self._authorise, needs_tls=True)
            table |= self._control.recording_routes(base, self._authorise, needs_tls=True)
            for name, handle in methods.items():
                table[f"{base}/{name}"] = ApiRoute(handle=handle, authorise=self._authorise, needs_tls=True)
        return table

    def _authorise(self, api_call: ApiCall) -> Response | None:
        """Check the API key where the version takes keys, else the hash. Hashes keep working (DOC W-AKd)."""
        if not self._release.key or "apiKey" not in api_call.parameters:
            return self._hashes.authorise(api_call)
        status = self._keys.check(api_call.parameters["apiKey"])
        if status is GLOBAL:
            return None
        message = "This key has no access to calls" if status is KeyStatus.USER else "Invalid apiKey"
        return self._errors.response(self._refused_status, message)

    def _dial(self, api_call: ApiCall) -> Response:
        """Ring an extension, and dial a number once it answers. Source: 02.0 Dial (DOC W-DI)."""
        parameters = api_call.parameters
        number = required(parameters, "number", longest=LONGEST_NUMBER)
        name = required(parameters, "extenOrUniqueId")
        if not number.isprintable():
            raise ParameterError("Malformed parameter number")
        if "/" not in name and "." not in name:
            raise ParameterError("extenOrUniqueId must include the technology, as in SIP/100")
        extension = extension_of(name)
        if "/" not in name:
            extension = next(iter(self._control.find(name).parties), "")
        records = self._release.dial_records
        call = self._switchboard.dial(
            extension,
            extension_of(number),
            api_call.now_micros,
            record=records and optional(parameters, "record") == "true",
            tag=(optional(parameters, "tag", longest=LONGEST_TAG) or "") if records else "",
            at_once=bool(optional(parameters, "autoAnswer")),
        )
        return self._control.success("Dialing", SessionID=call.call_id)

    def _hangup(self, api_call: ApiCall) -> Response:
        """End a call. Source: 04.0 Hangup (DOC W-HU), including the message."""
        call = self._control.find(required(api_call.parameters, "extenOrUniqueId"))
        self._switchboard.hang_up(call, api_call.now_micros)
        return self._control.success("Channel Hungup")

    def _answer(self, api_call: ApiCall) -> Response:
        """Pick up a call that rings at an extension. Source: the vendor's Java client (CLIENT C-J)."""
        call = self._control.find(required(api_call.parameters, "uniqueId"))
        extension = extension_of(required(api_call.parameters, "exten"))
        if self._switchboard.directory.user_at(extension) is None:
            raise CallRefused(Reason.NO_EXTENSION)
        self._switchboard.answer(call, extension, api_call.now_micros)
        return self._control.success("Channel Answered")
