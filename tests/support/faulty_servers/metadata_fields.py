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


@faulty_leg("unique-id-as-a-number", "A gateway reads 1777849800.100 as a number and writes 1777849800.1.")
def unique_id_as_a_number(leg: Leg) -> Leg:
    number = re.fullmatch(r"[0-9]+\.[0-9]+", leg["UniqueId"])
    return {**leg, "UniqueId": repr(float(leg["UniqueId"]))} if number else leg


@faulty_leg("outbound-parties-swapped", "The replacement always puts the outside party into Source.")
def outbound_parties_swapped(leg: Leg) -> Leg:
    if leg["Direction"] != "1":
        return leg
    return {**leg, "Source": leg["Destination"], "Destination": leg["Source"]}


@faulty_leg("numbers-without-quotes", "The rewrite has typed fields, so numbers come as numbers.")
def numbers_without_quotes(leg: Leg) -> dict[str, Any]:
    numbers = {name: int(leg[name]) for name in ("Leg", "Duration", "CallRecordId", "Direction")}
    return {**leg, **numbers}


LEG_CHANGES = (
    ("legs-from-zero", "The new code numbers legs by their place in a list.",
     lambda leg: {**leg, "Leg": str(int(leg["Leg"]) - 1)}),
    ("leg-numbers-skip-two", "A transition without a recording takes a number too.",
     lambda leg: {**leg, "Leg": str(int(leg["Leg"]) + (int(leg["Leg"]) > 1))}),
    ("leg-with-a-new-field", "The serialiser writes every column of the table.",
     lambda leg: {**leg, "StorageLocation": "mid-term"}),
    ("record-ids-renumbered", "The migration inserted the legs again, and the database gave new ids.",
     lambda leg: {**leg, "CallRecordId": str(int(leg["CallRecordId"]) + 1)}),
    ("record-ids-lose-digits", "The ids pass through a JavaScript gateway, whose numbers hold 53 bits.",
     lambda leg: {**leg, "CallRecordId": str(int(float(leg["CallRecordId"])))}),
    ("tags-upper-cased", "References are upper-cased when they are indexed, and read back from the index.",
     lambda leg: {**leg, "Tag": leg["Tag"].upper()}),
    ("untagged-as-the-word-null", "A template writes the missing tag as the word null.",
     lambda leg: {**leg, "Tag": leg["Tag"] or "null"}),
    ("values-trimmed", "The importer trims what it reads.",
     lambda leg: {name: value.strip() for name, value in leg.items()}),
    ("tags-normalised", "Text is normalised (NFKC) on its way, for the search.",
     lambda leg: {**leg, "Tag": unicodedata.normalize("NFKC", leg["Tag"])}),
    ("tags-cut-at-fifty", "The new column holds fifty characters.",
     lambda leg: {**leg, "Tag": leg["Tag"][:50]}),
    ("source-made-international", "Caller ids are rewritten to +61... for the CRM.",
     lambda leg: {**leg, "Source": re.sub(r"^0(?=[0-9]{9}$)", "+61", leg["Source"])}),
    ("anonymous-in-words", "The web page's word for a withheld number went into the answer.",
     lambda leg: {**leg, "Source": leg["Source"] or "Anonymous"}),
    ("did-is-where-it-ended", "DID shows the extension that the number leads to.",
     lambda leg: {**leg, "DID": leg["Destination"]} if leg["Direction"] == "0" else leg),
    ("did-internal-left-empty", "The rewrite fills DID from the trunk, and an internal call has none.",
     lambda leg: {**leg, "DID": ""} if leg["Direction"] == "2" else leg),
    ("outbound-did-is-the-extension", "DID of an outbound call shows who called.",
     lambda leg: {**leg, "DID": leg["Source"]} if leg["Direction"] == "1" else leg),
    ("direction-in-words", "Both shapes are written by one function now, with words for Direction.",
     lambda leg: {**leg, "Direction": WORDS[leg["Direction"]]}),
    ("direction-swapped", "The new enumeration has internal before outbound.",
     lambda leg: {**leg, "Direction": {"1": "2", "2": "1"}.get(leg["Direction"], leg["Direction"])}),
    ("transferred-leg-is-internal", "A transfer is stored as a new call from extension to extension.",
     lambda leg: {**leg, "Direction": "2", "DID": "internal"} if int(leg["Leg"]) > 2 else leg),
    ("queue-owned-by-nobody", "Owners are joined from agents, and a queue has none.",
     lambda leg: {**leg, "Username": ""} if leg["Destination"] == "600" else leg),
    ("queue-owned-by-administrator", "The default user is a constant, whatever the route names.",
     lambda leg: {**leg, "Username": "Administrator"} if leg["Destination"] == "600" else leg),
    ("names-escaped-for-html", "Names are escaped when they are stored, for the web page.",
     lambda leg: {**leg, **{name: html.escape(leg[name]) for name in ("Username", "Source", "Destination")}}),
    ("names-cut-at-an-emoji", "A column of MySQL's three-byte utf8 ends a text at its first emoji.",
     lambda leg: {**leg, "Username": re.split("[\U00010000-\U0010ffff]", leg["Username"])[0]}),
    ("numbers-with-thousands-separators", "A locale was set for the reports, and numbers are written by it.",
     lambda leg: {**leg, "CallRecordId": f"{int(leg['CallRecordId']):,}"}),
    ("leaves-out-empty-fields", "The serialiser is set to leave out what is empty.",
     lambda leg: {name: value for name, value in leg.items() if value}),
    ("empty-as-null", "An Oracle database keeps no empty strings: they come back as NULL.",
     lambda leg: {name: value or None for name, value in leg.items()}),
    ("fields-in-camel-case", "The mapper of the rewrite begins names with small letters.",
     lambda leg: {name[0].lower() + name[1:]: value for name, value in leg.items()}),
    ("values-with-line-end", "Owners are read from a text file, line ends and all.",
     lambda leg: {**leg, "Username": leg["Username"] + "\n"}),
)  # fmt: skip
"""Changes of each leg by itself: name, description, and change."""
for _name, _description, _change in LEG_CHANGES:
    faulty_leg(_name, _description)(_change)


LIST_CHANGES = (
    ("legs-numbered-backwards", "Legs are numbered as the query brings them: newest first.",
     lambda legs: [{**leg, "Leg": str(int(last_of_call(legs, leg)["Leg"]) + 1 - int(leg["Leg"]))} for leg in legs]),
    ("one-tag-a-call", "The new schema moved the tag from the recording to the call.",
     lambda legs: [{**leg, "Tag": last_of_call(legs, leg)["Tag"]} for leg in legs]),
    ("destination-of-the-last-leg", "Destination comes from the call's record, which knows the last party only.",
     lambda legs: [{**leg, "Destination": last_of_call(legs, leg)["Destination"]} for leg in legs]),
    ("owner-of-the-last-leg", "The whole call is given to the agent who ended it.",
     lambda legs: [{**leg, "Username": last_of_call(legs, leg)["Username"]} for leg in legs]),
    ("legs-as-texts", "The array is serialised twice: each leg is a string with JSON in it.",
     lambda legs: [json.dumps(leg) for leg in legs]),
)  # fmt: skip
"""Changes of the whole list of legs: name, description, and change."""
for _name, _description, _change in LIST_CHANGES:
    faulty_legs(_name, _description)(_change)
