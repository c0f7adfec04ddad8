"""Variants of docs/guides/replacement with other requests and answers, and the dialect files that describe them.

A variant replaces pieces of the text of the app and of the dialect file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.conformant_servers.replacement import FOLDER

Changes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """`app` and `file` are the changes, `schemas` more JSON Schemas, `silent` the clauses that do not apply."""

    app: Changes = ()
    file: Changes = ()
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()

    def described(self, folder: Path) -> Path:
        """Its dialect file, written to a folder."""
        text = (FOLDER / "dialect.toml").read_text(encoding="utf-8")
        for old, new in self.file:
            assert text.count(old) == 1, f"{text.count(old)} times in the dialect file: {old}"
            text = text.replace(old, new)
        folder.mkdir(exist_ok=True)
        shutil.copy(FOLDER / "legs.schema.json", folder)
        for name, schema in self.schemas.items():
            (folder / name).write_text(json.dumps(schema), encoding="utf-8")
        file = folder / "dialect.toml"
        file.write_text(text, encoding="utf-8")
        return file


BY_HOUR = 'request = "GET /api/v2/legs?day={date}&hour={hour}"\ndate = "%Y-%m-%d"'
RANGE = '''\
def by_hour():
    """The legs that ended from one moment on, and before another."""
    start, end = (moment(request.args.get(name, "")) for name in ("from", "until"))
    if start is None or end is None:
        return refusal(400, "bad_request", "from and until are times, such as 2021-09-14T15:00:00+10:00")
    return listed(rows("ended_at >= ? AND ended_at < ?", stored(start), stored(end)))


def moment(text):
    """The moment that a text names, None where it names none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def by_day_and_hour():
'''
NO_NUMBER = frozenset({"by-hour.padded-hour"})
"""Of a range, and where every hour has two digits."""
EPOCH = "found = datetime.fromtimestamp(int(text) / 1000, UTC)\n    except (ValueError, OverflowError, OSError):"
WALL = 'found = datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=current_app.config["ZONE"])'
WALL_LEGS = """\
    start, end = (moment(request.args.get(name, "")) for name in ("from", "until"))
    if start is None or end is None:
        return refusal(400, "bad_request", "from and until are local times, such as 14.09.2021 15:00")
    begins, ends = (f"{each:%Y-%m-%d %H:%M}" for each in (start, end))
    near = rows("ended_at >= ? AND ended_at < ?", stored(start - timedelta(hours=3)), stored(end + timedelta(hours=3)))
    return listed([row for row in near if begins <= f"{wall(row['ended_at']):%Y-%m-%d %H:%M}" < ends])
"""


def _range(form: str, *changes: tuple[str, str]) -> Variant:
    return Variant(
        app=(("def by_hour():\n", RANGE), *changes),
        file=((BY_HOUR, f'request = "GET /api/v2/legs?from={{from}}&until={{until}}"\ntime = "{form}"'),),
        silent=NO_NUMBER,
    )


# Parameters in the body: as JSON, with numbers that are numbers, or as a form.
ROUTES = (
    (
        '"/api/v2/recordings", view_func=by_reference)',
        '"/api/v2/recordings/search", view_func=by_reference, methods=["POST"])',
    ),
    (
        '"/api/v2/calls/<path:call_id>/legs", view_func=by_call)',
        '"/api/v2/calls/search", view_func=by_call, methods=["POST"])',
    ),
    ('"/api/v2/legs", view_func=by_hour)', '"/api/v2/legs/search", view_func=by_hour, methods=["POST"])'),
    (
        '"/api/v2/calls/<path:call_id>/legs/<int(max=999):leg>/audio", view_func=audio)',
        '"/api/v2/audio/search", view_func=audio, methods=["POST"])',
    ),
    ("def by_call(call_id: str):\n", """\
def by_call():
    call_id = given("callId", str)
    if not call_id:
        return refusal(400, "bad_request", "callId is needed")
    return call_legs(call_id)


def call_legs(call_id: str):
"""),
    ("def audio(call_id: str, leg: int):\n", """\
def audio():
    call_id, leg = given("callId", str), given("leg", int)
    if call_id is None or leg is None or not 0 < leg < 1000:
        return refusal(404, "not_found", "there is no such recording")
    return leg_audio(call_id, leg)


def leg_audio(call_id: str, leg: int):
"""),
)  # fmt: skip
IN_JSON = """\
def given(name, kind):
    found = request.get_json(silent=True)
    for key in ("query", name):
        found = found.get(key) if isinstance(found, dict) else None
    return found if type(found) is kind else None


def by_reference():
"""
IN_FORM = """\
def given(name, kind):
    try:
        return kind(request.form[name])
    except (KeyError, ValueError):
        return None


def by_reference():
"""
JSON_RANGE = """\
    start, end = (moment(given(name, int)) for name in ("from", "until"))
    if start is None or end is None:"""
BODIES = {
    "json": (
        'json = { query = { reference = "{tag}" }, limit = 500, sort = ["startedAt"] }',
        'json = { query = { callId = "{unique_id}" } }',
        'json = { query = { callId = "{unique_id}", leg = "{leg:number}" } }',
    ),
    "form": (
        'form = { reference = "{tag}", limit = 500 }',
        'form = { callId = "{unique_id}" }',
        'form = { callId = "{unique_id}", leg = "{leg}" }',
    ),
}  # fmt: skip


def _body(kind: str, reader: str, hour: str, *changes: tuple[str, str], silent: frozenset[str]) -> Variant:
    by_tag, by_unique_id, audio = BODIES[kind]
    return Variant(
        app=(
            *ROUTES,
            ("def by_reference():\n", reader),
            ('reference = request.args.get("reference")', 'reference = given("reference", str)'),
            *changes,
        ),
        file=(
            ('GET /api/v2/recordings?reference={tag}"', f'POST /api/v2/recordings/search"\n{by_tag}'),
            ('GET /api/v2/calls/{unique_id}/legs"', f'POST /api/v2/calls/search"\n{by_unique_id}'),
            ('GET /api/v2/calls/{unique_id}/legs/{leg}/audio"', f'POST /api/v2/audio/search"\n{audio}'),
            (BY_HOUR, f'request = "POST /api/v2/legs/search"\n{hour}'),
        ),
        silent=silent,
    )


# Each method writes legs differently.
# By tag: without the end and what was dialled. By hour: nested, in epochs and digits.
TAGGED = """\
def tagged(found):
    legs = [
        {
            "id": row["id"],
            "callId": row["call_id"],
            "legNumber": row["leg"],
            "startedAt": parsed(row["started_at"]).timestamp(),
            "seconds": (parsed(row["ended_at"]) - parsed(row["started_at"])) // timedelta(seconds=1),
            "reference": row["reference"] or None,
            "agent": row["agent"],
            "from": row["caller"],
            "to": row["callee"],
            "direction": row["direction"],
        }
        for row in found
    ]
    return jsonify(found=legs)


def hourly(found):
    return jsonify(
        [
            {
                "call": {"id": row["call_id"], "leg": str(row["leg"])},
                "began": millis(row["started_at"]),
                "ended": millis(row["ended_at"]),
                "lasted": millis(row["ended_at"]) - millis(row["started_at"]),
                **({"reference": row["reference"]} if row["reference"] else {}),
                "from": row["caller"],
                "to": row["callee"],
                "dialled": row["dialled"],
                "direction": ("IN", "OUT", "INT").index(row["direction"]),
            }
            for row in found
        ]
    )


def millis(text):
    return (parsed(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def listed(found):
"""
WHOLE, TEXT = {"type": "integer", "minimum": 0}, {"type": "string"}
HOUR_LEG = {
    "call": {"type": "object", "required": ["id", "leg"], "properties": {"id": TEXT, "leg": TEXT}},
    "began": WHOLE, "ended": WHOLE, "lasted": WHOLE, "from": TEXT, "to": TEXT, "dialled": TEXT,
    "direction": {"enum": [0, 1, 2]},
}  # fmt: skip
TAG_LEG = {
    "id": WHOLE, "callId": TEXT, "legNumber": WHOLE, "startedAt": {"type": "number"}, "seconds": WHOLE,
    "reference": {"type": ["string", "null"]}, "agent": TEXT, "from": TEXT, "to": TEXT,
    "direction": {"enum": ["IN", "OUT", "INT"]},
}  # fmt: skip
SHAPED_BY_TAG = """\
legs = "found"
schema = "tag.schema.json"
without = ["End", "DID"]
[methods.by_tag.formats]
Start = "epoch-seconds"
"""
SHAPED_BY_HOUR = """\
schema = "hour.schema.json"
without = ["CallRecordId", "Username"]
[methods.by_hour.fields]
UniqueId = "call.id"
Leg = "call.leg"
Start = "began"
End = "ended"
Duration = "lasted"
[methods.by_hour.formats]
Start = "epoch-millis"
End = "epoch-millis"
Leg = "text"
Duration = "milliseconds"
Tag = "absent"
Direction = { 0 = "inbound", 1 = "outbound", 2 = "internal" }
"""
COMMON = 'legs = "items"\nschema = "legs.schema.json"\n'


def _array(properties: Mapping[str, Any], *optional: str) -> dict[str, Any]:
    """The JSON Schema of an array of legs."""
    known = {**properties, **dict.fromkeys(optional, TEXT)}
    leg = {"type": "object", "required": list(properties), "properties": known, "additionalProperties": False}
    return {"type": "array", "items": leg}


# Statuses of errors that no option of the vendor has, and several of them for one kind of error.
LISTED_OR_GONE = """\
def listed_or_gone(found):
    return listed(found) if found else refusal(410, "gone", "there was such a recording")


def by_reference():
"""
# An unknown call in the path has no content, or is not found, while a search has an empty list.
# Audio has statuses of its own.
LISTED_OR_NOTHING = """\
def listed_or_nothing(call_id, found):
    if found:
        return listed(found)
    return ("", 204) if re.fullmatch(r"[\\w.-]+", call_id) else refusal(404, "not_found", "there is no such call")


def by_reference():
"""
AUDIO_KEY = """\
def authenticate():
    \"\"\"Audio comes from another service, which refuses with 403.\"\"\"
    refused = refused_key()
    if refused and request.path.endswith("/audio"):
        return refusal(403, "forbidden", "audio needs a token")
    return refused


def refused_key():
"""
OWN_FAILURES = """\
GET /api/v2/calls/{unique_id}/legs/{leg}/audio"
[methods.audio.failures]
refused = { status = 403, code = "forbidden" }
no_sound = { status = [404, 410] }
[methods.by_unique_id.failures]
unknown_recording = { status = [204, 404] }
"""
NO_SOUND = 'no_sound = { status = 404, code = "not_found" }'

_READ = "found = datetime.fromisoformat(text)\n    except ValueError:"
_RANGE_LEGS = RANGE[RANGE.index("    start, end") : RANGE.index("\n\ndef moment")]
VARIANTS: Mapping[str, Variant] = {
    "range": _range("rfc3339"),
    "range-in-utc": _range("rfc3339-utc"),
    "range-of-numbers": _range("epoch-millis", (_READ, EPOCH)),
    "range-of-wall-time": _range(
        "%d.%m.%Y %H:%M", (_READ, f"{WALL}\n    except ValueError:"), (_RANGE_LEGS, WALL_LEGS)
    ),
    "json-body": _body(
        "json",
        IN_JSON,
        'json = { query = { from = "{from:number}", until = "{until:number}" } }\ntime = "epoch-millis"',
        ("def by_hour():\n", RANGE),
        (_READ, EPOCH.replace("int(text)", "text").replace("(ValueError,", "(TypeError, ValueError,")),
        (_RANGE_LEGS[: _RANGE_LEGS.index("\n        return")], JSON_RANGE),
        silent=NO_NUMBER,
    ),
    "form-body": _body(
        "form",
        IN_FORM,
        'form = { day = "{date}", hour = "{hour}" }\ndate = "%Y-%m-%d"\nhour = "padded"',
        ("{request.args.get('day')} {request.args.get('hour')}", "{given('day', str)} {given('hour', str)}"),
        silent=NO_NUMBER,
    ),
    "shapes": Variant(
        app=(
            ("def listed(found):\n", TAGGED),
            ('listed(\n        rows("call_id IN', 'tagged(\n        rows("call_id IN'),
            ("listed([row for row in near", "hourly([row for row in near"),
        ),
        file=(
            (f'={{tag}}"\n{COMMON}', f'={{tag}}"\n{SHAPED_BY_TAG}'),
            (f'date = "%Y-%m-%d"\n{COMMON}', f'date = "%Y-%m-%d"\n{SHAPED_BY_HOUR}'),
        ),
        schemas={
            "tag.schema.json": {"type": "object", "required": ["found"], "properties": {"found": _array(TAG_LEG)}},
            "hour.schema.json": _array(HOUR_LEG, "reference"),
        },
    ),
    "statuses": Variant(
        app=(
            ("def by_reference():\n", LISTED_OR_GONE),
            ('listed(\n        rows("call_id IN', 'listed_or_gone(\n        rows("call_id IN'),
            ('listed(rows("call_id = ?", call_id))', 'listed_or_gone(rows("call_id = ?", call_id))'),
            ('return refusal(404, "not_found", "there is', 'return refusal(410, "gone", "there is'),
        ),
        file=((NO_SOUND, "no_sound = { status = [404, 410] }\nunknown_recording = { status = [404, 410] }"),),
    ),
    "nothing-in-the-path": Variant(
        app=(
            ("def by_reference():\n", LISTED_OR_NOTHING),
            ("def authenticate():\n", AUDIO_KEY),
            ('listed(rows("call_id = ?", call_id))', 'listed_or_nothing(call_id, rows("call_id = ?", call_id))'),
            ('return refusal(404, "not_found", "there is', 'return refusal(410, "gone", "there was'),
        ),
        file=(('GET /api/v2/calls/{unique_id}/legs/{leg}/audio"\n', OWN_FAILURES),),
    ),
}
