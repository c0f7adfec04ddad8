"""Start and stop of a recording: owner, tag, split, permission.

Source: W-ST, W-SPk, W-RS (DOC); the options of start, stop and tags.
"""

from __future__ import annotations

from typing import Any

import pytest

from noojee_fake.pbx.live.call import Reason
from noojee_fake.pbx.live.recording import RecordingStart, RecordingStop


def test_a_second_start_splits_with_a_new_owner_and_tag(board: Any, talking: Any) -> None:
    """agentLoginName owns the leg (DOC W-ST); later legs keep the tag until another comes (option tag_selects)."""
    call = talking(board)
    board.start(call, tag="A", owner="Barney")
    board.start(call)
    board.start(call, tag="")
    board.do("transfer", call, "420")
    board.do("hang_up", call)
    assert [leg[1] for leg in board.legs(call)] == [None, "Fred", "Barney", "Fred", "Fred", "Wilma"]
    assert board.tags(call) == ["", "", "A", "A", "", ""]


def test_a_tag_is_inherited_over_transitions_or_not(board: Any, talking: Any) -> None:
    """Option tag_selects: a leg has the tag of the one before it, or only the one that was started with it."""
    for inherited, tags in ((True, ["A", "A", "A"]), (False, ["A", "", ""])):
        board.board.tags_inherited = inherited
        call = talking(board, did="7602")
        board.start(call, tag="A")
        board.do("transfer", call, "600")
        board.do("answer", call, "400")
        board.do("hang_up", call)
        assert board.tags(call) == tags


def test_stop_then_start_makes_a_gap(board: Any, talking: Any) -> None:
    """The next leg has the next number; in between nothing is recorded, whatever happens."""
    call = talking(board)
    board.do("stop_recording", call, RecordingStop())
    board.do("transfer", call, "600")
    board.do("answer", call, "420")
    board.start(call, tag="B")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, None, "600", 1, 2), (2, "Fred", "410", 2, 3), (3, "Wilma", "420", 6, 7)]


def test_a_late_start_makes_the_first_leg(board: Any, talking: Any) -> None:
    """A call that nobody recorded is not in the archive until then."""
    call = talking(board, did="7602")
    assert board.store.count() == (0, 0)
    board.start(call, tag="INV-1042", owner="Fred")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, "Fred", "410", 3, 4)]


def test_a_call_that_rings_can_be_recorded_too(board: Any) -> None:
    """Owner is the default account while nobody is connected, or who is named; the answer splits."""
    call = board.do("inbound", "7602", "0491570156")
    board.start(call)
    board.do("answer", call, "410")
    board.do("hang_up", call)
    assert board.legs(call) == [(1, None, "600", 2, 3), (2, "Fred", "410", 3, 4)]
    named = board.do("inbound", "7602", "0491570156")
    board.start(named, extension="410")
    board.do("hang_up", named)
    assert board.legs(named) == [(1, "Fred", "600", 6, 7)]


def test_an_unknown_owner_is_refused(board: Any, talking: Any) -> None:
    """agentLoginName is "a valid user" (DOC W-ST)."""
    call = talking(board)
    board.refused(Reason.NO_USER, "start_recording", call, RecordingStart(tag="T", owner="Pebbles"))
    board.refused(Reason.NO_USER, "stop_recording", call, RecordingStop(agent="fred"))


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        (None, None),
        ("Fred", None),
        ("Wilma", None),
        ("Betty", None),
        ("Administrator", None),
        ("Barney", Reason.NO_PERMISSION),
        ("Dino", Reason.NO_PERMISSION),
        ("Slate", Reason.NO_USER),
        ("", Reason.NO_USER),
    ],
)
def test_who_may_stop_a_recording(agent: str | None, reason: Reason | None, board: Any, talking: Any) -> None:
    """The owner, a supervisor of the owner's team, a recording manager, an administrator.

    Source: W-RC (DOC), option stop_permission.
    """
    call = talking(board)
    if reason is None:
        board.do("stop_recording", call, RecordingStop(agent=agent))
        assert board.legs(call)[-1][-1] == 3
    else:
        board.refused(reason, "stop_recording", call, RecordingStop(agent=agent))
        board.do("stop_recording", call, RecordingStop(agent=agent, anyone=True))


def test_the_default_account_of_a_route_owns_its_recordings(board: Any) -> None:
    """So it may stop them, and so may its supervisor."""
    for agent, allowed in (("Fred", True), ("Wilma", True), ("Barney", False)):
        call = board.do("inbound", "7610", "0491570156")
        assert board.legs(call)[0][1] == "Fred"
        if allowed:
            board.do("stop_recording", call, RecordingStop(agent=agent))
        else:
            board.refused(Reason.NO_PERMISSION, "stop_recording", call, RecordingStop(agent=agent))


def test_a_supervisor_without_a_team_leads_nobody(board: Any) -> None:
    """No team is no team that two users share."""
    users = tuple(
        type(user)(name=user.name, extension=user.extension, role=user.role) for user in board.board.directory.users
    )
    board.board.directory = type(board.board.directory)(users, (), board.board.directory.routes)
    call = board.do("place", "400", "410")
    board.do("answer", call, "410")
    board.refused(Reason.NO_PERMISSION, "stop_recording", call, RecordingStop(agent="Wilma"))


def test_stop_needs_a_recording(board: Any, talking: Any) -> None:
    call = talking(board, did="7602")
    board.refused(Reason.NOT_RECORDING, "stop_recording", call, RecordingStop())
    board.refused(Reason.NO_AGENT, "stop_recording", call, RecordingStop(agent_required=True))
    board.start(call)
    board.do("stop_recording", call, RecordingStop())
    board.refused(Reason.NOT_RECORDING, "stop_recording", call, RecordingStop())


def test_a_start_while_recording_can_be_ignored_or_refused(board: Any, talking: Any) -> None:
    """Option start_while_recording: ignored, it leaves owner and tag as they are."""
    call = talking(board)
    start = {"tag": "T", "owner": "Barney"}
    board.refused(Reason.RECORDING, "start_recording", call, RecordingStart(again="refused", **start))
    board.do("start_recording", call, RecordingStart(again="ignored", **start))
    board.do("transfer", call, "0355500042")
    board.do("hang_up", call)
    assert board.tags(call) == ["", "", ""]
    assert board.legs(call)[-1][1] == "Fred"


def test_a_clock_that_is_set_back_breaks_no_leg(board: Any, talking: Any) -> None:
    """No leg ends before it starts, nor starts before the one before it ended, nor before its call."""
    call = talking(board)
    board.second = -500
    board.start(call)
    board.do("transfer", call, "420")
    board.do("hang_up", call)
    assert board.legs(call) == [
        (1, None, "600", 1, 2),
        (2, "Fred", "410", 2, 2),
        (3, "Fred", "410", 2, 2),
        (4, "Wilma", "420", 2, 2),
    ]
    late = board.do("inbound", "7602", "0491570156")
    created = board.second
    board.second = -900
    board.start(late)
    assert board.legs(late) == [(1, None, "600", created, None)]


def test_a_leg_that_could_not_be_saved_is_saved_with_the_next(
    board: Any, talking: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive may be out of reach for a moment, as a full disk is."""
    call = talking(board)

    def full(*_: Any) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patched:
        patched.setattr(board.store, "save", full)
        with pytest.raises(OSError, match="no space"):
            board.start(call, tag="A")
    assert board.tags(call) == ["", ""]
    board.start(call, tag="B")
    board.do("hang_up", call)
    assert board.tags(call) == ["", "", "A", "B"]
    assert [leg[-1] for leg in board.legs(call)] == [2, 3, 4, 5]
