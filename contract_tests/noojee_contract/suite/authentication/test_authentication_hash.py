"""The hash of the legacy API: sha256 in hex of key, colon, time stamp, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator

from noojee_contract.clients.client import Query, ticket_hash
from noojee_contract.engine.subject import Case, Judge
from noojee_contract.suite import clause
from noojee_contract.suite.support.queries import (
    answers_it,
    ask,
    in_words,
    judge_answered,
    judge_brings_nothing,
    judge_each_refused,
    judge_refused,
    one_recording,
    proof,
    refuses,
    sha256,
    stamp,
)

Recipe = Callable[[str, str], str]

TEXTS: dict[str, Recipe] = {
    "time stamp, colon, key": lambda key, time: sha256(f"{time}:{key}"),
    "key and time stamp without a colon": lambda key, time: sha256(f"{key}{time}"),
    "the key alone": lambda key, time: sha256(key),
    "the time stamp alone": lambda key, time: sha256(time),
    "the time stamp in seconds": lambda key, time: sha256(f"{key}:{time[:-3]}"),
    "a line end after it": lambda key, time: sha256(f"{key}:{time}\n"),
    "no key": lambda key, time: sha256(f":{time}"),
    "another sign than a colon": lambda key, time: sha256(f"{key}&{time}"),
}
FUNCTIONS: dict[str, Recipe] = {
    "md5": lambda key, time: hashlib.md5(f"{key}:{time}".encode(), usedforsecurity=False).hexdigest(),
    "sha1": lambda key, time: hashlib.sha1(f"{key}:{time}".encode(), usedforsecurity=False).hexdigest(),
    "sha512": lambda key, time: hashlib.sha512(f"{key}:{time}".encode()).hexdigest(),
    "HMAC-sha256": lambda key, time: hmac.new(key.encode(), time.encode(), "sha256").hexdigest(),
    "sha256 of sha256": lambda key, time: sha256(ticket_hash(key, time)),
    "sha256 in base64": lambda key, time: base64.b64encode(bytes.fromhex(ticket_hash(key, time))).decode(),
    "no hash, but the text itself": lambda key, time: f"{key}:{time}",
}
PARTS: dict[str, Recipe] = {
    "its first 63 characters": lambda key, time: ticket_hash(key, time)[:63],
    "its first 32 characters": lambda key, time: ticket_hash(key, time)[:32],
    "its first 8 characters": lambda key, time: ticket_hash(key, time)[:8],
    "its last 63 characters": lambda key, time: ticket_hash(key, time)[1:],
    "one character more": lambda key, time: ticket_hash(key, time) + "0",
    "its last character changed": lambda key, time: ticket_hash(key, time)[:-1] + "x",
    "itself twice": lambda key, time: ticket_hash(key, time) * 2,
}


def _judge_recipes(case: Case, judge: Judge, recipes: dict[str, Recipe], what: str) -> None:
    """Judge that each hash made by a wrong recipe is refused, with a fresh time stamp each."""

    def attempts() -> Iterator[tuple[str, Query]]:
        for name, recipe in recipes.items():
            time_stamp = str(stamp(case))
            yield f"{what} {name}", proof(case, time_stamp, recipe(case.client.key, time_stamp))

    judge_each_refused(case, judge, attempts())


@clause("authentication.hash-text")
def test_a_hash_of_another_text_is_refused(case: Case, judge: Judge) -> None:
    """DOC W-A1: sha256Hex(apiKey + ":" + timeStamp)."""
    _judge_recipes(case, judge, TEXTS, "a hash of")


@clause("authentication.hash-function")
def test_a_hash_by_another_function_is_refused(case: Case, judge: Judge) -> None:
    """DOC W-A1: sha256Hex(apiKey + ":" + timeStamp)."""
    _judge_recipes(case, judge, FUNCTIONS, "the hash as")


@clause("authentication.hash-whole")
def test_a_part_of_the_hash_is_refused(case: Case, judge: Judge) -> None:
    """DOC W-A1: sha256Hex has 64 characters; the page's sample of 63 is a misprint (DERIVED)."""
    _judge_recipes(case, judge, PARTS, "of the hash")


@clause("authentication.hash-bound")
def test_a_hash_of_another_fresh_time_stamp_is_refused(case: Case, judge: Judge) -> None:
    """DOC W-A1: the time stamp stops replay."""
    for asked in one_recording(case):
        for off in (1, 40, 1000):
            now = stamp(case)
            credentials = proof(case, now - off, ticket_hash(case.client.key, str(now)))
            judge_refused(
                case,
                judge,
                ask(case, asked, credentials=credentials),
                f"a hash of a time stamp {off} ms later than the one sent",
            )


@clause("authentication.hash-replayed")
def test_an_accepted_hash_is_refused_with_another_time_stamp(case: Case, judge: Judge) -> None:
    """DOC W-A1: the time stamp stops replay."""
    for asked in one_recording(case):
        ticket = case.client.ticket()
        judge_answered(case, judge, ask(case, asked, credentials=ticket), "a fresh hash")
        replayed = proof(case, stamp(case) - 7, ticket[1][1])
        judge_refused(case, judge, ask(case, asked, credentials=replayed), "an accepted hash with another time stamp")


@clause("authentication.hash-letter-case")
def test_an_upper_case_hash_is_refused(case: Case, judge: Judge) -> None:
    """UNKNOWN: the samples are in lower case (DOC); a Java server would compare texts."""
    for asked in one_recording(case):
        time_stamp = stamp(case)
        digest = ticket_hash(case.client.key, str(time_stamp)).upper()
        exchange = ask(case, asked, credentials=proof(case, time_stamp, digest))
        judge_brings_nothing(case, judge, exchange, "the hash in upper case")


@clause("authentication.hash-reuse")
def test_a_hash_serves_as_often_as_declared(case: Case, judge: Judge) -> None:
    """UNKNOWN row 8: valid ten seconds, and a one time hash (DOC W-A1)."""
    for asked in one_recording(case):
        ticket = case.client.ticket()
        judge_answered(case, judge, ask(case, asked, credentials=ticket), "a fresh hash")
        again = ask(case, asked, credentials=ticket)
        used, left = answers_it(case, again), refuses(case, again)
        seen = "within-window" if used else "once" if left else f"other: {in_words(case, again)}"
        judge.choice(case, "hash_reuse", seen, again)
