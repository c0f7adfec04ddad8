"""What answers give away: no credential, right or wrong, and nothing of the archive to who is refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from urllib.parse import quote, quote_plus

from noojee_contract.clients.client import Credentials, vendor_hash
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
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
    if exchange.response is not None:
        places |= {f"its header {name}": value.lower() for name, value in exchange.response.headers}
    for secret in secrets:
        for form in {secret.lower(), quote(secret, safe="").lower(), quote_plus(secret).lower()}:
            for place, text in places.items():
                if len(secret) >= SHORTEST and form in text:
                    return place
    return None


@clause("authentication.no-echo")
def test_no_answer_repeats_the_credentials(subject: Subject, check: Check) -> None:
    """DERIVED from W-AK: all communication by HTTPS, for the key is a secret."""
    for asked in one_recording(subject):
        request = request_of(subject, asked)
        other = "GET" if request.method == "POST" else "POST"
        answers = {
            "legs": ask(subject, asked),
            **dict(unasked(subject)),
            "an unknown method": unknown_path(subject, asked),
            other: send(subject, request, verb=other),
            "a recording that is not there": subject.client.by_unique_id("no-such-call.1"),
        }
        if subject.has_by_hour and subject.sandbox is not None:
            subject.space_by_hour()
            answers["a bad hour"] = subject.client.by_hour(DAY, "24")
            subject.client.by_hour(DAY, 15)
            answers["a second request by hour"] = subject.client.by_hour(DAY, 15)
        if subject.client.audio_template is not None and "audio" in subject.target.capabilities:
            answers["a sound that is not there"] = subject.client.sound("no-such-call.1", 1)
        for what, exchange in answers.items():
            place = _shows(exchange, subject.client.secrets)
            check(place is None, f"the answer to {what} shows a credential in {place}", exchange)


@clause("authentication.no-echo-of-wrong")
def test_a_refusal_repeats_no_credential_and_tells_none(subject: Subject, check: Check) -> None:
    """DERIVED from W-AK: a mistyped key is nearly the key, and the expected hash is as good as it."""
    tries: list[tuple[Credentials, tuple[str, ...]]]
    for asked in one_recording(subject):
        if subject.by_hash:
            now = str(stamp(subject))
            sent = vendor_hash(NOBODYS_KEY, now)
            credentials = subject.client.signed(now, key=NOBODYS_KEY)
            right = subject.client.signed(now)[1][1]
            stale = subject.client.signed(str(int(now) - 60_000))
            tries = [(credentials, (sent, right, subject.client.key)), (stale, (stale[1][1], subject.client.key))]
        else:
            known = [
                NOBODYS_KEY,
                *([subject.sandbox.user_key] if subject.sandbox is not None and subject.sandbox.user_key else []),
            ]
            tries = [(subject.client.in_place(wrong), (wrong, subject.client.key)) for wrong in known]
        for tried, secrets in tries:
            exchange = ask(subject, asked, credentials=tried)
            place = _shows(exchange, secrets)
            check(place is None, f"the refusal of a credential shows it, or the right one, in {place}", exchange)


@clause("authentication.no-oracle")
def test_a_refusal_is_the_same_for_what_is_there_and_what_is_not(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: credentials come before any metadata."""
    for unique_id in subject.unique_ids[:1]:
        told = []
        for asked in (unique_id, "no-such-call.1"):
            exchange = subject.client.by_unique_id(asked, credentials=wrong_credentials(subject))
            told.append((exchange.status, subject.failure(exchange), in_words(subject, exchange)))
        said = f"a wrong credential: {told[0][2]} for a call that is there, {told[1][2]} for one that is not"
        check(told[0] == told[1], said, exchange)
