"""What the examples share: the calls of the PBX, and short functions to send requests and read answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from noojee_fake.messages import Closed, Response

LEGACY = "/rest/RecordingAPI"
MANAGED = "/servicemanager/rest/CallManagementAPI"
NJADMIN = "/njadmin/rest/RecordingAPI"
SERVICES = "/servicemanager/services/njadmin-api-recording"


@dataclass(frozen=True)
class Shown:
    """An example of an option: the request, and the answer for each value.

    `everywhere`: the request is also sent to the other dialects that the option concerns.
    """

    ask: Callable[[Any], Any]
    answers: dict[str, Any]
    everywhere: bool = False


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
    call("1763596800.7", leg(summer("11:00:00"), summer("11:00:00.900"), tag="Z0")),
    call("1763600400.8", leg(summer("12:00:00"), summer("12:00:04"), tag="\u00e9")),
    call("1763604000.5", leg(summer("13:00:00"), summer("13:00:04"), tag="\u00c3\u00a9")),
    call("1763607600.10", leg(summer("14:00:00"), summer("14:00:04"), tag="\u00c3\u00a9")),
)


def status(response: Response) -> int | str:
    """The status, or that the connection was cut."""
    return "closed" if isinstance(response, Closed) else response.status


def kind(response: Response) -> tuple[int, str]:
    """The status, and whether an empty list, a list, or a failure came."""
    body = response.body
    return response.status, "empty" if body == b"[]" else "list" if body[:1] == b"[" else "failure"


def legs_of(response: Response) -> list[tuple[str, str]]:
    return [(row["UniqueId"].partition(".")[2], row["Leg"]) for row in json.loads(response.body)]


def field(name: str) -> Callable[[Response], str]:
    return lambda response: json.loads(response.body)[0][name]


def code(response: Response) -> int:
    """The Code of an answer that is no list."""
    found: int = json.loads(response.body)["Code"]
    return found


def hashed_at(caller: Any, *, ahead: float = 0, seconds: bool = False, salt: str = "") -> str:
    stamp = str((caller.millis + round(ahead * 1000)) // (1000 if seconds else 1))
    digest = hashlib.sha256(f"{caller.key}{salt}:{stamp}".encode()).hexdigest()
    return f"timeStamp={stamp}&hash={digest}"


def by_tag(caller: Any, signature: str, *, base: str = LEGACY) -> Response:
    answer: Response = caller.ask(f"{base}/retrieveMetaData", f"tag=A1&{signature}")
    return answer
