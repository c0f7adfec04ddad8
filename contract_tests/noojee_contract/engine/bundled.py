"""The archives that ship with the suite: recorded calls, published legs, and shapes written manually."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from zoneinfo import ZoneInfo

from noojee_contract.model.archive import ARCHIVE_FORMAT, NOW, Archive, PutCall, merge_documents, read_archive
from noojee_contract.resources import fixtures

ZONE = "Australia/Melbourne"


@cache
def bundled() -> Archive:
    """All bundled archives as one: recorded calls, published legs, and shapes written manually."""
    return _gathered(("published", "recorded", "synthetic"))


@cache
def small() -> Archive:
    """The archive of published legs: enough for clauses about single exchanges."""
    return _gathered(("published",))


def _gathered(folders: Sequence[str]) -> Archive:
    documents = []
    calls: list[PutCall] = []
    profile = {"default_account": "Administrator", "outbound_did": "empty"}
    for folder in folders:
        for path in sorted(fixtures("archives", folder).rglob("*.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            if document.get("format") != ARCHIVE_FORMAT:
                continue
            documents.append(document)
            calls += read_archive(document, profile=profile, folder=path.parent).calls
    merged = merge_documents(documents, time_zone=ZONE, now=NOW)
    return Archive(calls=tuple(calls), zone=ZoneInfo(ZONE), document=merged)
