"""Transport: paths, and how values travel in a query."""

from __future__ import annotations

from urllib.parse import quote

from noojee_contract.clients.client import REST_PATHS
from noojee_contract.dialects.vendor import read_failure
from noojee_contract.engine.subject import Case, Judge
from noojee_contract.model.exchange import Exchange, beginning
from noojee_contract.suite import clause
from noojee_contract.suite.support.archives import archive, call, leg
from noojee_contract.suite.support.queries import (
    BY_TAG,
    BY_UNIQUE_ID,
    Question,
    answers_it,
    in_words,
    judge_brings_nothing,
    judge_refused,
    one_question,
    one_recording,
    post,
    read,
    refuses,
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


def _judge_tags(case: Case, judge: Judge) -> None:
    """Judge that each tag of a world brings its own call, with the tag as it was put in."""
    assert case.archive is not None
    for put in case.archive.legs:
        if put.tag not in case.tags:
            continue  # the declared charset has no such letters
        answer = case.by_tag(put.tag)
        came = [(each.unique_id, each.tag) for each in answer.legs]
        expected = [(put.unique_id, put.tag)]
        judge(came == expected, f"tag {put.tag!r}: expected {expected}, got {came}", answer.exchange)


@clause("transport.letters-in-query")
def test_values_beyond_ascii_are_read_whole(case: Case, judge: Judge) -> None:
    """CLIENT C-J: encodes captions with UTF-8; row 45: a tag that is not ASCII makes the round trip."""
    _judge_tags(case.fresh(document=LETTERS), judge)


@clause("transport.query-charset")
def test_values_are_encoded_in_the_declared_charset(case: Case, judge: Judge) -> None:
    """UNKNOWN row 45: asked in either charset, the tag brings its call in one of them."""
    case = case.fresh(document=_tagged("Zoë Müller"))
    brought = {}
    for charset in ("utf-8", "iso-8859-1"):
        written = quote("Zoë Müller", encoding=charset)
        proof = case.client.query_text(case.client.credentials())
        exchange = case.client.send("POST", f"{case.client.base}/{BY_TAG}?tag={written}&{proof}")
        brought[charset] = bool(read(case, exchange).legs)
    named = [charset for charset, came in brought.items() if came]
    judge.choice(case, "query_charset", named[0] if len(named) == 1 else f"other: {named or 'neither'}", exchange)


@clause("transport.escaped-once")
def test_escaped_signs_are_read_once(case: Case, judge: Judge) -> None:
    """DOC W-HU: the form type: %2B is a plus, %25 a percent sign; neither is decoded again."""
    _judge_tags(case.fresh(document=SIGNS), judge)


@clause("transport.space-either-way")
def test_a_space_may_be_written_in_both_ways(case: Case, judge: Judge) -> None:
    """DOC W-HU: the form type, in which a space is + or %20."""
    case = case.fresh(document=SIGNS)
    for written in ("A+B", "A%20B"):
        url = f"{case.client.base}/{BY_TAG}?{case.client.query_text(case.client.credentials())}&tag={written}"
        exchange = case.client.send("POST", url)
        came = [each.tag for each in read(case, exchange).legs]
        judge(came == ["A B"], f"tag={written}: expected the call with the tag 'A B', got {came}", exchange)


@clause("transport.unknown-path")
def test_an_unknown_method_is_an_error(case: Case, judge: Judge) -> None:
    """CLIENT C-J: an unknown path gives 404 with an HTML body; never an array that reads as an empty answer."""
    for asked in one_recording(case):
        for name in ABSENT:
            judge_refused(case, judge, unknown_path(case, asked, name), f"the method {name}, which no page names")


@clause("transport.unknown-path-status")
def test_an_unknown_method_is_answered_404(case: Case, judge: Judge) -> None:
    """CLIENT C-J: 404 returns HTML."""
    for asked in one_recording(case):
        exchange = unknown_path(case, asked, ABSENT[0])
        judge(exchange.status == 404, f"an unknown method: expected 404, got {exchange.status}", exchange)


@clause("transport.unknown-path-body")
def test_an_unknown_method_has_the_declared_body(case: Case, judge: Judge) -> None:
    """UNKNOWN row 18; CLIENT C-J: 404 returns HTML."""
    for question in one_question(case):
        exchange = post(case, (ABSENT[0], question[1]))
        if not exchange.body:
            seen = "empty"
        elif read_failure(exchange) is not None:
            seen = "json"
        else:
            page = exchange.body.lstrip()[:200].lower()
            seen = (
                "html"
                if b"<html" in page or page.startswith(b"<!doctype html")
                else f"other: {beginning(page.decode('latin-1'), 40)!r}"
            )
        judge.choice(case, "unknown_path", seen, exchange)


@clause("transport.path-letter-case")
def test_the_letter_case_of_a_method_counts(case: Case, judge: Judge) -> None:
    """UNKNOWN: the pages spell each method in one way; a JAX-RS server compares letter by letter."""
    for unique_id in case.unique_ids[:1]:
        for name in (BY_UNIQUE_ID.lower(), BY_UNIQUE_ID[:1].upper() + BY_UNIQUE_ID[1:]):
            exchange = post(case, (name, (("uniqueId", unique_id),)))
            judge_brings_nothing(case, judge, exchange, f"the method spelled {name}")


@clause("transport.after-4")
def test_a_retired_generation_is_gone_after_version_4_as_declared(case: Case, judge: Judge) -> None:
    """DOC W-27, W-A4: no longer supported post the release of 4.0; row 48. Without credentials, so a refusal is an answer."""
    own = case.fresh()
    own.set("version", version="6.0.1")
    exchange = own.client.order("start", (("extenOrUniqueId", "410"),), credentials=())
    judge.choice(case, "legacy_after_4", "gone" if exchange.status == 404 else "kept", exchange)


def _both(case: Case, question: Question) -> tuple[Exchange, Exchange]:
    """A question under /rest and under /servicemanager/rest."""
    bare, full = (post(case, question, base=case.client.with_prefix(prefix)) for prefix in REST_PATHS)
    return bare, full


@clause("transport.bare-rest")
def test_the_bare_prefix_is_served_as_declared(case: Case, judge: Judge) -> None:
    """UNKNOWN row 47: /rest/RecordingAPI (SEED W-A4) beside /servicemanager/rest/RecordingAPI (DOC W-A1)."""
    for question in one_question(case):
        bare, full = _both(case, question)
        seen = f"other: /rest {in_words(case, bare)}, /servicemanager/rest {in_words(case, full)}"
        if answers_it(case, full):
            seen = "served" if answers_it(case, bare) else "absent" if refuses(case, bare) else seen
        judge.choice(case, "bare_rest", seen, bare)


@clause("transport.prefixes-agree")
def test_both_prefixes_tell_the_same(case: Case, judge: Judge) -> None:
    """DERIVED: the pages use both for one API, so where both answer they answer the same."""
    for question in one_question(case):
        bare, full = _both(case, question)
        if answers_it(case, bare) and answers_it(case, full):
            told = [sorted(repr(sorted(each.raw.items())) for each in read(case, one).legs) for one in (bare, full)]
            judge(told[0] == told[1], "/rest and /servicemanager/rest list different legs for one call", full)
