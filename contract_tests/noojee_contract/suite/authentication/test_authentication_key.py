"""Keys: whole, the PBX's own, in the query and nowhere else; and sound, which wants them too."""

from __future__ import annotations

import base64
import json

from noojee_contract.clients.client import Query
from noojee_contract.engine.subject import Case, Judge, Unproved
from noojee_contract.model.exchange import Exchange, Headers
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    ask,
    choice_of_status,
    is_sound,
    judge_answered,
    judge_brings_nothing,
    judge_each_refused,
    judge_refused,
    named,
    one_question,
    one_recording,
    post,
    recordings,
    wrong_credentials,
)


def _judge_headers(case: Case, judge: Judge, headers: Headers, what: str) -> None:
    """Judge that a question without credentials in its query is refused, whatever headers it has."""
    for asked in one_recording(case):
        exchange = ask(case, asked, credentials=(), headers=headers)
        judge_refused(case, judge, exchange, what)


@clause("authentication.not-in-header")
def test_credentials_in_a_header_are_not_accepted(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4, W-D9: they are parameters. Row 16."""
    key = case.client.key
    names = ("x-api-key", "api-key", "apikey", "x-auth-token", "x-apikey")
    headers = [*((name, key) for name in names), ("authorization", f"Bearer {key}")]
    headers += [(name.lower(), value) for name, value in case.client.credentials()] if case.by_hash else []
    sent = tuple(dict(headers).items())
    _judge_headers(case, judge, sent, f"credentials in the headers {', '.join(name for name, _ in sent)}")


@clause("authentication.not-in-basic")
def test_a_key_as_user_or_password_is_not_accepted(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4, W-D9: they are parameters. Row 16."""
    for pair in (f"{case.client.key}:", f"apiKey:{case.client.key}"):
        coded = base64.b64encode(pair.encode()).decode()
        case.client.secrets.append(coded)
        _judge_headers(case, judge, (("authorization", f"Basic {coded}"),), "the key in HTTP Basic")


@clause("authentication.not-in-cookie")
def test_credentials_in_a_cookie_are_not_accepted(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4, W-D9: they are parameters. Row 16."""
    pairs = [("apiKey", case.client.key), *(case.client.credentials() if case.by_hash else ())]
    cookie = "; ".join(f"{name}={value}" for name, value in pairs)
    _judge_headers(case, judge, (("cookie", cookie),), "credentials in a cookie")


@clause("authentication.not-in-json-body")
def test_credentials_in_a_json_body_are_not_accepted(case: Case, judge: Judge) -> None:
    """DERIVED from W-A4, W-D9, W-HU: they are parameters, of the form type."""
    for asked in one_question(case):
        body = json.dumps({"apiKey": case.client.key, **dict(case.client.credentials())}).encode()
        headers = (("content-type", "application/json"),)
        exchange = post(case, asked, credentials=(), headers=headers, body=body)
        judge_refused(case, judge, exchange, "credentials in a JSON body")


@clause("authentication.forwarded-for")
def test_a_claim_to_be_the_pbx_itself_is_no_credential(case: Case, judge: Judge) -> None:
    """DOC W-AK: a list of allowed addresses stands beside the key, not in its place."""
    for name, value in (("x-forwarded-for", "127.0.0.1"), ("x-real-ip", "127.0.0.1"), ("forwarded", "for=127.0.0.1")):
        _judge_headers(case, judge, ((name, value),), f"no credentials, but {name}: {value}")


NOT_HERE = ("192.0.2.1",)  # of nobody: an address for documents


def _from_elsewhere(case: Case) -> tuple[Exchange, Exchange]:
    """The same question from an address that is not allowed, and then from one that is."""
    asked = []
    for allowed in (NOT_HERE, None):
        case.set("access", allowed_addresses=allowed)
        if case.dialect == "services":
            asked.append(case.client.order("start", (("extenOrUniqueId", "410"),)))
        else:
            asked.append(case.client.by_unique_id(case.unique_ids[0], credentials=_proof(case)))
    return asked[0], asked[1]


def _proof(case: Case) -> Query:
    """Credentials that need no question first: Time is not told to strangers."""
    if not case.by_hash:
        return case.client.credentials()
    return case.client.signed(str(int(case.zone_now().timestamp() * 1000)))


@clause("authentication.address")
def test_a_stranger_s_address_is_not_served(case: Case, judge: Judge) -> None:
    """DOC W-AK: only whitelisted IP addresses."""
    refused, served = _from_elsewhere(case.fresh())
    judge_brings_nothing(case, judge, refused, "right credentials from an address that is not allowed")
    judge_answered(case, judge, served, "right credentials from an address that is allowed")


@clause("authentication.address-refused")
def test_a_stranger_s_address_is_refused_as_declared(case: Case, judge: Judge) -> None:
    """UNKNOWN row 42."""
    exchange, _ = _from_elsewhere(case.fresh())
    seen = "closed" if exchange.answered is None else str(exchange.status)
    judge.choice(case, "address_refused", seen, exchange)


@clause("authentication.key-whole")
def test_a_part_of_the_key_is_refused(case: Case, judge: Judge) -> None:
    """DOC W-D9: apiKey is the key."""
    key = case.client.key
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
    case.client.secrets += other.values()
    right = case.client.in_place(key)  # in a header, spaces around a value are none of it
    attempts = ((what, case.client.in_place(value)) for what, value in other.items())
    judge_each_refused(case, judge, ((what, made) for what, made in attempts if made != right))


@clause("authentication.key-letter-case")
def test_the_key_in_other_letter_case_is_refused(case: Case, judge: Judge) -> None:
    """UNKNOWN: the sample is in lower case (DOC W-ST)."""
    swapped = case.client.key.swapcase()
    for asked in one_recording(case):
        if swapped != case.client.key:
            case.client.secrets.append(swapped)
            exchange = ask(case, asked, credentials=case.client.in_place(swapped))
            judge_brings_nothing(case, judge, exchange, "the key with its letter case swapped")


def _user_key(case: Case) -> str:
    """The key of a user of a filled PBX. Raises Unproved where it tells none."""
    if case.world is None or not case.world.user_key:
        raise Unproved("the target tells no user key")
    return case.world.user_key


@clause("authentication.user-key")
def test_the_key_of_a_user_is_refused(case: Case, judge: Judge) -> None:
    """DOC W-AK: a user key has no access to API endpoints that are not about campaigns."""
    for asked in recordings(case):
        exchange = ask(case, asked, credentials=(("apiKey", _user_key(case)),))
        judge_refused(case, judge, exchange, f"{named(asked)} with the key of a user")


@clause("authentication.user-key-status")
def test_the_key_of_a_user_has_the_declared_status(case: Case, judge: Judge) -> None:
    """UNKNOWN row 41."""
    for asked in one_recording(case):
        exchange = ask(case, asked, credentials=(("apiKey", _user_key(case)),))
        judge.choice(case, "user_key_status", choice_of_status(case, exchange), exchange)


@clause("authentication.sound-guarded")
def test_sound_wants_credentials(case: Case, judge: Judge) -> None:
    """DOC W-A1, W-D9: credentials belong to every call; and sound is what they protect."""
    for unique_id in case.unique_ids[:1]:
        for leg in case.by_unique_id(unique_id).legs[:1]:
            for what, credentials in (("without credentials", ()), ("with wrong ones", wrong_credentials(case))):
                exchange = case.client.sound(unique_id, leg.number, credentials=credentials)
                judge(not is_sound(exchange), f"the sound of a leg came {what}", exchange)
                judge_refused(case, judge, exchange, f"the sound of a leg, {what}")
