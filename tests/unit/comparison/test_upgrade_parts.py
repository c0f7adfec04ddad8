"""What an upgrade changed in the options, the clauses and the sound of a capture."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from noojee_contract.comparison.noise.answer import AnswerParts, Atom, LegKey
from noojee_contract.comparison.noise.change import Change, ChangeKind, ClientReading, UpgradeResult, grouped, shown
from noojee_contract.comparison.noise.rules import NoiseRules
from noojee_contract.model.audio import tone
from noojee_contract.probing.questions import option_rows
from noojee_contract.report import upgrade
from noojee_contract.traffic.capture.check import CapturedSide, compare
from noojee_contract.traffic.capture.contract import (
    BREAKING,
    ClauseOutcome,
    contract_changes,
    other_changes,
    profile_changes,
)
from noojee_contract.traffic.capture.sounds import SoundSummary, sound_change, summary_of

AT = datetime(2026, 11, 24, tzinfo=UTC)


def answer(question: str, method: str = "by tag") -> AnswerParts:
    legs = {("1795384790.2", "1", 0): {"Leg": Atom("a string", "1")}}
    return AnswerParts(question=question, method=method, at=AT, status=200, body="an array", legs=legs)


def side(*questions: str, method: str = "by tag") -> CapturedSide:
    return CapturedSide(answers={question: answer(question, method) for question in questions})


def heard(seconds: float = 4.0, hertz: float = 440.0) -> SoundSummary:
    found = summary_of(tone(seconds, hertz))
    assert found is not None
    return found


def test_breaking_options_and_values_exist() -> None:
    """A name or a value that is no option's would never be found."""
    rows = option_rows()
    assert set(BREAKING) <= set(rows)
    assert all(values <= set(rows[option].values) for option, (_, values) in BREAKING.items())


@pytest.mark.parametrize(
    ("option", "old", "new", "kind", "reading"),
    [
        ("njadmin_refused_status", "401", "403", ChangeKind.BREAKS, ClientReading.STATUS),
        ("internal_word", "Internal", "Local", ChangeKind.BREAKS, ClientReading.DIGIT_OR_WORD),
        ("content_type_check", "any", "form-only", ChangeKind.BREAKS, ClientReading.STATUS),
        ("content_type_check", "form-only", "any", ChangeKind.UNDOCUMENTED, None),
        ("metadata_order", "oldest-first", "newest-first", ChangeKind.UNDOCUMENTED, None),
    ],
)
def test_changed_option_has_its_kind(
    option: str, old: str, new: str, kind: ChangeKind, reading: ClientReading | None
) -> None:
    """A PBX that takes more than before breaks nobody."""
    ((_, change),) = profile_changes({option: old}, {option: new})
    assert (change.kind, change.reading) == (kind, reading)


def test_option_that_was_not_learnt_again_is_no_change() -> None:
    """An option that a probe did not ask for says nothing."""
    assert list(profile_changes({"metadata_order": "oldest-first"}, {})) == []


def test_option_without_a_value_of_its_own_now_is_a_change() -> None:
    """A refusal with 418, or a wrong key that is accepted, is no value of the option, and no reason to go."""
    saw = "njadmin_refused_status: a wrong key brings legs"
    (change,) = other_changes({"njadmin_refused_status": "401"}, (), {saw: "njadmin_refused_status"})
    assert (change.kind, change.reading, change.old) == (ChangeKind.BREAKS, ClientReading.STATUS, "401")


def test_behaviour_that_was_there_before_is_no_change() -> None:
    """A header that the PBX always sent."""
    saw = "the header x-powered-by: Servlet/3.0"
    assert list(other_changes({}, (saw,), {saw: None})) == []
    assert [each.kind for each in other_changes({}, (), {saw: None})] == [ChangeKind.UNDOCUMENTED]


@pytest.mark.parametrize(("before", "count"), [("passed", 1), ("informational", 1), ("failed", 0), ("inconclusive", 0)])
def test_clause_that_fails_since_the_upgrade_is_a_change(before: str, count: int) -> None:
    """A clause that failed before, or was not tested, was not broken by the upgrade."""
    old = {"metadata.schema": ClauseOutcome(before, "must")}
    new = {"metadata.schema": ClauseOutcome("failed", "must")}
    assert len(list(contract_changes(old, new))) == count


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (heard(), None),
        (replace(heard(), samples="0" * 64), ChangeKind.DOCUMENTED),
        (replace(heard(), samples="0" * 64, coding="ULAW"), ChangeKind.INCONCLUSIVE),
        (heard(2.0), ChangeKind.DOCUMENTED),
        (replace(heard(), samples="0" * 64, channels=2), ChangeKind.DOCUMENTED),
        (replace(heard(), samples="0" * 64, levels=(-60,) * 8), ChangeKind.DOCUMENTED),
    ],
)
def test_sound_is_compared_by_its_summary(new: SoundSummary, kind: ChangeKind | None) -> None:
    """Length, channels and level decide; another coding of the same level leaves it open."""
    change = sound_change(heard(), new, example="q")
    assert (None if change is None else change.kind) is kind


def test_summary_holds_no_spectrum() -> None:
    """Two tones of one level differ in the hash of their samples only."""
    one, other = heard(hertz=440.0), heard(hertz=880.0)
    assert replace(one, samples="") == replace(other, samples="")
    assert one.samples != other.samples


def test_question_that_was_not_asked_again_is_inconclusive() -> None:
    """A check that compares a part of the capture does not say go."""
    assert compare("pbx", side("a", "b"), side("a", "b"), NoiseRules()).verdict == "go"
    assert compare("pbx", side("a", "b"), side("a"), NoiseRules()).verdict == "inconclusive"
    assert compare("pbx", side(), side(), NoiseRules()).verdict == "inconclusive"


def test_part_that_could_not_be_asked_again_is_inconclusive() -> None:
    """A probe that learns nothing, or a contract that cannot be run, leaves a part of the capture unchecked."""
    passed = {"metadata.schema": ClauseOutcome("passed", "must")}
    old = replace(side("a"), options={"metadata_order": "oldest-first"}, clauses=passed)
    assert compare("pbx", old, old, NoiseRules()).verdict == "go"
    assert compare("pbx", old, replace(old, options={}), NoiseRules()).verdict == "inconclusive"
    for clauses in ({}, {"metadata.schema": ClauseOutcome("inconclusive", "must")}):
        assert compare("pbx", old, replace(old, clauses=clauses), NoiseRules()).verdict == "inconclusive"


def test_drawn_call_that_was_not_asked_again_is_a_note() -> None:
    """Later calls may use up the limits of calls and sounds."""
    listing = {"tag": answer("tag")}
    old = CapturedSide(answers={**listing, **side("a", "b", method="by unique id").answers})
    found = compare("pbx", old, CapturedSide(answers={**listing, "a": old.answers["a"]}), NoiseRules())
    assert found.verdict == "go"
    assert "1 of 3 questions" in found.notes[0]


@pytest.mark.parametrize(
    "listed", [{}, {("1795388400.4", "1", 0): {"Leg": Atom("a string", "1")}}], ids=["no listing", "another call"]
)
def test_named_call_that_was_not_asked_again_is_inconclusive(listed: dict[LegKey, dict[str, Atom]]) -> None:
    """No listing names it, so the recordings file does: its row was lost, or the run ended early."""
    listing = {"tag": replace(answer("tag"), legs=listed)}
    old = CapturedSide(answers={**listing, **side("a", "b", "c", method="by unique id").answers})
    new = CapturedSide(answers={name: each for name, each in old.answers.items() if name != "c"})
    found = compare("pbx", old, new, NoiseRules())
    assert found.verdict == "inconclusive"
    assert found.gaps == ("1 of 4 questions were not asked again",)


def test_no_text_of_a_report_shows_a_credential() -> None:
    """A server may repeat a key in an error; a capture without redaction has it."""
    change = Change(kind=ChangeKind.BREAKS, about="a secret", old="secret", new="no secret", example="by secret")
    result = UpgradeResult(target="pbx", changes=[change], compared=[], notes=["secret 1"], gaps=["secret 2"])
    found = shown(result, lambda text: text.replace("secret", "[redacted]"))
    assert "secret" not in upgrade.render_text(found) + upgrade.render_html(found) + upgrade.render_junit(found)
    assert found.changes[0].example == "by [redacted]"


def test_equal_changes_are_one_with_their_number() -> None:
    """Each leg has the same fault: one line, with the first example."""
    one = Change(kind=ChangeKind.BREAKS, about="key Tag of a leg", reading=ClientReading.KEY_NAME, example="a")
    (found,) = grouped([one, replace(one, example="b")])
    assert (found.count, found.example) == (2, "a")
