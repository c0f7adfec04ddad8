"""Subscribe, the long poll of `call-management`: what changed at some extensions since a sequence number.

Source: 05.0 Subscribe (DOC W-SU); the fields of CallData: C-J (CLIENT).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.parameters import ParameterError, Parameters, required
from noojee_fake.api.dialects.responses import ErrorWriter
from noojee_fake.api.dialects.route import ApiCall
from noojee_fake.messages import Pending, Response
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.live.call import Status, extension_of
from noojee_fake.pbx.live.events import CallEvent

LONGEST_WAIT_SECONDS = 60
DEFAULT_WAIT_SECONDS = 10
MOST_EXTENSIONS = 1000
_MOST_DIGITS = 18


class Subscribe:
    """Answers at once where something changed, else with `Pending`."""

    def __init__(self, context: DialectContext, errors: ErrorWriter) -> None:
        self._switchboard = context.switchboard
        self._json = context.json
        self._zone = context.zone
        self._errors = errors

    def handle(self, api_call: ApiCall) -> Response:
        """The changes since `lastSequenceNumber`; a `Pending` where there is none yet."""
        parameters = api_call.parameters
        try:
            extensions = [extension_of(name) for name in required(parameters, "exten").split(",")][:MOST_EXTENSIONS]
            after = _whole_number(parameters, "lastSequenceNumber", None)
            seconds = min(_whole_number(parameters, "timeOut", DEFAULT_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
        except ParameterError as error:
            return self._errors.bad_request(str(error))
        switchboard = self._switchboard

        def finish(over: bool) -> Response | None:
            sequence, seen = switchboard.seen(extensions, after)
            return self._changes(seen, sequence) if over or seen or not 0 < after <= sequence else None

        response = finish(seconds == 0)
        if response is not None:
            return response
        return Pending(200, seconds=seconds, listen=switchboard.listen, finish=finish)

    def _changes(self, seen: dict[str, list[CallEvent]], sequence: int) -> Response:
        document = {
            "Data": {
                extension: [
                    {"CallData": self._call_data(event), "CallID": event.call_id, "Code": 0} for event in events
                ]
                for extension, events in seen.items()
            },
            "seq": sequence,
            "Code": 0,
        }
        return self._json.response(200, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())

    def _call_data(self, event: CallEvent) -> dict[str, Any]:
        """The fields of CallData. Source: W-SU (DOC); the last four: C-J (CLIENT). callStartTime is often empty."""
        return {
            "canAnswer": event.status is Status.RINGING,
            "callerId": event.caller_id,
            "uniqueCallId": event.unique_id,
            "callStartTime": self._start_time(event.answered_micros),
            "isQueueCall": event.queue_call,
            "isClickToDialCall": event.click_to_dial,
            "inbound": event.inbound,
            "status": event.status.value,
            "secondaryUniqueCallId": event.secondary_id,
            "otherPartyCallerId": event.other_party,
            "connectedCallerIdNum": event.connected_to,
            "outboundDestination": event.outbound_destination,
        }

    def _start_time(self, micros: int | None) -> str:
        """`yyyy/MM/dd HH:mm` in local time, the form that the vendor's client reads (CLIENT C-J)."""
        return "" if micros is None else f"{datetime.fromtimestamp(micros // SECOND, self._zone):%Y/%m/%d %H:%M}"


def _whole_number(parameters: Parameters, name: str, default: int | None) -> int:
    if default is not None and name not in parameters:
        return default
    value = required(parameters, name)
    if not (value.isascii() and value.isdigit() and len(value) <= _MOST_DIGITS):
        raise ParameterError(f"Malformed parameter {name}")
    return int(value)
