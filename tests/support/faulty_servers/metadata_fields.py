"""Faulty servers: what the metadata methods say of a leg, field by field."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_each_leg, with_legs
from support.faulty_servers.rewriting import place_of

Leg = dict[str, str]
Change = Callable[[Leg], dict[str, Any]]
ChangeAll = Callable[[list[Leg]], Any]
WORDS = {"0": "Inbound", "1": "Outbound", "2": "Internal"}


def is_metadata(request: httpx.Request) -> bool:
    """Whether legs are asked for by tag or by unique id."""
    return request.url.path.endswith(("/retrieveMetaData", "/retrieveMetaDataByUniqueId"))


def calls_of(request: httpx.Request, send: Send) -> list[dict[str, Any]]:
    """All calls of the PBX that is asked, as they were put in."""
    url = request.url.copy_with(path=f"/__noojee/sandboxes/{place_of(request).sandbox}/calls", query=None)
    calls: list[dict[str, Any]] = send(httpx.Request("GET", url)).json()["calls"]
    return calls


def faulty_legs(name: str, description: str) -> Callable[[ChangeAll], ChangeAll]:
    """Enter a mistake that is made in the whole list of legs, by tag and by unique id."""

    def enter(change: ChangeAll) -> ChangeAll:
        def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
            answer = send(request)
            return with_legs(answer, change) if is_metadata(request) else answer

        faulty(name, description)(mistake)
        return change

    return enter


def faulty_leg(name: str, description: str) -> Callable[[Change], Change]:
    """Enter a mistake that is made in each leg by itself, by tag and by unique id."""

    def enter(change: Change) -> Change:
        def mistake(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
            answer = send(request)
            return with_each_leg(answer, change) if is_metadata(request) else answer

        faulty(name, description)(mistake)
        return change

    return enter


def last_of_call(legs: list[Leg], leg: Leg) -> Leg:
    """The last listed leg of the same call."""
    return max((other for other in legs if other["UniqueId"] == leg["UniqueId"]), key=lambda other: int(other["Leg"]))


# Ids and numbers.


@faulty_leg("legs-from-zero", "The new code numbers legs by their place in a list.")
def legs_from_zero(leg: Leg) -> Leg:
    return {**leg, "Leg": str(int(leg["Leg"]) - 1)}


@faulty_leg("leg-numbers-skip-two", "A transition without a recording takes a number too.")
def leg_numbers_skip_two(leg: Leg) -> Leg:
    return {**leg, "Leg": str(int(leg["Leg"]) + (int(leg["Leg"]) > 1))}


@faulty_leg("leg-with-a-new-field", "The serialiser writes every column of the table.")
def leg_with_a_new_field(leg: Leg) -> Leg:
    return {**leg, "StorageLocation": "mid-term"}


@faulty_legs("legs-numbered-backwards", "Legs are numbered as the query brings them: newest first.")
def legs_numbered_backwards(legs: list[Leg]) -> list[Leg]:
    return [{**leg, "Leg": str(int(last_of_call(legs, leg)["Leg"]) + 1 - int(leg["Leg"]))} for leg in legs]


@faulty_legs("record-id-of-the-call", "After a merge of two tables, the id is that of the call's row.")
def record_id_of_the_call(legs: list[Leg]) -> list[Leg]:
    first = {leg["UniqueId"]: leg["CallRecordId"] for leg in reversed(legs)}
    return [{**leg, "CallRecordId": first[leg["UniqueId"]]} for leg in legs]


@faulty("record-ids-by-replica", "By tag reads another replica, whose sequence of ids began elsewhere.")
def record_ids_by_replica(request: httpx.Request, send: Send, memory: dict[str, Any]) -> httpx.Response:
    answer = send(request)
    if not request.url.path.endswith("/retrieveMetaData"):
        return answer
    return with_each_leg(answer, lambda leg: {**leg, "CallRecordId": str(int(leg["CallRecordId"]) + 10_000_000)})


@faulty_leg("record-ids-renumbered", "The migration inserted the legs again, and the database gave new ids.")
def record_ids_renumbered(leg: Leg) -> Leg:
    return {**leg, "CallRecordId": str(int(leg["CallRecordId"]) + 1)}


@faulty_leg("record-ids-lose-digits", "The ids pass through a JavaScript gateway, whose numbers hold 53 bits.")
def record_ids_lose_digits(leg: Leg) -> Leg:
    return {**leg, "CallRecordId": str(int(float(leg["CallRecordId"])))}


@faulty_leg("unique-id-as-a-number", "A gateway reads 1777849800.100 as a number and writes 1777849800.1.")
def unique_id_as_a_number(leg: Leg) -> Leg:
    number = re.fullmatch(r"[0-9]+\.[0-9]+", leg["UniqueId"])
    return {**leg, "UniqueId": repr(float(leg["UniqueId"]))} if number else leg


# Tags.


@faulty_leg("tags-upper-cased", "References are upper-cased when they are indexed, and read back from the index.")
def tags_upper_cased(leg: Leg) -> Leg:
    return {**leg, "Tag": leg["Tag"].upper()}


@faulty_leg("untagged-as-the-word-null", "A template writes the missing tag as the word null.")
def untagged_as_the_word_null(leg: Leg) -> Leg:
    return {**leg, "Tag": leg["Tag"] or "null"}


@faulty_legs("one-tag-a-call", "The new schema moved the tag from the recording to the call.")
def one_tag_a_call(legs: list[Leg]) -> list[Leg]:
    return [{**leg, "Tag": last_of_call(legs, leg)["Tag"]} for leg in legs]


@faulty_leg("values-trimmed", "The importer trims what it reads.")
def values_trimmed(leg: Leg) -> Leg:
    return {name: value.strip() for name, value in leg.items()}


@faulty_leg("tags-normalised", "Text is normalised (NFKC) on its way, for the search.")
def tags_normalised(leg: Leg) -> Leg:
    return {**leg, "Tag": unicodedata.normalize("NFKC", leg["Tag"])}


@faulty_leg("tags-cut-at-fifty", "The new column holds fifty characters.")
def tags_cut_at_fifty(leg: Leg) -> Leg:
    return {**leg, "Tag": leg["Tag"][:50]}


# Parties.


@faulty_leg("source-made-international", "Caller ids are rewritten to +61... for the CRM.")
def source_made_international(leg: Leg) -> Leg:
    return {**leg, "Source": re.sub(r"^0(?=[0-9]{9}$)", "+61", leg["Source"])}


@faulty_leg("anonymous-in-words", "The web page's word for a withheld number went into the answer.")
def anonymous_in_words(leg: Leg) -> Leg:
    return {**leg, "Source": leg["Source"] or "Anonymous"}


@faulty_leg("outbound-parties-swapped", "The replacement always puts the outside party into Source.")
def outbound_parties_swapped(leg: Leg) -> Leg:
    if leg["Direction"] != "1":
        return leg
    return {**leg, "Source": leg["Destination"], "Destination": leg["Source"]}


@faulty_legs(
    "destination-of-the-last-leg", "Destination comes from the call's record, which knows the last party only."
)
def destination_of_the_last_leg(legs: list[Leg]) -> list[Leg]:
    return [{**leg, "Destination": last_of_call(legs, leg)["Destination"]} for leg in legs]


@faulty_leg("did-is-where-it-ended", "DID shows the extension that the number leads to.")
def did_is_where_it_ended(leg: Leg) -> Leg:
    return {**leg, "DID": leg["Destination"]} if leg["Direction"] == "0" else leg


@faulty_leg("did-internal-left-empty", "The rewrite fills DID from the trunk, and an internal call has none.")
def did_internal_left_empty(leg: Leg) -> Leg:
    return {**leg, "DID": ""} if leg["Direction"] == "2" else leg


@faulty_leg("outbound-did-is-the-extension", "DID of an outbound call shows who called.")
def outbound_did_is_the_extension(leg: Leg) -> Leg:
    return {**leg, "DID": leg["Source"]} if leg["Direction"] == "1" else leg


@faulty_leg("direction-in-words", "Both shapes are written by one function now, with words for Direction.")
def direction_in_words(leg: Leg) -> Leg:
    return {**leg, "Direction": WORDS[leg["Direction"]]}


@faulty_leg("direction-swapped", "The new enumeration has internal before outbound.")
def direction_swapped(leg: Leg) -> Leg:
    return {**leg, "Direction": {"1": "2", "2": "1"}.get(leg["Direction"], leg["Direction"])}


@faulty_leg("transferred-leg-is-internal", "A transfer is stored as a new call from extension to extension.")
def transferred_leg_is_internal(leg: Leg) -> Leg:
    return {**leg, "Direction": "2", "DID": "internal"} if int(leg["Leg"]) > 2 else leg


@faulty_legs("owner-of-the-last-leg", "The whole call is given to the agent who ended it.")
def owner_of_the_last_leg(legs: list[Leg]) -> list[Leg]:
    return [{**leg, "Username": last_of_call(legs, leg)["Username"]} for leg in legs]


@faulty_leg("queue-owned-by-nobody", "Owners are joined from agents, and a queue has none.")
def queue_owned_by_nobody(leg: Leg) -> Leg:
    return {**leg, "Username": ""} if leg["Destination"] == "600" else leg


@faulty_leg("queue-owned-by-administrator", "The default user is a constant, whatever the route names.")
def queue_owned_by_administrator(leg: Leg) -> Leg:
    return {**leg, "Username": "Administrator"} if leg["Destination"] == "600" else leg


@faulty_leg("names-escaped-for-html", "Names are escaped when they are stored, for the web page.")
def names_escaped_for_html(leg: Leg) -> Leg:
    return {**leg, **{name: html.escape(leg[name]) for name in ("Username", "Source", "Destination")}}


@faulty_leg("names-cut-at-an-emoji", "A column of MySQL's three-byte utf8 ends a text at its first emoji.")
def names_cut_at_an_emoji(leg: Leg) -> Leg:
    return {**leg, "Username": re.split("[\U00010000-\U0010ffff]", leg["Username"])[0]}


# The form of the document.


@faulty_leg("numbers-with-thousands-separators", "A locale was set for the reports, and numbers are written by it.")
def numbers_with_thousands_separators(leg: Leg) -> Leg:
    return {**leg, "CallRecordId": f"{int(leg['CallRecordId']):,}"}


@faulty_leg("leaves-out-empty-fields", "The serialiser is set to leave out what is empty.")
def leaves_out_empty_fields(leg: Leg) -> Leg:
    return {name: value for name, value in leg.items() if value}


@faulty_leg("numbers-without-quotes", "The rewrite has typed fields, so numbers come as numbers.")
def numbers_without_quotes(leg: Leg) -> dict[str, Any]:
    numbers = {name: int(leg[name]) for name in ("Leg", "Duration", "CallRecordId", "Direction")}
    return {**leg, **numbers}


@faulty_leg("empty-as-null", "An Oracle database keeps no empty strings: they come back as NULL.")
def empty_as_null(leg: Leg) -> dict[str, Any]:
    return {name: value or None for name, value in leg.items()}


@faulty_leg("fields-in-camel-case", "The mapper of the rewrite begins names with small letters.")
def fields_in_camel_case(leg: Leg) -> Leg:
    return {name[0].lower() + name[1:]: value for name, value in leg.items()}


@faulty_leg("values-with-line-end", "Owners are read from a text file, line ends and all.")
def values_with_line_end(leg: Leg) -> Leg:
    return {**leg, "Username": leg["Username"] + "\n"}


@faulty_legs("legs-as-texts", "The array is serialised twice: each leg is a string with JSON in it.")
def legs_as_texts(legs: list[Leg]) -> list[str]:
    return [json.dumps(leg) for leg in legs]
