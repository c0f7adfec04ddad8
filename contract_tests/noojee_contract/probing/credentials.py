"""The questions about credentials: Time, hashes and keys."""

from __future__ import annotations

from collections.abc import Mapping

from noojee_contract.clients.hashes import HashParameters, TimeUnavailable
from noojee_contract.model.exchange import Exchange
from noojee_contract.probing.hash_pool import read_millis
from noojee_contract.probing.observation import Observations, Unclear, observed
from noojee_contract.probing.pbx import Asked, ProbedPbx, Saw, says_nothing
from noojee_contract.probing.requests import NEEDS_KNOWN

UNUSED_KEY = "00000000-0000-4000-8000-000000000000"
REFUSED_STATUS: Mapping[str, str] = {
    "recording-api": "recording_api_refused_status",
    "call-management": "call_management_refused_status",
    "njadmin": "njadmin_refused_status",
}
MOST_ATTEMPTS = 5
TOO_OLD_MILLIS = 11_000
TRIES = 3
AHEAD: Mapping[float, tuple[float, float]] = {1.5: (0.2, 1.95), 6.0: (2.3, 9.5)}
"""How far ahead the time stamps are, and between which seconds they must be when they arrive to show anything."""


def ask_time(pbx: ProbedPbx) -> Observations:
    """Ask for the time. The next question uses its time stamp."""
    exchange = pbx.hashes.ask_time()
    millis = read_millis(exchange)
    if millis is None:
        raise TimeUnavailable(exchange)
    value = {b"": "digits", b"\n": "digits-newline"}.get(exchange.body.lstrip(b"0123456789"))
    saw = "Time has other characters than digits and a newline"
    yield observed("time_body", value, "Time", exchange, saw=saw)


def ask_six_times(pbx: ProbedPbx) -> Observations:
    """Ask for the time until six time stamps wait, or until it is refused. The next questions use them."""
    began = pbx.now()
    exchanges = pbx.hashes.ask_times(MOST_ATTEMPTS + 1)
    option, asked = "concurrent_authentications", "Time six times, without a request between them"
    if pbx.now() - began > 9:
        yield Unclear(option, "six requests within ten seconds are more than requests_per_second allows")
    elif read_millis(exchanges[-1]) is not None:
        yield observed(option, "unlimited", asked, exchanges[-1])
    else:
        refused = len(exchanges)
        is_refused = refused == MOST_ATTEMPTS + 1 and not says_nothing(exchanges[-1])
        value = "5" if is_refused else None
        yield observed(option, value, asked, exchanges[-1], saw=f"request {refused} for Time is refused")


def ask_hash_again(pbx: ProbedPbx) -> Observations:
    """Send a known question twice with one hash. A hash that may be used again serves the next questions too."""
    sample = pbx.sample()
    if sample is None:
        yield Unclear("hash_reuse", NEEDS_KNOWN)
        return
    pair = pbx.hashes.take_new()
    first, second = (pbx.ask(sample.question, hash_pair=pair) for _ in range(2))
    value = {Saw.LEGS: "within-window", Saw.REFUSED: "once"}.get(second.saw) if first.saw is Saw.LEGS else None
    saw = f"a hash brings {first.saw.value}, and again {second.saw.value}"
    decides = first if first.saw is Saw.BUSY else second
    yield observed("hash_reuse", value, "a known recording twice with one hash", decides.exchange, saw=saw)
    pbx.hashes.reuses = pbx.hashes.reuses or value == "within-window"


def ask_wrong(pbx: ProbedPbx) -> Observations:
    """Send a known question with a key that nobody has, or with the hash of that key."""
    option = REFUSED_STATUS.get(pbx.target.dialect)
    sample = pbx.sample()
    if option is None or sample is None:
        return
    if pbx.by_hash:
        answer = pbx.ask(sample.question, hash_pair=pbx.hashes.take_new(key=UNUSED_KEY))
    else:
        request = pbx.client.request(sample.question, credentials=pbx.client.made_with(UNUSED_KEY))
        assert request is not None
        answer = pbx.read(sample.question, pbx.send(request))
    asked = "a known recording with a key that nobody has"
    if answer.saw is Saw.REFUSED:
        yield observed(option, str(answer.exchange.status), asked, answer.exchange)
    else:
        yield observed(option, None, asked, answer.exchange, saw=f"a wrong key brings {answer.saw.value}")


def ask_expired(pbx: ProbedPbx) -> Observations:
    """Send a known question with a time stamp of 11 s ago that was never used."""
    answer = _stamped(pbx, str(pbx.hashes.pbx_millis() - TOO_OLD_MILLIS))
    if answer is None:
        yield Unclear("expired_hash_status", NEEDS_KNOWN)
        return
    asked = "a known recording with a time stamp of 11 s ago"
    value = str(answer.exchange.status) if answer.saw is Saw.REFUSED else None
    saw = f"a time stamp of 11 s ago brings {answer.saw.value}"
    yield observed("expired_hash_status", value, asked, answer.exchange, saw=saw)


def ask_ahead(pbx: ProbedPbx) -> Observations:
    """Send a known question with time stamps ahead of the PBX's clock, as far as the network lets them arrive ahead."""
    option = "clock_ahead_seconds"
    rate = pbx.target.requests_per_second
    gap = 0.0 if pbx.hashes.is_frozen or not rate else 1 / rate
    accepted: dict[float, bool] = {}
    shown: list[Exchange] = []
    for seconds in AHEAD:
        answer = next((each for _ in range(TRIES) if (each := _ahead(pbx, seconds, gap)) is not None), None)
        if answer is None:
            reason = "the answers took too long to say how far ahead the time stamps were"
            yield Unclear(option, NEEDS_KNOWN if pbx.sample() is None else reason)
            return
        accepted[seconds] = answer.saw is Saw.LEGS
        shown.append(answer.exchange)
    values = {(False, False): "0", (True, False): "2", (True, True): "10"}
    value = values.get((accepted[1.5], accepted[6.0]))
    asked = "a known recording with time stamps 1.5 s and 6 s ahead"
    yield observed(option, value, asked, *shown, saw="6 s ahead is accepted, and 1.5 s is not")


def _ahead(pbx: ProbedPbx, seconds: float, gap: float) -> Asked | None:
    """The answer to a time stamp so many seconds ahead; None if it arrived too late to show anything."""
    least, most = AHEAD[seconds]
    stamp = pbx.hashes.pbx_millis() + round((seconds + gap) * 1000)
    answer = _stamped(pbx, str(stamp))
    if answer is None:
        return None
    response = answer.exchange.response
    arrived = stamp - pbx.hashes.pbx_millis() + round((response.seconds if response else 0) * 1000)
    return answer if least <= arrived / 1000 <= most and answer.saw in (Saw.LEGS, Saw.REFUSED) else None


def ask_seconds(pbx: ProbedPbx) -> Observations:
    """Send a known question with a time stamp in seconds."""
    answer = _stamped(pbx, str(pbx.hashes.pbx_millis() // 1000))
    if answer is None:
        yield Unclear("time_stamp_seconds", NEEDS_KNOWN)
        return
    value = {Saw.LEGS: "accepted", Saw.REFUSED: "refused"}.get(answer.saw)
    saw = f"a time stamp in seconds brings {answer.saw.value}"
    yield observed(
        "time_stamp_seconds", value, "a known recording with a time stamp in seconds", answer.exchange, saw=saw
    )


def _stamped(pbx: ProbedPbx, stamp: str) -> Asked | None:
    """The answer to a known question with a chosen time stamp and its correct hash; None if no question is known."""
    sample = pbx.sample()
    if sample is None:
        return None
    pair: HashParameters = pbx.client.signed(stamp)
    return pbx.ask(sample.question, hash_pair=pair)
