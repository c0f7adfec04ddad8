"""The header of a recording of a target."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from noojee_contract.redaction.exchanges import ExchangeRedactor
from noojee_contract.targets.target import Target
from noojee_contract.traffic.credential_names import credential_names
from noojee_contract.traffic.exchange_file import FileHeader


def target_header(target: Target, redactor: ExchangeRedactor | None) -> FileHeader:
    """The header of a recording that begins now. Its names and paths are redacted as in the exchanges."""
    name, path = target.name, urlsplit(target.base_url or "").path.rstrip("/")
    if redactor is not None:
        name, path = redactor.values.texts.text(name), redactor.values.url(path)
    return FileHeader(
        made_by="record",
        started=datetime.now(UTC),
        target=name,
        dialect=target.dialect,
        scheme=target.scheme,
        time_zone=target.time_zone.key,
        base_path=path,
        audio=target.audio,
        credentials=credential_names(target),
        redaction=None if redactor is None else redactor.fingerprint,
    )
