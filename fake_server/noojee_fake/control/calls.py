"""The archive of a sandbox: adds, lists and deletes calls; stores, returns and deletes the sound of a leg."""

from __future__ import annotations

from typing import Any

from noojee_fake.api.dialects.parameters import read_parameters
from noojee_fake.api.pbx import Pbx
from noojee_fake.control import json_body
from noojee_fake.control.json_body import Refused, answer, check_size, no_room, read_body
from noojee_fake.errors import MemoryBudgetError
from noojee_fake.messages import Request, Response
from noojee_fake.pbx import archive_files, audio
from noojee_fake.pbx.calls import Leg
from noojee_fake.pbx.json_pieces import let_go
from noojee_fake.pbx.store.base import Absent

LISTED_CALL_BYTES = 200
LISTED_LEG_BYTES = 240
"""About the length of a call and of a leg in the list of all calls."""


def list_calls(pbx: Pbx, _: Request) -> Response:
    """All calls in the form of an archive file, oldest first; 503 without room for the list in the memory budget."""
    did = "internal" if pbx.profile["outbound_did"] == "internal" else ""
    count, legs = pbx.store.count()
    try:
        held = pbx.budget.reserve(2 * (count * LISTED_CALL_BYTES + legs * LISTED_LEG_BYTES))  # entries and their list
    except MemoryBudgetError:
        return no_room()
    try:
        calls = archive_files.write_calls(pbx.store, default_account=pbx.default_account, outbound_did=did)
        return answer(200, {"calls": calls})
    finally:
        held.release()


def add_calls(pbx: Pbx, request: Request) -> Response:
    """Add whole calls. The archive reader validates them: raises ArchiveError, and then adds none."""
    written = read_body(request, "CallList", placeholders={"calls": []})["calls"]
    try:
        calls, legs = archive_files.read_calls(
            written, pbx.store, change=pbx.change, check=lambda: _refuse_live(pbx, written)
        )
    finally:
        if isinstance(written, list):
            let_go(written)
    return answer(201, {"calls": calls, "legs": legs})


def delete_calls(pbx: Pbx, request: Request) -> Response:
    """Delete a call, or one leg of it. The other legs keep their numbers."""
    parameters = read_parameters(request, with_body=False)
    unique_id = parameters.get("unique_id")
    if not unique_id:
        raise Refused(400, "name the call in the query: ?unique_id=U, with &leg=N for one leg of it")
    with pbx.change:
        if unique_id in {call.unique_id for call in pbx.switchboard.calls()}:
            raise Refused(
                409,
                "this call is live, and its end would add it again; hang it up first, with a flow or through the API",
            )
        if "leg" in parameters:
            pbx.store.remove_leg(_leg(pbx, request))
        elif not pbx.store.remove(unique_id):
            raise Refused(404, "there is no such call in this sandbox; GET calls lists them")
        pbx.forget_answers()
    return Response(204)


def get_sound(pbx: Pbx, request: Request) -> Response:
    """The stored sound of a leg, or the tone that the fake makes for it."""
    leg = _leg(pbx, request)
    stored = pbx.store.sound(leg)
    made = audio.made(leg, "wav-pcm") if stored is None else None
    sound = stored if made is None else made.whole()
    if sound is None or isinstance(sound, Absent):
        raise Refused(404, "this leg has no sound")
    return Response(200, (("Content-Type", "audio/x-wav"), ("Content-Length", str(len(sound)))), sound)


def put_sound(pbx: Pbx, request: Request) -> Response:
    """Store the sound of a leg. Raises Refused (400) if it is no WAV file that the fake can read."""
    check_size(request, json_body.LARGEST_BODY_BYTES)
    with pbx.change:
        leg = _leg(pbx, request)
        try:
            audio.wav_form(request.body)
        except ValueError as wrong:
            raise Refused(400, f"{wrong}; send a whole WAV file in PCM, A-law or mu-law") from None
        pbx.store.put_sound(leg, request.body)
    return Response(204)


def delete_sound(pbx: Pbx, request: Request) -> Response:
    """Delete the sound of a leg; its metadata stay."""
    with pbx.change:
        pbx.store.put_sound(_leg(pbx, request), Absent.GONE)
    return Response(204)


def _refuse_live(pbx: Pbx, calls: list[dict[str, Any]]) -> None:
    """Raise Refused (400) for the unique id of a live call: the switchboard adds that call when it ends."""
    alive = {call.unique_id for call in pbx.switchboard.calls()}
    for at, call in enumerate(calls if alive else ()):
        if call["unique_id"] in alive:
            raise Refused(400, "a call with this unique id is live", f"$.calls[{at}].unique_id")


def _leg(pbx: Pbx, request: Request) -> Leg:
    parameters = read_parameters(request, with_body=False)
    unique_id, number = parameters.get("unique_id"), parameters.get("leg")
    if not unique_id or not number or not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Refused(400, "name the leg in the query: ?unique_id=U&leg=N")
    call = pbx.store.call(unique_id)
    for leg in call.legs if call else ():
        if leg.number == int(number):
            return leg
    raise Refused(404, "there is no such leg in this sandbox; GET calls lists them")
