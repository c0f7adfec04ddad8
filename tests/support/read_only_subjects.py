"""Read-only subjects over a transport of this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import httpx

from noojee_contract.clients.client import Client
from noojee_contract.clients.sender import Sender
from noojee_contract.dialects.vendor_dialect import vendor_dialect
from noojee_contract.engine.read_only_subject import ReadOnlySubject
from noojee_contract.engine.subject import SubjectConfig
from noojee_contract.model.question import Question
from noojee_contract.targets.target import Target

KEY = "f863246a-973e-11e6-8784-08002718f5b5"
MELBOURNE = "Australia/Melbourne"
AUDIO = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"


def read_only_subject(
    transport: httpx.BaseTransport,
    recordings: Sequence[tuple[str, str]],
    *,
    target: Target | None = None,
    zone: str = MELBOURNE,
    profile: Mapping[str, str] | None = None,
    before_by_hour: Callable[[], None] = lambda: None,
    wait: Callable[[float], None] = lambda seconds: None,
) -> ReadOnlySubject:
    """A read-only PBX behind a transport, of which the suite knows these recordings. By default it speaks njadmin."""
    target = target or Target(name="pbx", dialect="njadmin", audio=AUDIO)
    client = Client(
        Sender(httpx.Client(transport=transport)),
        root="http://pbx.invalid",
        dialect=target.described or vendor_dialect(target.dialect).configured({}, AUDIO),
        key=KEY,
        zone=ZoneInfo(zone),
    )
    return ReadOnlySubject(
        SubjectConfig(target=target, client=client, zone=ZoneInfo(zone), profile=profile or {}),
        recordings=tuple(Question(kind, value) for kind, value in recordings),
        before_by_hour=before_by_hour,
        wait=wait,
    )
