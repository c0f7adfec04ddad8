"""No false alarms: right servers that are built differently from the fake hold every clause that they can.

`NOOJEE_CALM_RUNS` says over how many seeds (default 2); `tox -e calm` takes 50.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
import trustme

from correct_servers import hosts, nginx
from correct_servers.pbx import PLAIN, OtherPbx
from noojee_contract.clauses import catalogue
from noojee_contract.runner import Bench
from noojee_contract.strategies import draw_documents
from noojee_contract.suite import checks
from noojee_contract.target import Target
from noojee_contract.verdict import Floor, Outcome, Result

RUNS = int(os.environ.get("NOOJEE_CALM_RUNS", "2"))
EXAMPLES = 3
FIRST_SEED = random.SystemRandom().randrange(2**31) if RUNS > 2 else 1
DIALECTS = ("recording-api", "njadmin")
OTHERWISE: Mapping[str, str] = {
    "audio_methods": "post-and-get", "audio_without_leg": "refused", "audio_unknown_leg": "200",
    "unknown_recording": "failure-404", "expired_hash_status": "401", "recording_api_refused_status": "403",
    "njadmin_refused_status": "403", "hash_reuse": "once", "clock_ahead_seconds": "10", "time_body": "digits-newline",
    "njadmin_failure_envelope": "lower-case", "by_hour_limit_status": "503", "content_type_check": "form-only",
    "parameters_in": "query-only", "recording_api_bad_request_status": "400", "njadmin_bad_request_status": "200",
    "tag_selects": "legs", "tag_match": "ignore-case", "empty_tag": "empty-list", "legs_in_progress": "listed",
    "metadata_order": "newest-first", "default_account": "NoojeeAdmin", "outbound_did": "internal",
    "eastern_abbreviation": "EST", "start_fraction": "milliseconds", "repeated_hour": "first",
    "future_hour": "refused", "user_key_status": "401", "json_content_type": "text/html;charset=UTF-8",
    "bare_rest": "absent", "time_stamp_seconds": "accepted", "unknown_path": "json",
}  # fmt: skip
"""Another correct choice for every open question."""
THIRD: Mapping[str, str] = {
    "unknown_recording": "failure-200", "recording_api_refused_status": "401", "njadmin_refused_status": "200",
    "clock_ahead_seconds": "0", "by_hour_limit_status": "400", "user_key_status": "200", "unknown_path": "empty",
    "json_content_type": "none", "audio_methods": "post-and-get", "empty_tag": "empty-list",
}  # fmt: skip
"""A third one, where there are three."""


@dataclass(frozen=True)
class Served:
    """Where a right server is, and what it declares."""

    base_url: str
    choices: Mapping[str, str]
    ca_file: Path | None = None


@dataclass(frozen=True)
class Kind:
    """A way to build a right server."""

    serve: Callable[[ExitStack, Path, OtherPbx], tuple[str, Path | None]]
    choices: Mapping[str, str] = field(default_factory=dict)
    indent: int | None = None
    needs_nginx: bool = False


def threads_of_http_1_0(stack: ExitStack, _: Path, pbx: OtherPbx) -> tuple[str, None]:
    """A connection for each request, and answers that take their time."""
    return stack.enter_context(hosts.threads(pbx.handle, slow_seconds=0.004)), None


def event_loop_in_chunks(stack: ExitStack, _: Path, pbx: OtherPbx) -> tuple[str, None]:
    """Answers come in chunks; nobody says how long they are."""
    return stack.enter_context(hosts.event_loop(pbx.handle)), None


def pool_behind_tls_and_a_prefix(stack: ExitStack, folder: Path, pbx: OtherPbx) -> tuple[str, Path]:
    """WSGI on four threads, behind nginx, which ends TLS and puts a path in front."""
    authority, certificate, ca_file = trustme.CA(), folder / "server.pem", folder / "ca.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    authority.cert_pem.write_to_path(ca_file)
    upstream = stack.enter_context(hosts.pool(pbx.handle))
    return stack.enter_context(nginx.proxied(upstream, folder / "nginx", certificate=certificate)), ca_file


KINDS: Mapping[str, Kind] = {
    "threads": Kind(threads_of_http_1_0, OTHERWISE),
    "event-loop": Kind(event_loop_in_chunks, indent=2),
    "proxy": Kind(pool_behind_tls_and_a_prefix, THIRD, indent=1, needs_nginx=True),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Served]]:
    """A right server by its kind, started once."""
    with ExitStack() as stack:

        @cache
        def start(name: str) -> Served:
            kind = KINDS[name]
            choices = {**PLAIN, **kind.choices}
            pbx = OtherPbx(choices, indent=kind.indent, sort_keys=True)
            url, ca_file = kind.serve(stack, tmp_path_factory.mktemp(name), pbx)
            return Served(url, choices, ca_file)

        yield start


def judged(served: Served, seed: int) -> tuple[list[Target], list[Result]]:
    """The results of the whole suite on both generations of a server, and on the migration between them."""
    targets = [
        Target(
            name=dialect,
            dialect=dialect,
            base_url=served.base_url,
            fillable=True,
            profile=served.choices,
            ca_file=served.ca_file,
        )
        for dialect in DIALECTS
    ]
    bench = Bench(targets, migrations=[DIALECTS], seed=seed, examples=EXAMPLES, shrink_seconds=0)
    try:
        clauses = [(clause, lane) for clause in catalogue().values() for lane in bench.lanes(clause)]
        return targets, [bench.result(clause, checks()[clause.id], lane) for clause, lane in clauses]
    finally:
        bench.close()


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("name", sorted(KINDS))
def test_a_right_server_breaks_no_clause(name: str, run: int, served: Callable[[str], Served]) -> None:
    """Nothing broken, no error of ours, and the floor proved."""
    if KINDS[name].needs_nginx and nginx.MISSING:
        pytest.skip("needs nginx")
    targets, results = judged(served(name), FIRST_SEED + run)
    wrong = [
        f"{result.clause} in {result.target} {result.lane}: {result.finding.message if result.finding else result.reason}"
        for result in results
        if result.outcome in (Outcome.BROKEN, Outcome.ERROR)
    ]
    assert wrong == []
    from noojee_contract.session import floor_of

    floor: Floor = floor_of(targets, (), ())
    assert floor.missing(results) == []
    assert sum(result.outcome is Outcome.HOLDS for result in results) > 400


def test_the_seeds_of_the_runs_draw_different_archives() -> None:
    """Else many runs would be one."""
    drawn = [json.dumps(draw_documents(EXAMPLES, FIRST_SEED + run), sort_keys=True) for run in range(RUNS)]
    assert len(set(drawn)) == RUNS >= 2
