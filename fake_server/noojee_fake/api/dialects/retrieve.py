"""The sound of a leg: which leg is meant, in which form and from which storage location it comes, or that it is gone.

UNKNOWN: chosen, rows 1 to 4 of the reference. Source of what ages: Help: Storage Locations (DOC W-SL).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from noojee_fake.api.dialects.audio_response import send_sound
from noojee_fake.api.dialects.responses import Failures
from noojee_fake.api.dialects.route import Question
from noojee_fake.messages import Response
from noojee_fake.pbx import audio
from noojee_fake.pbx.calls import Call, Leg
from noojee_fake.pbx.retention import Locations, Tier
from noojee_fake.pbx.store.base import Absent, Store

Found = Sequence[tuple[Call, Sequence[Leg]]]
"""Calls with those of their legs that are to be listed, never without one."""

AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"
"""How the sound of a leg is fetched, in the form of a target file. UNKNOWN: chosen, row 1."""

_LEG_DIGITS = 9


class Retrieve:
    """Answers with sound, by one profile. `wanted` reads the tag or unique id, `find` gives what matches it."""

    def __init__(
        self,
        *,
        store: Store,
        locations: Locations,
        profile: Mapping[str, str],
        failures: Failures,
        wanted: Callable[[Question, str], str | Response],
        find: Callable[[str, str, int], Found],
    ) -> None:
        self._store = store
        self._locations = locations
        self._failures = failures
        self._wanted = wanted
        self._find = find
        self._form = profile["audio_format"]
        self._aged_form = audio.MPEG if profile["audio_aged_form"] == "mpeg" else self._form
        self._no_sound_status = int(profile["audio_unknown_leg"])
        self._leg_is_needed = profile["audio_without_leg"] == "refused"

    def answer(self, question: Question, name: str) -> Response:
        """The sound of the leg that a question means; `name` is the parameter that names the call."""
        wanted = self._wanted(question, name)
        if isinstance(wanted, Response):
            return wanted
        number = self._leg_number(question)
        if isinstance(number, Response):
            return number
        found = self._find(name, wanted, question.now_micros)
        if found:
            call, legs = found[-1]
            leg = _pick(legs, number)
            sound = None if leg is None else self._sound_of(call, leg, question.now_micros)
            if leg is not None and sound is not None:
                return send_sound(question.request, sound, f"{call.unique_id}-{leg.number}")
        return self._failures.answer(self._no_sound_status, "No such recording")

    def _leg_number(self, question: Question) -> int | Response | None:
        """The leg that is asked for; None: the first. Or the refusal."""
        if "leg" not in question.parameters:
            if self._leg_is_needed:
                return self._failures.bad_request("Missing parameter leg")
            return None
        given = question.parameters["leg"]
        if given is None or not (given.isascii() and given.isdigit() and len(given) <= _LEG_DIGITS):
            return self._failures.bad_request("Malformed parameter leg")
        return int(given)

    def _sound_of(self, call: Call, leg: Leg, now_micros: int) -> audio.Recording | None:
        """What is found of a leg that has ended. Source: compressed on the way to Mid Term (DOC W-SL); how: row 3."""
        if leg.end_micros > now_micros:
            return None
        tier = self._locations.tier(call, leg, now_micros)
        if tier in (Tier.OFFLINE, Tier.GONE):
            return None
        form = self._form if tier is Tier.SHORT_TERM else self._aged_form
        stored = self._store.sound(leg)
        if stored is None:
            return audio.made(leg, form)
        return None if isinstance(stored, Absent) else audio.Recording(audio.in_format(stored, form))


def _pick(legs: Sequence[Leg], number: int | None) -> Leg | None:
    """The leg of that number, or the lowest one where none is named. Source: UNKNOWN, chosen, row 2."""
    if number is None:
        return legs[0]
    return next((leg for leg in legs if leg.number == number), None)
