"""ServerVariants of conformant servers: each answers what a service answers, in another way that no page forbids.

A host of `support.conformant_servers.hosts` receives the request, the service answers it, and the variant changes the
answer.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import soundfile

from support.conformant_servers import hosts
from support.conformant_servers.wire import Answer

Change = Callable[[Answer], Answer]
NOT_PASSED_ON = ("host", "connection", "content-length", "transfer-encoding", "accept-encoding")
NOT_PASSED_BACK = ("content-length", "transfer-encoding", "connection", "date", "server", "keep-alive")


def _unchanged(answer: Answer) -> Answer:
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerVariant:
    """A way to answer. `services`: those whose description leaves it open."""

    description: str
    host: Callable[[hosts.Handle], AbstractContextManager[str]] = hosts.pool
    change: Change = _unchanged
    services: tuple[str, ...] = ("njadmin", "records", "events")


def _as_json(write: Callable[[Any], str], *, content_type: str = "") -> Change:
    """A change of JSON bodies, and of their content type."""

    def change(answer: Answer) -> Answer:
        status, headers, body = answer
        try:
            document = json.loads(body)
        except ValueError:
            return answer
        if content_type:
            status, headers, _ = _headers(Content_Type=content_type)(answer)
        return status, headers, write(document).encode()

    return change


def _keys_reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _keys_reversed(inner) for key, inner in reversed(value.items())}
    return [_keys_reversed(inner) for inner in value] if isinstance(value, list) else value


def _newest_first(document: Any) -> str:
    """The order of a list of calls is open; the legs of a call stay in their order."""
    if isinstance(document, list) and document:
        calls = dict.fromkeys(row["UniqueId"] for row in reversed(document))
        document = [row for call in calls for row in document if row["UniqueId"] == call]
    return json.dumps(document, ensure_ascii=False)


def _mu_law(answer: Answer) -> Answer:
    status, headers, body = answer
    if not body.startswith(b"RIFF"):
        return answer
    samples, rate = soundfile.read(io.BytesIO(body))
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", subtype="ULAW")
    return status, headers, file.getvalue()


def _slow(answer: Answer) -> Answer:
    time.sleep(0.02)
    return answer


def _headers(**more: str) -> Change:
    """A change of headers; "" removes one."""

    def change(answer: Answer) -> Answer:
        status, headers, body = answer
        named = {name.replace("_", "-"): value for name, value in more.items()}
        kept = [(name, value) for name, value in headers if name.lower() not in {each.lower() for each in named}]
        return status, [*kept, *((name, value) for name, value in named.items() if value)], body

    return change


VARIANTS: Mapping[str, ServerVariant] = {
    "http-1.0": ServerVariant(description="HTTP/1.0: each answer closes the connection.", host=hosts.threads),
    "chunked": ServerVariant(description="Bodies come in chunks, without a length.", host=hosts.event_loop),
    "gzip": ServerVariant(
        description="Bodies are compressed, names of headers come in any case, cookies are set.", host=hosts.raw
    ),
    "connection-close": ServerVariant(
        description="Each answer says Connection: close.", host=hosts.raw, change=_headers(Connection="close")
    ),
    "indented": ServerVariant(
        description="JSON is indented.", change=_as_json(lambda body: json.dumps(body, indent=3))
    ),
    "keys-in-another-order": ServerVariant(
        description="Keys come in another order.",
        change=_as_json(lambda body: json.dumps(_keys_reversed(body), ensure_ascii=False)),
    ),
    "escaped": ServerVariant(
        description="Letters and slashes in JSON are escaped.",
        change=_as_json(lambda body: json.dumps(body, separators=(",", ":")).replace("/", "\\/")),
    ),
    "slow": ServerVariant(description="Each answer takes a while.", change=_slow),
    "headers-of-a-proxy": ServerVariant(
        description="A proxy adds its headers.",
        change=_headers(Via="1.1 gateway", X_Request_Id="7f3a", Strict_Transport_Security="max-age=1", Vary="Origin"),
    ),
    "newest-call-first": ServerVariant(
        description="Calls come with the newest first.", change=_as_json(_newest_first), services=("njadmin",)
    ),
    "charset-in-capitals": ServerVariant(
        description="The content type is written in capitals, with its charset.",
        change=_as_json(
            lambda body: json.dumps(body, ensure_ascii=False), content_type='APPLICATION/JSON; CHARSET="UTF-8"'
        ),
    ),
    "mu-law": ServerVariant(description="Sound is WAV in mu-law.", change=_mu_law, services=("njadmin",)),
}  # fmt: skip


@contextmanager
def as_variant(variant: ServerVariant, service_url: str) -> Iterator[str]:
    """The base URL of a server that answers as a service does, with a variant."""
    client = httpx.Client(trust_env=False, timeout=30)

    def handle(method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
        passed = {name: value for name, value in headers.items() if name.lower() not in NOT_PASSED_ON}
        came = client.request(method, service_url + target, headers=passed, content=body)
        kept = [(name, value) for name, value in came.headers.items() if name.lower() not in NOT_PASSED_BACK]
        return variant.change((came.status_code, kept, came.content))

    try:
        with variant.host(handle) as url:
            yield url
    finally:
        client.close()
