"""Times the example of docs/guides/staging-pbx.md: a legacy PBX and a replacement, read-only, over three known hours.

    python benchmarks/read_only.py [--rate 2] [--budget 500] [--folder FOLDER]

Serves two fakes with the same 30 calls, whose by-hour limit is the real minute, and runs `noojee-contract verify`.
Needs the installed package, and some minutes. Prints the time, the requests, and when each by-hour request was
answered.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from noojee_fake.testing.process import ServerProcess

ZONE = ZoneInfo("Australia/Melbourne")
KEY = "f863246a-973e-11e6-8784-08002718f5b5"
HOURS = [datetime(2026, 3, 11, hour, tzinfo=ZONE) for hour in (9, 10, 14)]
CALLS_AN_HOUR = 10
BY_HOUR = "retrieveMetaDataByHour"
TARGETS = """
[targets.old]
base_url = "{old}"
dialect = "recording-api"
time_zone = "Australia/Melbourne"
api_key_env = "OLD_PBX_KEY"
recordings = "recordings.csv"
audio = "POST {{base}}/retrieveByUniqueId?uniqueId={{unique_id}}&leg={{leg}}"
negative_tests = "waived"
requests_per_second = {rate}

[targets.staging]
base_url = "{staging}"
dialect = "njadmin"
time_zone = "Australia/Melbourne"
api_key_env = "STAGING_PBX_KEY"
recordings = "recordings.csv"
audio = "POST {{base}}/retrieveByUniqueId?uniqueId={{unique_id}}&leg={{leg}}"
requests_per_second = {rate}
request_budget = {budget}
negative_tests = "allowed"
max_wait_seconds = 61

[[migration]]
from = "old"
to = "staging"
"""


def call(start: datetime, number: int) -> dict[str, Any]:
    """A call of two legs that end within the hour in which it starts."""
    after = [start, start + timedelta(seconds=15)]
    legs = [
        {
            "start": each.isoformat(),
            "end": (each + timedelta(seconds=11 + number % 3)).isoformat(),
            "tag": f"INV-{1040 + number % 7}",
            "username": ("Fred", "Jane", "Wilma")[(number + place) % 3],
            "destination": str(410 + (number + place) % 5),
        }
        for place, each in enumerate(after)
    ]
    unique_id = f"{int(start.timestamp()) - 3}.{2 + 3 * number}"
    return {
        "unique_id": unique_id,
        "direction": ("inbound", "outbound")[number % 4 == 3],
        "source": f"04915701{number:02d}",
        "did": "7601",
        "legs": legs,
    }


def archive() -> dict[str, Any]:
    """Three hours of twenty legs."""
    starts = [hour + timedelta(minutes=3 + 5 * number) for hour in HOURS for number in range(CALLS_AN_HOUR)]
    return {"format": "noojee-archive/1", "calls": [call(start, place) for place, start in enumerate(starts)]}


def recordings(document: dict[str, Any]) -> str:
    """Three tags, three calls and the three hours."""
    rows = [f"tag,INV-{1040 + number}" for number in range(3)]
    rows += [f"unique_id,{each['unique_id']}" for each in document["calls"][:3]]
    rows += [f"hour,{hour:%Y/%m/%d} {hour.hour}" for hour in HOURS]
    return "\n".join(("kind,value", *rows, ""))


def journal(url: str) -> list[dict[str, Any]]:
    """The last requests that a fake has answered, at most 1,000."""
    answer = httpx.get(f"{url}/__noojee/sandboxes/default/journal?limit=1000", trust_env=False)
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


def run(folder: Path, *, rate: float, budget: int, words: list[str]) -> None:
    """Serve both sides, run the suite once, and print the figures."""
    document = archive()
    (folder / "archive.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / "recordings.csv").write_text(recordings(document), encoding="utf-8")
    flags = ("--quiet", "--archive", str(folder / "archive.json"))
    with ServerProcess(*flags) as old, ServerProcess(*flags) as staging:
        text = TARGETS.format(old=old.base_url, staging=staging.base_url, rate=rate, budget=budget)
        (folder / "noojee-contract.toml").write_text(text, encoding="utf-8")
        keys = {"OLD_PBX_KEY": KEY, "STAGING_PBX_KEY": KEY}
        command = [sys.executable, "-m", "noojee_contract", "verify", "--json", "report.jsonl", *words]
        started = time.monotonic()
        code = subprocess.run(command, cwd=folder, env={**os.environ, **keys}, check=False).returncode
        seconds = time.monotonic() - started
        sides = {"old": journal(old.base_url), "staging": journal(staging.base_url)}
    requests = {name: len(entries) for name, entries in sides.items()}
    print(f"exit code {code}, {seconds:.0f} s, {sum(requests.values())} requests {requests}")
    by_hour = [entry for entry in sides["staging"] if BY_HOUR in entry["path"]]
    first = datetime.fromisoformat(sides["staging"][0]["time"])
    answered = [datetime.fromisoformat(each["time"]) - first for each in by_hour if each["answer"]["status"] == 200]
    print(f"by hour: {len(by_hour)} requests, {len(answered)} of them answered with 200, after", end=" ")
    print(", ".join(f"{after.total_seconds():.0f} s" for after in answered))


def main() -> None:
    """Read the flags and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rate", type=float, default=2, help="requests_per_second of both targets; default 2")
    parser.add_argument("--budget", type=int, default=500, help="request_budget of staging; default 500")
    parser.add_argument("--folder", type=Path, help="keep the target file and the report here")
    arguments, words = parser.parse_known_args()
    if arguments.folder is not None:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        run(arguments.folder, rate=arguments.rate, budget=arguments.budget, words=words)
        return
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), rate=arguments.rate, budget=arguments.budget, words=words)


if __name__ == "__main__":
    main()
