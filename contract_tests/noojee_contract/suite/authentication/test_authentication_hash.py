"""The hash of the legacy API: the hex sha256 of key, colon and time stamp. No other hash is accepted."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator

from noojee_contract.clients.client import Query
from noojee_contract.dialects.schemes import vendor_hash
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    ask,
    check_answered,
    check_credentials_get_nothing,
    check_credentials_refused,
    check_each_refused,
    describe_exchange,
    first_question,
    has_legs,
    hash_credentials,
    is_refused,
    pbx_millis,
    sha256,
)

Recipe = Callable[[str, str], str]

TEXTS: dict[str, Recipe] = {
    "time stamp, colon, key": lambda key, time: sha256(f"{time}:{key}"),
    "key and time stamp without a colon": lambda key, time: sha256(f"{key}{time}"),
    "the key alone": lambda key, time: sha256(key),
    "the time stamp alone": lambda key, time: sha256(time),
    "the time stamp in seconds": lambda key, time: sha256(f"{key}:{time[:-3]}"),
    "a line end after the time stamp": lambda key, time: sha256(f"{key}:{time}\n"),
    "no key": lambda key, time: sha256(f":{time}"),
    "another separator than a colon": lambda key, time: sha256(f"{key}&{time}"),
}
FUNCTIONS: dict[str, Recipe] = {
    "md5": lambda key, time: hashlib.md5(f"{key}:{time}".encode(), usedforsecurity=False).hexdigest(),
    "sha1": lambda key, time: hashlib.sha1(f"{key}:{time}".encode(), usedforsecurity=False).hexdigest(),
    "sha512": lambda key, time: hashlib.sha512(f"{key}:{time}".encode()).hexdigest(),
    "HMAC-sha256": lambda key, time: hmac.new(key.encode(), time.encode(), "sha256").hexdigest(),
    "sha256 of sha256": lambda key, time: sha256(vendor_hash(key, time)),
    "sha256 in base64": lambda key, time: base64.b64encode(bytes.fromhex(vendor_hash(key, time))).decode(),
    "the text itself, without a hash": lambda key, time: f"{key}:{time}",
}
PARTS: dict[str, Recipe] = {
    "its first 63 characters": lambda key, time: vendor_hash(key, time)[:63],
    "its first 32 characters": lambda key, time: vendor_hash(key, time)[:32],
    "its first 8 characters": lambda key, time: vendor_hash(key, time)[:8],
    "its last 63 characters": lambda key, time: vendor_hash(key, time)[1:],
    "one character more": lambda key, time: vendor_hash(key, time) + "0",
    "its last character changed": lambda key, time: vendor_hash(key, time)[:-1] + "x",
    "itself twice": lambda key, time: vendor_hash(key, time) * 2,
}


def _check_recipes(subject: Subject, check: Check, recipes: dict[str, Recipe], what: str) -> None:
    """Check that each wrong hash is refused. Each one has a fresh time stamp."""

    def attempts() -> Iterator[tuple[str, Query]]:
        for name, recipe in recipes.items():
            time_stamp = str(pbx_millis(subject))
            yield f"{what} {name}", hash_credentials(subject, time_stamp, recipe(subject.client.key, time_stamp))

    check_each_refused(subject, check, attempts())


@clause("authentication.hash-text")
def test_a_hash_of_another_text_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: sha256Hex(apiKey + ":" + timeStamp)."""
    _check_recipes(subject, check, TEXTS, "a hash of")


@clause("authentication.hash-function")
def test_a_hash_by_another_function_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: sha256Hex(apiKey + ":" + timeStamp)."""
    _check_recipes(subject, check, FUNCTIONS, "the hash as")


@clause("authentication.hash-whole")
def test_a_part_of_the_hash_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: sha256Hex has 64 characters; the sample of 63 characters on the page is a misprint (DERIVED)."""
    _check_recipes(subject, check, PARTS, "of the hash")


@clause("authentication.hash-bound")
def test_a_hash_of_another_fresh_time_stamp_is_refused(subject: Subject, check: Check) -> None:
    """DOC W-A1: the time stamp stops replay."""
    for question in first_question(subject):
        for off in (1, 40, 1000):
            now = pbx_millis(subject)
            credentials = hash_credentials(subject, now - off, vendor_hash(subject.client.key, str(now)))
            check_credentials_refused(
                subject,
                check,
                ask(subject, question, credentials=credentials),
                f"the hash of a time stamp {off} ms newer than the time stamp sent",
            )


@clause("authentication.hash-replayed")
def test_an_accepted_hash_is_refused_with_another_time_stamp(subject: Subject, check: Check) -> None:
    """DOC W-A1: the time stamp stops replay."""
    for question in first_question(subject):
        hash_pair = subject.client.new_hash()
        check_answered(subject, check, ask(subject, question, credentials=hash_pair), "a fresh hash")
        replayed = hash_credentials(subject, pbx_millis(subject) - 7, hash_pair[1][1])
        check_credentials_refused(
            subject, check, ask(subject, question, credentials=replayed), "an accepted hash with another time stamp"
        )


@clause("authentication.hash-letter-case")
def test_an_upper_case_hash_is_refused(subject: Subject, check: Check) -> None:
    """UNKNOWN: the samples are in lower case (DOC); a Java server compares texts."""
    for question in first_question(subject):
        time_stamp = pbx_millis(subject)
        digest = vendor_hash(subject.client.key, str(time_stamp)).upper()
        exchange = ask(subject, question, credentials=hash_credentials(subject, time_stamp, digest))
        check_credentials_get_nothing(subject, check, exchange, "the hash in upper case")


@clause("authentication.hash-reuse")
def test_a_hash_can_be_reused_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option hash_reuse. DOC W-A1 says both: valid for ten seconds, and a one time hash."""
    for question in first_question(subject):
        hash_pair = subject.client.new_hash(renewable=False)
        check_answered(subject, check, ask(subject, question, credentials=hash_pair), "a fresh hash")
        again = ask(subject, question, credentials=hash_pair)
        used, left = has_legs(subject, again), is_refused(subject, again)
        seen = "within-window" if used else "once" if left else f"other: {describe_exchange(subject, again)}"
        check.option(subject, "hash_reuse", seen, again)
