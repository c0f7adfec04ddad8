"""No false positives: every clause passes on conformant servers that are built differently from the fake.

`NOOJEE_FALSE_POSITIVE_RUNS` is the number of random seeds (default 1); `tox -e false-positives` takes 50. A failure
names its random seed. With it as `NOOJEE_FALSE_POSITIVE_RANDOM_SEED`, the first run repeats it.
"""

from __future__ import annotations

import json
import os
import pickle
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import trustme
from filelock import FileLock

from noojee_contract.catalogue.clauses import FILE, catalogue
from noojee_contract.engine.strategies import draw_archives
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.pytest_plugin.options import RunOptions
from noojee_contract.pytest_plugin.run_report import required_clauses
from noojee_contract.targets.target import Target
from quality.false_positives.runs import EXAMPLES, FIRST_SEED, RUNS, false_positives, results_of
from support.conformant_servers import hosts, nginx
from support.conformant_servers.live_calls import Variations
from support.conformant_servers.pbx import OtherPbx
from support.conformant_servers.sandbox import DEFAULTS, OPTIONS

TARGETS = {
    "services": ("services", "none"),
    "recording-api": ("recording-api", "hash"),
    "call-management": ("call-management", "api-key"),
    "call-management-hash": ("call-management", "hash"),
    "njadmin": ("njadmin", "api-key"),
}
"""The targets: each with its dialect and authentication scheme."""
MIGRATIONS = (
    MigrationPair("recording-api", "njadmin"),
    MigrationPair("recording-api", "call-management"),
    MigrationPair("call-management-hash", "njadmin"),
)
OTHERWISE: Mapping[str, str] = {
    "address_refused": "closed", "audio_aged_form": "mpeg", "audio_format": "wav-alaw", "audio_methods": "post-and-get",
    "audio_unknown_leg": "200", "audio_without_leg": "refused", "bad_hour": "empty-list", "bare_rest": "absent",
    "by_hour_limit_status": "503", "call_management_bad_request_status": "400",
    "call_management_refused_status": "401", "clock_ahead_seconds": "10", "concurrent_authentications": "5",
    "content_type_check": "form-only", "default_account": "NoojeeAdmin", "eastern_abbreviation": "EST",
    "empty_tag": "empty-list", "expired_hash_status": "401", "expired_leg": "record-removed",
    "extension_or_unique_id": "by-lookup", "future_hour": "refused", "get_on_post": "start-and-stop",
    "hash_hour_from": "last-use", "hash_reuse": "once", "internal_word": "Local",
    "json_content_type": "text/html;charset=UTF-8", "legacy_after_4": "kept", "legs_in_progress": "listed",
    "metadata_order": "newest-first", "njadmin_bad_request_status": "200", "njadmin_failure_envelope": "lower-case",
    "njadmin_refused_status": "403", "outbound_did": "internal", "parameters_in": "query-only",
    "recording_api_bad_request_status": "400", "recording_api_refused_status": "403", "recording_message": "ok",
    "repeated_hour": "first", "services_failure_status": "500", "several_calls": "oldest",
    "start_fraction": "milliseconds", "start_while_recording": "ignored", "stop_not_recording": "warning",
    "stop_permission": "anyone", "stop_without_agent": "refused", "tag_inherited": "start-only",
    "tag_match": "ignore-case", "tag_selects": "legs", "time_body": "digits-newline", "time_stamp_seconds": "accepted",
    "unknown_path": "json", "unknown_recording": "failure-404", "user_key_status": "401",
    "zero_length_legs": "dropped",
}  # fmt: skip
"""Another value of every option but two, which THIRD and FOURTH have."""
THIRD: Mapping[str, str] = {
    "audio_format": "wav-ulaw", "audio_methods": "post-and-get", "by_hour_limit_status": "400",
    "call_management_refused_status": "403", "clock_ahead_seconds": "0", "empty_tag": "empty-list",
    "expired_leg": "record-removed", "extension_or_unique_id": "by-lookup", "get_on_post": "start-and-stop",
    "hash_hour_from": "time-stamp", "json_content_type": "none", "njadmin_refused_status": "200",
    "plain_http": "refused", "recording_api_refused_status": "401", "several_calls": "refused",
    "start_while_recording": "refused", "stop_without_agent": "refused", "tag_selects": "legs",
    "unknown_path": "empty", "unknown_recording": "failure-200", "user_key_status": "200",
}  # fmt: skip
"""A third one, where there are three, and a mixture of the others."""
FOURTH: Mapping[str, str] = {
    "address_refused": "closed", "audio_format": "mpeg", "by_hour_limit_status": "200",
    "call_management_bad_request_status": "400", "concurrent_authentications": "5", "hash_reuse": "once",
    "json_content_type": "application/json", "legs_in_progress": "listed", "query_charset": "iso-8859-1",
    "stop_not_recording": "warning", "tag_inherited": "start-only", "unknown_recording": "failure-404",
}  # fmt: skip
"""A fourth one, where there are four, and another mixture."""


ALTERNATIVES = {
    (key, choice)
    for key, row in OPTIONS.items()
    for choice in (row["default"], *row["alternatives"])
    if row["alternatives"] and key in DEFAULTS
}
FEWEST_OPTIONS = 56
"""The options with alternatives that the conformant server has always implemented. It need not implement newer ones."""
DRAWN_OPTIONS = sorted({key for key, _ in ALTERNATIVES} - {"plain_http"})
"""The options that a run draws; `plain_http` belongs to the web server, not to the PBX."""
AT_LEAST = 1100
"""The results that pass on every conformant server.

Usually more than 1,200; three generated archives may lack a tag, for example.
"""
NEVER_PASSED: Mapping[tuple[str, str], str] = {
    (f"migration.{name}", "recording-api > call-management"): "call-management has no method by hour"
    for name in ("by-hour", "by-hour-whole")
} | {("migration.hours", str(pair)): "the old side has no method by hour" for pair in MIGRATIONS}
"""Clauses with the targets on which they pass on no conformant server, and why."""
OTHER_DIALECTS = (FILE,)
"""The dialects of clauses that `test_replacement` runs."""


@dataclass(frozen=True)
class Served:
    """Where a conformant server is, and its profile."""

    base_url: str
    profile: Mapping[str, str]
    ca_file: Path | None = None
    plain_base_url: str | None = None


Address = tuple[str, Path | None, str | None]
"""The base URL, the file of the authority that vouches for it, and where it would answer plain http."""


@dataclass(frozen=True)
class Kind:
    """A way to build a conformant server."""

    serve: Callable[[ExitStack, Path, OtherPbx], Address]
    profile: Mapping[str, str] = field(default_factory=dict)
    variations: Variations = field(default_factory=Variations)
    write: Callable[[Any], str] = json.dumps
    needs_nginx: bool = False


def threads_of_http_1_0(stack: ExitStack, _: Path, pbx: OtherPbx) -> Address:
    """A connection for each request, and answers that take their time."""
    return stack.enter_context(hosts.threads(pbx.handle, slow_seconds=0.001)), None, None


def event_loop_in_chunks(stack: ExitStack, _: Path, pbx: OtherPbx) -> Address:
    """Answers come in chunks; nobody says how long they are."""
    return stack.enter_context(hosts.event_loop(pbx.handle)), None, None


def pool_behind_tls_and_a_prefix(stack: ExitStack, folder: Path, pbx: OtherPbx) -> Address:
    """WSGI on four threads, behind nginx, which ends TLS and puts a path in front."""
    authority, certificate, ca_file = trustme.CA(), folder / "server.pem", folder / "ca.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_and_cert_chain_pem.write_to_path(certificate)
    authority.cert_pem.write_to_path(ca_file)
    upstream = stack.enter_context(hosts.pool(pbx.handle))
    secure, plain = stack.enter_context(nginx.secured(upstream, folder / "nginx", certificate))
    return secure, ca_file, plain


def bare_sockets(stack: ExitStack, _: Path, pbx: OtherPbx) -> Address:
    """Connections that live on, answers compressed, and the headers of a servlet container."""
    return stack.enter_context(hosts.raw(pbx.handle)), None, None


def shuffled(value: Any) -> str:
    """JSON with the keys in another order, and with letters beyond ASCII escaped."""
    if isinstance(value, list):
        return f"[{','.join(map(shuffled, value))}]"
    if isinstance(value, dict):
        turned = sorted(value.items(), key=lambda item: item[0][::-1])
        return "{" + " ,".join(f"{json.dumps(key)} : {shuffled(each)}" for key, each in turned) + "}"
    return json.dumps(value)


SORTED = partial(json.dumps, ensure_ascii=False, sort_keys=True)
INDENTED = partial(json.dumps, ensure_ascii=False, indent=2)
KINDS: Mapping[str, Kind] = {
    "threads": Kind(
        threads_of_http_1_0,
        OTHERWISE,
        Variations(named_user_owns=False, lists_ended_calls=True, lists_quiet_phones=True),
        SORTED,
    ),
    "event-loop": Kind(event_loop_in_chunks, write=INDENTED),
    "proxy": Kind(
        pool_behind_tls_and_a_prefix,
        THIRD,
        Variations(named_user_owns=False, rings_again=False, services_in_xml=True, system_name="melb1-"),
        needs_nginx=True,
    ),
    "raw": Kind(
        bare_sockets,
        FOURTH,
        Variations(dial_from_pick_up=True, records_ringing=False, transfers_split_at_once=False),
        shuffled,
    ),
}


def start(stack: ExitStack, folder: Path, name: str) -> Served:
    """A conformant server of a kind."""
    kind = KINDS[name]
    profile = {**DEFAULTS, **kind.profile}
    pbx = OtherPbx(profile, variations=kind.variations, write=kind.write)
    url, ca_file, plain = kind.serve(stack, folder, pbx)
    return Served(url, profile, ca_file, plain)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Served]]:
    """A conformant server by its kind, started once."""
    with ExitStack() as stack:
        yield cache(lambda name: start(stack, tmp_path_factory.mktemp(name), name))


def run_suite(served: Served, seed: int) -> tuple[list[Target], list[Result]]:
    """The results of the suite on all generations of a server, and on migrations between them."""
    targets = [
        Target(
            name=name,
            dialect=dialect,
            authentication=scheme,
            base_url=served.base_url,
            plain_base_url=served.plain_base_url,
            writable=True,
            profile=served.profile,
            ca_file=() if served.ca_file is None else (served.ca_file,),
        )
        for name, (dialect, scheme) in TARGETS.items()
    ]
    return targets, results_of(targets, seed, migrations=MIGRATIONS)


@pytest.fixture(scope="module")
def results(
    served: Callable[[str], Served], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, int], tuple[list[Target], list[Result]]]:
    """The results of the suite on a kind by a seed. It runs once: one worker keeps them in a file for the others."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # the folder of all workers of this run

    def kept(name: str, seed: int) -> tuple[list[Target], list[Result]]:
        file = folder / f"conformant-{name}-{seed}.pickle"
        with FileLock(f"{file}.lock"):
            if not file.exists():
                file.write_bytes(pickle.dumps(run_suite(served(name), seed)))
            found: tuple[list[Target], list[Result]] = pickle.loads(file.read_bytes())
            return found

    return kept


@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("name", sorted(KINDS))
def test_no_clause_fails_on_a_conformant_server(
    name: str, run: int, results: Callable[[str, int], tuple[list[Target], list[Result]]]
) -> None:
    """No failure, no error, and every required clause passed."""
    if KINDS[name].needs_nginx and nginx.MISSING:
        pytest.skip("needs nginx")
    assert_no_false_positives(FIRST_SEED + run, *results(name, FIRST_SEED + run))


@pytest.mark.parametrize("run", range(RUNS))
def test_a_conformant_server_with_a_drawn_profile_passes(run: int) -> None:
    """Options interact: each run draws a value for every option, and its own variations."""
    profile, variations = drawn(FIRST_SEED + run)
    with hosts.raw(OtherPbx(profile, variations=variations).handle) as url:
        targets, found = run_suite(Served(url, profile), FIRST_SEED + run)
    assert_no_false_positives(FIRST_SEED + run, targets, found)


def drawn(seed: int) -> tuple[dict[str, str], Variations]:
    """A profile and variations, by a random seed."""
    chance = random.Random(seed)
    profile = {
        **DEFAULTS,
        **{key: chance.choice([each for name, each in sorted(ALTERNATIVES) if name == key]) for key in DRAWN_OPTIONS},
    }
    picked = {each.name: chance.random() < 0.5 for each in fields(Variations) if each.name != "system_name"}
    return profile, Variations(**picked, system_name=chance.choice(("", "melb1-")))


def assert_no_false_positives(seed: int, targets: list[Target], found: list[Result]) -> None:
    """No failure, no error, and every required clause passed."""
    assert false_positives(found) == [], f"NOOJEE_FALSE_POSITIVE_RANDOM_SEED={seed}"
    assert required_clauses(targets, RunOptions()).missing(found) == []
    assert sum(result.outcome is Outcome.PASSED for result in found) > AT_LEAST


def test_each_clause_and_each_option_value_pass_somewhere(
    results: Callable[[str, int], tuple[list[Target], list[Result]]],
) -> None:
    """A clause that never passes might fail on every conformant server."""
    if nginx.MISSING:
        pytest.skip("needs nginx")
    found = {name: results(name, FIRST_SEED)[1] for name in KINDS}
    run_at = {(each.clause, each.target) for each in found["raw"]}
    passing = {
        (each.clause, each.target) for each_of in found.values() for each in each_of if each.outcome is Outcome.PASSED
    }
    assert {clause.id for clause in catalogue().values() if clause.dialects != OTHER_DIALECTS} == {
        clause for clause, _ in run_at
    }
    undeclared = {clause.id for clause in catalogue().values() if clause.declares not in (None, *DEFAULTS)}
    assert {each for each in run_at - passing if each[0] not in undeclared} == set(NEVER_PASSED)
    declares = {clause.id: clause.declares for clause in catalogue().values() if clause.declares is not None}
    passed = {
        (declares[each.clause], {**DEFAULTS, **KINDS[name].profile}[declares[each.clause]])
        for name, each_of in found.items()
        for each in each_of
        if each.outcome is Outcome.PASSED and each.clause in declares
    }
    assert passed >= ALTERNATIVES


def test_together_the_kinds_have_every_value_of_every_option() -> None:
    """Otherwise a conformant value would be tested nowhere."""
    taken = {choice for kind in KINDS.values() for choice in {**DEFAULTS, **kind.profile}.items()}
    assert len({key for key, _ in ALTERNATIVES}) >= FEWEST_OPTIONS
    assert taken >= ALTERNATIVES
    assert taken <= ALTERNATIVES | {(key, DEFAULTS[key]) for key in DEFAULTS}


def test_runs_draw_different_archives() -> None:
    """Otherwise many runs would be one."""
    runs = max(RUNS, 2)
    drawn = [json.dumps(draw_archives(EXAMPLES, FIRST_SEED + run), sort_keys=True) for run in range(runs)]
    assert len(set(drawn)) == runs
