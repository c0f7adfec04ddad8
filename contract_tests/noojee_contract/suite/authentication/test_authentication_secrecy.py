"""No answer shows a credential, and no refusal shows whether a recording exists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, quote_plus

from noojee_contract.clients.client import Credentials
from noojee_contract.dialects.schemes import vendor_hash
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    UNUSED_KEY,
    ask,
    describe_exchange,
    first_question,
    is_unanswered,
    pbx_millis,
    present,
    request_of,
    send,
    unknown_path,
    without_parameter,
    wrong_credentials,
)

DAY = date(2021, 9, 14)
SHORTEST = 8  # characters; an answer may have a shorter value by chance


@dataclass(frozen=True, slots=True)
class Leak:
    """Where an answer shows a credential: in this header, or in its body."""

    header: str | None

    def __str__(self) -> str:
        return "its body" if self.header is None else f"its header {self.header}"


def _leak(exchange: Exchange, secrets: Iterable[str]) -> Leak | None:
    """The place where an answer shows one of these values; None if it shows none."""
    places = {Leak(None): exchange.body.decode("latin-1").lower()}
    if exchange.response is not None:
        places |= {Leak(name): value.lower() for name, value in exchange.response.headers}
    for secret in secrets:
        for form in {secret.lower(), quote(secret, safe="").lower(), quote_plus(secret).lower()}:
            for place, text in places.items():
                if len(secret) >= SHORTEST and form in text:
                    return place
    return None


def _check_no_leak(check: Check, exchange: Exchange, secrets: Iterable[str], what: str) -> None:
    """Check that an answer shows none of these credentials. `what` is the subject of the message."""
    leak = _leak(exchange, secrets)
    header = None if leak is None or leak.header is None else leak.header.title()
    check(leak is None, f"{what} in {leak}", exchange, kind=FailureKind.LEAKED_CREDENTIAL, header=header)


@clause("authentication.no-echo")
def test_no_answer_repeats_the_credentials(subject: Subject, check: Check) -> None:
    """DERIVED from W-AK: all communication is by HTTPS, so the key is a secret."""
    for question in first_question(subject):
        request = request_of(subject, question)
        other = "GET" if request.method == "POST" else "POST"
        answers = {
            "legs": ask(subject, question),
            **dict(without_parameter(subject)),
            "an unknown method": unknown_path(subject, question),
            other: send(subject, request, verb=other),
            "an unknown recording": subject.client.by_unique_id("no-such-call.1"),
        }
        if subject.has_by_hour and subject.sandbox is not None:
            answers["a bad hour"] = subject.ask_by_hour(DAY, "24")
            subject.client.by_hour(DAY, 15)
            answers["a second request by hour"] = subject.client.by_hour(DAY, 15)
        if subject.client.audio_template is not None and "audio" in subject.target.capabilities:
            answers["an unknown sound"] = subject.client.sound("no-such-call.1", 1)
        for what, exchange in answers.items():
            _check_no_leak(check, exchange, subject.client.secrets, f"the answer to {what} shows a credential")


@clause("authentication.no-echo-of-wrong")
def test_a_refusal_shows_no_credential(subject: Subject, check: Check) -> None:
    """DERIVED from W-AK: a mistyped key is almost the key, and the expected hash gives the same access."""
    tries: list[tuple[Credentials, tuple[str, ...]]]
    for question in first_question(subject):
        if subject.by_hash:
            now = str(pbx_millis(subject))
            sent = vendor_hash(UNUSED_KEY, now)
            credentials = subject.client.signed(now, key=UNUSED_KEY)
            right = subject.client.signed(now)[1][1]
            stale = subject.client.signed(str(int(now) - 60_000))
            tries = [(credentials, (sent, right, subject.client.key)), (stale, (stale[1][1], subject.client.key))]
        else:
            keys = [UNUSED_KEY]
            if subject.sandbox is not None and subject.sandbox.user_key:
                keys.append(subject.sandbox.user_key)
            tries = [(subject.client.in_place(wrong), (wrong, subject.client.key)) for wrong in keys]
        for tried, secrets in tries:
            exchange = ask(subject, question, credentials=tried)
            if not is_unanswered(subject, check, exchange, "a wrong credential"):
                what = "the refusal of a credential shows it, or the right credential,"
                _check_no_leak(check, exchange, secrets, what)


@clause("authentication.no-oracle")
def test_a_refusal_is_the_same_with_and_without_a_recording(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4: credentials are checked before the archive is searched."""
    for unique_id in present(subject, "unique_id"):
        known, absent = (
            subject.client.by_unique_id(value, credentials=wrong_credentials(subject))
            for value in (unique_id, "no-such-call.1")
        )
        if known.response is None and is_unanswered(subject, check, absent, "a wrong credential"):
            continue
        expected, actual = describe_exchange(subject, known), describe_exchange(subject, absent)
        same_answer = known.status == absent.status and subject.error_body(known) == subject.error_body(absent)
        check(
            same_answer and expected == actual,
            f"a wrong credential: {expected} for a call that is there, {actual} for an unknown call",
            absent,
            kind=FailureKind.ANSWERS_DIFFER,
            expected=expected,
            actual=actual,
        )
