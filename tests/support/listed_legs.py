"""Servers that list given legs by unique id and by tag, and the target file of a migration between two of them.

The bodies are made once: many legs cost little time.
"""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

Entry = Mapping[str, str]
PARAMETERS = {"retrieveMetaDataByUniqueId": ("uniqueId", "UniqueId"), "retrieveMetaData": ("tag", "Tag")}
"""The parameter of each method, and the field that it selects by."""
CONFIG = """
[targets.old]
dialect = "call-management"
base_url = "{old}"
api_key_env = "PBX_KEY"
time_zone = "Australia/Melbourne"
recordings = "calls.csv"

[targets.new]
dialect = "njadmin"
base_url = "{new}"
api_key_env = "PBX_KEY"
time_zone = "Australia/Melbourne"
{of_new}

[[migration]]
from = "old"
to = "new"
{of_migration}
"""


def entry(leg: int, **changes: str) -> dict[str, str]:
    """A leg as the vendor writes it."""
    return {
        "Source": "0398765432", "Destination": str(200 + leg), "Leg": str(leg),
        "Start": f"2024-03-04 09:00:{leg:02}.0", "Duration": "30", "Tag": "T-1", "Username": "alice",
        "CallRecordId": str(leg), "UniqueId": "1709542800.1", "DID": "", "Direction": "0", **changes,
    }  # fmt: skip


def bodies(entries: Sequence[Entry]) -> dict[tuple[str, str], bytes]:
    """The body of each method and value."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        for method, (_, field) in PARAMETERS.items():
            found.setdefault((method, entry[field]), []).append(entry)
    return {key: json.dumps(rows).encode() for key, rows in found.items()}


@contextmanager
def serving(entries: Sequence[Entry]) -> Iterator[str]:
    """The URL of a server of either vendor dialect that lists these entries, whatever the key."""
    rendered = bodies(entries)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            url = urlsplit(self.path)
            method = url.path.rpartition("/")[2]
            body = b"[]"
            if method in PARAMETERS:
                values = parse_qs(url.query).get(PARAMETERS[method][0], [""])
                body = rendered.get((method, values[0]), body)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def migration(
    folder: Path,
    old: Sequence[Entry],
    new: Sequence[Entry],
    *,
    tags: Sequence[str] = (),
    of_new: str = "",
    of_migration: str = "",
) -> Iterator[None]:
    """A folder with the target file `t.toml` of two served sides.

    The recordings file has the calls of the old side, and tags. `of_new` and `of_migration` are further lines of the
    table of the new side and of the migration.
    """
    rows = [f"tag,{tag}" for tag in tags] + [
        f"unique_id,{call}" for call in dict.fromkeys(leg["UniqueId"] for leg in old)
    ]
    (folder / "calls.csv").write_text("\n".join(("kind,value", *rows, "")), encoding="utf-8")
    with serving(old) as old_url, serving(new) as new_url:
        text = CONFIG.format(old=old_url, new=new_url, of_new=of_new, of_migration=of_migration)
        (folder / "t.toml").write_text(text, encoding="utf-8")
        yield
