"""Relations: one PBX, asked in each dialect that it speaks and with each proof that it takes, tells one summarize."""

from __future__ import annotations

from noojee_contract.catalogue.clauses import LISTING
from noojee_contract.clients.client import Client
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import told
from noojee_contract.suite.support.listing import asked, names
from noojee_contract.suite.support.queries import refuses
from noojee_contract.suite.support.relations import check_rows, question_of, rows

MOST = 4  # unique ids, and tags, that are asked for in each dialect
SCHEMES = {"recording-api": "hash", "call-management": "api-key", "njadmin": "api-key"}


def _check_beside(subject: Subject, check: Check, answer: Answer, beside: Client, how: str) -> None:
    """Check that another client brings the same legs of a question; where neither brings any, there is nothing to compare."""
    exchange = beside.ask(*question_of(answer))
    other = subject.reread(answer.asked, exchange)
    if answer.legs or other.legs:
        here, there = names(answer.legs), names(other.legs)
        said = f"{asked(answer)} brings {here}, {how} {there} ({told(other)})"
        check(here == there, said, exchange)
        check_rows(check, rows([answer]), other, how)


@clause("relations.dialects-agree")
def test_the_dialects_of_a_pbx_agree(subject: Subject, check: Check) -> None:
    """DOC W-D9d: the move from one generation to the next is one of path and credentials."""
    spoken = [] if subject.sandbox is None else [each for each in LISTING if each in subject.sandbox.dialects]
    answers = [*map(subject.by_unique_id, subject.unique_ids[:MOST]), *map(subject.by_tag, subject.tags[:MOST])]
    for dialect in spoken:
        if dialect != subject.dialect:
            beside = subject.client.beside(dialect, SCHEMES[dialect])
            for answer in answers:
                _check_beside(subject, check, answer, beside, f"in the dialect {dialect}")


@clause("relations.hash-and-key")
def test_the_hash_and_the_key_bring_the_same(subject: Subject, check: Check) -> None:
    """DOC W-AKd: from 4.9.0.10 there is the key, and the hash still works; before that, the key is refused."""
    proof = "api-key" if subject.by_hash else "hash"
    beside = subject.client.beside(subject.dialect, proof)
    for unique_id in subject.unique_ids[: MOST // 2]:
        answer = subject.by_unique_id(unique_id)
        if proof == "hash" or not refuses(subject, beside.ask(*question_of(answer))):
            _check_beside(subject, check, answer, beside, f"with the {proof}")
