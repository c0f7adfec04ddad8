"""Faulty servers: start and stop of a recording."""

from __future__ import annotations

import json
from typing import Any

import httpx

from support.faulty_servers import Send, faulty, with_body
from support.faulty_servers.rewriting import (
    failure,
    given,
    has_credentials,
    let_in,
    pairs,
    place_of,
    with_method,
    with_pairs,
    with_status,
)

Memory = dict[str, Any]
STARTED = {"start": "Recording Started", "stop": "Recording Stopped"}
NAME = "extenOrUniqueId"


def is_service(request: httpx.Request) -> bool:
    """Whether the oldest generation is asked, whose answers are plain text."""
    return request.url.path.endswith("/njadmin-api-recording")


def order_of(request: httpx.Request) -> str:
    """The name of the method that is asked."""
    return given(request, "method") or "" if is_service(request) else request.url.path.rpartition("/")[2]


def is_order(request: httpx.Request) -> bool:
    """Whether a recording is to be started or stopped."""
    return order_of(request) in STARTED


def is_done(answer: httpx.Response) -> bool:
    """Whether an order was carried out."""
    return answer.status_code == 200 and (not answer.content.startswith(b"{") or answer.json().get("Code") == 0)


def done(request: httpx.Request) -> httpx.Response:
    """The answer to an order that worked."""
    text = STARTED.get(order_of(request), "Channel Hungup")
    if is_service(request):
        return httpx.Response(200, headers=[("content-type", "text/plain")], content=text.encode())
    return httpx.Response(200, json={"Message": text, "Code": 0})


def refused(request: httpx.Request, message: str = "No such call") -> httpx.Response:
    """The answer to an order that cannot be carried out."""
    if is_service(request):
        return httpx.Response(400, headers=[("content-type", "text/plain")], content=message.encode())
    return failure(message)


def replaced(request: httpx.Request, **values: str | None) -> httpx.Request:
    """The same request with other values of some parameters; None takes one out."""
    kept = [(name, value) for name, value in pairs(request) if name not in values]
    return with_pairs(request, [*kept, *((name, value) for name, value in values.items() if value is not None)])


def live(request: httpx.Request, send: Send) -> list[dict[str, Any]]:
    """The calls that live on the PBX that is asked, oldest first."""
    url = request.url.copy_with(path=f"/__noojee/sandboxes/{place_of(request).sandbox}/live", query=None)
    calls: list[dict[str, Any]] = send(httpx.Request("GET", url)).json()["calls"]
    return calls


def calls_at(request: httpx.Request, send: Send, extension: str) -> list[str]:
    """The unique ids of the calls that an extension takes part in, oldest first."""
    return [
        call["unique_id"]
        for call in live(request, send)
        if any(party["extension"] == extension for party in call["parties"])
    ]


def with_answer(answer: httpx.Response, **fields: Any) -> httpx.Response:
    """The same answer with some fields of its object replaced, where it is one."""
    if not answer.content.startswith(b"{"):
        return answer
    return with_body(answer, json.dumps({**answer.json(), **fields}).encode())


@faulty("start-is-created", "The rewrite is REST by the book: what makes something answers 201.")
def start_is_created(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_status(answer, 201) if order_of(request) == "start" and is_done(answer) else answer


@faulty("stop-is-accepted", "The stop is queued, so it answers 202.")
def stop_is_accepted(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_status(answer, 202) if order_of(request) == "stop" and is_done(answer) else answer


@faulty("order-codes-as-text", "The serialiser of the metadata, which writes strings alone, writes the orders too.")
def order_codes_as_text(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_order(request) or not answer.content.startswith(b"{"):
        return answer
    return with_answer(answer, Code=str(answer.json()["Code"]))


@faulty("start-does-nothing", "The recorder's disk is full, and the API says nothing of it.")
def start_does_nothing(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return done(request) if order_of(request) == "start" else send(request)


@faulty("stop-does-nothing", "The stop goes to the recorder that was replaced.")
def stop_does_nothing(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return done(request) if order_of(request) == "stop" else send(request)


@faulty("recorder-keeps-no-sound", "The new recorder uploads its files, and forgets them.")
def recorder_keeps_no_sound(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return refused(request, "No such recording") if order_of(request) == "retrieve" else send(request)


@faulty("start-loses-the-tag", "The external reference has another name in the new schema, and nobody mapped it.")
def start_loses_the_tag(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(replaced(request, tag=None) if order_of(request) == "start" else request)


@faulty("start-loses-the-owner", "The owner is always the user at the extension.")
def start_loses_the_owner(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(replaced(request, agentLoginName=None) if order_of(request) == "start" else request)


@faulty("any-owner-will-do", "A login name that is not found falls back on the user at the extension.")
def any_owner_will_do(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if order_of(request) == "start" and given(request, "agentLoginName") and not is_done(answer):
        return send(replaced(request, agentLoginName=None))
    return answer


@faulty("channel-names-unknown", "The new look-up knows bare extensions alone.")
def channel_names_unknown(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return refused(request) if is_order(request) and "/" in (given(request, NAME) or "") else send(request)


@faulty("ids-taken-for-extensions", "What comes is compared with extensions, whatever it is.")
def ids_taken_for_extensions(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return refused(request) if is_order(request) and "." in (given(request, NAME) or "") else send(request)


@faulty("orders-always-succeed", "Requests are put on a queue, and the answer confirms only that.")
def orders_always_succeed(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return answer if not is_order(request) or not given(request, NAME) else done(request)


@faulty("no-name-means-the-newest", "Without a name the look-up matches all calls, and takes the newest.")
def no_name_means_the_newest(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    calls = live(request, send) if is_order(request) and not given(request, NAME) else []
    return send(replaced(request, **{NAME: calls[-1]["unique_id"]}) if calls else request)


@faulty("start-records-everybody", "The recorder records the trunk, and so all that is said on it.")
def start_records_everybody(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if order_of(request) == "start" and is_done(answer):
        for call in live(request, send):
            if not call["recording"]:
                let_in(replaced(request, **{NAME: call["unique_id"]}), send)
    return answer


@faulty("orders-left-open", "The filter guards what reads the archive, and nobody thought of what writes it.")
def orders_left_open(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    open_door = is_order(request) and not is_service(request) and not has_credentials(request)
    return let_in(request, send) if open_door else send(request)


@faulty("orders-in-other-words", "The texts were translated with the web interface.")
def orders_in_other_words(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not is_order(request) or not is_done(answer):
        return answer
    return with_body(answer, b"Erledigt") if is_service(request) else with_answer(answer, Message="Erledigt")


@faulty("get-starts-and-stops", "The methods were opened for GET, for the vendor's Java client.")
def get_starts_and_stops(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    opened = is_order(request) and not is_service(request) and request.method == "GET"
    return send(with_method(request, "POST") if opened else request)


@faulty("second-start-is-lost", "A second start is confirmed and ignored.")
def second_start_is_lost(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if order_of(request) == "start" and any(call["recording"] for call in live(request, send)):
        return done(request)
    return send(request)


@faulty("oldest-call-of-an-extension", "The look-up takes the first row, and rows are ordered by time.")
def oldest_call_of_an_extension(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    calls = calls_at(request, send, given(request, NAME) or "") if is_order(request) else []
    return send(replaced(request, **{NAME: calls[0]}) if len(calls) > 1 else request)


@faulty("looks-up-every-name", "Names are looked up among ids and then among extensions, dot or no dot.")
def looks_up_every_name(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    calls = calls_at(request, send, given(request, NAME) or "") if is_order(request) else []
    return send(replaced(request, **{NAME: calls[-1]}) if calls else request)


@faulty("one-recording-a-call", "The recorder opens one file a call, and closes it for good.")
def one_recording_a_call(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if order_of(request) == "start" and any(call["legs"] and not call["recording"] for call in live(request, send)):
        return refused(request, "Recording has ended")
    return send(request)


@faulty("idle-stop-warns", "A stop that has nothing to stop counts as done.")
def idle_stop_warns(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if order_of(request) != "stop" or is_done(answer) or b"not being recorded" not in answer.content:
        return answer
    return with_status(answer, 200) if is_service(request) else with_answer(answer, Code=1)


@faulty("stop-asks-nobody", "The check of who may stop was left for a later release.")
def stop_asks_nobody(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    return send(replaced(request, agentLoginName=None) if order_of(request) == "stop" else request)


@faulty("stop-wants-an-agent", "The new binding marks every parameter of the page as required.")
def stop_wants_an_agent(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    if order_of(request) == "stop" and given(request, "agentLoginName") is None:
        return refused(request, "Missing parameter agentLoginName")
    return send(request)


@faulty("service-errors-without-a-word", "The proxy in front keeps the status of an error, and drops its text.")
def service_errors_without_a_word(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_body(answer, b"") if is_service(request) and answer.status_code != 200 else answer


@faulty("service-errors-are-418", "The rewrite has a status of its own for what it cannot do.")
def service_errors_are_418(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_status(answer, 418) if is_service(request) and answer.status_code != 200 else answer


@faulty("retired-api-served-on", "The upgrade left the old application running next to the new one.")
def retired_api_served_on(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return refused(request, "Missing hash") if is_order(request) and answer.status_code == 404 else answer


def _stranger(answer: httpx.Response) -> bool:
    return answer.status_code == 403 and not answer.content


@faulty("hides-from-strangers", "Who is not on the list is to believe that there is nothing here.")
def hides_from_strangers(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    return with_status(answer, 404) if _stranger(answer) else answer


@faulty("addresses-not-checked", "All clients come from the new proxy's address, and that one is allowed.")
def addresses_not_checked(request: httpx.Request, send: Send, memory: Memory) -> httpx.Response:
    answer = send(request)
    if not _stranger(answer):
        return answer
    url = request.url.copy_with(path=f"/__noojee/sandboxes/{place_of(request).sandbox}/access", query=None)
    kept = send(httpx.Request("GET", url)).json()
    send(httpx.Request("PUT", url, json={"allowed_addresses": None}))
    served = send(request)
    send(httpx.Request("PUT", url, json=kept))
    return served
