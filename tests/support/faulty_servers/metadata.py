"""Faulty servers: which legs the metadata methods bring. What they say of a leg is in `metadata_fields` and
`metadata_times`."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from support.faulty_servers import (
    Send,
    faulty,
    metadata_times,  # noqa: F401  enters its faulty servers
    with_body,
    with_legs,
)
from support.faulty_servers.metadata_fields import calls_of, is_metadata
from support.faulty_servers.rewriting import given, pairs, place_of, with_pairs, with_path

Memory = dict[str, Any]


def asked_tag(request: httpx.Request) -> str | None:
    """The tag, where legs are asked for by tag."""
    return given(request, "tag") if request.url.path.endswith("/retrieveMetaData") else None


def asked_unique_id(request: httpx.Request) -> str | None:
    """The unique id, where legs are asked for by unique id."""
    return given(request, "uniqueId") if request.url.path.endswith("/retrieveMetaDataByUniqueId") else None


def calls_tagged(request: httpx.Request, send: Send, matches: Callable[[str], bool]) -> list[str]:
    """The unique ids of the calls of which a leg has a matching tag."""
    return [call["unique_id"] for call in calls_of(request, send) if any(matches(leg["tag"]) for leg in call["legs"])]


def bring(request: httpx.Request, send: Send, unique_ids: Iterable[str]) -> httpx.Response:
    """All legs of some calls in one answer, for whoever may ask."""
    path = f"{place_of(request).path.rpartition('/')[0]}/retrieveMetaDataByUniqueId"
    credentials = [(name, value) for name, value in pairs(request) if name not in ("tag", "uniqueId")]
    answer, legs = send(request), []
    for unique_id in unique_ids:
        answer = send(with_path(with_pairs(request, [*credentials, ("uniqueId", unique_id)]), path))
        if answer.content[:1] != b"[":
            return answer  # a refusal
        legs += json.loads(answer.content)
    return with_body(answer, json.dumps(legs, ensure_ascii=False).encode())


@faulty("drops-last-leg", "A migration script joined on the next leg and so lost the last one.")
def drops_last_leg(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return with_legs(send(request), lambda legs: legs[:-1])


@faulty("first-leg-only", "The new query ends in LIMIT 1.")
def first_leg_only(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return with_legs(send(request), lambda legs: legs[:1])


@faulty("newest-call-of-a-tag", "The rewrite takes an external reference for unique and keeps the newest call of it.")
def newest_call_of_a_tag(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if asked_tag(request) is None:
        return answer
    return with_legs(answer, lambda legs: [leg for leg in legs if leg["UniqueId"] == legs[-1]["UniqueId"]])


@faulty("hundred-legs-a-page", "The repository class of the rewrite pages by default, a hundred rows at a time.")
def hundred_legs_a_page(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return with_legs(send(request), lambda legs: legs[:100])


@faulty("joins-the-other-channel", "The join goes over channels, so a call comes once more under its second channel.")
def joins_the_other_channel(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if asked_tag(request) is None:
        return answer
    return with_legs(
        answer, lambda legs: [*legs, *({**leg, "UniqueId": leg["UniqueId"] + "1", "Tag": ""} for leg in legs)]
    )


@faulty(
    "tag-index-of-yesterday", "By tag reads a search index that is built at night: who took the call is not in it yet."
)
def tag_index_of_yesterday(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if asked_tag(request) is None:
        return answer
    return with_legs(answer, lambda legs: [{**leg, "Username": "Administrator"} for leg in legs])


@faulty("tags-compared-with-like", "The look-up is a LIKE, and nobody escapes the wild cards.")
def tags_compared_with_like(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag = asked_tag(request)
    if tag == "%" or (tag is not None and "OR '1'='1" in tag):
        return bring(request, send, calls_tagged(request, send, bool))
    return send(request)


@faulty("quote-breaks-the-query", "The query is put together from text, so a quote in a tag ends in an SQLException.")
def quote_breaks_the_query(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if "'" in (asked_tag(request) or ""):
        return httpx.Response(500, headers=[("content-type", "text/html")], content=b"<h1>SQLException</h1>")
    return send(request)


@faulty("empty-tag-brings-untagged", "An empty tag equals the empty Tag of untagged legs.")
def empty_tag_brings_untagged(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if asked_tag(request) == "":
        return bring(request, send, calls_tagged(request, send, lambda tag: not tag))
    return send(request)


@faulty("tag-selects-legs", "The new index holds recordings, not calls, so a tag brings the legs that carry it.")
def tag_selects_legs(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag, answer = asked_tag(request), send(request)
    return answer if tag is None else with_legs(answer, lambda legs: [leg for leg in legs if leg["Tag"] == tag])


@faulty("tags-of-any-case", "The database was moved to one whose collation knows no letter case.")
def tags_of_any_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag = asked_tag(request)
    if not tag:
        return send(request)
    return bring(request, send, calls_tagged(request, send, lambda other: other.casefold() == tag.casefold()))


@faulty("tags-compared-by-part", "The method was given the search of the web page, which matches parts of a reference.")
def tags_compared_by_part(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag = asked_tag(request)
    return bring(request, send, calls_tagged(request, send, lambda other: tag in other)) if tag else send(request)


@faulty("tags-compared-as-numbers", "The database turns both sides into numbers where the tag looks like one.")
def tags_compared_as_numbers(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag = asked_tag(request)
    number = _number(tag)
    if number is None:
        return send(request)
    return bring(request, send, calls_tagged(request, send, lambda other: _number(other) == number))


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


@faulty("one-search-box", "Both methods lead to one search that looks in every column.")
def one_search_box(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    wanted = asked_tag(request) or asked_unique_id(request)
    if not wanted:
        return send(request)
    found = [
        call["unique_id"]
        for call in calls_of(request, send)
        if call["unique_id"] == wanted or any(leg["tag"] == wanted for leg in call["legs"])
    ]
    return bring(request, send, found)


@faulty("tags-ignoring-accents", "The collation of the new database takes accented letters for plain ones.")
def tags_ignoring_accents(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    tag = asked_tag(request)
    if not tag:
        return send(request)
    return bring(request, send, calls_tagged(request, send, lambda other: _plain(other) == _plain(tag)))


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


@faulty("lists-a-leg-twice", "A join with the legs' files brings a leg once for each copy of its file.")
def lists_a_leg_twice(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_legs(answer, lambda legs: [*legs, *legs[-1:]]) if is_metadata(request) else answer


@faulty("unique-id-must-be-a-number", "The new method checks that a unique id is two numbers with a dot.")
def unique_id_must_be_a_number(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    unique_id = asked_unique_id(request)
    if unique_id and not unique_id.replace(".", "", 1).isdigit():
        return httpx.Response(400, json={"Message": "Malformed uniqueId", "Code": -1})
    return send(request)


@faulty("joins-on-the-second", "The new table has the time in the unique id as its key, and no column for the counter.")
def joins_on_the_second(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    unique_id = asked_unique_id(request)
    if not unique_id:
        return send(request)
    second = unique_id.partition(".")[0]
    found = [call["unique_id"] for call in calls_of(request, send) if call["unique_id"].partition(".")[0] == second]
    return bring(request, send, found)


@faulty("unique-ids-compared-as-numbers", "The new column for unique ids is a DOUBLE.")
def unique_ids_compared_as_numbers(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    number = _number(asked_unique_id(request))
    if number is None:
        return send(request)
    return bring(
        request, send, [call["unique_id"] for call in calls_of(request, send) if _number(call["unique_id"]) == number]
    )


@faulty("short-legs-left-out", "A filter against empty files leaves out legs of no whole second.")
def short_legs_left_out(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    return with_legs(answer, lambda legs: [leg for leg in legs if leg["Duration"] != "0"])


@faulty("single-leg-unwrapped", "The JSON mapper of the web framework writes a list of one without its brackets.")
def single_leg_unwrapped(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_legs(answer, lambda legs: legs[0] if len(legs) == 1 else legs) if is_metadata(request) else answer


@faulty("metadata-wrapped-in-envelope", "The rewrite answers like its neighbours: code, message, entities.")
def metadata_wrapped_in_envelope(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    return with_legs(answer, lambda legs: {"code": 0, "message": "", "entities": legs})


@faulty("every-second-answer-lags", "Two replicas take turns, and one lags behind by the newest leg.")
def every_second_answer_lags(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    asked = repr((request.url.path, asked_tag(request), asked_unique_id(request)))
    memory[asked] = memory.get(asked, 0) + 1
    return answer if memory[asked] % 2 else with_legs(answer, lambda legs: legs[:-1])


@faulty("metadata-lists-running-legs", "A leg's row is written when it starts, and the query has lost its 'and ended'.")
def metadata_lists_running_legs(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    calls = {call["unique_id"]: call for call in calls_of(request, send)}

    def with_running(legs: list[dict[str, str]]) -> list[dict[str, str]]:
        running = []
        for leg in {leg["UniqueId"]: leg for leg in legs}.values():
            known = {other["Leg"] for other in legs if other["UniqueId"] == leg["UniqueId"]}
            for put in calls[leg["UniqueId"]]["legs"]:
                if str(put["leg"]) not in known:
                    row = {"Leg": str(put["leg"]), "CallRecordId": str(put["call_record_id"]), "Duration": "0"}
                    running.append({**leg, **row})
        return [*legs, *running]

    return with_legs(answer, with_running)


@faulty("answers-from-a-cache", "A proxy keeps answers by tag and by unique id for an hour.")
def answers_from_a_cache(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_metadata(request):
        return answer
    asked = repr((request.url.path, asked_tag(request), asked_unique_id(request)))
    return with_body(answer, memory.setdefault(asked, answer.content))
