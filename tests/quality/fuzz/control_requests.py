"""Hostile requests for the control API, made from its OpenAPI description: valid bodies with some wrong values."""

from __future__ import annotations

import http.client
import json
import random
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from noojee_fake import resources
from noojee_fake.api.pbx import BUG_HEADER
from quality.fuzz.served import Served, request

BATCH = 50
"""So many requests go over one connection, one after the other without waiting."""
MOST_BYTES = 60_000
"""A longer body is left out: the server takes many of them, but the run would take hours."""
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, -0.0, 1e308, -1e308, 5e-324, 2**31, 2**63, 2**64, -(2**63), 10**400,
    "", " ", "0", "null", "\0", "\ud800", "\udfff\ud800", "é", "📞", "a" * 5000, "٣", "1" * 400, "-1", "1e400", "NaN",
    "../../etc/passwd", "%00", "1.1", "\u202e", [], [[]], {}, {"": None}, [None], [1, 2], {"do": "wait"},
    "2026-02-30T00:00:00Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00Z",
    "2026-03-11T12:00:00", "2026-03-11T24:00:00Z", "2026-03-11T12:00:60Z", "2026-11-26T12:00:00.123456789Z",
)  # fmt: skip
WORDS = (
    "400", "410", "420", "600", "7601", "0390000000", "SIP/410", "1773190799.2", "1773190900.5", "1.1",
    "c1", "c2", "Fred", "Australia/Melbourne", "2026-03-11T12:00:00+11:00", "2026-11-26T09:00:00Z", "njadmin",
    "127.0.0.1", "::1/128", "10.0.0.0/8", "noojee-archive/1",
)  # fmt: skip
PHONES = ("400", "410", "420", "600", "7601", "0390000000")
INSTANTS = ("2026-03-11T12:00:00+11:00", "2026-11-26T09:00:00Z", "1970-01-01T00:00:00Z", "2026-03-11T12:00:09.5+11:00")
FITTING = {
    **dict.fromkeys(("did", "number", "from", "by", "to", "source", "destination", "agent"), PHONES),
    **dict.fromkeys(("now", "start", "end", "created"), INSTANTS),
    **dict.fromkeys(("as", "call"), ("c1", "c1", "c2", "1773190799.2")),
    "unique_id": ("1773190799.2", "1773190900.5", "1.1", "2.1", "3.1", "1795460698.32"),
    "status": ("200", "404"), "limit": ("1", "100"), "unmatched": ("true", "false"), "method": ("GET", "POST"),
    "leg": ("1", "2"), "time_zone": ("Australia/Melbourne", "Europe/Berlin", "UTC"),
}  # fmt: skip
"""Texts by the name of a field or a parameter, with which a request does something."""
WAV = b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\x08\0\0\0\1\0\2\0\3\0\4\0"
OPTIONS: dict[str, Any] = tomllib.loads(resources.schema_text("options.toml"))
NUMBERS = ("0", "1", "2", "99", "-1", "1" * 400, "", "x", "٣", "1.5", "9" * 15, "9" * 16)
WORD_OF_BODY = (
    "{",
    "[",
    "null",
    '"x"',
    "1" * 5000,
    "{}" * 3,
    '{"a":1e999}',
    '{"a":NaN}',
    '{"a":' + "9" * 5000 + "}",
    "\xff\xfe",
    "",
)
KEPT_REACHABLE = (("PUT", "access"),)
"""A refused address would end the run, so the server takes these only with an invalid body."""


class Requests:
    """An endless series of requests; `seed` chooses it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._description: dict[str, Any] = json.loads(resources.schema_text("control.openapi.json"))
        self._operations = [
            (method.upper(), path, operation)
            for path, methods in self._description["paths"].items()
            for method, operation in methods.items()
            if method in ("get", "put", "post", "delete")
        ]
        bodied = [row for row in self._operations if "requestBody" in row[2]]
        self._operations += 4 * bodied

    def __iter__(self) -> Iterator[bytes]:
        while True:
            yield self.next()

    def next(self) -> bytes:
        """The next request."""
        chance = self._random
        method, path, operation = chance.choice(self._operations)
        path = path.replace("{sandbox}", "default" if chance.random() < 0.95 else quote(chance.choice(WORDS)))
        path = path.replace("{id}", chance.choice(("1", "2", "3", "20", "99999", "x")))
        body, content_type = self._body(method, path, operation)
        headers = [f"Content-Type: {content_type}"] if content_type else []
        if chance.random() < 0.01:
            method = chance.choice(("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS"))
        return request(method, path + self._query(operation), *headers, body=body)

    def _query(self, operation: dict[str, Any]) -> str:
        chance = self._random
        named = [self._resolved(each)["name"] for each in operation.get("parameters", ())]
        if operation.get("operationId") in ("get_sound", "put_sound", "delete_sound"):
            named += ["unique_id", "leg"]
        if chance.random() < 0.02:
            named.append(chance.choice(("", "from", "x", "%", "unique_id")))
        pairs = []
        for name in named:
            if name in FITTING and name not in ("unique_id", "leg") and chance.random() < 0.5:
                continue
            value = chance.choice(FITTING.get(name, WORDS + NUMBERS) if chance.random() < 0.8 else WORDS + NUMBERS)
            value = value if chance.random() < 0.9 else str(chance.choice(HOSTILE))
            pairs.append(f"{name}={quote(value, errors='surrogatepass')}" if chance.random() < 0.95 else name)
        return "?" + "&".join(pairs) if pairs else ""

    def _body(self, method: str, path: str, operation: dict[str, Any]) -> tuple[bytes, str]:
        chance = self._random
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return b"", ""
        [(content_type, described)] = content.items()
        if content_type != "application/json":
            return (
                chance.randbytes(300) if chance.random() < 0.3 else WAV[: chance.choice((0, 20, 44, 52, 52, 52))]
            ), content_type
        if chance.random() < 0.02:
            return chance.choice(WORD_OF_BODY).encode("latin-1"), content_type
        value = self._value(described["schema"], 0, "")
        wrong = chance.choice((0, 0, 0, 1, 1, 2, 5))
        if not wrong and (method, path.rpartition("/")[2]) in KEPT_REACHABLE:
            wrong = 1
        for _ in range(wrong):
            value = self._spoilt(value)
        if path.endswith("/flow") and isinstance(value, dict) and isinstance(value.get("steps"), list):
            value["steps"].insert(0, {"do": "inbound", "did": "7601", "as": "c1"})
        if isinstance(value, dict) and "allowed_addresses" in value:
            value["allowed_addresses"] = [chance.choice(HOSTILE), "no address"]
        text = json.dumps(value)
        return (text.encode() if len(text) < MOST_BYTES else b"{}"), content_type

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self._description
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
        return schema

    def _value(self, schema: Any, depth: int, name: str) -> Any:
        """A value that a schema allows, for the most part."""
        chance = self._random
        if not isinstance(schema, dict) or depth > 12:
            return chance.choice(HOSTILE)
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return chance.choice(schema["enum"])
        for choice in ("oneOf", "anyOf"):
            if choice in schema and "properties" not in schema:
                return self._value(chance.choice(schema[choice]), depth + 1, name)
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        kind = chance.choice(kinds) if isinstance(kinds, list) else kinds
        if kind == "object":
            required = schema.get("required", ())
            members = {
                member: self._value(inner, depth + 1, member)
                for member, inner in schema.get("properties", {}).items()
                if member in required or chance.random() < 0.5
            }
            if not members and isinstance(schema.get("additionalProperties"), dict):
                option = chance.choice(list(OPTIONS))
                members[option] = chance.choice([OPTIONS[option]["default"], *OPTIONS[option].get("alternatives", ())])
            return members
        if kind == "array":
            return [
                self._value(schema.get("items", {}), depth + 1, name) for _ in range(chance.choice((0, 1, 1, 2, 4)))
            ]
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", -10), schema.get("maximum", 100)
            return chance.choice((low, high, 0, 1, chance.uniform(float(low), float(high)), int(low)))
        if kind == "boolean":
            return chance.random() < 0.5
        return None if kind == "null" else chance.choice(FITTING.get(name, WORDS))

    def _spoilt(self, value: Any) -> Any:
        """The value with a wrong one in one place."""
        chance = self._random
        if isinstance(value, dict) and value and chance.random() < 0.9:
            name = chance.choice(list(value))
            if chance.random() < 0.1:
                return {key: inner for key, inner in value.items() if key != name}
            return {**value, name: self._spoilt(value[name])}
        if isinstance(value, list) and value and chance.random() < 0.9:
            at = chance.randrange(len(value))
            return [*value[:at], self._spoilt(value[at]), *value[at + 1 :]]
        if isinstance(value, dict) and chance.random() < 0.3:
            return {**value, chance.choice(("x", "", "do", "calls")): chance.choice(HOSTILE)}
        return chance.choice(HOSTILE)


def control_survived(server: Served, *, count: int, start: int) -> Counter[str]:
    """Send so many requests, chosen by the random seed `start`; how many were answered with which class of status.

    Raises AssertionError with the first request that is answered with a server error.
    """
    made = iter(Requests(start))
    figures: Counter[str] = Counter()
    for begin in range(0, count, BATCH):
        batch = [next(made) for _ in range(min(BATCH, count - begin))]
        statuses = _sent(server, batch)
        figures.update(f"status {status // 100}xx" for status in statuses)
        figures["requests"] += len(batch)
        if begin // BATCH % 20 == 19:
            server.is_well()
    server.is_well()
    return figures


def _sent(server: Served, batch: list[bytes]) -> list[int]:
    """The statuses of the answers to requests over one connection. Raises AssertionError for a sign of a bug."""
    statuses = []
    with server.connection(seconds=120) as connection, connection.makefile("rb") as answers:
        connection.sendall(b"".join(batch))
        for each in batch:
            status = answers.readline()
            headers = http.client.parse_headers(answers)
            if not each.startswith(b"HEAD "):
                answers.read(int(headers.get("content-length", "0")))
            code = int(status.split()[1]) if status else 0
            assert 200 <= code < 500, f"{status!r} answers {each[:3000]!r}"
            assert BUG_HEADER not in headers, f"a bug of the fake answers {each[:3000]!r}"
            statuses.append(code)
    return statuses
