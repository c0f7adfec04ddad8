"""The questions about the sound of a leg: its format when new and when old, GET, no leg number, an unknown leg."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from noojee_contract.model.audio import kind_of
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.model.wave_header import format_tag
from noojee_contract.probing.observation import Observation, Observations, Unclear, Uncovered, observed
from noojee_contract.probing.pbx import FIRST_ERROR_STATUS, ProbedPbx, SoundLeg, says_nothing

CODINGS: Mapping[int, str] = {1: "wav-pcm", 6: "wav-alaw", 7: "wav-ulaw"}
"""The number of a coding in a WAV file. Source: RFC 2361."""
MPEG = "mpeg"
NIGHT = timedelta(hours=48)
"""A leg that ended so long before another moment was there in a whole night between them."""
FAR_LEG = 900
_LEG_PARAMETER = re.compile(r"[?&]leg=\{leg\}")


def ask_sound(pbx: ProbedPbx) -> Observations:
    """Fetch the sound of the newest and of the oldest known leg."""
    if pbx.lists and pbx.client.audio_template is not None:
        unread = pbx.unread_calls()
        for unique_id in dict.fromkeys((*unread[:1], *unread[-1:])):  # the newest and the oldest known call
            pbx.ask_known(Question("unique_id", unique_id))
    legs = [leg for leg in pbx.sound_legs() if (leg.seconds or 0) <= _longest(pbx)]
    if pbx.client.audio_template is None or not legs:
        return
    heard: dict[str, list[tuple[SoundLeg, Exchange]]] = {}
    for leg in dict.fromkeys((legs[0], legs[-1])):
        exchange = fetch(pbx, leg.unique_id, leg.number, tag=leg.tag)
        form = form_of(exchange)
        if is_sound(exchange) and pbx.heard is None:
            pbx.heard = (leg, exchange)
        if form is None and is_sound(exchange):
            yield Uncovered(saw=f"sound is {kind_of(exchange.body)}", asked="a known leg", exchange=exchange)
        elif form is not None:
            heard.setdefault(form, []).append((leg, exchange))
    if heard:
        yield from _forms(pbx, heard)


def _forms(pbx: ProbedPbx, heard: Mapping[str, list[tuple[SoundLeg, Exchange]]]) -> Observations:
    waves = [form for form in heard if form != MPEG]
    old = {form: exchange for form, found in heard.items() for leg, exchange in found if _is_old(pbx, leg, heard)}
    if waves:
        yield observed("audio_format", waves[0], "the sound of a known leg", heard[waves[0]][0][1])
        if MPEG in heard:
            exchanges = (heard[waves[0]][0][1], heard[MPEG][0][1])
            yield observed("audio_aged_form", "mpeg", "the sounds of a new leg and of an old leg", *exchanges)
        elif waves[0] in old:
            yield observed("audio_aged_form", "as-recorded", "the sound of an old leg", old[waves[0]])
        return
    new = next((exchange for leg, exchange in heard[MPEG] if _is_new(pbx, leg)), None)
    if new is None:
        yield Unclear("audio_format", "every known sound is MPEG, and no leg is known that ended since the last night")
        yield Unclear(
            "audio_aged_form", "every known sound is MPEG, and no leg is known that ended since the last night"
        )
        return
    yield observed("audio_format", MPEG, "the sound of a leg that has just ended", new)
    if MPEG in old:  # mpeg would be answered alike
        yield observed("audio_aged_form", "as-recorded", "the sounds of a new leg and of an old leg", new, old[MPEG])


def _is_old(pbx: ProbedPbx, leg: SoundLeg, heard: Mapping[str, list[tuple[SoundLeg, Exchange]]]) -> bool:
    """Whether a night has passed since a leg ended: by the PBX's clock, or by a leg that ended later."""
    ends = [each.ended for found in heard.values() for each, _ in found if each.ended is not None]
    clock = _pbx_now(pbx)
    latest = max([*ends, *([clock] if clock else [])], default=None)
    return leg.ended is not None and latest is not None and leg.ended < latest - NIGHT


def _is_new(pbx: ProbedPbx, leg: SoundLeg) -> bool:
    """Whether no night can have passed since a leg ended, by the PBX's clock, or else by this machine's."""
    now = _pbx_now(pbx) or pbx.machine_now
    if leg.ended is None or not timedelta() <= now - leg.ended:
        return False
    local_end, local_now = leg.ended.astimezone(pbx.target.time_zone), now.astimezone(pbx.target.time_zone)
    return local_end.date() == local_now.date() and local_end.hour >= 7


def _pbx_now(pbx: ProbedPbx) -> datetime | None:
    last = pbx.hashes.last
    return None if last is None else datetime.fromtimestamp(last.millis / 1000, UTC)


def ask_by_get(pbx: ProbedPbx) -> Observations:
    """Fetch the sound of a leg by GET."""
    template = pbx.client.audio_template or ""
    leg = pbx.heard_leg
    if leg is None or not template.startswith("POST "):
        return
    exchange = fetch(pbx, leg.unique_id, leg.number, tag=leg.tag, template="GET " + template.removeprefix("POST "))
    value = "post-and-get" if is_sound(exchange) else None
    if (exchange.status or 0) >= FIRST_ERROR_STATUS and not says_nothing(exchange):
        value = "post"
    yield observed("audio_methods", value, "the sound of a leg by GET", exchange, saw=f"GET brings {exchange.status}")


def ask_without_leg(pbx: ProbedPbx) -> Observations:
    """Fetch the sound of a call without a leg number."""
    template = pbx.client.audio_template or ""
    without = _LEG_PARAMETER.sub("", template)
    if pbx.heard is None or without == template or "?" not in without:
        return
    leg, known = pbx.heard
    exchange = fetch(pbx, leg.unique_id, leg.number, tag=leg.tag, template=without)
    asked = "the sound of a call without a leg number"
    if not is_sound(exchange):
        yield _refusal(pbx, "audio_without_leg", "refused", asked, exchange)
        return
    first = known if leg.number == 1 else fetch(pbx, leg.unique_id, 1, tag=leg.tag)
    value = "first-leg" if first.body == exchange.body else None
    yield observed(
        "audio_without_leg", value, asked, exchange, first, saw="no leg number brings another leg than the first"
    )


def ask_unknown_leg(pbx: ProbedPbx) -> Observations:
    """Fetch the sound of a leg that a known call does not have."""
    leg = pbx.heard_leg
    if leg is None:
        return
    exchange = fetch(pbx, leg.unique_id, FAR_LEG, tag=leg.tag)
    asked = f"the sound of leg {FAR_LEG} of a known call"
    if is_sound(exchange):
        saw = "an unknown leg brings sound"
        yield Uncovered(option="audio_unknown_leg", saw=saw, asked=asked, exchange=exchange)
    else:
        yield _refusal(pbx, "audio_unknown_leg", str(exchange.status), asked, exchange)


def _refusal(pbx: ProbedPbx, option: str, value: str, asked: str, exchange: Exchange) -> Observation:
    """The value of a refusal, or uncovered behaviour if the answer is neither sound nor a refusal."""
    has_error = pbx.api.read_error_body(exchange) is not None or (exchange.status or 0) >= FIRST_ERROR_STATUS
    is_refusal = has_error and not says_nothing(exchange)
    return observed(option, value if is_refusal else None, asked, exchange, saw="no sound, and no error")


def _longest(pbx: ProbedPbx) -> float:
    return 70.0 if pbx.target.longest_sound is None else pbx.target.longest_sound


def fetch(pbx: ProbedPbx, unique_id: str, number: int, *, tag: str, template: str | None = None) -> Exchange:
    """The answer to a request for the sound of a leg."""
    return pbx.client.sound(unique_id, number, tag=tag, credentials=pbx.credentials(), template=template)


def is_sound(exchange: Exchange) -> bool:
    """Whether an answer is a file of audio."""
    return exchange.status == 200 and kind_of(exchange.body) is not None


def form_of(exchange: Exchange) -> str | None:
    """The value of the option audio_format that an answer shows; None for another format, or no sound."""
    if not is_sound(exchange):
        return None
    if kind_of(exchange.body) == "MPEG audio":
        return MPEG
    return CODINGS.get(format_tag(exchange.body) or 0)
