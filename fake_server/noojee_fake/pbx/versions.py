"""Which dialects of the API a product version offers.

Source: the version notes of the pages (DOC W-27, W-A4, W-AKd, W-DI, W-H). Where the pages are silent, it is chosen.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from noojee_fake.errors import UsageError

SERVICES = "services"
RECORDING_API = "recording-api"
CALL_MANAGEMENT = "call-management"
NJADMIN = "njadmin"
DIALECTS = (SERVICES, RECORDING_API, CALL_MANAGEMENT, NJADMIN)
RETIRED = (SERVICES, RECORDING_API)
"""The dialects that are "no longer supported post the release of 4.0" (DOC W-27, W-A4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a product version offers.

    `key`: call-management accepts an API key (from 4.9.0.10, DOC W-AKd). `dial_records`: dial accepts `record` and
    `tag` (from 6.0.1, DOC W-DI). `after_4`: the version lacks the retired dialects, unless the option `legacy_after_4`
    keeps them.
    """

    dialects: tuple[str, ...]
    key: bool = True
    dial_records: bool = True
    after_4: bool = True


EVERYTHING = Release(dialects=DIALECTS, after_4=False)
"""The release without a version: everything that was ever published."""

VERSIONS: Mapping[str, Release] = {
    "2.7.14": Release(dialects=(SERVICES,), key=False, dial_records=False, after_4=False),
    "3": Release(dialects=(SERVICES, RECORDING_API), key=False, dial_records=False, after_4=False),
    "4.8": Release(dialects=(CALL_MANAGEMENT,), key=False, dial_records=False),
    "4.9.0.10": Release(dialects=(CALL_MANAGEMENT,), dial_records=False),
    "6.0.1": Release(dialects=(CALL_MANAGEMENT,)),
    "current": Release(dialects=(CALL_MANAGEMENT, NJADMIN)),
}


def release(version: str | None) -> Release:
    """The release of a version; None: everything. Raises UsageError for a version that no page names."""
    if version is None:
        return EVERYTHING
    found = VERSIONS.get(version)
    if found is None:
        near = difflib.get_close_matches(version, VERSIONS, n=1, cutoff=0) or ["current"]
        raise UsageError(
            f"there is no version {version!r}; the nearest is {near[0]}, and there are {', '.join(VERSIONS)}",
            "$.version",
        )
    return found


def offered(version: str | None, *, legacy_kept: bool) -> tuple[str, ...]:
    """The dialects that a version serves. `legacy_kept`: a release after 4.0 still serves the retired dialects."""
    found = release(version)
    if found.after_4 and legacy_kept:
        return tuple(name for name in DIALECTS if name in (*found.dialects, *RETIRED))
    return found.dialects
