"""Faulty replacements: the app of the documentation with one deliberate fault each, and the clause that fails.

The suite knows them only through the dialect file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from noojee_contract.model.failure import FailureKind
from support.conformant_servers.replacement import Replacement, StartResponse, load_app


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyReplacement:
    """A fault of the app, and the clause that fails.

    `description` says how it might happen. `changes` are pieces of the text of the app or its `variant`, with their
    replacements. `clause` fails with the kind, field and option of the fault.
    """

    description: str
    changes: tuple[tuple[str, str], ...]
    clause: str
    kind: FailureKind
    field: str | None = None
    option: str | None = None
    variant: str = ""


def faulty(
    description: str, old: str, new: str, clause: str, kind: FailureKind, *,
    field: str | None = None, option: str | None = None, variant: str = "",
) -> FaultyReplacement:  # fmt: skip
    """A faulty replacement with one change."""
    return FaultyReplacement(
        description=description,
        changes=((old, new),),
        clause=clause,
        kind=kind,
        field=field,
        option=option,
        variant=variant,
    )


FAULTY: Mapping[str, FaultyReplacement] = {
    "drops-the-agent": faulty(
        "The owner of a leg was left out as personal data.",
        '            "agent": row["agent"],\n', "",
        "metadata.as-described", FailureKind.MISSING_FIELD, field="Username",
    ),
    "local-time-without-offset": faulty(
        "Times are shown as the web interface shows them.",
        'wall(row["started_at"]).isoformat(timespec="milliseconds")',
        'f"{wall(row[\'started_at\']):%Y-%m-%dT%H:%M:%S}"',
        "metadata.as-described", FailureKind.INVALID_FIELD, field="Start",
    ),
    "end-is-the-start": faulty(
        "The new column for the end is filled when the leg is created.",
        '"endedAt": wall(row["ended_at"])', '"endedAt": wall(row["started_at"])',
        "metadata.end", FailureKind.WRONG_VALUE, field="End",
    ),
    "local-time-called-utc": faulty(
        "The conversion to local time forgets to say so.",
        'return parsed(text).astimezone(current_app.config["ZONE"])',
        'return parsed(text).astimezone(current_app.config["ZONE"]).replace(tzinfo=UTC)',
        "metadata.start", FailureKind.WRONG_VALUE, field="Start",
    ),
    "reference-by-prefix": faulty(
        "The search box of the web interface is asked.",
        "WHERE reference = ?", "WHERE reference LIKE ? || '%'", "metadata.tag-whole", FailureKind.UNEXPECTED_LEG,
    ),
    "reference-of-any-case": faulty(
        "The column was made with another collation.",
        "WHERE reference = ?", "WHERE reference = ? COLLATE NOCASE",
        "metadata.tag-match", FailureKind.OPTION_DIFFERS, option="tag_match",
    ),
    "tagged-legs-alone": faulty(
        "The join over calls was slow.",
        "call_id IN (SELECT call_id FROM call_record WHERE reference = ? AND ended_at <= ?)",
        "reference = ? AND ended_at <= ?",
        "metadata.tag-selects", FailureKind.OPTION_DIFFERS, option="tag_selects",
    ),
    "hour-in-utc": faulty(
        "The hour is compared as the table has it.",
        "wall(row['ended_at']):%Y-%m-%d %H", "parsed(row['ended_at']):%Y-%m-%d %H",
        "by-hour.ended-in-hour", FailureKind.MISSING_LEG,
    ),
    "hour-by-start": faulty(
        "A leg is found where it began.",
        "wall(row['ended_at']):%Y-%m-%d %H", "wall(row['started_at']):%Y-%m-%d %H",
        "by-hour.spanning-call", FailureKind.UNEXPECTED_LEG,
    ),
    "running-legs-listed": faulty(
        "What goes on is shown as well, with its end as planned.",
        "{where} AND ended_at <= ? ORDER", "{where} AND started_at <= ? ORDER",
        "by-hour.in-progress", FailureKind.UNEXPECTED_LEG,
    ),
    "key-ignored": faulty(
        "Any bearer token passes: the gateway was to check it.",
        "if not hmac.compare_digest(given.encode(), f\"Bearer {current_app.config['KEY']}\".encode()):",
        "if not given:",
        "authentication.wrong-refused", FailureKind.NOT_REFUSED,
    ),
    "key-by-prefix": faulty(
        "The column for tokens was cut to sixteen characters.",
        "if not hmac.compare_digest(given.encode(), f\"Bearer {current_app.config['KEY']}\".encode()):",
        "if given[:23] != f\"Bearer {current_app.config['KEY']}\"[:23]:",
        "authentication.key-whole", FailureKind.NOT_REFUSED,
    ),
    "sound-left-open": faulty(
        "The player in the browser sends no token.",
        '    given = request.headers.get("Authorization", "")\n',
        (
            '    given = request.headers.get("Authorization", "")\n'
            '    if request.path.endswith("/audio"):\n        return None\n'
        ),
        "authentication.sound-guarded", FailureKind.NOT_REFUSED,
    ),
    "refuses-with-403": faulty(
        "The framework's own refusal is used.",
        'refusal(401, "unauthorized",', 'refusal(403, "unauthorized",',
        "authentication.refused-as-described", FailureKind.UNEXPECTED_STATUS,
    ),
    "other-words-for-failures": faulty(
        "The codes were renamed after the client was written.",
        'refusal(400, "bad_request", "reference is needed")', 'refusal(400, "missing", "reference is needed")',
        "transport.failures-as-described", FailureKind.INVALID_ERROR_BODY, field="Code",
    ),
    "seconds-rounded": faulty(
        "Durations are rounded, as the invoice has them.",
        '(parsed(row["ended_at"]) - parsed(row["started_at"])) // timedelta(seconds=1)',
        'round((parsed(row["ended_at"]) - parsed(row["started_at"])).total_seconds())',
        "metadata.duration-floor", FailureKind.WRONG_VALUE, field="Duration",
    ),
    "no-reference-as-empty": faulty(
        "The column is sent as it is.",
        '"reference": row["reference"] or None', '"reference": row["reference"]',
        "metadata.as-described", FailureKind.INVALID_FIELD, field="Tag",
    ),
    "a-page-of-hundred": faulty(
        "The list is cut, and says nothing of it.",
        "ORDER BY started_at, id", "ORDER BY started_at, id LIMIT 100", "metadata.no-page", FailureKind.MISSING_LEG,
    ),
    "sound-of-the-first-leg": faulty(
        "Sound is found by its call alone.",
        'rows("call_id = ? AND leg = ?", call_id, leg, columns="audio")',
        'rows("call_id = ?", call_id, columns="audio")',
        "audio.own-leg", FailureKind.WRONG_AUDIO,
    ),
    "dialled-is-where-it-ended": faulty(
        "The number that answered is taken for the number that was dialled.",
        '"dialled": row["dialled"]', '"dialled": row["callee"]',
        "metadata.did-inbound", FailureKind.WRONG_VALUE, field="DID",
    ),
    "no-sound-is-empty": faulty(
        "A missing file is an empty one.",
        'return refusal(404, "not_found", "there is no such recording")', 'return Response(b"", mimetype="audio/wav")',
        "audio.unknown-leg", FailureKind.NOT_REFUSED,
    ),
    "range-with-its-end": faulty(
        "BETWEEN was the obvious way to write it.",
        "ended_at >= ? AND ended_at < ?\", stored(start)",
        "ended_at BETWEEN ? AND ?\", stored(start)",
        "by-hour.hour-edges", FailureKind.UNEXPECTED_LEG, variant="range",
    ),
    "range-without-offset": faulty(
        "The offset is cut off, since the table is in UTC.",
        "return found if found.tzinfo", "return found.replace(tzinfo=UTC) if found.tzinfo",
        "by-hour.ended-in-hour", FailureKind.MISSING_LEG, variant="range",
    ),
    "range-of-one-hour": faulty(
        "An hour has sixty minutes, so the end need not be read.",
        "stored(start), stored(end)))", "stored(start), stored(start + timedelta(hours=1))))", "by-hour.repeated-hour",
        FailureKind.OPTION_DIFFERS, option="repeated_hour", variant="range-in-utc",
    ),
    "range-open-where-unread": faulty(
        "An end that cannot be read is taken as none.",
        "    if start is None or end is None:\n",
        "    end = end or datetime.max.replace(tzinfo=UTC)\n    if start is None:\n",
        "by-hour.bad-hour", FailureKind.UNEXPECTED_LEG, variant="range",
    ),
    "range-in-seconds": faulty(
        "A whole number of seconds was enough for everybody.",
        "ended_at >= ? AND ended_at < ?\", stored(start), stored(end)",
        "ended_at >= ? AND ended_at < ?\", stored(start), stored(end - timedelta(seconds=1))", "by-hour.hour-edges",
        FailureKind.MISSING_LEG, variant="range-of-numbers",
    ),
    "form-in-ascii": faulty(
        "The body is read in the charset of the framework that was there before.",
        'reference = given("reference", str)',
        'reference = (given("reference", str) or "").encode("ascii", "ignore").decode()',
        "metadata.by-tag-answered", FailureKind.MISSING_LEG, variant="form-body",
    ),
    "form-decoded-twice": faulty(
        "The gateway has decoded the form, and the app does so again.",
        'reference = given("reference", str)', 'reference = (given("reference", str) or "").replace("+", " ")',
        "transport.escaped-once", FailureKind.MISSING_LEG, variant="form-body",
    ),
    "json-without-backslash": faulty(
        "Escapes were removed after the parser.",
        'reference = given("reference", str)', 'reference = (given("reference", str) or "").replace("\\\\", "")',
        "transport.escaped-once", FailureKind.MISSING_LEG, variant="json-body",
    ),
    "json-without-filter": faulty(
        "Without a filter the search lists everything, a page at a time.",
        'return refusal(400, "bad_request", "reference is needed")', 'return listed(rows("1"))',
        "transport.missing-parameter", FailureKind.NOT_REFUSED, variant="json-body",
    ),
    "json-into-sql": faulty(
        "What comes as JSON is clean.",
        '"call_id = ?", call_id)', "f\"call_id = '{call_id}'\")",
        "metadata.strangers", FailureKind.UNEXPECTED_LEG, variant="json-body",
    ),
    "hour-lasts-in-seconds": faulty(
        "By hour was written by another team, which counts in seconds.",
        'millis(row["ended_at"]) - millis(row["started_at"])',
        '(millis(row["ended_at"]) - millis(row["started_at"])) // 1000',
        "by-hour.same-as-by-unique-id", FailureKind.ANSWERS_DIFFER, field="Duration", variant="shapes",
    ),
    "hour-writes-no-reference-as-null": faulty(
        "The key is always there.",
        '**({"reference": row["reference"]} if row["reference"] else {})', '"reference": row["reference"] or None',
        "metadata.as-described", FailureKind.INVALID_FIELD, field="Tag", variant="shapes",
    ),
    "tag-starts-in-local-seconds": faulty(
        "The seconds are counted from 1970 as the clock on the wall had it.",
        'parsed(row["started_at"]).timestamp()',
        'wall(row["started_at"]).replace(tzinfo=UTC).timestamp()',
        "metadata.start", FailureKind.WRONG_VALUE, field="Start", variant="shapes",
    ),
    "tag-tells-no-number": faulty(
        "A search lists calls, and nobody asked for legs.",
        '            "legNumber": row["leg"],\n            "startedAt": parsed(row["started_at"]).timestamp()',
        '            "startedAt": parsed(row["started_at"]).timestamp()',
        "metadata.as-described", FailureKind.MISSING_FIELD, field="Leg", variant="shapes",
    ),
    "path-lists-nothing": faulty(
        "One function answers all lists, so an unknown call has an empty one too.",
        'return ("", 204) if', "return listed(found) if", "metadata.unknown-recording",
        FailureKind.OPTION_DIFFERS, option="unknown_recording", variant="nothing-in-the-path",
    ),
    "unknown-reference-refused-as-a-call": faulty(
        "The error for an unknown call is used for a reference that no call carries.",
        "    return listed(\n        rows(\"call_id IN",
        "    return listed_or_nothing(\n        reference, rows(\"call_id IN",
        "metadata.unknown-recording", FailureKind.OPTION_DIFFERS,
        option="unknown_recording", variant="nothing-in-the-path",
    ),
    "audio-refused-as-lists-are": faulty(
        "The audio service took over the errors of the list service.",
        'return refusal(403, "forbidden", "audio', 'return refusal(401, "unauthorized", "audio',
        "authentication.refused-as-described", FailureKind.UNEXPECTED_STATUS, variant="nothing-in-the-path",
    ),
}  # fmt: skip


def transport(folder: Path, *changes: tuple[str, str]) -> httpx.WSGITransport:
    """The replacement in this process, with changes of its app."""
    replacement = Replacement(folder, load_app(*changes))

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode().decode("latin-1")  # as WSGI has it, and httpx does not
        return replacement({**environ, "PATH_INFO": path}, start_response)

    return httpx.WSGITransport(app)
