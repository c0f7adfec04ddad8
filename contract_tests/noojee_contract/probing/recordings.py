"""The questions about recordings: known ones, unknown ones, and tags in another form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from noojee_contract.dialects.legs import Leg
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.question import Question
from noojee_contract.probing.observation import Learnt, Observation, Observations, Unclear, Uncovered, observed
from noojee_contract.probing.pbx import UNKNOWN_VALUE, Asked, ProbedPbx, Saw, began

MOST_RECORDINGS = 8
LEAST_LEGS = 2
"""How many legs must have a zero fraction before the fraction is said to be always zero."""
ACCOUNTS = ("Administrator", "NoojeeAdmin")
LISTED = ("json_content_type", "start_fraction", "outbound_did", "default_account", "metadata_order", "tag_selects")
A_RECORDING = "a known recording"


def ask_recordings(pbx: ProbedPbx) -> Observations:
    """Ask known recordings until they show all options that a listing can show. A spent budget keeps what they show."""
    if not pbx.lists:
        return
    try:
        _read(pbx)
    finally:
        yield from _shown(pbx)


def _read(pbx: ProbedPbx) -> None:
    questions = _in_turn(pbx.target.recordings)
    while questions and len(pbx.asked) < MOST_RECORDINGS:
        question = questions.pop(0)
        if question in pbx.asked:
            continue
        answer = pbx.ask_known(question)
        questions = [*_follow_up(answer), *questions]
        if all(isinstance(each, Learnt) for each in _shown(pbx)):
            break


def _in_turn(recordings: Sequence[Question]) -> list[Question]:
    """Unique ids and tags in turn: first the newest and the oldest call, and a tag beyond ASCII.

    The ages of calls show what happens to old sound, and such a tag shows the charset of queries.
    """
    tags = sorted((known for known in recordings if known.kind == "tag"), key=lambda known: known.value.isascii())
    ids = [known for known in recordings if known.kind == "unique_id"]
    dated = sorted(
        (known for known in ids if began(known.value) is not None), key=lambda known: began(known.value) or 0
    )
    ids = list(dict.fromkeys((*dated[-1:], *dated[:1], *ids)))
    return [known for pair in zip_longest(ids, tags) for known in pair if known is not None]


def _follow_up(answer: Asked) -> Iterator[Question]:
    """The question that shows what a tag selects: the call of a tag, or a tag that only some legs of a call carry."""
    if answer.question.kind == "tag":
        yield from (Question("unique_id", leg.unique_id) for leg in answer.legs[:1] if leg.unique_id)
        return
    tags = {leg.tag for leg in answer.legs}
    yield from [Question("tag", tag) for tag in sorted(tags) if tag and len(tags) > 1][:1]


def _shown(pbx: ProbedPbx) -> Observations:
    """One observation for each option that listings show."""
    answers = list(pbx.asked.values())
    yield _content_type(answers)
    yield _fraction(answers)
    yield _outbound_did(answers)
    yield _account(answers)
    yield _order(answers)
    yield _tag_selects(answers)


def _content_type(answers: Sequence[Asked]) -> Observation:
    for answer in answers:
        if answer.saw in (Saw.LEGS, Saw.EMPTY):
            header = answer.exchange.header("content-type")
            value = "none" if header is None else header
            return observed("json_content_type", value, A_RECORDING, answer.exchange)
    return Unclear("json_content_type", "no known recording was listed")


def _legs(answers: Sequence[Asked]) -> Iterator[tuple[Leg, Exchange]]:
    return ((leg, answer.exchange) for answer in answers for leg in answer.legs)


def _fraction(answers: Sequence[Asked]) -> Observation:
    whole: list[Exchange] = []
    for leg, exchange in _legs(answers):
        fraction = leg.texts.get("Start", "").partition(".")[2]
        if fraction.strip("0"):
            return observed("start_fraction", "milliseconds", A_RECORDING, exchange)
        if fraction == "0":
            whole.append(exchange)
    if len(whole) >= LEAST_LEGS:
        return observed("start_fraction", "zero", f"{A_RECORDING} ({len(whole)} legs)", whole[0])
    return Unclear("start_fraction", f"needs {LEAST_LEGS} known legs, or one with a fraction")


def _outbound_did(answers: Sequence[Asked]) -> Observation:
    seen: dict[str, Exchange] = {}
    for leg, exchange in _legs(answers):
        if leg.direction == "outbound" and "DID" in leg.texts:
            seen.setdefault(leg.texts["DID"], exchange)
    words = {"": "empty", "internal": "internal"}
    values = sorted({words[did] for did in seen if did in words})
    if len(values) == 1:
        return observed("outbound_did", values[0], A_RECORDING, next(seen[did] for did in seen if did in words))
    if values:
        return Unclear("outbound_did", "some known outbound legs have no DID, and others internal")
    if seen:
        saw = "an outbound call has another DID than internal or none"
        return Uncovered(option="outbound_did", saw=saw, asked=A_RECORDING, exchange=next(iter(seen.values())))
    return Unclear("outbound_did", "no known call is outbound")


def _account(answers: Sequence[Asked]) -> Observation:
    seen = {leg.username: exchange for leg, exchange in _legs(answers) if leg.username in ACCOUNTS}
    if len(seen) == 1:
        name, exchange = next(iter(seen.items()))
        return observed("default_account", name, f"{A_RECORDING} with a leg of {name}", exchange)
    reason = "known legs have both names" if seen else f"no known leg belongs to {' or '.join(ACCOUNTS)}"
    return Unclear("default_account", reason)


def _order(answers: Sequence[Asked]) -> Observation:
    for answer in answers:
        numbers = [leg.number for leg in answer.legs]
        if len({leg.unique_id for leg in answer.legs}) != 1 or len(numbers) < 2:
            continue
        values = {tuple(sorted(numbers)): "oldest-first", tuple(sorted(numbers, reverse=True)): "newest-first"}
        value = values.get(tuple(numbers))
        return observed(
            "metadata_order", value, "a known call with several legs", answer.exchange, saw="no order of Leg"
        )
    return Unclear("metadata_order", "no known call has several legs")


def _tag_selects(answers: Sequence[Asked]) -> Observation:
    """A tag selects calls if its answer has legs without the tag, and legs if its answer lacks legs of a call."""
    calls = {answer.question.value: answer for answer in answers if answer.question.kind == "unique_id" and answer.legs}
    for answer in answers:
        if answer.question.kind != "tag" or not answer.legs:
            continue
        asked = "a tag that only some legs of a call carry"
        if any(leg.tag.casefold() != answer.question.value.casefold() for leg in answer.legs):
            return observed("tag_selects", "calls", asked, answer.exchange)
        found = {(leg.unique_id, leg.number) for leg in answer.legs}
        for unique_id in {leg.unique_id for leg in answer.legs} & calls.keys():
            call = calls[unique_id]
            if any((leg.unique_id, leg.number) not in found for leg in call.legs):
                return observed("tag_selects", "legs", asked, answer.exchange, call.exchange)
    return Unclear("tag_selects", "no known call has legs with and without a known tag")


def ask_unknown(pbx: ProbedPbx) -> Observations:
    """Ask for a tag and a unique id that no call has."""
    if not pbx.lists:
        return
    seen = []
    for kind in ("tag", "unique_id"):
        answer = pbx.ask(Question(kind, UNKNOWN_VALUE))
        value = {Saw.EMPTY: "empty-list", Saw.REFUSED: f"failure-{answer.exchange.status}"}.get(answer.saw)
        seen.append((value, answer.exchange))
    (by_tag, first), (by_id, second) = seen
    value = by_tag if by_tag == by_id else f"by tag {by_tag}, by unique id {by_id}"
    yield observed("unknown_recording", value, "a tag and a unique id that no call has", first, second)


def ask_empty(pbx: ProbedPbx) -> Observations:
    """Ask for an empty tag."""
    if not pbx.lists:
        return
    answer = pbx.ask(Question("tag", ""))
    value = {Saw.EMPTY: "empty-list", Saw.REFUSED: "refused"}.get(answer.saw)
    yield observed("empty_tag", value, "an empty tag", answer.exchange, saw=f"an empty tag brings {answer.saw.value}")


def ask_other_case(pbx: ProbedPbx) -> Observations:
    """Ask for a known tag in the other letter case."""
    for tag in pbx.tags:
        other = tag.swapcase()
        if not pbx.lists or not tag.isascii() or other == tag or other in pbx.tags:
            continue
        known = pbx.ask_known(Question("tag", tag))
        if known.saw is not Saw.LEGS:
            continue
        answer = pbx.ask(Question("tag", other))
        asked = "a known tag in the other letter case"
        calls = {leg.unique_id for leg in known.legs}
        found = any(leg.unique_id in calls and leg.tag != other for leg in answer.legs)
        value = "ignore-case" if found else "exact"
        yield observed("tag_match", None if answer.saw is Saw.BUSY else value, asked, answer.exchange)
        return


def ask_accented(pbx: ProbedPbx) -> Observations:
    """Ask for a known tag beyond ASCII, percent-encoded as UTF-8, then as ISO-8859-1."""
    for tag in pbx.tags:
        if not pbx.lists or tag.isascii():
            continue
        for charset in ("utf-8", "iso-8859-1"):
            request = pbx.request(Question("tag", "CHARSET"))
            try:
                encoded = "".join(f"%{byte:02X}" for byte in tag.encode(charset))
            except UnicodeEncodeError:
                continue
            exchange = pbx.client.send(
                request.method, request.url.replace("CHARSET", encoded), headers=request.headers, body=request.body
            )
            answer = pbx.read(Question("tag", tag), exchange)
            if any(leg.tag == tag for leg in answer.legs):
                yield observed("query_charset", charset, f"a known tag beyond ASCII, encoded as {charset}", exchange)
                return
