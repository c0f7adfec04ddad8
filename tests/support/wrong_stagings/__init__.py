"""Wrong staging PBXs: each is an old PBX that was upgraded on a staging system with one mistake of the operators.

The old PBX and the staging PBX are fakes with the archive of `support.faulty_migrations`; some have a proxy in front.
What `noojee-contract verify` must answer is data: the exit code, and the first failure or the words that name what to
change. The package contains no tests.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from noojee_fake.testing import ServerProcess
from support.commands import environment
from support.conformant_servers import hosts
from support.conformant_servers.wire import Answer
from support.faulty_migrations.archive import unique_ids, write_archive
from support.faulty_servers.expected import ExpectedFailure, expect

Document = dict[str, Any]
Handle = Callable[[str, str, dict[str, str], bytes], Answer]
OLD_KEY, STAGING_KEY = "f863246a-973e-11e6-8784-08002718f5b5", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
PASSED, FAILED, USAGE, TOO_LITTLE = 0, 1, 2, 3
HTML = [("Content-Type", "text/html;charset=utf-8")]
CALLS = unique_ids()
RECORDINGS = (
    ("tag", "INV-1042"),
    ("tag", "WIN-5"),
    ("unique_id", CALLS[1]),
    ("unique_id", CALLS[29]),
    ("hour", "2025/07/15 16"),
)


def _as_is(document: Document) -> Document:
    return document


def _no_proxy(forward: Handle) -> Handle:
    return forward


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongStaging:
    """A staging PBX with a mistake, and what verify must answer.

    `archive` changes the calls that it holds, and `proxy` its answers. `key` and `dialect` are those of the target
    file. Without `compared` there is no migration. `exit_code` is that of the command. `failures` are alternatives for
    the first failure of the report. `words` must be in the output.
    """

    story: str
    exit_code: int
    failures: tuple[ExpectedFailure, ...] = ()
    words: tuple[str, ...] = ()
    archive: Callable[[Document], Document] = _as_is
    proxy: Callable[[Handle], Handle] = _no_proxy
    key: str = STAGING_KEY
    dialect: str = "njadmin"
    compared: bool = True


def _in_utc(document: Document) -> Document:
    return {**document, "time_zone": "UTC"}


def _of_yesterday(document: Document) -> Document:
    return {**document, "calls": [call for call in document["calls"] if call["created"] < "2025-07-15T01"]}


def _empty(document: Document) -> Document:
    return {**document, "calls": []}


def _half_of_the_audio(document: Document) -> Document:
    for place, call in enumerate(document["calls"]):
        for leg in call["legs"]:
            if place % 2:
                leg["sound"] = {"absent": True}
    return document


def _to_https(forward: Handle) -> Handle:
    return lambda method, target, headers, body: (301, [("Location", f"https://staging.invalid{target}"), *HTML], b"")


def _login_page(forward: Handle) -> Handle:
    page = b"<!DOCTYPE html><html><body><form action='/login'><input name='password'></form></body></html>"
    return lambda method, target, headers, body: (200, HTML, page)


def _maintenance(forward: Handle) -> Handle:
    return lambda method, target, headers, body: (503, HTML, b"<html><body>Down for maintenance</body></html>")


def _limited(forward: Handle) -> Handle:
    """Every twentieth request comes too early."""
    count = itertools.count(1)

    def handle(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        if next(count) % 20 == 0:
            return 429, [("Retry-After", "1"), *HTML], b"<html><body>Too many requests</body></html>"
        return forward(method, target, headers, body)

    return handle


def _without_by_hour(forward: Handle) -> Handle:
    def handle(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        if "retrieveMetaDataByHour" in target:
            return 404, HTML, b"<html><body><h1>HTTP Status 404</h1></body></html>"
        return forward(method, target, headers, body)

    return handle


def _wrong_clock(forward: Handle) -> Handle:
    """The Time method answers with the time of an hour ago."""

    def handle(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        status, fields, content = forward(method, target, headers, body)
        if target.endswith("/rest/Time") and content.strip().isdigit():
            content = str(int(content) - 3_600_000).encode()
        return status, fields, content

    return handle


def _two_versions(forward: Handle) -> Handle:
    """Every second request reaches a PBX of an older version, which has no njadmin."""
    count = itertools.count(1)

    def handle(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        if next(count) % 2 == 0 and "/njadmin/" in target:
            return 404, HTML, b"<html><body><h1>HTTP Status 404</h1></body></html>"
        return forward(method, target, headers, body)

    return handle


NO_LEG = expect(FailureKind.MISSING_LEG)
WRONG_STAGINGS: Mapping[str, WrongStaging] = {
    "wrong-time-zone": WrongStaging(
        story="The container of the staging PBX runs in UTC.",
        archive=_in_utc,
        exit_code=FAILED,
        failures=expect(FailureKind.ANSWERS_DIFFER, FailureKind.WRONG_VALUE, fields=("Start",)),
    ),
    "data-of-yesterday": WrongStaging(
        story="The database is a copy of the day before.", archive=_of_yesterday, exit_code=FAILED, failures=NO_LEG
    ),
    "another-key": WrongStaging(
        story="The staging PBX has a key of its own, and the target file names that of production.",
        key=OLD_KEY,
        exit_code=FAILED,
        failures=expect(FailureKind.REFUSED),
        words=("authentication.accepted",),
    ),
    "empty-database": WrongStaging(
        story="The database was never restored.", archive=_empty, exit_code=FAILED, failures=NO_LEG
    ),
    "half-of-the-audio": WrongStaging(
        story="The restore of the sound ended halfway.",
        archive=_half_of_the_audio,
        exit_code=FAILED,
        failures=expect(FailureKind.REFUSED),
    ),
    "redirect-to-https": WrongStaging(
        story="The target file has the http address of a PBX that redirects to https.",
        proxy=_to_https,
        exit_code=USAGE,
        words=("base_url", "https"),
    ),
    "login-page": WrongStaging(
        story="A proxy with single sign-on is in front of the staging PBX.",
        proxy=_login_page,
        exit_code=USAGE,
        words=("base_url",),
    ),
    "maintenance": WrongStaging(
        story="The staging PBX is down for maintenance: 503 for everything.",
        proxy=_maintenance,
        exit_code=TOO_LITTLE,
        words=("503",),
    ),
    "rate-limited": WrongStaging(
        story="A proxy in front allows few requests, and says when to come again.", proxy=_limited, exit_code=PASSED
    ),
    "without-by-hour": WrongStaging(
        story="By hour is not enabled on the staging PBX.",
        proxy=_without_by_hour,
        exit_code=FAILED,
        failures=expect(FailureKind.REFUSED, FailureKind.UNEXPECTED_STATUS),
        words=("by-hour.answered",),
    ),
    "wrong-clock": WrongStaging(
        story="The clock of the staging PBX is an hour late.",
        proxy=_wrong_clock,
        dialect="call-management",
        compared=False,
        exit_code=FAILED,
    ),
    "two-versions": WrongStaging(
        story="A balancer has one PBX of the new and one of the old version.",
        proxy=_two_versions,
        exit_code=FAILED,
        failures=expect(FailureKind.REFUSED, FailureKind.UNEXPECTED_STATUS),
    ),
}


@contextmanager
def fake(archive: Path, key: str) -> Iterator[str]:
    """The base URL of a fake with an archive file and a key, as a process of its own."""
    words = ("--archive", str(archive), "--api-key-env", "STAGED_KEY", "--quiet")
    with ServerProcess(*words, environment=environment(STAGED_KEY=key), deadline_seconds=60) as server:
        yield server.base_url


@contextmanager
def staged(staging: WrongStaging, folder: Path) -> Iterator[str]:
    """The base URL of a staging PBX, without the old one."""
    right = folder / "archive.json"
    if not right.exists():
        write_archive(folder)
    with ExitStack() as resources:
        changed = folder / "staging.json"
        document = staging.archive(json.loads(right.read_text(encoding="utf-8")))
        changed.write_text(json.dumps(document), encoding="utf-8")
        url = resources.enter_context(fake(changed, STAGING_KEY))
        if staging.proxy is not _no_proxy:
            client = resources.enter_context(httpx.Client(trust_env=False, timeout=30))
            url = resources.enter_context(hosts.pool(staging.proxy(_forward(client, url))))
        yield url


def _forward(client: httpx.Client, url: str) -> Handle:
    def handle(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        passed = {name: value for name, value in headers.items() if name in ("content-type", "accept")}
        came = client.request(method, url + target, headers=passed, content=body)
        kept = [(name, value) for name, value in came.headers.items() if name in ("content-type", "allow")]
        return came.status_code, kept, came.content

    return handle


def target_file(staging: WrongStaging, folder: Path, *, old_url: str, staging_url: str) -> Path:
    """The target file of the operator."""
    audio = 'audio = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"\n'
    usual = f'recordings = "recordings.csv"\ntime_zone = "Australia/Melbourne"\n{audio}'
    by_hash = 'authentication = "hash"\n' if staging.dialect == "call-management" else ""
    text = (
        f'[targets.old]\nbase_url = "{old_url}"\ndialect = "recording-api"\napi_key_env = "OLD_PBX_KEY"\n'
        f'negative_tests = "waived"\n{usual}\n'
        f'[targets.staging]\nbase_url = "{staging_url}"\ndialect = "{staging.dialect}"\n'
        'api_key_env = "STAGING_PBX_KEY"\n'
        f'negative_tests = "allowed"\n{by_hash}{usual}\n'
    )
    if staging.compared:
        text += '[[migration]]\nfrom = "old"\nto = "staging"\n'
    path = folder / "noojee-contract.toml"
    path.write_text(text, encoding="utf-8")
    return path
