"""The fixture `noojee_replay`: recorded answers for a client under test. Its libraries are loaded when it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from noojee_contract.traffic.replay.server import ReplayServer

StartReplay = Callable[..., "ReplayServer"]


@pytest.fixture
def noojee_replay(request: pytest.FixtureRequest) -> Iterator[StartReplay]:
    """Starts a server that replays an exchange file, and fails a test whose requests were not recorded.

        def test_client(noojee_replay):
            replay = noojee_replay("day.jsonl", key="the-api-key")
            assert my_client(replay.url).recordings(tag="INV-7")

    A relative path starts at the folder of the test's file. `key` checks the hashes and keys of requests; `order` is
    any or recorded; `repeat` is last, cycle or never; `ignore` names parameters that do not count. With
    `misses_allowed`, the test itself looks at `replay.misses`.
    """
    from noojee_contract.traffic.replay.matcher import ReplayConfig
    from noojee_contract.traffic.replay.modes import Order, Repetition
    from noojee_contract.traffic.replay.server import ReplayServer

    checked: list[ReplayServer] = []

    def start(
        file: str | Path,
        *,
        key: str | None = None,
        order: str = "any",
        repeat: str = "last",
        ignore: Iterable[str] = (),
        misses_allowed: bool = False,
    ) -> ReplayServer:
        modes = ReplayConfig(key=key, order=Order(order), repetition=Repetition(repeat), ignored=frozenset(ignore))
        replay = servers.enter_context(ReplayServer(request.path.parent / file, modes))
        if not misses_allowed:
            checked.append(replay)
        return replay

    with ExitStack() as servers:
        yield start
        missed = [miss for replay in checked for miss in replay.misses]
    if missed:
        pytest.fail("requests without a recorded answer:\n" + "\n".join(missed), pytrace=False)
