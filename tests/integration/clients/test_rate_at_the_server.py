"""A server that counts sees no gap below 0.9 of 1 / rate, whatever the number of workers and of targets."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from support.commands import environment

RATE = 10
REQUESTS = 6
WORKER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from noojee_contract.clients.limits import limits_of
    from noojee_contract.clients.processes import Servers
    from noojee_contract.clients.target_client import TargetClient
    from noojee_contract.targets.target import Target

    url, folder, number, requests = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    targets = [
        Target(name="old", dialect="call-management", base_url=url, api_key_env="KEY", requests_per_second=10),
        Target(name="new", dialect="njadmin", base_url=url + "/x", api_key_env="KEY", requests_per_second=50),
    ]
    limits = limits_of(targets, folder)
    target = targets[number % 2]
    client = TargetClient(target, servers=Servers(), limits=limits[target.name], environ={"KEY": "k"})
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(requests):
        client.read_only_client().by_tag("INV-1")
    client.close()
    """
)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_no_gap_is_too_short(workers: int, httpserver: HTTPServer, tmp_path: Path) -> None:
    """Two targets on one host and port share the lower rate; each worker opens a connection of its own."""
    seen: list[float] = []

    def answer(_: Request) -> Response:
        seen.append(time.monotonic())
        return Response("[]", content_type="application/json")

    httpserver.expect_request("/x/njadmin/rest/RecordingAPI/retrieveMetaData").respond_with_handler(answer)
    httpserver.expect_request("/servicemanager/rest/CallManagementAPI/retrieveMetaData").respond_with_handler(answer)
    words = [httpserver.url_for("").rstrip("/"), str(tmp_path)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, *words, str(number), str(REQUESTS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        for number in range(workers)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.communicate("go\n", timeout=60)
    assert len(seen) == workers * REQUESTS
    gaps = [after - before for before, after in pairwise(sorted(seen))]
    assert min(gaps) >= 0.9 / RATE, sorted(gaps)[:5]
    assert seen[-1] - seen[0] < 3 * len(seen) / RATE
