"""Faulty servers: the legs of live calls; dialling, answering, hanging up, and call events."""

from __future__ import annotations

import json
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_body, with_each_leg, with_legs
from support.faulty_servers.call_control import Memory, done, live, order_of, replaced, with_answer
from support.faulty_servers.metadata_fields import is_metadata
from support.faulty_servers.rewriting import given, pairs, place_of, with_method, with_pairs, with_path

Row = dict[str, Any]
NEIGHBOURS = ("hangup", "dial", "subscribe", "answer")


def is_neighbour(request: httpx.Request, *names: str) -> bool:
    """Whether one of the methods about live calls is asked."""
    return order_of(request) in (names or NEIGHBOURS) and "/CallManagementAPI/" in request.url.path


def of_metadata(request: httpx.Request, send: Send, change: Any) -> httpx.Response:
    """The answer, with its array of legs changed where it is one."""
    answer = send(request)
    return with_legs(answer, change) if is_metadata(request) else answer


@faulty("answer-makes-no-leg", "The new recorder splits at transfers alone.")
def answer_makes_no_leg(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return of_metadata(request, send, lambda legs: [leg for leg in legs if leg["Leg"] != "2"])


@faulty("transfer-makes-no-leg", "The new recorder follows the caller, whoever talks to him.")
def transfer_makes_no_leg(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return of_metadata(request, send, lambda legs: [leg for leg in legs if int(leg["Leg"]) < 3])


@faulty("transferred-leg-has-a-new-id", "A transferred leg has the id of the channel that took it over.")
def transferred_leg_has_a_new_id(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def change(leg: Row) -> Row:
        return leg | ({"UniqueId": leg["UniqueId"] + "1"} if int(leg["Leg"]) > 2 else {})

    answer = send(request)
    return with_each_leg(answer, change) if is_metadata(request) else answer


@faulty("calls-listed-when-over", "Calls are moved to the archive as a whole, when they are over.")
def calls_listed_when_over(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    alive = {call["unique_id"] for call in live(request, send)} if is_metadata(request) else set()
    return of_metadata(request, send, lambda legs: [leg for leg in legs if leg["UniqueId"] not in alive])


@faulty("lists-the-leg-that-runs", "The row of a leg is written when it begins, with a Duration of 0.")
def lists_the_leg_that_runs(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    calls = {call["unique_id"]: call for call in live(request, send)} if is_metadata(request) else {}

    def with_running(legs: list[Row]) -> list[Row]:
        more = []
        for row in {leg["UniqueId"]: leg for leg in legs}.values():
            for leg in calls.get(row["UniqueId"], {"legs": []})["legs"]:
                if leg["end"] is None:
                    more.append(
                        {**row, "Leg": str(leg["leg"]), "CallRecordId": str(leg["call_record_id"]), "Duration": "0"}
                    )
        return [*legs, *more]

    return of_metadata(request, send, with_running)


@faulty("live-legs-of-the-last-agent", "The owner is a column of the call now, and the last agent overwrites it.")
def live_legs_of_the_last_agent(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return of_metadata(request, send, lambda legs: [leg | {"Username": legs[-1]["Username"]} for leg in legs])


@faulty("did-of-the-queue", "The route rewrites the number before the recorder sees it.")
def did_of_the_queue(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return of_metadata(request, send, lambda legs: [leg | {"DID": legs[0]["Destination"]} for leg in legs])


@faulty("outgoing-parties-swapped", "The recorder sits on the trunk, where the other side calls.")
def outgoing_parties_swapped(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def change(leg: Row) -> Row:
        if leg["Direction"] == "0":
            return leg
        return leg | {"Source": leg["Destination"], "Destination": leg["Source"]}

    answer = send(request)
    return with_each_leg(answer, change) if is_metadata(request) else answer


@faulty("abandoned-calls-left-out", "A report of answered calls became the list of all.")
def abandoned_calls_left_out(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return of_metadata(
        request, send, lambda legs: [] if all(leg["Destination"] in ("600", "") for leg in legs) else legs
    )


@faulty("late-recording-dated-back", "Start is the start of the call, for every leg.")
def late_recording_dated_back(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def change(leg: Row) -> Row:
        date, _, clock = leg["Start"].partition(" ")
        hour, minute, second = clock.split(":")
        seconds = max(0, int(hour) * 3600 + int(minute) * 60 + int(float(second)) - 45)
        return leg | {"Start": f"{date} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.0"}

    answer = send(request)
    return with_each_leg(answer, change) if is_metadata(request) else answer


@faulty("tag-on-its-own-leg-alone", "The tag is a column of the recording that was started with it.")
def tag_on_its_own_leg_alone(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return of_metadata(request, send, lambda legs: [leg | ({"Tag": ""} if leg["Leg"] != "1" else {}) for leg in legs])


@faulty("metadata-go-with-the-sound", "The row of a leg is deleted with its file, by a foreign key.")
def metadata_go_with_the_sound(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    def has_sound(leg: Row) -> bool:
        wanted = replaced(request, tag=None, uniqueId=leg["UniqueId"], leg=leg["Leg"])
        path = f"{place_of(request).path.rpartition('/')[0]}/retrieveByUniqueId"
        return send(with_path(wanted, path)).status_code == 200

    return of_metadata(request, send, lambda legs: [leg for leg in legs if has_sound(leg)])


@faulty("hangup-says-ok", "The rewrite has one text for whatever worked.")
def hangup_says_ok(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_answer(answer, Message="OK") if is_neighbour(request, "hangup") else answer


@faulty("hangup-hangs-up-nothing", "The order goes to a channel that was masqueraded away by a transfer.")
def hangup_hangs_up_nothing(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return done(request) if is_neighbour(request, "hangup") else send(request)


@faulty("get-gives-orders", "The new framework routes by path alone, so a link in a mail hangs up.")
def get_gives_orders(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    opened = is_neighbour(request) and request.method == "GET"
    return send(with_method(request, "POST") if opened else request)


def _changes(request: httpx.Request, send: Send, change: Any) -> httpx.Response:
    """The answer, with each CallData changed where it is one of subscribe's."""
    answer = send(request)
    if not is_neighbour(request, "subscribe") or not answer.content.startswith(b'{"Data"'):
        return answer
    document = answer.json()
    for calls in document["Data"].values():
        for call in calls:
            call["CallData"] |= change(call["CallData"])
    return with_body(answer, json.dumps(document).encode())


@faulty("subscribe-in-lower-case", "The newer neighbours spell their fields in lower case, and this one was made to.")
def subscribe_in_lower_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_neighbour(request, "subscribe"):
        return answer
    return with_body(answer, answer.content.replace(b'"Data"', b'"data"').replace(b'"Code"', b'"code"'))


@faulty("subscribe-tells-each-thing-once", "Each event is sent once and then dropped.")
def subscribe_tells_each_thing_once(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_neighbour(request, "subscribe"):
        return answer
    seen = memory.setdefault(place_of(request).sandbox, set())
    if answer.content in seen:
        return with_answer(answer, Data={})
    seen.add(answer.content)
    return answer


@faulty("subscribe-forgets-the-number", "Each answer is the whole state, whatever number comes.")
def subscribe_forgets_the_number(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(replaced(request, lastSequenceNumber="0") if is_neighbour(request, "subscribe") else request)


@faulty("subscribe-says-up-and-down", "The states are Asterisk's own words: Ring, Up, Down.")
def subscribe_says_up_and_down(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    words = {"Ringing": "Ring", "Connected": "Up", "Hungup": "Down"}
    return _changes(request, send, lambda call: {"status": words.get(call["status"], call["status"])})


@faulty("subscribe-tells-channels", "Events carry the id of the extension's own channel, which no other method knows.")
def subscribe_tells_channels(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return _changes(request, send, lambda call: {"uniqueCallId": call["uniqueCallId"] + "99"})


@faulty("subscribe-to-the-first", "The list of extensions is read as one, up to the comma.")
def subscribe_to_the_first(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    exten = given(request, "exten") or ""
    return send(replaced(request, exten=exten.partition(",")[0]) if is_neighbour(request, "subscribe") else request)


@faulty("exten-of-any-case", "The rewrite binds parameters without regard to letter case.")
def exten_of_any_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if not is_neighbour(request, "subscribe"):
        return send(request)
    return send(with_pairs(request, [("exten" if k.lower() == "exten" else k, value) for k, value in pairs(request)]))


@faulty("dial-without-a-session", "Sessions went away with the old telephony library.")
def dial_without_a_session(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_neighbour(request, "dial") or not answer.content.startswith(b"{"):
        return answer
    fields = {name: value for name, value in answer.json().items() if name != "SessionID"}
    return with_body(answer, json.dumps(fields).encode())


@faulty("dial-drops-record-and-tag", "The dialler of the version before answers, which knows neither.")
def dial_drops_record_and_tag(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(replaced(request, record=None, tag=None) if is_neighbour(request, "dial") else request)


@faulty("dial-records-always", "Recording is on by default, for all that the API dials.")
def dial_records_always(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(replaced(request, record="true") if is_neighbour(request, "dial") else request)


@faulty("answer-picks-up-nothing", "Phones of the new model know no remote answer, silently.")
def answer_picks_up_nothing(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return done(request) if is_neighbour(request, "answer") else send(request)


@faulty("orders-in-lower-case", "The envelope of the newer services came with the new base class.")
def orders_in_lower_case(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not answer.content.startswith(b'{"Message"'):
        return answer
    return with_body(answer, json.dumps({name.lower(): value for name, value in answer.json().items()}).encode())


@faulty("seq-of-each-call", "The sequence number is in each CallData, as the page says, and nowhere else.")
def seq_of_each_call(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_neighbour(request, "subscribe") or not answer.content.startswith(b'{"Data"'):
        return answer
    return with_body(answer, json.dumps({k: v for k, v in answer.json().items() if k != "seq"}).encode())


@faulty("stopped-recordings-are-lost", "A recording that was stopped is taken for a test, and dropped.")
def stopped_recordings_are_lost(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    stopped = memory.setdefault(place_of(request).sandbox, set())
    if order_of(request) == "stop":
        stopped |= {call["unique_id"] for call in live(request, send)}
    return of_metadata(request, send, lambda legs: [leg for leg in legs if leg["UniqueId"] not in stopped])
