"""Measures the archive of a PBX in memory and on disk: a million legs, four a call, a call every ten seconds.

    python benchmarks/store.py [--rounds 3] [--legs 1000000]

Each round is a process of its own; memory and disk alternate; the table shows medians. As in `noojee-fake serve`,
loaded calls are excluded from garbage collection (gc.freeze) before queries; loading is measured with garbage
collection.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from run import Row, show

from noojee_fake.pbx.calls import Call, Direction, Leg
from noojee_fake.pbx.clock import LATEST, SECOND
from noojee_fake.pbx.store.base import Store
from noojee_fake.pbx.store.memory import MemoryStore
from noojee_fake.pbx.store.sqlite import SqliteStore

FIRST_SECOND = 1_700_000_000
HOUR = 3600
LEGS_A_CALL = 4
SECONDS_A_CALL = 10
QUESTIONS = 50_000
HOURS = 200

Figures = dict[str, float]


def unique_id(number: int) -> str:
    """The unique id of the call with this number: the second of its start, and a channel number."""
    return f"{FIRST_SECOND + number * SECONDS_A_CALL}.{number * 3}"


def made(number: int) -> Call:
    """A call with new string objects, as after reading it."""
    start = FIRST_SECOND + number * SECONDS_A_CALL
    legs = tuple(
        Leg(
            number=leg + 1,
            start_micros=(start + leg * 50) * SECOND,
            end_micros=(start + leg * 50 + 50) * SECOND,
            tag=f"INV-{number}",
            username=f"agent{number % 50}",
            destination=f"{400 + (number + leg) % 100}",
            call_record_id=number * LEGS_A_CALL + leg + 1,
        )
        for leg in range(LEGS_A_CALL)
    )
    return Call(
        unique_id=unique_id(number),
        direction=Direction.INBOUND,
        source=f"04{number:08d}",
        did="7601",
        created_micros=start * SECOND,
        legs=legs,
    )


def resident_bytes() -> int:
    """The memory of this process."""
    line = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def microseconds(ask: Callable[[], object]) -> float:
    """How long a query takes, in microseconds."""
    started = time.perf_counter_ns()
    ask()
    return (time.perf_counter_ns() - started) / 1000


def p99(asked: Iterable[float]) -> float:
    """The 99th percentile."""
    return statistics.quantiles(asked, n=100)[98]


def ending_legs(store: Store, calls: int) -> Iterator[tuple[Call, int]]:
    """Calls after all others with a leg that is about to end, and the second after that end."""
    for number in range(calls, calls + HOURS):
        call = made(number)
        leg = replace(call.legs[0], call_record_id=store.last_record_id + 1)
        store.save(replace(call, legs=(replace(leg, end_micros=LATEST),)))
        yield replace(call, legs=(leg,)), leg.end_micros // SECOND + 1


def measure(kind: str, legs: int, file: Path) -> Figures:
    """The figures of one round, measured in this process."""
    calls = legs // LEGS_A_CALL
    chance = random.Random(7)
    before = resident_bytes()
    started = time.perf_counter()
    store: Store = MemoryStore() if kind == "memory" else SqliteStore(file, now=lambda: LATEST)
    store.add(made(number) for number in range(calls))
    seconds = time.perf_counter() - started
    figures = {"loaded": legs / seconds, "bytes": (resident_bytes() - before) / legs}
    gc.freeze()
    asked = [chance.randrange(calls) for _ in range(QUESTIONS)]
    unique_ids, tags = [unique_id(number) for number in asked], [f"INV-{number}" for number in asked]
    figures["unique_id"] = p99(microseconds(lambda wanted=wanted: store.call(wanted)) for wanted in unique_ids)
    figures["tag"] = p99(microseconds(lambda wanted=wanted: store.tagged(wanted)) for wanted in tags)
    latest = calls * SECONDS_A_CALL // HOUR - 1
    hours = [FIRST_SECOND + chance.randrange(latest) * HOUR for _ in range(HOURS)]
    taken = [microseconds(lambda hour=hour: store.ended_between(hour, hour + HOUR)) / 1000 for hour in hours]
    figures["hour"], figures["hour_p99"] = statistics.median(taken), p99(taken)
    figures["legs_an_hour"] = len(store.ended_between(hours[0], hours[0] + HOUR))
    saved, asked_again = [], []
    for call, after in ending_legs(store, calls):
        saved.append(microseconds(lambda call=call: store.save(call)))
        asked_again.append(microseconds(lambda after=after: store.ended_between(after - HOUR, after)) / 1000)
    figures["saved"], figures["hour_after_save"] = statistics.median(saved), statistics.median(asked_again)
    store.close()
    if kind == "disk":
        figures["file"] = file.stat().st_size / legs
        figures["opened"] = microseconds(lambda: SqliteStore(file, now=lambda: LATEST).close()) / 1e6
    return figures


def measured(folder: Path, *, rounds: int, legs: int) -> list[Row]:
    """The table of both stores: the medians of a number of rounds."""
    rounds_of: dict[str, list[Figures]] = {"memory": [], "disk": []}
    for number in range(rounds):
        for kind, figures in rounds_of.items():
            words = [sys.executable, __file__, "--measure", kind, "--legs", str(legs), "--file", f"{folder}/{number}"]
            figures.append(json.loads(subprocess.run(words, capture_output=True, check=True).stdout))
    memory, disk = (
        {name: statistics.median(each[name] for each in figures) for name in figures[0]}
        for figures in rounds_of.values()
    )
    hour = f"an hour's legs ({memory['legs_an_hour']:,.0f})"

    def at_most(what: str, figure: float, goal: float, unit: str) -> Row:
        return Row(what, f"{figure:,.2f} {unit}", f"{goal:,.0f} {unit} or less", figure <= goal)

    def stated(what: str, figure: str) -> Row:
        return Row(what, figure, "stated", None)

    loaded = memory["loaded"]
    return [
        Row(f"memory: {legs:,} legs loaded", f"{loaded:,.0f} a second", "100,000 or more", loaded >= 100_000),
        at_most("memory: a call by unique id, p99", memory["unique_id"], 10, "us"),
        at_most("memory: calls by tag, p99", memory["tag"], 10, "us"),
        at_most(f"memory: {hour}, median", memory["hour"], 5, "ms"),
        stated(f"memory: {hour}, p99", f"{memory['hour_p99']:.2f} ms"),
        at_most("memory: the last hour, right after a leg of it ended", memory["hour_after_save"], 5, "ms"),
        stated("memory: a leg that ends is saved", f"{memory['saved']:.1f} us"),
        at_most("memory: bytes a leg, with its call", memory["bytes"], 1200, "B"),
        stated(f"disk: {legs:,} legs loaded", f"{disk['loaded']:,.0f} a second"),
        at_most("disk: a call by unique id, p99", disk["unique_id"], 200, "us"),
        at_most("disk: calls by tag, p99", disk["tag"], 200, "us"),
        at_most(f"disk: {hour}, median", disk["hour"], 5, "ms"),
        stated(f"disk: {hour}, p99", f"{disk['hour_p99']:.2f} ms"),
        at_most("disk: the last hour, right after a leg of it ended", disk["hour_after_save"], 5, "ms"),
        stated("disk: a leg that ends is saved", f"{disk['saved']:.1f} us"),
        stated("disk: bytes a leg in the file", f"{disk['file']:.0f} B"),
        stated(f"disk: a file of {legs:,} legs opened and checked", f"{disk['opened']:.2f} s"),
    ]


def main() -> int:
    """Measure and print a table. Returns 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--legs", type=int, default=1_000_000)
    parser.add_argument("--measure", choices=["memory", "disk"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.legs, options.file)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        rows = measured(Path(name), rounds=options.rounds, legs=options.legs)
    show(rows)
    print(f"\nPython {sys.version.split()[0]}")
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
