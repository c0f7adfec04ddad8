"""Who may ask the second PBX: keys, and time stamps with their hashes."""

from __future__ import annotations

import hashlib

from support.conformant_servers.wire import Given, Refusal
from support.conformant_servers.world import HASH, KEY, SECOND, World

WINDOW, HOUR, MOST_UNDER_WAY = 10_000, 3_600_000, 5
REFUSED = {
    "recording-api": "recording_api_refused_status",
    "call-management": "call_management_refused_status",
    "njadmin": "njadmin_refused_status",
}


def hand_out_time(world: World) -> str:
    """The time in milliseconds; where only five may be under way, the sixth is refused."""
    stamp = str(world.now() // 1000)
    if world.choices["concurrent_authentications"] == "5":
        world.under_way = [each for each in world.under_way if world.now() - each[1] <= WINDOW * 1000]
        if len(world.under_way) >= MOST_UNDER_WAY:
            raise Refusal(200, "Too many at once")
        world.under_way.append((stamp, world.now()))
    return stamp


def admit(world: World, dialect: str, given: Given) -> None:
    """Raise a Refusal where the parameters do not prove who asks. The oldest generation wants no proof."""
    if dialect == "services":
        return None
    refused = Refusal(int(world.choices[REFUSED[dialect]]), "Access denied")
    by_key = dialect == "njadmin" or (dialect == "call-management" and "apiKey" in given and world.serves(KEY))
    if not by_key and (dialect == "recording-api" or world.serves(HASH)):
        return _admit_hash(world, dialect, given, refused)
    if given.get("apiKey") == world.user_key and dialect == "njadmin":
        raise Refusal(int(world.choices["user_key_status"]), "Campaigns only")
    if given.get("apiKey") != world.key:
        raise refused
    return None


def _admit_hash(world: World, dialect: str, given: Given, refused: Refusal) -> None:
    choices = world.choices
    stamp, proof = given.get("timeStamp") or "", given.get("hash") or ""
    ended = next((each for each in world.under_way if each[0] == stamp), None)
    if ended is not None:
        world.under_way.remove(ended)
    if not stamp or not proof or not (stamp.isascii() and stamp.isdigit()):
        raise refused
    issued = int(stamp) * (1000 if len(stamp) == 10 and choices["time_stamp_seconds"] == "accepted" else 1)
    now = world.now() * 1000 // SECOND
    right = hashlib.sha256(f"{world.key}:{stamp}".encode()).hexdigest()
    first, last = world.used.get(right, (0, 0)) if dialect == "call-management" else (0, 0)
    if first:
        since = {"first-use": first, "last-use": last, "time-stamp": issued}[choices["hash_hour_from"]]
        fresh = now <= since + HOUR
    else:
        fresh = -1000 * int(choices["clock_ahead_seconds"]) <= now - issued <= WINDOW
    if not fresh:
        raise Refusal(int(choices["expired_hash_status"]), "Expired TimeStamp")
    once = dialect == "recording-api" and choices["hash_reuse"] == "once"
    if proof != right or (once and proof in world.spent):
        raise refused
    world.spent.add(proof)
    if dialect == "call-management":
        world.used[right] = (first or now, now)
