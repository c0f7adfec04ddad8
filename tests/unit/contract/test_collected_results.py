"""What workers send to the controller at the end of a run."""

from __future__ import annotations

import json

from noojee_contract.model.result import Tally
from noojee_contract.pytest_plugin.collected import Collected


def test_the_requests_of_all_workers_are_added() -> None:
    """With their answers by status, through JSON."""
    controller = Collected()
    for status in ("200", "503"):
        worker = Collected()
        tally = Tally()
        tally.count(status, unavailable=status == "503")
        worker.take_tally("pbx", tally)
        worker.unreachable["other"] = "no answer"
        controller.take_worker(json.loads(json.dumps(worker.as_worker())))
    total = controller.tallies["pbx"]
    assert (total.requests, total.answers, total.unavailable) == (2, {"200": 1, "503": 1}, {"503": 1})
    assert controller.unreachable == {"other": "no answer"}
