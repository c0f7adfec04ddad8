"""Authentication of the second PBX: keys, and time stamps with hashes."""

from __future__ import annotations

import hashlib

from support.conformant_servers.sandbox import HASH, KEY, SECOND, Sandbox
from support.conformant_servers.wire import Given, Refusal

WINDOW, HOUR, MOST_IN_PROGRESS = 10_000, 3_600_000, 5
REFUSED = {
    "recording-api": "recording_api_refused_status",
    "call-management": "call_management_refused_status",
    "njadmin": "njadmin_refused_status",
}


def hand_out_time(sandbox: Sandbox) -> str:
    """The time in milliseconds; where only five authentications may be in progress, the sixth is refused."""
    stamp = str(sandbox.now() // 1000)
    if sandbox.profile["concurrent_authentications"] == "5":
        sandbox.in_progress = [each for each in sandbox.in_progress if sandbox.now() - each[1] <= WINDOW * 1000]
        if len(sandbox.in_progress) >= MOST_IN_PROGRESS:
            raise Refusal(200, "Too many at once")
        sandbox.in_progress.append((stamp, sandbox.now()))
    return stamp


def admit(sandbox: Sandbox, dialect: str, given: Given) -> None:
    """Raise a Refusal where the credentials are wrong. The oldest dialect needs none."""
    if dialect == "services":
        return None
    refused = Refusal(int(sandbox.profile[REFUSED[dialect]]), "Access denied")
    by_key = dialect == "njadmin" or (dialect == "call-management" and "apiKey" in given and sandbox.serves(KEY))
    if not by_key and (dialect == "recording-api" or sandbox.serves(HASH)):
        return _admit_hash(sandbox, dialect, given, refused)
    if given.get("apiKey") == sandbox.user_key and dialect == "njadmin":
        raise Refusal(int(sandbox.profile["user_key_status"]), "Campaigns only")
    if given.get("apiKey") != sandbox.key:
        raise refused
    return None


def _admit_hash(sandbox: Sandbox, dialect: str, given: Given, refused: Refusal) -> None:
    profile = sandbox.profile
    stamp, digest = given.get("timeStamp") or "", given.get("hash") or ""
    ended = next((each for each in sandbox.in_progress if each[0] == stamp), None)
    if ended is not None:
        sandbox.in_progress.remove(ended)
    if not stamp or not digest or not (stamp.isascii() and stamp.isdigit()):
        raise refused
    issued = int(stamp) * (1000 if len(stamp) == 10 and profile["time_stamp_seconds"] == "accepted" else 1)
    now = sandbox.now() * 1000 // SECOND
    right = hashlib.sha256(f"{sandbox.key}:{stamp}".encode()).hexdigest()
    first, last = sandbox.used.get(right, (0, 0)) if dialect == "call-management" else (0, 0)
    if first:
        since = {"first-use": first, "last-use": last, "time-stamp": issued}[profile["hash_hour_from"]]
        fresh = now <= since + HOUR
    else:
        fresh = -1000 * int(profile["clock_ahead_seconds"]) <= now - issued <= WINDOW
    if not fresh:
        raise Refusal(int(profile["expired_hash_status"]), "Expired TimeStamp")
    once = dialect == "recording-api" and profile["hash_reuse"] == "once"
    if digest != right or (once and digest in sandbox.spent):
        raise refused
    sandbox.spent.add(digest)
    if dialect == "call-management":
        sandbox.used[right] = (first or now, now)
