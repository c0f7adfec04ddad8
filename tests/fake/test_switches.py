"""Each open question is a switch that changes an answer: shown for its default and for every alternative."""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import soundfile

from noojee_fake.messages import Response

TABLE: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[2] / "schemas" / "own" / "unknowns.toml").read_text("utf-8")
)
NJADMIN = "/njadmin/rest/RecordingAPI"


def summer(clock: str) -> str:
    return f"2026-11-20T{clock}+11:00"


def leg(start: str, end: str, **fields: Any) -> dict[str, Any]:
    return {"start": start, "end": end, "destination": "410", **fields}


def call(unique_id: str, *legs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"unique_id": unique_id, "direction": "internal", "source": "400", "legs": list(legs), **fields}


CALLS = (
    call(
        "1763589600.1",
        leg(summer("09:00:00.120"), summer("09:00:04"), tag="A1", username="Fred"),
        leg(summer("09:00:04"), summer("09:00:10"), tag="B2"),
    ),
    call("1763589700.4", leg(summer("09:10:00"), summer("09:10:02"), tag="a1"), direction="outbound"),
    call(
        "1764000000.9",
        leg("2026-11-23T23:59:00+00:00", "2026-11-23T23:59:30+00:00", tag="C3", username="Fred"),
        leg("2026-11-23T23:59:30+00:00", "2026-11-24T00:00:30+00:00", tag="C3", username="Fred"),
    ),
    call("1649000000.2", leg("2022-04-02T15:29:50+00:00", "2022-04-02T15:30:00+00:00")),
    call("1649003600.3", leg("2022-04-02T16:29:50+00:00", "2022-04-02T16:30:00+00:00")),
    call("1763589800.6", leg(summer("09:20:00"), summer("09:20:02"), tag="GONE", sound={"absent": True})),
)


def status(response: Response) -> int:
    return response.status


def legs_of(response: Response) -> list[tuple[str, str]]:
    return [(row["UniqueId"].partition(".")[2], row["Leg"]) for row in json.loads(response.body)]


def field(name: str) -> Callable[[Response], str]:
    return lambda response: json.loads(response.body)[0][name]


def kind(response: Response) -> tuple[int, str]:
    """The status, and whether an empty list, a list, or a failure came."""
    body = response.body
    return response.status, "empty" if body == b"[]" else "list" if body[:1] == b"[" else "failure"


def hashed_at(caller: Any, *, ahead: float = 0, seconds: bool = False, salt: str = "") -> str:
    stamp = str((caller.millis + round(ahead * 1000)) // (1000 if seconds else 1))
    digest = hashlib.sha256(f"{caller.key}{salt}:{stamp}".encode()).hexdigest()
    return f"timeStamp={stamp}&hash={digest}"


def by_tag(caller: Any, signature: str) -> Response:
    answer: Response = caller.ask("/rest/RecordingAPI/retrieveMetaData", f"tag=A1&{signature}")
    return answer


def accepted_ahead(caller: Any) -> int:
    """How many whole seconds ahead a time stamp may be."""
    return max(second for second in range(12) if by_tag(caller, hashed_at(caller, ahead=second)).body[:1] == b"[")


def twice(caller: Any) -> tuple[str, str]:
    signature = hashed_at(caller)
    return tuple(kind(by_tag(caller, signature))[1] for _ in range(2))  # type: ignore[return-value]


def second_hour(caller: Any) -> int:
    caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=9)
    return status(caller.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=9))


JSON = (("content-type", "application/json"),)


def by_body(caller: Any) -> list[str]:
    """Whether a key and a hash count that come in the body, beside the tag."""
    asked = (
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}"),
        ("/rest/RecordingAPI/retrieveMetaData", f"tag=A1&{hashed_at(caller)}"),
    )
    return [kind(caller.ask(path, body=body.encode()))[1] for path, body in asked]


def as_json(caller: Any) -> list[int]:
    asked = (
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}", JSON),
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}", ()),
        ("/rest/RecordingAPI/retrieveMetaData", f"tag=A1&{hashed_at(caller)}", JSON),
        ("/rest/Time", "", JSON),
    )
    return [status(caller.ask(path, query, headers=headers)) for path, query, headers in asked]


def refused_key(caller: Any, key: str) -> int:
    return status(caller.ask(f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={key}"))


@dataclass(frozen=True)
class Shown:
    """How a switch is seen: what to ask, and what each choice answers."""

    ask: Callable[[Any], Any]
    answers: dict[str, Any]


SHOWN: dict[str, Shown] = {
    "audio_methods": Shown(
        lambda pbx: status(pbx.njadmin("retrieve", method="GET", tag="A1", leg=1)),
        {"post": 405, "post-and-get": 200},
    ),
    "audio_without_leg": Shown(
        lambda pbx: status(pbx.njadmin("retrieve", tag="A1")), {"first-leg": 200, "refused": 400}
    ),
    "audio_format": Shown(
        lambda pbx: soundfile.info(io.BytesIO(pbx.njadmin("retrieve", tag="A1", leg=1).body)).subtype,
        {"wav-pcm": "PCM_16", "wav-alaw": "ALAW", "wav-ulaw": "ULAW", "mpeg": "MPEG_LAYER_III"},
    ),
    "audio_unknown_leg": Shown(
        lambda pbx: [
            kind(pbx.njadmin("retrieve", tag="A1", leg=7)),
            kind(pbx.njadmin("retrieve", tag="GONE", leg=1)),
        ],
        {"404": [(404, "failure")] * 2, "200": [(200, "failure")] * 2},
    ),
    "unknown_recording": Shown(
        lambda pbx: [
            kind(pbx.njadmin("retrieveMetaData", tag="X")),
            kind(pbx.legacy("retrieveMetaDataByUniqueId", uniqueId="1.1")),
        ],
        {
            "empty-list": [(200, "empty")] * 2,
            "failure-200": [(200, "failure")] * 2,
            "failure-404": [(404, "failure")] * 2,
        },
    ),
    "expired_hash_status": Shown(lambda pbx: status(by_tag(pbx, hashed_at(pbx, ahead=-11))), {"200": 200, "401": 401}),
    "recording_api_refused_status": Shown(
        lambda pbx: status(by_tag(pbx, hashed_at(pbx, salt="x"))), {"200": 200, "401": 401, "403": 403}
    ),
    "njadmin_refused_status": Shown(lambda pbx: refused_key(pbx, "nobody"), {"401": 401, "200": 200, "403": 403}),
    "hash_reuse": Shown(twice, {"within-window": ("list", "list"), "once": ("list", "failure")}),
    "clock_ahead_seconds": Shown(accepted_ahead, {"2": 2, "0": 0, "10": 10}),
    "time_body": Shown(
        lambda pbx: pbx.ask("/rest/Time").body,
        {"digits": b"1795478400000", "digits-newline": b"1795478400000\n"},
    ),
    "njadmin_failure_envelope": Shown(
        lambda pbx: pbx.njadmin("retrieveMetaData").body,
        {
            "capitalised": b'{"Message":"Missing parameter tag","Code":-1}',
            "lower-case": b'{"code":-1,"message":"Missing parameter tag"}',
        },
    ),
    "by_hour_limit_status": Shown(second_hour, {"429": 429, "400": 400, "503": 503, "200": 200}),
    "content_type_check": Shown(as_json, {"any": [200] * 4, "form-only": [415] * 4}),
    "parameters_in": Shown(by_body, {"query-and-body": ["list", "list"], "query-only": ["failure", "failure"]}),
    "recording_api_bad_request_status": Shown(
        lambda pbx: status(pbx.legacy("retrieveMetaData")), {"200": 200, "400": 400}
    ),
    "njadmin_bad_request_status": Shown(
        lambda pbx: [
            status(pbx.njadmin("retrieveMetaData")),
            status(pbx.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=24)),
        ],
        {"400": [400, 400], "200": [200, 200]},
    ),
    "tag_selects": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaData", tag="A1")),
        {"calls": [("1", "1"), ("1", "2")], "legs": [("1", "1")]},
    ),
    "tag_match": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaData", tag="a1")),
        {"exact": [("4", "1")], "ignore-case": [("1", "1"), ("1", "2"), ("4", "1")]},
    ),
    "empty_tag": Shown(
        lambda pbx: [
            kind(pbx.njadmin("retrieveMetaData", tag="")),
            kind(pbx.njadmin("retrieveMetaDataByUniqueId", uniqueId="")),
        ],
        {"refused": [(400, "failure")] * 2, "empty-list": [(200, "empty")] * 2},
    ),
    "legs_in_progress": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaData", tag="C3")),
        {"hidden": [("9", "1")], "listed": [("9", "1"), ("9", "2")]},
    ),
    "metadata_order": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaDataByUniqueId", uniqueId="1763589600.1")),
        {"oldest-first": [("1", "1"), ("1", "2")], "newest-first": [("1", "2"), ("1", "1")]},
    ),
    "default_account": Shown(
        lambda pbx: field("Username")(pbx.njadmin("retrieveMetaData", tag="a1")),
        {"Administrator": "Administrator", "NoojeeAdmin": "NoojeeAdmin"},
    ),
    "outbound_did": Shown(
        lambda pbx: field("DID")(pbx.njadmin("retrieveMetaData", tag="a1")),
        {"empty": "", "internal": "internal"},
    ),
    "eastern_abbreviation": Shown(
        lambda pbx: field("Start")(pbx.njadmin("retrieveMetaDataByHour", date="2026/11/20", hour=9)),
        {"AEST": "Fri Nov 20 09:00:00 AEDT 2026", "EST": "Fri Nov 20 09:00:00 EST 2026"},
    ),
    "start_fraction": Shown(
        lambda pbx: field("Start")(pbx.njadmin("retrieveMetaData", tag="A1")),
        {"zero": "2026-11-20 09:00:00.0", "milliseconds": "2026-11-20 09:00:00.12"},
    ),
    "repeated_hour": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaDataByHour", date="2022/04/03", hour=2)),
        {"both": [("2", "1"), ("3", "1")], "first": [("2", "1")]},
    ),
    "future_hour": Shown(
        lambda pbx: kind(pbx.njadmin("retrieveMetaDataByHour", date="2030/01/01", hour=0)),
        {"empty-list": (200, "empty"), "refused": (400, "failure")},
    ),
    "user_key_status": Shown(
        lambda pbx: refused_key(pbx, pbx.worlds.default.user_key), {"403": 403, "401": 401, "200": 200}
    ),
    "json_content_type": Shown(
        lambda pbx: dict(pbx.njadmin("retrieveMetaData", tag="A1").headers).get("Content-Type"),
        {
            "application/json;charset=UTF-8": "application/json;charset=UTF-8",
            "application/json": "application/json",
            "text/html;charset=UTF-8": "text/html;charset=UTF-8",
            "none": None,
        },
    ),
    "bare_rest": Shown(
        lambda pbx: [status(pbx.ask("/rest/Time")), status(pbx.ask("/servicemanager/rest/Time"))],
        {"served": [200, 200], "absent": [404, 200]},
    ),
    "time_stamp_seconds": Shown(
        lambda pbx: by_tag(pbx, hashed_at(pbx, seconds=True)).body[:32],
        {"refused": b'{"Message":"Expired TimeStamp","', "accepted": b'[{"Source":"400","Leg":"1","Star'},
    ),
}


def test_every_switch_is_shown() -> None:
    """A key of the table without a demonstration here fails, and so does a demonstration without a key."""
    assert set(SHOWN) == set(TABLE)


@pytest.mark.parametrize("key", TABLE)
def test_the_choices_shown_are_those_of_the_table(key: str) -> None:
    """Every alternative has an answer of its own: there is no choice that does nothing."""
    answers = SHOWN[key].answers
    assert list(answers) == [TABLE[key]["default"], *TABLE[key]["alternatives"]]
    distinct = {repr(answer) for answer in answers.values()}
    assert len(distinct) == len(answers) > 1


@pytest.mark.parametrize(
    ("key", "choice"),
    [(key, choice) for key, row in TABLE.items() for choice in (row["default"], *row["alternatives"])],
)
def test_each_choice_answers_as_it_says(key: str, choice: str, pbx: Callable[..., Any]) -> None:
    """The answer that shows a switch is the one of its choice."""
    shown = SHOWN[key]
    assert shown.ask(pbx(*CALLS, **{key: choice})) == shown.answers[choice]


@pytest.mark.parametrize("key", TABLE)
def test_the_default_needs_no_choosing(key: str, pbx: Callable[..., Any]) -> None:
    """A PBX without a profile answers with the defaults of the table."""
    shown = SHOWN[key]
    assert shown.ask(pbx(*CALLS)) == shown.answers[TABLE[key]["default"]]


@pytest.mark.parametrize("key", [key for key, row in TABLE.items() if len(row["dialects"]) == 2])
def test_a_switch_of_both_dialects_is_shown_on_the_legacy_too(key: str, pbx: Callable[..., Any]) -> None:
    """What is shown on the replacement holds for the legacy API where the table says so."""
    for choice in (TABLE[key]["default"], *TABLE[key]["alternatives"]):
        caller = pbx(*CALLS, **{key: choice, "recording_api_bad_request_status": "400"})
        caller.njadmin = caller.legacy
        assert SHOWN[key].ask(caller) == SHOWN[key].answers[choice]
