"""Transport: paths, and the encoding of values in a query."""

from __future__ import annotations

from urllib.parse import quote

from noojee_contract.dialects.vendor import read_error_body
from noojee_contract.dialects.vendor_dialect import REST_PATHS
from noojee_contract.engine.check import Check
from noojee_contract.engine.subject import Answer, Subject
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.model.failure import FailureKind
from noojee_contract.suite import clause
from noojee_contract.suite.support.answers import describe, first_difference, kind_without_legs
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.listing import check_value
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
    present,
    read,
    unknown_path,
)

# Names of no documented method. None of them can change anything on a PBX with undocumented methods.
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
    """Check that each tag of a sandbox returns its own call with the tag unchanged."""
    assert subject.archive is not None
    for put in subject.archive.legs:
        if put.tag not in subject.tags:
            continue  # the declared charset cannot encode it
        answer = subject.by_tag(put.tag)
        ids = [leg.unique_id for leg in answer.legs]
        actual = ", ".join(map(repr, ids)) or describe(answer)
        check(
            ids == [put.unique_id],
            f"tag {put.tag!r}: expected call {put.unique_id!r}, got {actual}",
            answer.exchange,
            kind=_kind_of_other_calls(answer, put.unique_id),
            expected=put.unique_id,
            actual=actual,
        )
        for listed in answer.legs:
            check_value(check, answer.exchange, f"tag {put.tag!r}", "Tag", expected=put.tag, actual=listed.tag)


def _kind_of_other_calls(answer: Answer, unique_id: str) -> FailureKind:
    """What is wrong with an answer that does not have exactly one leg, of this call."""
    ids = [leg.unique_id for leg in answer.legs]
    if not ids:
        return kind_without_legs(answer)
    if unique_id not in ids:
        return FailureKind.MISSING_LEG
    return FailureKind.REPEATED_LEG if ids.count(unique_id) > 1 else FailureKind.UNEXPECTED_LEG


@clause("transport.letters-in-query")
def test_tags_beyond_ascii_find_their_calls(subject: Subject, check: Check) -> None:
    """CLIENT C-J: encodes captions with UTF-8. A tag that is not ASCII comes back unchanged."""
    _check_tags(subject.fresh(document=LETTERS), check)


@clause("transport.query-charset")
def test_tags_are_read_in_the_declared_charset(subject: Subject, check: Check) -> None:
    """UNKNOWN: option query_charset. A query in one of two charsets returns the call of the tag."""
    subject = subject.fresh(document=_tagged("Zoë Müller"))
    found = {}
    for charset in ("utf-8", "iso-8859-1"):
        value = quote("Zoë Müller", encoding=charset)
        credentials = subject.client.query_text(subject.client.credentials())
        exchange = subject.client.send("POST", f"{subject.client.base}/{BY_TAG}?tag={value}&{credentials}")
        found[charset] = bool(read(subject, exchange).legs)
    charsets = [charset for charset, has_call in found.items() if has_call]
    check.option(
        subject,
        "query_charset",
        charsets[0] if len(charsets) == 1 else f"other: {' and '.join(charsets) or 'neither'}",
        exchange,
    )


@clause("transport.escaped-once")
def test_escaped_characters_are_decoded_once(subject: Subject, check: Check) -> None:
    """DOC W-HU: the form type: %2B is a plus, %25 a percent sign. Neither is decoded twice."""
    _check_tags(subject.fresh(document=SIGNS), check)


@clause("transport.space-either-way")
def test_a_space_may_be_a_plus_or_percent_20(subject: Subject, check: Check) -> None:
    """DOC W-HU: the form type, in which a space is + or %20."""
    subject = subject.fresh(document=SIGNS)
    for written in ("A+B", "A%20B"):
        url = f"{subject.client.base}/{BY_TAG}?{subject.client.query_text(subject.client.credentials())}&tag={written}"
        exchange = subject.client.send("POST", url)
        answer = read(subject, exchange)
        tags = [leg.tag for leg in answer.legs]
        actual = f"the tag {', '.join(map(repr, tags))}" if tags else describe(answer)
        check(
            tags == ["A B"],
            f"tag={written}: expected the call with the tag 'A B', got {actual}",
            exchange,
            kind=FailureKind.UNEXPECTED_LEG if tags else kind_without_legs(answer),
            expected="the tag 'A B'",
            actual=actual,
        )


@clause("transport.unknown-path")
def test_an_unknown_method_is_an_error(subject: Subject, check: Check) -> None:
    """CLIENT C-J: an unknown path gives 404 with an HTML body. An array would look like an empty answer."""
    for question in first_question(subject):
        for name in ABSENT:
            check_refused(subject, check, unknown_path(subject, question, name), f"the unknown method {name}")


@clause("transport.unknown-path-status")
def test_an_unknown_method_is_answered_404(subject: Subject, check: Check) -> None:
    """CLIENT C-J: 404 returns HTML."""
    for question in first_question(subject):
        exchange = unknown_path(subject, question, ABSENT[0])
        check(
            exchange.status == 404,
            f"an unknown method: expected 404, got {exchange.status}",
            exchange,
            kind=FailureKind.NO_ANSWER if exchange.response is None else FailureKind.UNEXPECTED_STATUS,
            expected="404",
            actual=str(exchange.status),
        )


@clause("transport.unknown-path-body")
def test_an_unknown_method_has_the_declared_body(subject: Subject, check: Check) -> None:
    """UNKNOWN: option unknown_path. CLIENT C-J: 404 returns HTML."""
    for question in first_vendor_question(subject):
        exchange = post(subject, (ABSENT[0], question[1]))
        if exchange.response is None:
            seen = f"other: {describe_exchange(subject, exchange)}"
        elif not exchange.body:
            seen = "empty"
        elif read_error_body(exchange) is not None:
            seen = "json"
        else:
            page = exchange.body.lstrip()[:200].lower()
            is_html = b"<html" in page or page.startswith(b"<!doctype html")
            seen = "html" if is_html else f"other: {beginning(page.decode('latin-1'), 40)!r}"
        check.option(subject, "unknown_path", seen, exchange)


@clause("transport.path-letter-case")
def test_method_names_are_case_sensitive(subject: Subject, check: Check) -> None:
    """UNKNOWN: the pages spell each method in one way. A JAX-RS server is case sensitive."""
    for unique_id in present(subject, "unique_id"):
        for name in (BY_UNIQUE_ID.lower(), BY_UNIQUE_ID[:1].upper() + BY_UNIQUE_ID[1:]):
            exchange = post(subject, (name, (("uniqueId", unique_id),)))
            check_no_recording(subject, check, exchange, f"the method spelled {name}")


@clause("transport.after-4")
def test_the_legacy_api_is_removed_after_version_4_as_declared(subject: Subject, check: Check) -> None:
    """DOC W-27, W-A4: no longer supported post the release of 4.0. UNKNOWN: option legacy_after_4.

    The request has no credentials, so a refusal counts as an answer.
    """
    own = subject.fresh()
    own.set("version", version="6.0.1")
    exchange = own.client.command("start", (("extenOrUniqueId", "410"),), credentials=())
    check.option(subject, "legacy_after_4", "gone" if exchange.status == 404 else "kept", exchange)


def _both(subject: Subject, question: NamedQuery) -> tuple[Exchange, Exchange]:
    """The answers to a question under /rest and under /servicemanager/rest."""
    bare, full = (
        post(subject, question, base=subject.client.vendor.base_under(subject.client.root, prefix))
        for prefix in REST_PATHS
    )
    return bare, full


@clause("transport.bare-rest")
def test_the_bare_prefix_is_answered_as_declared(subject: Subject, check: Check) -> None:
    """UNKNOWN: option bare_rest. /rest/RecordingAPI (SPEC W-A4) and /servicemanager/rest/RecordingAPI (DOC W-A1)."""
    for question in first_vendor_question(subject):
        bare, full = _both(subject, question)
        seen = (
            f"other: /rest {describe_exchange(subject, bare)}, /servicemanager/rest {describe_exchange(subject, full)}"
        )
        if has_legs(subject, full):
            if has_legs(subject, bare):
                seen = "served"
            elif is_refused(subject, bare):
                seen = "absent"
        check.option(subject, "bare_rest", seen, bare)


@clause("transport.prefixes-agree")
def test_both_prefixes_give_the_same_answer(subject: Subject, check: Check) -> None:
    """DERIVED: the pages use both prefixes for one API, so both give the same answer."""
    for question in first_vendor_question(subject):
        bare, full = _both(subject, question)
        if has_legs(subject, bare) and has_legs(subject, full):
            legs = [read(subject, exchange).legs for exchange in (bare, full)]
            rows = [sorted(repr(sorted(leg.raw.items())) for leg in listed) for listed in legs]
            check(
                rows[0] == rows[1],
                "/rest and /servicemanager/rest list different legs for one call",
                full,
                kind=FailureKind.ANSWERS_DIFFER,
                field=first_difference(*legs),
            )
