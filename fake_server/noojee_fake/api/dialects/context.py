"""What the methods of every dialect share: calls, keys, time zone, options and writers.

One context serves one profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from noojee_fake.api.dialects.encode import Encoder
from noojee_fake.api.dialects.responses import JsonWriter
from noojee_fake.pbx.credentials import ApiKeys, Attempts, UsedHashes
from noojee_fake.pbx.live.switchboard import Switchboard
from noojee_fake.pbx.memory_budget import MemoryBudget
from noojee_fake.pbx.options import Profile
from noojee_fake.pbx.rate_limit import ByHourLimit
from noojee_fake.pbx.retention import Retention
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.versions import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessState:
    """Used hashes, authentications under way and the by-hour limit. It outlives changes of profile and version.

    `used_once` are the hashes of `recording-api`, `used_for_an_hour` those of `call-management`.
    """

    used_once: UsedHashes = field(default_factory=UsedHashes)
    used_for_an_hour: UsedHashes = field(default_factory=UsedHashes)
    attempts: Attempts = field(default_factory=Attempts)
    by_hour: ByHourLimit = field(default_factory=ByHourLimit)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectContext:
    """What a dialect needs to build its routes. The dialects share one encoder, which keeps the legs that it wrote."""

    store: Store
    retention: Retention
    switchboard: Switchboard
    access: AccessState
    keys: ApiKeys
    profile: Profile
    release: Release
    zone: ZoneInfo
    encoder: Encoder
    json: JsonWriter
    budget: MemoryBudget
