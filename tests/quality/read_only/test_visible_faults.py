"""Which faults count as visible: an answer to a listed recording, or to a call that an answer lists, differs."""

from __future__ import annotations

from dataclasses import replace

from quality.detection.visible import Seen, differs

HOUR = ("hour", "2025/03/11 9")
SEEN = Seen(
    listed={("tag", "A"): (("1.1", "row"),), HOUR: (("1.1", "row"), ("2.2", "row"))},
    followed={"1.1": (("1.1", "row"),), "2.2": (("2.2", "row"),)},
    sounds={("1.1", "1"): "sound", ("2.2", "1"): "sound"},
    refusals={"unknown": ()},
)


def test_equal_answers_show_no_fault() -> None:
    """Faults outside the listed recordings do not count."""
    assert not differs(SEEN, replace(SEEN), by_hour=True)


def test_a_lost_row_of_an_hour_counts_if_both_sides_list_hours() -> None:
    """The old PBX must list the hour, or know the call by a tag or an id."""
    lost = replace(
        SEEN,
        listed={**SEEN.listed, HOUR: SEEN.listed[HOUR][:1]},
        followed={"1.1": (("1.1", "row"),)},
        sounds={("1.1", "1"): "sound"},
    )
    assert differs(SEEN, lost, by_hour=True)
    assert not differs(SEEN, lost, by_hour=False)


def test_a_lost_row_of_a_known_call_counts() -> None:
    """Its tag is listed, so the call is known without by hour."""
    lost = replace(SEEN, listed={**SEEN.listed, HOUR: SEEN.listed[HOUR][1:]})
    assert differs(SEEN, lost, by_hour=False)


def test_another_sound_counts() -> None:
    """Each leg of a followed call has its sound compared."""
    assert differs(SEEN, replace(SEEN, sounds={**SEEN.sounds, ("1.1", "1"): "another"}), by_hour=False)


def test_an_accepted_wrong_key_counts() -> None:
    """Refusals are answers too."""
    assert differs(SEEN, replace(SEEN, refusals={"unknown": (("1.1", "row"),)}), by_hour=False)
