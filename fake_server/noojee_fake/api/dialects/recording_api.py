"""The legacy dialect, `recording-api`: hashes that are valid for ten seconds. Source: W-A1 (DOC), W-A4 (SPEC).

`start` and `stop` take the parameters that the older service and the newer API take (DERIVED).
"""

from __future__ import annotations

from noojee_fake.api.dialects.call_control import CallControl
from noojee_fake.api.dialects.context import DialectContext
from noojee_fake.api.dialects.hashes import Hashes, HashScheme, prefixes
from noojee_fake.api.dialects.recordings import Recordings
from noojee_fake.api.dialects.responses import JsonErrors
from noojee_fake.api.dialects.route import ApiRoute


def routes(context: DialectContext) -> dict[str, ApiRoute]:
    """The methods under each prefix, and Time. The published samples use plain HTTP, so no method needs TLS."""
    profile = context.profile
    errors = JsonErrors(context.json, bad_request=profile.number("recording_api_bad_request_status"))
    scheme = HashScheme(
        used=context.access.used_once, refused_status=profile.number("recording_api_refused_status"), hour=False
    )
    hashes = Hashes(context, errors, scheme)
    recordings, call_control = Recordings(context, errors), CallControl(context, errors)
    bases = prefixes(profile)
    table = hashes.time_routes(bases, needs_tls=False)
    for base in bases:
        table |= recordings.routes(f"{base}/RecordingAPI", hashes.authorise)
        table |= call_control.recording_routes(f"{base}/RecordingAPI", hashes.authorise)
    return table
