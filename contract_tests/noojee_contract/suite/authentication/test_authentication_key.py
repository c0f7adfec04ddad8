"""Keys: whole, the PBX's own, in the query and nowhere else; and sound, which wants them too."""

from __future__ import annotations

import base64
import json

from noojee_contract.clients.client import Query
from noojee_contract.engine.check import Check, Inconclusive
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange, Headers
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    ask,
    check_answered,
    check_brings_nothing,
    check_each_refused,
    check_refused,
    choice_of_status,
    is_sound,
    named,
    one_question,
    one_recording,
    post,
    recordings,
    wrong_credentials,
)


def _check_headers(subject: Subject, check: Check, headers: Headers, what: str) -> None:
    """Check that a question without credentials in its query is refused, whatever headers it has."""
    for asked in one_recording(subject):
        exchange = ask(subject, asked, credentials=(), headers=headers)
        check_refused(subject, check, exchange, what)


@clause("authentication.not-in-header")
def test_credentials_in_a_header_are_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: they are parameters. Row 16."""
    key = subject.client.key
    names = ("x-api-key", "api-key", "apikey", "x-auth-token", "x-apikey")
    headers = [*((name, key) for name in names), ("authorization", f"Bearer {key}")]
    headers += [(name.lower(), value) for name, value in subject.client.credentials()] if subject.by_hash else []
    sent = tuple(dict(headers).items())
    _check_headers(subject, check, sent, f"credentials in the headers {', '.join(name for name, _ in sent)}")


@clause("authentication.not-in-basic")
def test_a_key_as_user_or_password_is_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: they are parameters. Row 16."""
    for pair in (f"{subject.client.key}:", f"apiKey:{subject.client.key}"):
        coded = base64.b64encode(pair.encode()).decode()
        subject.client.secrets.append(coded)
        _check_headers(subject, check, (("authorization", f"Basic {coded}"),), "the key in HTTP Basic")


@clause("authentication.not-in-cookie")
def test_credentials_in_a_cookie_are_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9: they are parameters. Row 16."""
    pairs = [("apiKey", subject.client.key), *(subject.client.credentials() if subject.by_hash else ())]
    cookie = "; ".join(f"{name}={value}" for name, value in pairs)
    _check_headers(subject, check, (("cookie", cookie),), "credentials in a cookie")


@clause("authentication.not-in-json-body")
def test_credentials_in_a_json_body_are_not_accepted(subject: Subject, check: Check) -> None:
    """DERIVED from W-A4, W-D9, W-HU: they are parameters, of the form type."""
    for asked in one_question(subject):
        body = json.dumps({"apiKey": subject.client.key, **dict(subject.client.credentials())}).encode()
        headers = (("content-type", "application/json"),)
        exchange = post(subject, asked, credentials=(), headers=headers, body=body)
        check_refused(subject, check, exchange, "credentials in a JSON body")


@clause("authentication.forwarded-for")
def test_a_claim_to_be_the_pbx_itself_is_no_credential(subject: Subject, check: Check) -> None:
    """DOC W-AK: a list of allowed addresses stands beside the key, not in its place."""
    for name, value in (("x-forwarded-for", "127.0.0.1"), ("x-real-ip", "127.0.0.1"), ("forwarded", "for=127.0.0.1")):
        _check_headers(subject, check, ((name, value),), f"no credentials, but {name}: {value}")


NOT_HERE = ("192.0.2.1",)  # of nobody: an address for documents


def _from_elsewhere(subject: Subject) -> tuple[Exchange, Exchange]:
    """The same question from an address that is not allowed, and then from one that is."""
    asked = []
    for allowed in (NOT_HERE, None):
        subject.set("access", allowed_addresses=allowed)
        if subject.dialect == "services":
            asked.append(subject.client.order("start", (("extenOrUniqueId", "410"),)))
        else:
            asked.append(subject.client.by_unique_id(subject.unique_ids[0], credentials=_proof(subject)))
    return asked[0], asked[1]


def _proof(subject: Subject) -> Query:
    """Credentials that need no question first: Time is not told to strangers."""
    if not subject.by_hash:
        return subject.client.credentials()
    return subject.client.signed(str(int(subject.zone_now().timestamp() * 1000)))


@clause("authentication.address")
def test_a_stranger_s_address_is_not_served(subject: Subject, check: Check) -> None:
    """DOC W-AK: only whitelisted IP addresses."""
    refused, served = _from_elsewhere(subject.fresh())
    check_brings_nothing(subject, check, refused, "right credentials from an address that is not allowed")
    check_answered(subject, check, served, "right credentials from an address that is allowed")


@clause("authentication.address-refused")
def test_a_stranger_s_address_is_refused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 42."""
    exchange, _ = _from_elsewhere(subject.fresh())
    seen = "closed" if exchange.response is None else str(exchange.status)
    check.option(subject, "address_refused", seen, exchange)


@clause("authentication.key-whole")
def test_a_part_of_the_key_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-D9: apiKey is the key."""
    key = subject.client.key
    other = {
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
    subject.client.secrets += other.values()
    right = subject.client.in_place(key)  # in a header, spaces around a value are none of it
    attempts = ((what, subject.client.in_place(value)) for what, value in other.items())
    check_each_refused(subject, check, ((what, made) for what, made in attempts if made != right))


@clause("authentication.key-letter-case")
def test_the_key_in_other_letter_case_is_refused(subject: Subject, check: Check) -> None:
    """UNKNOWN: the sample is in lower case (DOC W-ST)."""
    swapped = subject.client.key.swapcase()
    for asked in one_recording(subject):
        if swapped != subject.client.key:
            subject.client.secrets.append(swapped)
            exchange = ask(subject, asked, credentials=subject.client.in_place(swapped))
            check_brings_nothing(subject, check, exchange, "the key with its letter case swapped")


def _user_key(subject: Subject) -> str:
    """The key of a user of a filled PBX. Raises Inconclusive where it tells none."""
    if subject.sandbox is None or not subject.sandbox.user_key:
        raise Inconclusive("the target tells no user key")
    return subject.sandbox.user_key


@clause("authentication.user-key")
def test_the_key_of_a_user_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-AK: a user key has no access to API endpoints that are not about campaigns."""
    for asked in recordings(subject):
        exchange = ask(subject, asked, credentials=(("apiKey", _user_key(subject)),))
        check_refused(subject, check, exchange, f"{named(asked)} with the key of a user")


@clause("authentication.user-key-status")
def test_the_key_of_a_user_has_the_declared_status(subject: Subject, check: Check) -> None:
    """UNKNOWN row 41."""
    for asked in one_recording(subject):
        exchange = ask(subject, asked, credentials=(("apiKey", _user_key(subject)),))
        check.option(subject, "user_key_status", choice_of_status(subject, exchange), exchange)


@clause("authentication.sound-guarded")
def test_sound_wants_credentials(subject: Subject, check: Check) -> None:
    """DOC W-A1, W-D9: credentials belong to every call; and sound is what they protect."""
    for unique_id in subject.unique_ids[:1]:
        for leg in subject.by_unique_id(unique_id).legs[:1]:
            for what, credentials in (("without credentials", ()), ("with wrong ones", wrong_credentials(subject))):
                exchange = subject.client.sound(unique_id, leg.number, credentials=credentials)
                check(not is_sound(exchange), f"the sound of a leg came {what}", exchange)
                check_refused(subject, check, exchange, f"the sound of a leg, {what}")
