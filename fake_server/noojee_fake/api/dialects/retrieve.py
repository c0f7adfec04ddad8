"""The sound of a leg: which leg, in which format, from which storage tier, or the refusal where there is none.

UNKNOWN: chosen, see the `audio_*` options. Source of how recordings age: Help: Storage Locations (DOC W-SL).
"""

from __future__ import annotations

from collections.abc import Sequence

from noojee_fake.api.dialects.audio_response import send_sound
from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.responses import ErrorWriter
from noojee_fake.api.dialects.route import ApiCall
from noojee_fake.api.dialects.selection import Selection
from noojee_fake.messages import Response
from noojee_fake.pbx import audio
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.retention import Tier
from noojee_fake.pbx.store.base import Absent

AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
"""The request for the sound of a leg, in the form of a target file. UNKNOWN: chosen, option `audio_methods`."""

_LEG_DIGITS = 9


class Retrieve:
    """Sends sound for one dialect."""

    def __init__(self, context: DialectContext, errors: ErrorWriter, selection: Selection) -> None:
        profile = context.profile
        self._store = context.store
        self._retention = context.retention
        self._errors = errors
        self._selection = selection
        self._format = profile["audio_format"]
        self._aged_format = audio.MPEG if profile["audio_aged_form"] == "mpeg" else self._format
        self._no_sound_status = profile.number("audio_unknown_leg")
        self._leg_is_required = profile["audio_without_leg"] == "refused"

    def handle(self, api_call: ApiCall, name: str) -> Response:
        """The sound of the requested leg; `name` is the parameter that selects the call."""
        wanted = self._selection.wanted(api_call, name)
        if isinstance(wanted, Response):
            return wanted
        number = self._leg_number(api_call)
        if isinstance(number, Response):
            return number
        found = self._selection.find(name, wanted, api_call.now_micros)
        if found:
            call, legs = found[-1]
            leg = _pick(legs, number)
            sound = None if leg is None else self._sound_of(call, leg, api_call.now_micros)
            if leg is not None and sound is not None:
                return send_sound(api_call.request, sound, f"{call.unique_id}-{leg.number}")
        return self._errors.response(self._no_sound_status, "No such recording")

    def _leg_number(self, api_call: ApiCall) -> int | Response | None:
        """The number of the requested leg, None for the first leg, or the refusal."""
        if "leg" not in api_call.parameters:
            if self._leg_is_required:
                return self._errors.bad_request("Missing parameter leg")
            return None
        given = api_call.parameters["leg"]
        if given is None or not (given.isascii() and given.isdigit() and len(given) <= _LEG_DIGITS):
            return self._errors.bad_request("Malformed parameter leg")
        return int(given)

    def _sound_of(self, call: Call, leg: Leg, now_micros: int) -> audio.Recording | None:
        """The sound of a leg that has ended; None where there is none.

        Recordings are compressed on the way to Mid Term (DOC W-SL); the option `audio_aged_form` says how.
        """
        if leg.end_micros > now_micros:
            return None
        tier = self._retention.tier(call, leg, now_micros)
        if tier in (Tier.OFFLINE, Tier.GONE):
            return None
        audio_format = self._format if tier is Tier.SHORT_TERM else self._aged_format
        stored = self._store.sound(leg)
        if stored is None:
            return audio.made(leg, audio_format)
        return None if isinstance(stored, Absent) else audio.Recording(audio.in_format(stored, audio_format))


def _pick(legs: Sequence[Leg], number: int | None) -> Leg | None:
    """The leg with a number, or the leg with the lowest number where none is requested (option `audio_without_leg`)."""
    if number is None:
        return legs[0]
    return next((leg for leg in legs if leg.number == number), None)
