"""The generation in between, `call-management`: live calls, by hash and, from 4.9.0.10 on, by API key.

Source: W-ST, W-SPk, W-B9, W-DI, W-HU, W-SU, W-HA, W-AK (DOC); answer and the fields of CallData: C-J (CLIENT).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects.call_control import LONGEST_NUMBER, LONGEST_TAG, CallControl, Malformed, needed, optional
from noojee_fake.api.dialects.hashes import Hashes
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import Failures, Json
from noojee_fake.api.dialects.route import Question, Route
from noojee_fake.messages import Pending, Response
from noojee_fake.pbx.access import KeyVerdict, check_key
from noojee_fake.pbx.clock import SECOND
from noojee_fake.pbx.live.call import Reason, Refused, Status, extension_of
from noojee_fake.pbx.live.events import CallEvent
from noojee_fake.pbx.live.switchboard import Switchboard

NAME = "call-management"
LONGEST_WAIT_SECONDS = 60
DEFAULT_WAIT_SECONDS = 10
MOST_EXTENSIONS = 1000
_DIGITS = 18


class CallManagement:
    """The methods of the generation, by one profile. `key`: an API key is taken; `dial_records`: dial takes `record`."""

    def __init__(
        self,
        *,
        switchboard: Switchboard,
        orders: CallControl,
        recordings: Recordings,
        hashes: Hashes,
        answers: Json,
        failures: Failures,
        zone: ZoneInfo,
        api_key: str,
        user_key: str,
        refused_status: int,
        key: bool,
        dial_records: bool,
    ) -> None:
        self._switchboard = switchboard
        self._orders = orders
        self._recordings = recordings
        self._hashes = hashes
        self._answers = answers
        self._failures = failures
        self._zone = zone
        self._api_key = api_key
        self._user_key = user_key
        self._refused_status = refused_status
        self._key = key
        self._dial_records = dial_records

    def routes(self, bases: tuple[str, ...], *, time_needs_tls: bool) -> dict[str, Route]:
        """The methods under each prefix, and Time."""
        table = self._hashes.time_routes(bases, needs_tls=time_needs_tls)
        methods = {"dial": self._dial, "hangup": self._hangup, "answer": self._answer, "subscribe": self._subscribe}
        for prefix in bases:
            base = f"{prefix}/CallManagementAPI"
            table |= self._recordings.routes(base, self._authorise, needs_tls=True)
            table |= self._orders.recording_routes(base, self._authorise, needs_tls=True)
            for name, answer in methods.items():
                table[f"{base}/{name}"] = Route(answer=answer, authorise=self._authorise, needs_tls=True)
        return table

    def _authorise(self, question: Question) -> Response | None:
        """An API key where this version takes one, else the hash, which keeps working (DOC W-AKd)."""
        if not self._key or "apiKey" not in question.parameters:
            return self._hashes.authorise(question)
        verdict = check_key(question.parameters["apiKey"], global_key=self._api_key, user_key=self._user_key)
        if verdict is KeyVerdict.GLOBAL:
            return None
        message = "This key has no access to calls" if verdict is KeyVerdict.USER else "Invalid apiKey"
        return self._failures.answer(self._refused_status, message)

    def _dial(self, question: Question) -> Response:
        """Ring an extension, and dial a number once it answers. Source: 02.0 Dial (DOC W-DI)."""
        dialled: dict[str, int] = {}

        def dial(question: Question) -> str:
            number = needed(question, "number", longest=LONGEST_NUMBER)
            name = needed(question, "extenOrUniqueId")
            if not number.isprintable():
                raise Malformed("Malformed parameter number")
            if "/" not in name and "." not in name:
                raise Malformed("extenOrUniqueId must include the technology, as in SIP/100")
            extension = extension_of(name)
            if "/" not in name:
                extension = next(iter(self._orders.find(name).parties), "")
            call = self._switchboard.dial(
                extension,
                extension_of(number),
                question.now_micros,
                record=self._dial_records and optional(question, "record") == "true",
                tag=(optional(question, "tag", longest=LONGEST_TAG) or "") if self._dial_records else "",
                at_once=bool(optional(question, "autoAnswer")),
            )
            dialled["SessionID"] = call.call_id
            return "Dialing"

        answer = self._orders.answered(question, dial)
        return self._orders.success("Dialing", **dialled) if dialled else answer

    def _hangup(self, question: Question) -> Response:
        """End a call. Source: 04.0 Hangup (DOC W-HU), with its text."""

        def hang_up(question: Question) -> str:
            call = self._orders.find(needed(question, "extenOrUniqueId"))
            self._switchboard.hang_up(call, question.now_micros)
            return "Channel Hungup"

        return self._orders.answered(question, hang_up)

    def _answer(self, question: Question) -> Response:
        """Pick up a call that rings at an extension. Source: the vendor's Java client (CLIENT C-J)."""

        def answer(question: Question) -> str:
            call, extension = self._orders.find(needed(question, "uniqueId")), extension_of(needed(question, "exten"))
            if self._switchboard.directory.user_at(extension) is None:
                raise Refused(Reason.NO_EXTENSION)
            self._switchboard.answer(call, extension, question.now_micros)
            return "Channel Answered"

        return self._orders.answered(question, answer)

    def _subscribe(self, question: Question) -> Response:
        """What changed at some extensions since a sequence number: at once, or when it happens. Source: W-SU (DOC)."""
        try:
            extensions = [extension_of(name) for name in needed(question, "exten").split(",")][:MOST_EXTENSIONS]
            after = _whole_number(question, "lastSequenceNumber", None)
            seconds = min(_whole_number(question, "timeOut", DEFAULT_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
        except Malformed as malformed:
            return self._failures.bad_request(str(malformed))
        board = self._switchboard

        def finish(over: bool) -> Response | None:
            sequence, seen = board.seen(extensions, after)
            return self._changes(seen, sequence) if over or seen or not 0 < after <= sequence else None

        answer = finish(seconds == 0)
        if answer is not None:
            return answer
        return Pending(200, seconds=seconds, listen=board.listen, finish=finish)

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
        return self._answers.answer(200, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())

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
        """`yyyy/MM/dd HH:mm`, local time, the form that the vendor's client reads (CLIENT C-J)."""
        return "" if micros is None else f"{datetime.fromtimestamp(micros // SECOND, self._zone):%Y/%m/%d %H:%M}"


def _whole_number(question: Question, name: str, default: int | None) -> int:
    if default is not None and name not in question.parameters:
        return default
    value = needed(question, name)
    if not (value.isascii() and value.isdigit() and len(value) <= _DIGITS):
        raise Malformed(f"Malformed parameter {name}")
    return int(value)
