"""Relations: one PBX gives the same answers in each of its dialects and with each of its authentication schemes."""

from __future__ import annotations

from noojee_contract.catalogue.clauses import LISTING
from noojee_contract.clients.client import Client
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.listing import check_legs, held_legs, names, question_in_words
from noojee_contract.suite.support.queries import is_refused
from noojee_contract.suite.support.relations import check_rows, question_of, rows

MOST = 4  # unique ids, and tags, that the test requests in each dialect
SCHEMES = {"recording-api": "hash", "call-management": "api-key", "njadmin": "api-key"}


def _check_other_client(subject: Subject, check: Check, answer: Answer, client: Client, how: str) -> None:
    """Check that another client gets the same legs. Skips a question that gives no legs to either client."""
    exchange = client.ask(*question_of(answer))
    other = subject.reread(answer.asked, exchange)
    if answer.legs or other.legs:
        check_legs(
            check, other, names(answer.legs), what=f"{question_in_words(answer)}, {how}", held=held_legs(subject)
        )
        check_rows(check, rows([answer]), other, how)


@clause("relations.dialects-agree")
def test_the_dialects_of_a_pbx_agree(subject: Subject, check: Check) -> None:
    """DOC W-D9d: an upgrade changes only the path and the credentials."""
    spoken = [] if subject.sandbox is None else [each for each in LISTING if each in subject.sandbox.dialects]
    answers = [*map(subject.by_unique_id, subject.unique_ids[:MOST]), *map(subject.by_tag, subject.tags[:MOST])]
    for dialect in spoken:
        if dialect != subject.dialect:
            client = subject.client.in_dialect(dialect, SCHEMES[dialect])
            for answer in answers:
                _check_other_client(subject, check, answer, client, f"in the dialect {dialect}")


@clause("relations.hash-and-key")
def test_the_hash_and_the_key_bring_the_same(subject: Subject, check: Check) -> None:
    """DOC W-AKd: version 4.9.0.10 adds the key and keeps the hash. Earlier versions refuse the key."""
    scheme = "api-key" if subject.by_hash else "hash"
    client = subject.client.in_dialect(subject.dialect, scheme)
    for unique_id in subject.unique_ids[: MOST // 2]:
        answer = subject.by_unique_id(unique_id)
        if scheme == "hash" or not is_refused(subject, client.ask(*question_of(answer))):
            _check_other_client(subject, check, answer, client, f"with the {scheme}")
