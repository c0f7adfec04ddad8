"""Start and stop of a recording by each dialect that has them. Source: W-27, W-ST, W-SPk (DOC)."""

from __future__ import annotations

from typing import Any

import pytest

from noojee_fake.pbx.live.recording import RecordingStart

STARTED = b'{"Message":"Recording Started","Code":0}'
STOPPED = b'{"Message":"Recording Stopped","Code":0}'
NO_CALL = b'{"Message":"No such call","Code":-1}'
DIALECTS = ("services", "legacy", "managed")


def said(dialect: str, text: str, code: int) -> tuple[int, bytes]:
    """Status and body of an answer with this text."""
    if dialect == "services":
        return (400 if code < 0 else 200), text.encode()
    return 200, f'{{"Message":"{text}","Code":{code}}}'.encode()


def order(live_pbx: Any, dialect: str, name: str, **given: Any) -> tuple[int, bytes]:
    answer = getattr(live_pbx.caller, dialect)(name, **given)
    return answer.status, answer.body


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("form", ["410", "SIP/410", "SIP/410-12FA7B", "IAX2/410-1", "{unique_id}", "{channel}"])
def test_a_call_is_named_by_extension_channel_or_unique_id(dialect: str, form: str, live_pbx: Any) -> None:
    """Technology and suffix of a channel's name are taken off. Source: W-27 (DOC)."""
    pbx = live_pbx()
    call = pbx.talk()
    name = form.format(unique_id=call.unique_id, channel=call.channels["410"])
    assert order(pbx, dialect, "start", extenOrUniqueId=name, tag="22") == said(dialect, "Recording Started", 0)
    pbx.tick()
    assert order(pbx, dialect, "stop", extenOrUniqueId=name) == said(dialect, "Recording Stopped", 0)
    assert [(leg["Leg"], leg["Tag"], leg["Username"]) for leg in pbx.legs(call)] == [
        ("1", "", "Administrator"),
        ("2", "", "Fred"),
        ("3", "22", "Fred"),
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_names_without_a_call_are_refused(dialect: str, live_pbx: Any) -> None:
    """Not a free extension, nor an unknown one, nor an unknown id, nor the id of a call that is over."""
    pbx = live_pbx()
    over = pbx.talk()
    pbx.board.hang_up(over, pbx.now)
    before = pbx.legs(over)
    for name in ("410", "SIP/410-12FA7B", "499", "1.1", over.unique_id, "SIP/", "/", ".", "410 ", "sip"):
        for method in ("start", "stop"):
            assert order(pbx, dialect, method, extenOrUniqueId=name) == said(dialect, "No such call", -1), name
    assert pbx.legs(over) == before


@pytest.mark.parametrize("dialect", DIALECTS)
def test_owner_and_permission(dialect: str, live_pbx: Any) -> None:
    """agentLoginName owns the leg that a start begins, and may be who may stop. Source: W-ST, W-SPk (DOC)."""
    pbx = live_pbx()
    call = pbx.talk()
    given = {"extenOrUniqueId": "410", "agentLoginName": "Barney"}
    refused = {"extenOrUniqueId": "410", "agentLoginName": "Pebbles"}
    assert order(pbx, dialect, "start", **refused) == said(dialect, "No such user", -1)
    assert order(pbx, dialect, "start", **given)[0] == 200
    assert order(pbx, dialect, "stop", **refused) == said(dialect, "No such user", -1)
    by_fred = {"extenOrUniqueId": "410", "agentLoginName": "Fred"}
    assert order(pbx, dialect, "stop", **by_fred) == said(dialect, "No permission to stop this recording", -1)
    pbx.tick()
    assert order(pbx, dialect, "stop", **given) == said(dialect, "Recording Stopped", 0)
    assert order(pbx, dialect, "stop", **given) == said(dialect, "The call is not being recorded", -1)
    assert [leg["Username"] for leg in pbx.legs(call)] == ["Administrator", "Fred", "Barney"]
    assert order(pbx, dialect, "start", extenOrUniqueId="410", agentLoginName="")[0] == 200
    pbx.board.hang_up(call, pbx.now)
    assert pbx.legs(call)[-1]["Username"] == "Fred"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", "Missing parameter extenOrUniqueId"),
        ("extenOrUniqueId=", "Empty parameter extenOrUniqueId"),
        ("extenOrUniqueId=%FF", "Malformed parameter extenOrUniqueId"),
        ("extenOrUniqueId=%4", "Malformed parameter extenOrUniqueId"),
        ("ExtenOrUniqueId=410", "Missing parameter extenOrUniqueId"),
        ("extenOrUniqueId=410&tag=%FF", "Malformed parameter tag"),
        ("extenOrUniqueId=410&agentLoginName=%FF", "Malformed parameter agentLoginName"),
        (f"extenOrUniqueId=410&tag={'A' * 4001}", "Malformed parameter tag"),
        ("extenOrUniqueId=%00", "No such call"),
        ("extenOrUniqueId=410%00", "No such call"),
        (f"extenOrUniqueId={'4' * 60_000}", "No such call"),
        ("extenOrUniqueId=499&extenOrUniqueId=410", "No such call"),
        ("extenOrUniqueId=410&agentLoginName=%00", "No such user"),
    ],
)
def test_a_bad_parameter_is_named_and_changes_nothing(dialect: str, query: str, text: str, live_pbx: Any) -> None:
    """Never the value; a name counts by its letters (DOC W-SU); the first of two values counts."""
    pbx = live_pbx()
    call = pbx.talk()
    path, method = f"/servicemanager/rest/CallManagementAPI/start?apiKey={pbx.caller.key}&", "POST"
    if dialect == "services":
        path, method = "/servicemanager/services/njadmin-api-recording?method=start&", "GET"
    elif dialect == "legacy":
        path = f"/servicemanager/rest/RecordingAPI/start?{pbx.caller.signature()}&"
    target, _, credentials = path.partition("?")
    answer = pbx.caller.ask(target, credentials + query, method=method)
    assert (answer.status, answer.body) == said(dialect, text, -1)
    assert len(call.legs) == 2


def test_tags_of_any_letters_come_back(live_pbx: Any) -> None:
    """Up to the length that an archive takes; NUL and line ends too; the empty tag takes the tag away."""
    pbx = live_pbx()
    call = pbx.talk()
    tags = ["Zoë & 50% +1", "日本\u2028🎧", "a\0b\r\nX: 1", "A" * 4000, '"\\', ""]
    for tag in tags:
        assert order(pbx, "managed", "start", extenOrUniqueId="410", tag=tag) == (200, STARTED)
        pbx.tick()
    assert order(pbx, "managed", "stop", extenOrUniqueId="410") == (200, STOPPED)
    assert [leg["Tag"] for leg in pbx.legs(call)][2:] == tags


def test_the_oldest_service_takes_get_alone(live_pbx: Any) -> None:
    """Plain text, no authentication; POST and HEAD are refused like on any method of the API. Source: W-27 (DOC)."""
    pbx = live_pbx()
    call = pbx.talk()
    for method in ("POST", "HEAD", "PUT", "DELETE", "OPTIONS"):
        answer = pbx.caller.services("start", method=method, extenOrUniqueId="410", tag="22")
        assert answer.status == 405
        assert dict(answer.headers)["Allow"] == "GET"
    assert len(call.legs) == 2
    answer = pbx.caller.services("start", extenOrUniqueId="410", tag="22")
    assert (answer.status, dict(answer.headers)["Content-Type"], answer.body) == (
        200,
        "text/plain",
        b"Recording Started",
    )
    assert call.legs[-1].tag == "22"
    for name, text in (("", b"No such method"), ("Start", b"No such method"), ("%00", b"No such method")):
        answer = pbx.caller.services(name)
        assert (answer.status, answer.body) == (400, text)
    answer = pbx.caller.ask("/servicemanager/services/njadmin-api-recording", "extenOrUniqueId=410", method="GET")
    assert (answer.status, answer.body) == (400, b"Missing parameter method")


def test_the_oldest_service_gives_sound_too(live_pbx: Any) -> None:
    """Retrieve, by tag or unique id, leg by leg; metadata it has not. UNKNOWN: chosen, option audio_methods."""
    pbx = live_pbx()
    call = pbx.talk()
    pbx.board.start_recording(call, RecordingStart(tag="T"), pbx.now)
    pbx.tick(3)
    pbx.board.hang_up(call, pbx.now)
    whole = pbx.caller.njadmin("retrieveByUniqueId", uniqueId=call.unique_id, leg=3).body
    assert whole[:4] == b"RIFF"
    assert pbx.caller.services("retrieve", uniqueId=call.unique_id, leg=3).body == whole
    assert pbx.caller.services("retrieve", tag="T", leg=3).body == whole
    for given in ({"tag": "T", "leg": 9}, {"tag": "U", "leg": 1}, {"tag": "T", "leg": "x"}, {}):
        answer = pbx.caller.services("retrieve", **given)
        assert answer.status == 400, given
        assert dict(answer.headers)["Content-Type"] == "text/plain"
    assert b"tag" in pbx.caller.services("retrieve").body  # it is the tag that is missed where neither is given


def test_a_leg_is_listed_when_it_has_ended(live_pbx: Any) -> None:
    """Not before (option legs_in_progress), in all its dialects at once, with the times at which things happened."""
    pbx = live_pbx()
    call = pbx.inbound()
    assert pbx.legs(call) == []
    pbx.tick(2.5)
    pbx.board.answer(call, "410", pbx.now)
    assert [(leg["Duration"], leg["Destination"]) for leg in pbx.legs(call)] == [("2", "600")]
    pbx.tick(7)
    assert len(pbx.legs(call)) == 1
    pbx.board.hang_up(call, pbx.now)
    first, second = pbx.legs(call)
    assert (first["Start"], second["Start"]) == ("2026-11-24 11:00:00.0", "2026-11-24 11:00:02.0")
    assert (second["Duration"], second["DID"], second["Direction"], second["Source"]) == (
        "7",
        "7600",
        "0",
        "0491570156",
    )
    managed = pbx.caller.managed("retrieveMetaDataByUniqueId", uniqueId=call.unique_id).body
    assert managed == pbx.caller.njadmin("retrieveMetaDataByUniqueId", uniqueId=call.unique_id).body
    assert managed == pbx.caller.legacy("retrieveMetaDataByUniqueId", uniqueId=call.unique_id).body
