"""Options of the metadata: what is found, in which order, and how it is written."""

from __future__ import annotations

from typing import Any

from noojee_fake.pbx.retention import RetentionRules
from support.option_examples.asking import LEGACY, MANAGED, NJADMIN, Shown, field, hashed_at, kind, legs_of, status

HOUR = "retrieveMetaDataByHour"
BAD_HOURS = (("2026/11/20", "24"), ("2026-11-20", "9"), ("2026/02/30", "9"))


def second_hour(caller: Any) -> int | str:
    caller.njadmin(HOUR, date="2026/11/20", hour=9)
    return status(caller.njadmin(HOUR, date="2026/11/20", hour=9))


def bad_hours(caller: Any) -> list[tuple[int, str]]:
    """A minute lies between them: one that is taken counts for the limit."""
    answers = []
    for date, hour in BAD_HOURS:
        answers.append(kind(caller.njadmin(HOUR, date=date, hour=hour)))
        caller.sandboxes.default.clock.step(60_000_000)
    return answers


def short_leg(caller: Any) -> list[tuple[int, str]]:
    return [
        kind(caller.njadmin("retrieveMetaData", tag="Z0")),
        kind(caller.legacy("retrieveMetaDataByUniqueId", uniqueId="1763596800.7")),
        kind(caller.managed("retrieveMetaData", tag="Z0")),
        kind(caller.njadmin(HOUR, date="2026/11/20", hour=11)),
    ]


def after_retention(caller: Any) -> tuple[list[tuple[str, str]], int | str]:
    """What is listed of a call that ended four days ago, and whether its sound is there, where files are kept a day."""
    caller.sandboxes.default.retention.rules = RetentionRules(mid_term_days=1, long_term_days=0)
    listed = legs_of(caller.njadmin("retrieveMetaData", tag="A1"))
    return listed, status(caller.njadmin("retrieve", tag="A1", leg=1))


def record_ids(caller: Any) -> str:
    """Whether the three hours with most legs show each record id once."""
    rows: list[str] = []
    for tag in ("A1", "C3", "a1", "GONE", "Z0"):
        rows += caller.values("CallRecordId", caller.njadmin("retrieveMetaData", tag=tag))
    return "the-leg" if len(set(rows)) == len(rows) == 6 else "something else"


def accented(caller: Any) -> list[list[tuple[str, str]]]:
    """What `%C3%A9` brings in each dialect: the call of one letter, or that of two."""
    queries = (
        (f"{NJADMIN}/retrieveMetaData", f"tag=%C3%A9&apiKey={caller.key}"),
        (f"{MANAGED}/retrieveMetaData", f"tag=%C3%A9&apiKey={caller.key}"),
        (f"{LEGACY}/retrieveMetaData", f"tag=%C3%A9&{hashed_at(caller)}"),
    )
    return [legs_of(caller.ask(path, query)) for path, query in queries]


SHOWN: dict[str, Shown] = {
    "unknown_recording": Shown(
        lambda pbx: [
            kind(pbx.njadmin("retrieveMetaData", tag="X")),
            kind(pbx.njadmin("retrieveMetaDataByUniqueId", uniqueId="1.1")),
        ],
        {
            "empty-list": [(200, "empty")] * 2,
            "failure-200": [(200, "failure")] * 2,
            "failure-404": [(404, "failure")] * 2,
        },
        everywhere=True,
    ),
    "njadmin_failure_envelope": Shown(
        lambda pbx: pbx.njadmin("retrieveMetaData").body,
        {
            "capitalised": b'{"Message":"Missing parameter tag","Code":-1}',
            "lower-case": b'{"code":-1,"message":"Missing parameter tag"}',
        },
    ),
    "by_hour_limit_status": Shown(second_hour, {"429": 429, "400": 400, "503": 503, "200": 200}),
    "recording_api_bad_request_status": Shown(
        lambda pbx: [status(pbx.legacy(name)) for name in ("retrieveMetaData", "retrieve", "start", "stop")],
        {"200": [200] * 4, "400": [400] * 4},
    ),
    "call_management_bad_request_status": Shown(
        lambda pbx: [
            status(pbx.managed(name)) for name in ("retrieveMetaData", "start", "stop", "dial", "hangup", "subscribe")
        ],
        {"200": [200] * 6, "400": [400] * 6},
    ),
    "njadmin_bad_request_status": Shown(
        lambda pbx: [
            status(pbx.njadmin("retrieveMetaData")),
            status(pbx.njadmin(HOUR, date="2026/11/20", hour=24)),
        ],
        {"400": [400, 400], "200": [200, 200]},
    ),
    "tag_selects": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaData", tag="A1")),
        {"calls": [("1", "1"), ("1", "2")], "legs": [("1", "1")]},
        everywhere=True,
    ),
    "tag_on_several_calls": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaData", tag="\u00c3\u00a9")),
        {"all-calls": [("5", "1"), ("10", "1")]},
        everywhere=True,
    ),
    "tag_match": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaData", tag="a1")),
        {"exact": [("4", "1")], "ignore-case": [("1", "1"), ("1", "2"), ("4", "1")]},
        everywhere=True,
    ),
    "empty_tag": Shown(
        lambda pbx: [
            kind(pbx.njadmin("retrieveMetaData", tag="")),
            kind(pbx.njadmin("retrieveMetaDataByUniqueId", uniqueId="")),
        ],
        {"refused": [(400, "failure")] * 2, "empty-list": [(200, "empty")] * 2},
        everywhere=True,
    ),
    "call_record_id": Shown(record_ids, {"the-leg": "the-leg"}, everywhere=True),
    "legs_in_progress": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaData", tag="C3")),
        {"hidden": [("9", "1")], "listed": [("9", "1"), ("9", "2")]},
        everywhere=True,
    ),
    "metadata_order": Shown(
        lambda pbx: legs_of(pbx.njadmin("retrieveMetaDataByUniqueId", uniqueId="1763589600.1")),
        {"oldest-first": [("1", "1"), ("1", "2")], "newest-first": [("1", "2"), ("1", "1")]},
        everywhere=True,
    ),
    "expired_leg": Shown(
        after_retention,
        {"metadata-stays": ([("1", "1"), ("1", "2")], 404), "record-removed": ([], 404)},
        everywhere=True,
    ),
    "zero_length_legs": Shown(short_leg, {"kept": [(200, "list")] * 4, "dropped": [(200, "empty")] * 4}),
    "default_account": Shown(
        lambda pbx: field("Username")(pbx.njadmin("retrieveMetaData", tag="a1")),
        {"Administrator": "Administrator", "NoojeeAdmin": "NoojeeAdmin"},
        everywhere=True,
    ),
    "internal_word": Shown(
        lambda pbx: field("Direction")(pbx.njadmin(HOUR, date="2026/11/20", hour=9)),
        {"Internal": "Internal", "Local": "Local"},
    ),
    "outbound_did": Shown(
        lambda pbx: field("DID")(pbx.njadmin("retrieveMetaData", tag="a1")),
        {"empty": "", "internal": "internal"},
        everywhere=True,
    ),
    "eastern_abbreviation": Shown(
        lambda pbx: field("Start")(pbx.njadmin(HOUR, date="2026/11/20", hour=9)),
        {"AEST": "Fri Nov 20 09:00:00 AEDT 2026", "EST": "Fri Nov 20 09:00:00 EST 2026"},
    ),
    "start_fraction": Shown(
        lambda pbx: field("Start")(pbx.njadmin("retrieveMetaData", tag="A1")),
        {"zero": "2026-11-20 09:00:00.0", "milliseconds": "2026-11-20 09:00:00.12"},
        everywhere=True,
    ),
    "repeated_hour": Shown(
        lambda pbx: legs_of(pbx.njadmin(HOUR, date="2022/04/03", hour=2)),
        {"both": [("2", "1"), ("3", "1")], "first": [("2", "1")]},
    ),
    "bad_hour": Shown(bad_hours, {"refused": [(400, "failure")] * 3, "empty-list": [(200, "empty")] * 3}),
    "future_hour": Shown(
        lambda pbx: kind(pbx.njadmin(HOUR, date="2030/01/01", hour=0)),
        {"empty-list": (200, "empty"), "refused": (400, "failure")},
    ),
    "json_content_type": Shown(
        lambda pbx: dict(pbx.njadmin("retrieveMetaData", tag="A1").headers).get("Content-Type"),
        {
            "application/json;charset=UTF-8": "application/json;charset=UTF-8",
            "application/json": "application/json",
            "text/html;charset=UTF-8": "text/html;charset=UTF-8",
            "none": None,
        },
        everywhere=True,
    ),
    "query_charset": Shown(accented, {"utf-8": [[("8", "1")]] * 3, "iso-8859-1": [[("5", "1"), ("10", "1")]] * 3}),
}
