"""The table of questions: every option is asked for or listed with a reason, and the suite has the same manners."""

from __future__ import annotations

import pytest

from noojee_contract.catalogue.clauses import catalogue
from noojee_contract.model.manner import Manner
from noojee_contract.probing import questions
from noojee_contract.probing.probe import ASK
from noojee_contract.probing.questions import (
    NOT_ASKED,
    OptionRow,
    cannot_learn,
    learnt_with,
    option_rows,
    probe_questions,
)
from noojee_contract.targets.manners import denied, manners
from noojee_contract.targets.target import Target

MOST_UNLEARNABLE = 22
OTHERWISE = {"expired_hash_status": "the clause waits until a hash is old; the probe signs an old time stamp instead"}
"""Options whose clause asks in another way, and how."""


def test_every_option_is_asked_for_or_listed_with_a_reason() -> None:
    """No option is both, and at most 22 cannot be learnt."""
    asked = [option for question in probe_questions() for option in question.learns]
    assert len(asked) == len(set(asked))
    assert set(asked) | set(cannot_learn()) == set(option_rows())
    assert not set(asked) & set(cannot_learn())
    assert len(cannot_learn()) <= MOST_UNLEARNABLE
    assert all(cannot_learn().values())


def test_an_option_without_a_question_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new option needs no entry in the table of questions."""
    rows = {**option_rows(), "another": OptionRow(values=("no", "yes"), dialects=("njadmin",))}
    monkeypatch.setattr(questions, "option_rows", lambda: rows)
    cannot_learn.cache_clear()
    found = cannot_learn()
    cannot_learn.cache_clear()
    assert found["another"] == NOT_ASKED


def test_settled_options_are_those_with_one_value() -> None:
    """The reason says so, and no other option claims it."""
    settled = {key for key, reason in cannot_learn().items() if "settled" in reason}
    assert settled == {key for key, row in option_rows().items() if len(row.values) == 1}


def test_every_question_has_a_function() -> None:
    """Else a question would never be sent."""
    assert set(ASK) == {question.name for question in probe_questions()}


def test_no_question_acts() -> None:
    """A probe changes nothing."""
    assert not [question.name for question in probe_questions() if question.manner is Manner.ACTS]


@pytest.mark.parametrize("question", probe_questions(), ids=lambda question: question.name)
def test_clauses_of_an_option_have_the_manner_of_its_question(question) -> None:  # type: ignore[no-untyped-def]
    """A clause that runs on a read-only target asks for an option in the manner of the probe."""
    for option in question.learns:
        found = [manners(each) for each in catalogue().values() if each.declares == option]
        readable = [each for each in found if Manner.ACTS not in each]
        if readable and option not in OTHERWISE:
            assert any(question.manner in each for each in readable), option


def test_permissions_add_up_to_all_options_that_can_be_learnt() -> None:
    """An option counts once."""
    counted = [option for options in learnt_with().values() for option in options]
    assert len(counted) == len(set(counted)) == len(option_rows()) - len(cannot_learn())


@pytest.mark.parametrize(
    ("manner", "settings", "is_denied"),
    [
        (Manner.HARMLESS, {}, False),
        (Manner.NEGATIVE_TEST, {}, True),
        (Manner.NEGATIVE_TEST, {"negative_tests": True}, False),
        (Manner.NEGATIVE_TEST, {"waives_negative_tests": True}, True),
        (Manner.WAITS, {}, True),
        (Manner.WAITS, {"max_wait_seconds": 60.0}, True),
        (Manner.WAITS, {"max_wait_seconds": 61.0}, False),
        (Manner.ACTS, {"negative_tests": True, "max_wait_seconds": 61.0}, True),
        (Manner.ACTS, {"writable": True}, False),
    ],
)
def test_target_denies_what_it_does_not_allow(manner: Manner, settings: dict[str, object], is_denied: bool) -> None:
    """Everything beyond harmless questions needs a key of the target file."""
    target = Target(name="pbx", dialect="njadmin", **settings)  # type: ignore[arg-type]  # keys of a target table
    assert (denied(manner, target, 61.0) is not None) is is_denied
