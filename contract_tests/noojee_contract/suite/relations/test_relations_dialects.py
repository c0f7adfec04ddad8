"""Relations: one PBX, asked in each dialect that it speaks and with each proof that it takes, tells one story."""

from __future__ import annotations

from noojee_contract.catalogue.clauses import LISTING
from noojee_contract.clients.client import Client
from noojee_contract.engine.subject import Answer, Case, Judge
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import told
from noojee_contract.suite.support.listing import asked, names
from noojee_contract.suite.support.queries import refuses
from noojee_contract.suite.support.relations import judge_rows, question_of, rows

MOST = 4  # unique ids, and tags, that are asked for in each dialect
PROOFS = {"recording-api": "hash", "call-management": "api-key", "njadmin": "api-key"}


def _judge_beside(case: Case, judge: Judge, answer: Answer, beside: Client, how: str) -> None:
    """Judge that another client brings the same legs of a question; where neither brings any, there is nothing to compare."""
    exchange = beside.ask(*question_of(answer))
    other = case.reread(answer.asked, exchange)
    if answer.legs or other.legs:
        here, there = names(answer.legs), names(other.legs)
        said = f"{asked(answer)} brings {here}, {how} {there} ({told(other)})"
        judge(here == there, said, exchange)
        judge_rows(judge, rows([answer]), other, how)


@clause("relations.dialects-agree")
def test_the_dialects_of_a_pbx_agree(case: Case, judge: Judge) -> None:
    """DOC W-D9d: the move from one generation to the next is one of path and credentials."""
    spoken = [] if case.world is None else [each for each in LISTING if each in case.world.dialects]
    answers = [*map(case.by_unique_id, case.unique_ids[:MOST]), *map(case.by_tag, case.tags[:MOST])]
    for dialect in spoken:
        if dialect != case.dialect:
            beside = case.client.beside(dialect, PROOFS[dialect])
            for answer in answers:
                _judge_beside(case, judge, answer, beside, f"in the dialect {dialect}")


@clause("relations.hash-and-key")
def test_the_hash_and_the_key_bring_the_same(case: Case, judge: Judge) -> None:
    """DOC W-AKd: from 4.9.0.10 there is the key, and the hash still works; before that, the key is refused."""
    proof = "api-key" if case.by_hash else "hash"
    beside = case.client.beside(case.dialect, proof)
    for unique_id in case.unique_ids[: MOST // 2]:
        answer = case.by_unique_id(unique_id)
        if proof == "hash" or not refuses(case, beside.ask(*question_of(answer))):
            _judge_beside(case, judge, answer, beside, f"with the {proof}")
