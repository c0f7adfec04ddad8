"""Options of who may ask, over what, and which paths and methods there are."""

from __future__ import annotations

from typing import Any

from noojee_fake.pbx.addresses import Addresses
from support.option_examples.asking import (
    LEGACY,
    MANAGED,
    NJADMIN,
    SERVICES,
    Shown,
    by_tag,
    hashed_at,
    kind,
    status,
)

JSON = (("content-type", "application/json"),)
OTHERS = ("pause", "resume", "mask", "delete", "setTag", "retrieveMetaDataByRange", "subscribeRecordings")
SECOND = 1_000_000


def accepted_ahead(caller: Any) -> list[int]:
    """How many whole seconds ahead a time stamp may be, in both dialects that take hashes."""
    return [
        max(
            second
            for second in range(12)
            if by_tag(caller, hashed_at(caller, ahead=second), base=base).body[:1] == b"["
        )
        for base in (LEGACY, MANAGED)
    ]


def twice(caller: Any) -> tuple[str, str]:
    signature = hashed_at(caller)
    return tuple(kind(by_tag(caller, signature))[1] for _ in range(2))  # type: ignore[return-value]


def within_the_hour(caller: Any) -> list[str]:
    """The answers 1 s, 6 s and 1 h after an hour from the time stamp.

    The hash was used 5 s after its time stamp and half an hour later.
    """
    signature = hashed_at(caller)
    answers = []
    for after in (5, 1800, 3601, 3606, 7200):
        clock = caller.sandboxes.default.clock
        clock.set(1_795_478_400 * SECOND + after * SECOND)
        answers.append(kind(by_tag(caller, signature, base=MANAGED))[1])
    return answers[2:]


def sixth_time(caller: Any) -> list[bytes]:
    """The beginnings of six answers of Time, five of them under way."""
    return [caller.ask("/servicemanager/rest/Time").body[:11] for _ in range(6)][4:]


def refused_credentials(caller: Any) -> list[int | str]:
    queries = (
        "apiKey=nobody",
        "apiKey=",
        "",
        f"apiKey={caller.sandboxes.default.user_key}",
        hashed_at(caller, salt="x"),
    )
    return [status(caller.ask(f"{MANAGED}/start", f"extenOrUniqueId=410&{query}")) for query in queries]


def refused_key(caller: Any, key: str) -> int | str:
    return status(caller.ask(f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={key}"))


def by_body(caller: Any) -> list[str]:
    """Whether a key and a hash in the body are accepted, together with the tag."""
    asked = (
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}"),
        (f"{MANAGED}/retrieveMetaData", f"tag=A1&apiKey={caller.key}"),
        (f"{LEGACY}/retrieveMetaData", f"tag=A1&{hashed_at(caller)}"),
    )
    return [kind(caller.ask(path, body=body.encode()))[1] for path, body in asked]


def as_json(caller: Any) -> list[int | str]:
    asked = (
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}", JSON),
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}", ()),
        (f"{MANAGED}/subscribe", f"exten=410&lastSequenceNumber=0&timeOut=0&apiKey={caller.key}", JSON),
        (f"{LEGACY}/retrieveMetaData", f"tag=A1&{hashed_at(caller)}", JSON),
        ("/rest/Time", "", JSON),
    )
    return [status(caller.ask(path, query, headers=headers)) for path, query, headers in asked]


def gets(caller: Any) -> list[int | str]:
    """GET of start, stop and a metadata method. The vendor's Java client sends the first two so (CLIENT C-J)."""
    return [
        status(ask(name, method="GET", extenOrUniqueId="410", tag="A1"))
        for ask in (caller.legacy, caller.managed)
        for name in ("start", "stop", "retrieveMetaData")
    ]


def stranger(caller: Any) -> list[tuple[int | str, bytes]]:
    """What a client gets that is not among the allowed addresses, from each dialect and from an unknown path."""
    caller.sandboxes.default.addresses = Addresses(["10.0.0.0/8"])
    asked = (
        (SERVICES, "method=retrieve&tag=A1&leg=1", "GET"),
        (f"{LEGACY}/retrieveMetaData", "tag=A1", "POST"),
        (f"{MANAGED}/retrieveMetaData", f"tag=A1&apiKey={caller.key}", "POST"),
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}", "POST"),
        ("/nothing", "", "POST"),
    )
    answers = [caller.ask(path, query, method=method, client="192.0.2.1") for path, query, method in asked]
    return [(status(answer), answer.body) for answer in answers]


def over(caller: Any, *, secure: bool) -> list[int | str]:
    asked = (
        (f"{NJADMIN}/retrieveMetaData", f"tag=A1&apiKey={caller.key}"),
        (f"{MANAGED}/retrieveMetaData", f"tag=A1&apiKey={caller.key}"),
        (f"{LEGACY}/retrieveMetaData", f"tag=A1&{hashed_at(caller)}"),
    )
    return [status(caller.ask(path, query, secure=secure)) for path, query in asked]


def unknown_paths(caller: Any) -> list[tuple[int | str, bytes]]:
    paths = ("/", "/nothing", f"{NJADMIN}/start", f"{MANAGED}/pause", f"{LEGACY}/dial")
    return [(status(answer), answer.body[:1]) for answer in map(caller.ask, paths)]


def other_methods(caller: Any) -> set[int | str]:
    return {
        status(caller.ask(f"{base}/{name}", f"apiKey={caller.key}"))
        for base in (LEGACY, MANAGED, NJADMIN)
        for name in OTHERS
    }


def after_4(caller: Any) -> list[int | str]:
    """The retired dialects on a PBX that was upgraded to the current version."""
    signature = hashed_at(caller)
    caller.sandboxes.default.version = "current"
    return [
        status(caller.ask(SERVICES, "method=retrieve&tag=A1&leg=1", method="GET")),
        status(by_tag(caller, signature)),
        status(by_tag(caller, signature, base=MANAGED)),
    ]


SHOWN: dict[str, Shown] = {
    "expired_hash_status": Shown(
        lambda pbx: [status(by_tag(pbx, hashed_at(pbx, ahead=-11), base=base)) for base in (LEGACY, MANAGED)],
        {"200": [200, 200], "401": [401, 401]},
    ),
    "recording_api_refused_status": Shown(
        lambda pbx: status(by_tag(pbx, hashed_at(pbx, salt="x"))), {"200": 200, "401": 401, "403": 403}
    ),
    "njadmin_refused_status": Shown(lambda pbx: refused_key(pbx, "nobody"), {"401": 401, "200": 200, "403": 403}),
    "call_management_refused_status": Shown(
        refused_credentials, {"200": [200] * 5, "401": [401] * 5, "403": [403] * 5}
    ),
    "hash_reuse": Shown(twice, {"within-window": ("list", "list"), "once": ("list", "failure")}),
    "hash_hour_from": Shown(
        within_the_hour,
        {
            "first-use": ["list", "failure", "failure"],
            "last-use": ["list", "list", "list"],
            "time-stamp": ["failure", "failure", "failure"],
        },
    ),
    "clock_ahead_seconds": Shown(accepted_ahead, {"2": [2, 2], "0": [0, 0], "10": [10, 10]}),
    "time_body": Shown(
        lambda pbx: pbx.ask("/rest/Time").body,
        {"digits": b"1795478400000", "digits-newline": b"1795478400000\n"},
    ),
    "concurrent_authentications": Shown(
        sixth_time, {"unlimited": [b"17954784000"] * 2, "5": [b"17954784000", b'{"Message":']}
    ),
    "get_on_post": Shown(gets, {"refused": [405] * 6, "start-and-stop": [200, 200, 405] * 2}),
    "content_type_check": Shown(as_json, {"any": [200] * 5, "form-only": [415] * 5}),
    "parameters_in": Shown(by_body, {"query-and-body": ["list"] * 3, "query-only": ["failure"] * 3}),
    "unknown_path": Shown(
        unknown_paths, {"html": [(404, b"<")] * 5, "json": [(404, b"{")] * 5, "empty": [(404, b"")] * 5}
    ),
    "user_key_status": Shown(
        lambda pbx: refused_key(pbx, pbx.sandboxes.default.user_key), {"403": 403, "401": 401, "200": 200}
    ),
    "address_refused": Shown(stranger, {"403": [(403, b"")] * 5, "closed": [("closed", b"")] * 5}),
    "plain_http": Shown(
        lambda pbx: over(pbx, secure=False) + over(pbx, secure=True),
        {"served": [200] * 6, "refused": ["closed", "closed", 200] + [200] * 3},
    ),
    "other_methods": Shown(other_methods, {"absent": {404}}),
    "bare_rest": Shown(
        lambda pbx: [
            status(pbx.ask(path))
            for path in ("/rest/Time", "/rest/CallManagementAPI/stop", "/rest/RecordingAPI/stop", MANAGED + "/stop")
        ],
        {"served": [200] * 4, "absent": [404, 404, 404, 200]},
    ),
    "legacy_after_4": Shown(after_4, {"gone": [404, 404, 200], "kept": [200, 200, 200]}),
    "time_stamp_seconds": Shown(
        lambda pbx: [kind(by_tag(pbx, hashed_at(pbx, seconds=True), base=base))[1] for base in (LEGACY, MANAGED)],
        {"refused": ["failure"] * 2, "accepted": ["list"] * 2},
    ),
}
