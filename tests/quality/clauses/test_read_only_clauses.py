"""Clauses on a read-only PBX: its possible calls, the requests that it may get, and clauses that checked nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from noojee_contract.dialects.custom import CustomDialect
from noojee_contract.dialects.model import Method
from noojee_contract.dialects.schemes import NoCredentials
from noojee_contract.engine.check import Check, CheckFailed, Inconclusive
from noojee_contract.engine.clause_run import run_clause
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.sampling import Sampling
from noojee_contract.engine.subject import UNKNOWN_VALUES, SubjectPair
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause_functions
from noojee_contract.suite.support.answers import is_list, kind_without_legs
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.targets.target import Target
from noojee_fake.adapters.httpx_transport import Transport
from noojee_fake.pbx.clock import SECOND
from noojee_fake.server.sandboxes import Sandboxes, build
from support.read_only_subjects import read_only_subject

CALL = "1773200300.2"
HOUR = "2026/03/11 14"


def tagged_call(unique_id: str, *tags: str, minute: int = 40) -> dict[str, Any]:
    """A call with a leg of a minute for each tag."""
    legs = [
        leg(f"2026-03-11T14:{minute + place}:00+11:00", f"2026-03-11T14:{minute + place}:59+11:00", tag=tag)
        for place, tag in enumerate(tags)
    ]
    return call(unique_id, *legs)


def sandboxes_with(*calls: Mapping[str, Any], **options: str) -> Sandboxes:
    """A server whose PBX has these calls and these options."""
    return build(archive={**archive(*map(dict, calls)), "provenance": "as shipped"}, profile=options)


def read_only(
    transport: httpx.BaseTransport,
    *recordings: tuple[str, str],
    target: Target | None = None,
    profile: Mapping[str, str] | None = None,
    wait: Callable[[float], None] = lambda seconds: None,
) -> ReadOnlySubject:
    """A read-only PBX of which the suite knows these recordings. A by-hour request waits 61 s first."""
    return read_only_subject(
        transport, recordings, target=target, profile=profile, before_by_hour=lambda: wait(61), wait=wait
    )


def run(clause: str, subject: ReadOnlySubject | SubjectPair) -> int:
    """The number of checks that a clause makes. Raises CheckFailed if it fails."""
    check = Check()
    run_clause(clause_functions()[clause], subject, check)
    return check.checks


def requested(subject: ReadOnlySubject) -> list[str]:
    """The URLs that a subject requests, in order, as they are sent."""
    urls: list[str] = []

    def note(exchange: Exchange) -> None:
        urls.append(exchange.request.url)

    subject.client.sender.on_exchange = note
    return urls


def test_a_call_may_be_tagged_with_its_own_unique_id() -> None:
    """By tag, all its legs are listed (SPEC: an entry for each leg of a call), also the leg before the tag was set."""
    sandboxes = sandboxes_with(tagged_call(CALL, "", CALL))
    assert run("metadata.tag-or-unique-id", read_only(Transport(sandboxes), ("unique_id", CALL))) == 1


def test_the_order_of_later_legs_alone_is_not_checked() -> None:
    """Legs are sorted by the start of their call, which a later leg lacks (options metadata_order, tag_selects)."""
    first = tagged_call("1773199800.2", "", "CASE-7", minute=30)
    second = tagged_call("1773199830.5", "CASE-7", minute=30)
    later = {**first, "legs": [first["legs"][0], {**first["legs"][1], "start": "2026-03-11T14:31:30+11:00"}]}
    other = {**second, "legs": [{**second["legs"][0], "start": "2026-03-11T14:30:30+11:00"}]}
    options = {"tag_selects": "legs", "metadata_order": "oldest-first"}
    subject = read_only(Transport(sandboxes_with(later, other, **options)), ("tag", "CASE-7"), profile=options)
    assert len(subject.by_tag("CASE-7").legs) == 2
    run("metadata.order", subject)


def test_an_unanswered_tag_shows_nothing_about_letter_case() -> None:
    """Option tag_match: an answer without a leg means "exact", a lost connection does not."""

    def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("the connection was lost")

    subject = read_only(httpx.MockTransport(lose), ("tag", "CASE-7"), profile={"tag_match": "exact"})
    assert run("metadata.tag-match", subject) == 0


@pytest.mark.parametrize(("negative_tests", "most"), [(False, 1), (True, 6)])
@pytest.mark.parametrize("clause", ["metadata.strangers", "audio.unknown-call", "migration.nothing-else"])
def test_hostile_values_are_negative_tests(clause: str, negative_tests: bool, most: int) -> None:
    """A read-only PBX is asked for hostile values only if its target file allows negative tests."""
    target = Target(name="pbx", dialect="njadmin", negative_tests=negative_tests)
    subject = read_only(Transport(sandboxes_with(tagged_call(CALL, "CASE-7"))), ("unique_id", CALL), target=target)
    urls = requested(subject)
    run(clause, SubjectPair(subject, subject) if clause.startswith("migration.") else subject)
    sent = [value for value in UNKNOWN_VALUES if any(value in httpx.URL(url).params.values() for url in urls)]
    assert sent == list(UNKNOWN_VALUES[:most])


def assert_inconclusive(clause: str, pair: SubjectPair) -> None:
    """Check that a clause lacks answers, and neither passes nor fails."""
    with pytest.raises(CheckFailed) as raised:
        run(clause, pair)
    assert raised.value.undecided


ANSWERED = ("authentication.accepted", "by-hour.answered", "metadata.by-tag-answered", "metadata.by-unique-id-answered")
BUSY = (
    *ANSWERED,
    "by-hour.date-text",
    "by-hour.limit-apart",
    "metadata.order",
    "transport.accept-json",
    "transport.form-charset",
)


def failed_on(status: int, clause: str) -> CheckFailed:
    """The failed check of a clause on a read-only PBX that answers everything with a status."""
    transport = httpx.MockTransport(lambda request: httpx.Response(status, text="later"))
    with pytest.raises(CheckFailed) as raised:
        run(clause, read_only(transport, ("unique_id", CALL), ("tag", "CASE-7"), ("hour", HOUR)))
    return raised.value


@pytest.mark.parametrize("clause", BUSY)
def test_a_read_only_pbx_that_answers_429_fails_no_clause(clause: str) -> None:
    """Other clients keep it busy; this says nothing about the contract."""
    failed = failed_on(429, clause)
    assert (failed.undecided, failed.kind) == (True, FailureKind.NO_ANSWER)


@pytest.mark.parametrize("clause", ANSWERED)
def test_a_read_only_pbx_that_answers_500_fails_the_contract(clause: str) -> None:
    """A server error to a known recording is no answer that the contract allows."""
    assert not failed_on(500, clause).undecided


def test_the_by_hour_limit_on_other_methods_fails_on_a_read_only_pbx() -> None:
    """Other methods answer 429 after a by-hour request only: this is the limit itself."""
    real = Transport(sandboxes_with(tagged_call(CALL, "CASE-7")))
    hours: list[str] = []

    def limited(request: httpx.Request) -> httpx.Response:
        if "ByHour" in request.url.path:
            hours.append(str(request.url))
        elif hours:
            return httpx.Response(429)
        return real.handle_request(request)

    with pytest.raises(CheckFailed) as raised:
        run("by-hour.limit-apart", read_only(httpx.MockTransport(limited), ("unique_id", CALL), ("hour", HOUR)))
    assert not raised.value.undecided


def test_a_legacy_side_that_refuses_is_not_a_side_without_calls() -> None:
    """The target file has a wrong key: this says nothing about the calls of the replacement."""
    legacy = read_only(httpx.MockTransport(lambda request: httpx.Response(401, html="no")), ("unique_id", CALL))
    replacement = read_only(Transport(sandboxes_with(tagged_call(CALL, "CASE-7"))), ("tag", "CASE-7"))
    for clause in ("migration.calls", "migration.once", "migration.tags-bring"):
        assert_inconclusive(clause, SubjectPair(legacy, replacement))
    assert run("migration.nothing-else", SubjectPair(legacy, replacement)) == 0


def test_a_replacement_that_is_unavailable_passes_nothing() -> None:
    """It lists no leg twice, and none for unknown values: only because it lists nothing."""
    legacy = read_only(Transport(sandboxes_with(tagged_call(CALL, "CASE-7"))), ("tag", "CASE-7"))
    replacement = read_only(httpx.MockTransport(lambda request: httpx.Response(503)), ("unique_id", CALL))
    for clause in ("migration.once", "migration.nothing-else"):
        assert_inconclusive(clause, SubjectPair(legacy, replacement))


class SendsFirstLeg(httpx.BaseTransport):
    """A server that sends the audio of leg 1 for every leg."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "leg" in request.url.params:
            request = httpx.Request(request.method, request.url.copy_set_param("leg", "1"), headers=request.headers)
        return self._inner.handle_request(request)


def test_a_new_side_that_sends_the_sound_of_leg_1_is_named() -> None:
    """The extent says so, and how many legs are concerned."""
    sandboxes = sandboxes_with(tagged_call(CALL, "A-1", "A-2", "A-3", "A-4"))
    sides = [
        read_only(transport, ("unique_id", CALL))
        for transport in (Transport(sandboxes), SendsFirstLeg(Transport(sandboxes)))
    ]
    with pytest.raises(CheckFailed) as raised:
        run("migration.sound", SubjectPair(*sides, sampling=Sampling(random_seed=1)))
    extent = raised.value.extent
    assert extent is not None
    assert (extent.differing, extent.compared) == (3, 4)
    assert extent.pattern == "every leg has the sound of leg 1 (3 of 3)"


def test_a_busy_hour_is_compared_in_part() -> None:
    """A migration asks each side for at most so many listed calls as `calls` says."""
    calls = [tagged_call(f"{1773200300 + place}.2", "CASE-7") for place in range(25)]
    sides = [read_only(Transport(sandboxes_with(*calls)), ("hour", HOUR)) for _ in range(2)]
    urls = [requested(side) for side in sides]
    run("migration.by-hour", SubjectPair(*sides, sampling=Sampling(random_seed=1, calls=20)))
    assert [len(sent) for sent in urls] == [1 + 20, 1 + 20]


def test_an_hour_without_legs_shows_nothing_about_escapes() -> None:
    """Two equal empty answers do not show that the date was read."""
    subject = read_only(Transport(sandboxes_with(tagged_call(CALL, "CASE-7"))), ("hour", "2026/03/10 9"))
    with pytest.raises(Inconclusive, match="no leg"):
        run("by-hour.date-escaped", subject)


def test_another_client_by_hour_is_no_failure_of_the_limit() -> None:
    """Another client of the PBX may have used the minute: an answer after one more minute shows that the limit ends."""
    sandboxes = sandboxes_with(tagged_call(CALL, "CASE-7"))
    other_client = read_only(Transport(sandboxes))
    turns: list[float] = []

    def wait(seconds: float) -> None:
        sandboxes.default.clock.step(round(seconds * SECOND))
        turns.append(seconds)
        if len(turns) == 2:
            other_client.client.by_hour("2026/03/11", 14)

    subject = read_only(Transport(sandboxes), ("hour", HOUR), wait=wait)
    with pytest.raises(Inconclusive, match="another client"):
        run("by-hour.limit-ends", subject)


def test_a_dialect_file_without_a_schema_has_no_schema_check() -> None:
    """A check that always passes would be reported as a pass."""
    method = Method(verb="POST", path="/legs", legs=("legs",))
    described = CustomDialect(
        name="records", scheme=NoCredentials(), methods=dict.fromkeys(("by_tag", "by_unique_id"), method)
    )
    subject = read_only(
        httpx.MockTransport(lambda request: httpx.Response(200, json={"legs": [{}]})),
        ("tag", "CASE-7"),
        target=Target(name="records", dialect="file", described=described),
    )
    assert run("metadata.schema", subject) == 0


@pytest.mark.parametrize(("deleted", "fails"), [(1, False), (2, True)])
def test_a_leg_may_outlive_its_audio_on_a_read_only_pbx(deleted: int, fails: bool) -> None:
    """A storage location deletes files past their age (DOC W-SL). A PBX that gives no audio at all fails."""
    recorded = tagged_call(CALL, "CASE-7", "CASE-7")
    for row in recorded["legs"][:deleted]:
        row["sound"] = {"absent": True}
    subject = read_only(Transport(sandboxes_with(recorded)), ("unique_id", CALL))
    if fails:
        with pytest.raises(CheckFailed) as failed:
            run("audio.fetched", subject)
        assert failed.value.kind is FailureKind.REFUSED
    else:
        assert run("audio.fetched", subject) == 1


def test_an_empty_list_of_a_dialect_file_is_a_missing_leg() -> None:
    """The list may be anywhere in an object: the answer is well-formed, and the call is not there."""
    method = Method(verb="GET", path="/legs", query=(("id", "{unique_id}"),), legs=("result", "legs"))
    described = CustomDialect(
        name="records", scheme=NoCredentials(), methods=dict.fromkeys(("by_tag", "by_unique_id"), method)
    )
    subject = read_only(
        httpx.MockTransport(lambda request: httpx.Response(200, json={"result": {"legs": []}})),
        ("unique_id", CALL),
        target=Target(name="records", dialect="file", described=described),
    )
    answer = subject.by_unique_id(CALL)
    assert is_list(answer)
    assert kind_without_legs(answer) is FailureKind.MISSING_LEG
