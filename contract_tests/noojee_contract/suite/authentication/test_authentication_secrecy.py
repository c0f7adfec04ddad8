"""What answers give away: no credential, right or wrong, and nothing of the archive to who is refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from urllib.parse import quote, quote_plus

from noojee_contract.clients.client import Credentials, ticket_hash
from noojee_contract.engine.subject import Case, Judge
from noojee_contract.model.exchange import Exchange
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    NOBODYS_KEY,
    ask,
    in_words,
    one_recording,
    request_of,
    send,
    stamp,
    unasked,
    unknown_path,
    wrong_credentials,
)

DAY = date(2021, 9, 14)
SHORTEST = 8  # characters; a shorter value may stand in an answer by chance


def _shows(exchange: Exchange, secrets: Iterable[str]) -> str | None:
    """Where an answer shows one of some values: "its body", or the name of a header."""
    places = {"its body": exchange.body.decode("latin-1").lower()}
    if exchange.answered is not None:
        places |= {f"its header {name}": value.lower() for name, value in exchange.answered.headers}
    for secret in secrets:
        for form in {secret.lower(), quote(secret, safe="").lower(), quote_plus(secret).lower()}:
            for place, text in places.items():
                if len(secret) >= SHORTEST and form in text:
                    return place
    return None


@clause("authentication.no-echo")
def test_no_answer_repeats_the_credentials(case: Case, judge: Judge) -> None:
    """DERIVED from W-AK: all communication by HTTPS, for the key is a secret."""
    for asked in one_recording(case):
        request = request_of(case, asked)
        other = "GET" if request.verb == "POST" else "POST"
        answers = {
            "legs": ask(case, asked),
            **dict(unasked(case)),
            "an unknown method": unknown_path(case, asked),
            other: send(case, request, verb=other),
            "a recording that is not there": case.client.by_unique_id("no-such-call.1"),
        }
        if case.has_by_hour and case.world is not None:
            case.space_by_hour()
            answers["a bad hour"] = case.client.by_hour(DAY, "24")
            case.client.by_hour(DAY, 15)
            answers["a second request by hour"] = case.client.by_hour(DAY, 15)
        if case.client.audio_template is not None and "audio" in case.target.capabilities:
            answers["a sound that is not there"] = case.client.sound("no-such-call.1", 1)
        for what, exchange in answers.items():
            place = _shows(exchange, case.client.secrets)
            judge(place is None, f"the answer to {what} shows a credential in {place}", exchange)


@clause("authentication.no-echo-of-wrong")
def test_a_refusal_repeats_no_credential_and_tells_none(case: Case, judge: Judge) -> None:
    """DERIVED from W-AK: a mistyped key is nearly the key, and the expected hash is as good as it."""
    tries: list[tuple[Credentials, tuple[str, ...]]]
    for asked in one_recording(case):
        if case.by_hash:
            now = str(stamp(case))
            sent = ticket_hash(NOBODYS_KEY, now)
            credentials = case.client.signed(now, key=NOBODYS_KEY)
            right = case.client.signed(now)[1][1]
            stale = case.client.signed(str(int(now) - 60_000))
            tries = [(credentials, (sent, right, case.client.key)), (stale, (stale[1][1], case.client.key))]
        else:
            known = [NOBODYS_KEY, *([case.world.user_key] if case.world is not None and case.world.user_key else [])]
            tries = [(case.client.in_place(wrong), (wrong, case.client.key)) for wrong in known]
        for tried, secrets in tries:
            exchange = ask(case, asked, credentials=tried)
            place = _shows(exchange, secrets)
            judge(place is None, f"the refusal of a credential shows it, or the right one, in {place}", exchange)


@clause("authentication.no-oracle")
def test_a_refusal_is_the_same_for_what_is_there_and_what_is_not(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4: credentials come before any metadata."""
    for unique_id in case.unique_ids[:1]:
        told = []
        for asked in (unique_id, "no-such-call.1"):
            exchange = case.client.by_unique_id(asked, credentials=wrong_credentials(case))
            told.append((exchange.status, case.failure(exchange), in_words(case, exchange)))
        said = f"a wrong credential: {told[0][2]} for a call that is there, {told[1][2]} for one that is not"
        judge(told[0] == told[1], said, exchange)
