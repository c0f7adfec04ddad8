"""Transport: paths, and how values travel in a query."""

from __future__ import annotations

from urllib.parse import quote

from noojee_contract.clients.client import REST_PATHS
from noojee_contract.dialects.vendor import read_error_body
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Subject
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.queries import (
    BY_TAG,
    BY_UNIQUE_ID,
    NamedQuery,
    check_no_recording,
    check_refused,
    describe_exchange,
    first_question,
    first_vendor_question,
    has_legs,
    is_refused,
    post,
    read,
    unknown_path,
)

# Names that no page has, and none that could change anything on a PBX that has more methods than its pages.
ABSENT = ("retrieveMetaDataByTag", "retrieveMetaDataByDay", "metaData", "noSuchMethod")


def _tagged(*tags: str) -> dict[str, object]:
    """An archive with a call for each tag."""
    return archive(
        *(
            call(f"1773200{place:03}.2", leg("2026-03-11T14:40:00+11:00", "2026-03-11T14:40:09+11:00", tag=tag))
            for place, tag in enumerate(tags)
        )
    )


LETTERS = _tagged("Zoë Müller", "Łódź", "漢字 ☎", "Мария", "📞 callback", "Zoe Muller")
SIGNS = _tagged("A+B", "A B", "A%2BB", "A%20B", "100%", "100%25", "a&b=c", "a", "x=1;y", "x", "#7", "c/d\\e", "'q\"")


def _check_tags(subject: Subject, check: Check) -> None:
    """Check that each tag of a sandbox brings its own call, with the tag as it was put in."""
    assert subject.archive is not None
    for put in subject.archive.legs:
        if put.tag not in subject.tags:
            continue  # the declared charset has no such letters
        answer = subject.by_tag(put.tag)
        came = [(each.unique_id, each.tag) for each in answer.legs]
        expected = [(put.unique_id, put.tag)]
        check(came == expected, f"tag {put.tag!r}: expected {expected}, got {came}", answer.exchange)


@clause("transport.letters-in-query")
def test_values_beyond_ascii_are_read_whole(subject: Subject, check: Check) -> None:
    """CLIENT C-J: encodes captions with UTF-8; row 45: a tag that is not ASCII makes the round trip."""
    _check_tags(subject.fresh(document=LETTERS), check)


@clause("transport.query-charset")
def test_values_are_encoded_in_the_declared_charset(subject: Subject, check: Check) -> None:
    """UNKNOWN row 45: question in either charset, the tag brings its call in one of them."""
    subject = subject.fresh(document=_tagged("Zoë Müller"))
    brought = {}
    for charset in ("utf-8", "iso-8859-1"):
        written = quote("Zoë Müller", encoding=charset)
        proof = subject.client.query_text(subject.client.credentials())
        exchange = subject.client.send("POST", f"{subject.client.base}/{BY_TAG}?tag={written}&{proof}")
        brought[charset] = bool(read(subject, exchange).legs)
    named = [charset for charset, came in brought.items() if came]
    check.option(subject, "query_charset", named[0] if len(named) == 1 else f"other: {named or 'neither'}", exchange)


@clause("transport.escaped-once")
def test_escaped_signs_are_read_once(subject: Subject, check: Check) -> None:
    """DOC W-HU: the form type: %2B is a plus, %25 a percent sign; neither is decoded again."""
    _check_tags(subject.fresh(document=SIGNS), check)


@clause("transport.space-either-way")
def test_a_space_may_be_written_in_both_ways(subject: Subject, check: Check) -> None:
    """DOC W-HU: the form type, in which a space is + or %20."""
    subject = subject.fresh(document=SIGNS)
    for written in ("A+B", "A%20B"):
        url = f"{subject.client.base}/{BY_TAG}?{subject.client.query_text(subject.client.credentials())}&tag={written}"
        exchange = subject.client.send("POST", url)
        came = [each.tag for each in read(subject, exchange).legs]
        check(came == ["A B"], f"tag={written}: expected the call with the tag 'A B', got {came}", exchange)


@clause("transport.unknown-path")
def test_an_unknown_method_is_an_error(subject: Subject, check: Check) -> None:
    """CLIENT C-J: an unknown path gives 404 with an HTML body; never an array that reads as an empty answer."""
    for question in first_question(subject):
        for name in ABSENT:
            check_refused(
                subject, check, unknown_path(subject, question, name), f"the method {name}, which no page names"
            )


@clause("transport.unknown-path-status")
def test_an_unknown_method_is_answered_404(subject: Subject, check: Check) -> None:
    """CLIENT C-J: 404 returns HTML."""
    for question in first_question(subject):
        exchange = unknown_path(subject, question, ABSENT[0])
        check(exchange.status == 404, f"an unknown method: expected 404, got {exchange.status}", exchange)


@clause("transport.unknown-path-body")
def test_an_unknown_method_has_the_declared_body(subject: Subject, check: Check) -> None:
    """UNKNOWN row 18; CLIENT C-J: 404 returns HTML."""
    for question in first_vendor_question(subject):
        exchange = post(subject, (ABSENT[0], question[1]))
        if not exchange.body:
            seen = "empty"
        elif read_error_body(exchange) is not None:
            seen = "json"
        else:
            page = exchange.body.lstrip()[:200].lower()
            seen = (
                "html"
                if b"<html" in page or page.startswith(b"<!doctype html")
                else f"other: {beginning(page.decode('latin-1'), 40)!r}"
            )
        check.option(subject, "unknown_path", seen, exchange)


@clause("transport.path-letter-case")
def test_the_letter_case_of_a_method_counts(subject: Subject, check: Check) -> None:
    """UNKNOWN: the pages spell each method in one way; a JAX-RS server compares letter by letter."""
    for unique_id in subject.unique_ids[:1]:
        for name in (BY_UNIQUE_ID.lower(), BY_UNIQUE_ID[:1].upper() + BY_UNIQUE_ID[1:]):
            exchange = post(subject, (name, (("uniqueId", unique_id),)))
            check_no_recording(subject, check, exchange, f"the method spelled {name}")


@clause("transport.after-4")
def test_a_retired_generation_is_gone_after_version_4_as_declared(subject: Subject, check: Check) -> None:
    """DOC W-27, W-A4: no longer supported post the release of 4.0; row 48. Without credentials, so a refusal is an answer."""
    own = subject.fresh()
    own.set("version", version="6.0.1")
    exchange = own.client.order("start", (("extenOrUniqueId", "410"),), credentials=())
    check.option(subject, "legacy_after_4", "gone" if exchange.status == 404 else "kept", exchange)


def _both(subject: Subject, question: NamedQuery) -> tuple[Exchange, Exchange]:
    """A question under /rest and under /servicemanager/rest."""
    bare, full = (post(subject, question, base=subject.client.with_prefix(prefix)) for prefix in REST_PATHS)
    return bare, full


@clause("transport.bare-rest")
def test_the_bare_prefix_is_served_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN row 47: /rest/RecordingAPI (SPEC W-A4) beside /servicemanager/rest/RecordingAPI (DOC W-A1)."""
    for question in first_vendor_question(subject):
        bare, full = _both(subject, question)
        seen = (
            f"other: /rest {describe_exchange(subject, bare)}, /servicemanager/rest {describe_exchange(subject, full)}"
        )
        if has_legs(subject, full):
            seen = "served" if has_legs(subject, bare) else "absent" if is_refused(subject, bare) else seen
        check.option(subject, "bare_rest", seen, bare)


@clause("transport.prefixes-agree")
def test_both_prefixes_tell_the_same(subject: Subject, check: Check) -> None:
    """DERIVED: the pages use both for one API, so where both answer they answer the same."""
    for question in first_vendor_question(subject):
        bare, full = _both(subject, question)
        if has_legs(subject, bare) and has_legs(subject, full):
            told = [sorted(repr(sorted(each.raw.items())) for each in read(subject, one).legs) for one in (bare, full)]
            check(told[0] == told[1], "/rest and /servicemanager/rest list different legs for one call", full)
