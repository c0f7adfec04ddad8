"""The legacy generation, `recording-api`: hashes that live ten seconds. Source: W-A1 (DOC), W-A4 (SPEC).

`start` and `stop` take what the service before it and the API after it take (DERIVED, reference 4).
"""

from __future__ import annotations

from noojee_fake.api.dialects.call_control import CallControl
from noojee_fake.api.dialects.hashes import Hashes
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.route import Route

NAME = "recording-api"


def routes(*, bases: tuple[str, ...], hashes: Hashes, recordings: Recordings, orders: CallControl) -> dict[str, Route]:
    """The methods under each prefix, and Time. Its samples use http too, so none of them asks for TLS."""
    table = hashes.time_routes(bases, needs_tls=False)
    for base in bases:
        table |= recordings.routes(f"{base}/RecordingAPI", hashes.authorise)
        table |= orders.recording_routes(f"{base}/RecordingAPI", hashes.authorise)
    return table
