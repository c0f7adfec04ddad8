"""Live calls through the API, and through the switchboard for callers from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from noojee_fake.pbx.live.call import LiveCall


class LivePbx:
    """A PBX with its API, and calls from outside, which the API cannot make."""

    def __init__(self, caller: Any) -> None:
        self.caller = caller
        self.pbx = caller.sandboxes.default
        self.board = self.pbx.switchboard

    @property
    def now(self) -> int:
        micros: int = self.pbx.clock.micros()
        return micros

    def tick(self, seconds: float = 1) -> None:
        self.pbx.clock.step(round(seconds * 1_000_000))

    def inbound(self, source: str = "0491570156", did: str = "7600") -> LiveCall:
        call: LiveCall = self.board.inbound(did, source, self.now)
        return call

    def talk(self, by: str = "410") -> LiveCall:
        """An inbound call that an extension took, recorded; a second passes after each transition."""
        call = self.inbound()
        self.tick()
        self.board.answer(call, by, self.now)
        self.tick()
        return call

    def subscribed(self, exten: str = "410", after: int = 0, **more: Any) -> dict[str, Any]:
        """The immediate answer of subscribe."""
        answer = self.caller.managed("subscribe", exten=exten, lastSequenceNumber=after, timeOut=0, **more)
        document: dict[str, Any] = json.loads(answer.body)
        assert document["Code"] == 0
        return document

    def statuses(self, exten: str = "410", after: int = 0) -> dict[str, list[str]]:
        data = self.subscribed(exten, after)["Data"]
        return {each: [row["CallData"]["status"] for row in rows] for each, rows in data.items()}

    def legs(self, call: LiveCall | str) -> list[dict[str, str]]:
        """The legs of a call as the replacement lists them."""
        unique_id = call if isinstance(call, str) else call.unique_id
        rows: list[dict[str, str]] = json.loads(
            self.caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=unique_id).body
        )
        return rows


@pytest.fixture
def live_pbx(pbx: Callable[..., Any]) -> Callable[..., LivePbx]:
    """Builds a PBX with these options and no calls."""
    return lambda **options: LivePbx(pbx(**options))
