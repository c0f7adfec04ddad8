"""Keys: only the whole key of the PBX in the query is accepted. Audio needs credentials too."""

from __future__ import annotations

import base64
import json

from noojee_contract.clients.client import Query
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange, Headers
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    ask,
    check_answered,
    check_credentials_get_nothing,
    check_credentials_refused,
    check_each_refused,
    describe_question,
    first_question,
    first_vendor_question,
    has_audio,
    has_legs,
    post,
    present,
    questions,
    refusal_status,
    wrong_credentials,
)


def _check_headers(subject: Subject, check: Check, headers: Headers, what: str) -> None:
    """Check that a question without credentials in its query is refused with these headers."""
    for question in first_question(subject):
        exchange = ask(subject, question, credentials=(), headers=headers)
        check_credentials_refused(subject, check, exchange, what)


@clause("authentication.not-in-header")
def test_credentials_in_a_header_are_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: they are parameters."""
    key = subject.client.key
    names = ("x-api-key", "api-key", "apikey", "x-auth-token", "x-apikey")
    headers = [*((name, key) for name in names), ("authorization", f"Bearer {key}")]
    headers += [(name.lower(), value) for name, value in subject.client.credentials()] if subject.by_hash else []
    sent = tuple(dict(headers).items())
    _check_headers(subject, check, sent, f"credentials in the headers {', '.join(name for name, _ in sent)}")


@clause("authentication.not-in-basic")
def test_a_key_as_user_or_password_is_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: they are parameters."""
    for pair in (f"{subject.client.key}:", f"apiKey:{subject.client.key}"):
        coded = base64.b64encode(pair.encode()).decode()
        subject.client.secrets.append(coded)
        _check_headers(subject, check, (("authorization", f"Basic {coded}"),), "the key in HTTP Basic")


@clause("authentication.not-in-cookie")
def test_credentials_in_a_cookie_are_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: they are parameters."""
    pairs = [("apiKey", subject.client.key), *(subject.client.credentials() if subject.by_hash else ())]
    cookie = "; ".join(f"{name}={value}" for name, value in pairs)
    _check_headers(subject, check, (("cookie", cookie),), "credentials in a cookie")


@clause("authentication.session")
def test_a_session_cookie_is_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: each request carries its own credentials. The other clauses ignore cookies."""
    for question in questions(subject):
        accepted = ask(subject, question)
        if not has_legs(subject, accepted):
            continue
        cookies = _cookies_of(accepted)
        names = ", ".join(name for name, _ in cookies)
        if not cookies:
            check(True, "no cookie is set", accepted, kind=FailureKind.NOT_REFUSED)
            continue
        sent = "; ".join(f"{name}={value}" for name, value in cookies)
        exchange = ask(subject, question, credentials=(), headers=(("cookie", sent),))
        check_credentials_refused(
            subject, check, exchange, f"no credentials, but the cookie {names} of an accepted request"
        )


def _cookies_of(exchange: Exchange) -> list[tuple[str, str]]:
    """The names and values of the printable cookies that an answer sets."""
    assert exchange.response is not None
    pairs = (
        value.partition(";")[0].partition("=") for name, value in exchange.response.headers if name == "set-cookie"
    )
    cookies = [(name.strip(), value.strip()) for name, _, value in pairs]
    return [
        (name, value) for name, value in cookies if name and (pair := f"{name}{value}").isascii() and pair.isprintable()
    ]


@clause("authentication.not-in-json-body")
def test_credentials_in_a_json_body_are_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9, W-HU: they are parameters, of the form type."""
    for question in first_vendor_question(subject):
        body = json.dumps({"apiKey": subject.client.key, **dict(subject.client.credentials())}).encode()
        headers = (("content-type", "application/json"),)
        exchange = post(subject, question, credentials=(), headers=headers, body=body)
        check_credentials_refused(subject, check, exchange, "credentials in a JSON body")


@clause("authentication.forwarded-for")
def test_a_forwarded_local_address_is_no_credential(subject: Subject, check: Check) -> None:
    """DOC W-AK: allowed addresses are required in addition to the key. They do not replace it."""
    for name, value in (("x-forwarded-for", "127.0.0.1"), ("x-real-ip", "127.0.0.1"), ("forwarded", "for=127.0.0.1")):
        _check_headers(subject, check, ((name, value),), f"no credentials, but {name}: {value}")


OTHER_ADDRESSES = ("192.0.2.1",)  # reserved for documentation (RFC 5737)
CLOSED = "closed"
"""The value of option address_refused of a PBX that closes the connection."""


def _from_two_addresses(subject: Subject) -> tuple[Exchange, Exchange]:
    """The answers to one question from an address that is not allowed, and from an allowed address."""
    exchanges = []
    for allowed in (OTHER_ADDRESSES, None):
        subject.set("access", allowed_addresses=allowed)
        if subject.dialect == "services":
            exchanges.append(subject.client.command("start", (("extenOrUniqueId", "410"),)))
        else:
            exchanges.append(
                subject.client.by_unique_id(subject.unique_ids[0], credentials=_credentials_without_time(subject))
            )
    return exchanges[0], exchanges[1]


def _credentials_without_time(subject: Subject) -> Query:
    """Credentials made without a request for Time, which a PBX refuses to other addresses."""
    if not subject.by_hash:
        return subject.client.credentials()
    return subject.client.signed(str(int(subject.zone_now().timestamp() * 1000)))


@clause("authentication.address")
def test_an_address_that_is_not_allowed_gets_no_recording(subject: Subject, check: Check) -> None:
    """DOC W-AK: only whitelisted IP addresses."""
    refused, served = _from_two_addresses(subject.fresh())
    if refused.response is not None or subject.profile.get("address_refused") != CLOSED:
        what = "right credentials from an address that is not allowed"
        check_credentials_get_nothing(subject, check, refused, what)
    check_answered(subject, check, served, "right credentials from an address that is allowed")


@clause("authentication.address-refused")
def test_an_address_that_is_not_allowed_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option address_refused."""
    exchange, _ = _from_two_addresses(subject.fresh())
    seen = CLOSED if exchange.response is None else str(exchange.status)
    check.option(subject, "address_refused", seen, exchange)


@clause("authentication.key-whole")
def test_a_part_of_the_key_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-D9: apiKey is the key."""
    key = subject.client.key
    wrong_keys = {
        "the key without its last character": key[:-1],
        "the key without its first character": key[1:],
        "the first half of the key": key[: len(key) // 2],
        "the key and one character more": f"{key}0",
        "the key twice": key * 2,
        "the key without its dashes": key.replace("-", "") if "-" in key else key[1:-1],
        "the key with its first character changed": ("0" if key[0] != "0" else "1") + key[1:],
        "the key with a space before it": f" {key}",
        "the key with a space behind it": f"{key} ",
        "the key with its last character changed": key[:-1] + ("0" if key[-1] != "0" else "1"),
    }
    subject.client.secrets += wrong_keys.values()
    right = subject.client.in_place(key)  # a header drops the spaces around its value
    attempts = ((what, subject.client.in_place(value)) for what, value in wrong_keys.items())
    check_each_refused(subject, check, ((what, made) for what, made in attempts if made != right))


@clause("authentication.key-letter-case")
def test_the_key_in_other_letter_case_is_refused(subject: Subject, check: Check) -> None:
    """UNKNOWN: the sample is in lower case (DOC W-ST)."""
    swapped = subject.client.key.swapcase()
    for question in first_question(subject):
        if swapped != subject.client.key:
            subject.client.secrets.append(swapped)
            exchange = ask(subject, question, credentials=subject.client.in_place(swapped))
            check_credentials_get_nothing(subject, check, exchange, "the key with its letter case swapped")


def _user_key(subject: Subject) -> str:
    """The key of a user of a sandbox. Raises Inconclusive if the target gives none."""
    if subject.sandbox is None or not subject.sandbox.user_key:
        raise Inconclusive("the target gives no user key")
    return subject.sandbox.user_key


@clause("authentication.user-key")
def test_the_key_of_a_user_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-AK: a user key has no access to API endpoints that are not about campaigns."""
    for question in questions(subject):
        exchange = ask(subject, question, credentials=(("apiKey", _user_key(subject)),))
        check_credentials_refused(subject, check, exchange, f"{describe_question(question)} with the key of a user")


@clause("authentication.user-key-status")
def test_the_key_of_a_user_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN: option user_key_status."""
    for question in first_question(subject):
        exchange = ask(subject, question, credentials=(("apiKey", _user_key(subject)),))
        check.option(subject, "user_key_status", refusal_status(subject, exchange), exchange)


@clause("authentication.sound-guarded")
def test_audio_needs_credentials(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-D9: every request needs credentials."""
    for unique_id in present(subject, "unique_id"):
        for leg in subject.by_unique_id(unique_id).legs[:1]:
            for what, credentials in (
                ("without credentials", ()),
                ("with wrong credentials", wrong_credentials(subject)),
            ):
                exchange = subject.client.sound(unique_id, leg.number, credentials=credentials)
                if exchange.response is not None:
                    message = f"the sound of a leg came {what}"
                    check(not has_audio(exchange), message, exchange, kind=FailureKind.NOT_REFUSED)
                check_credentials_refused(subject, check, exchange, f"the sound of a leg, {what}")
