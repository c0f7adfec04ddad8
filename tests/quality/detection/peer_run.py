"""`tox -e detection-peer`: Schemathesis on faulty servers, one after the other.

It appends a row for each server to docs/detection-peer.jsonl. A run that was stopped goes on where it stopped. The
rows do not depend on the length of the run: `--sample` takes the first servers of the order that the random seed gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from quality.detection.detect import detect
from quality.detection.peer import baseline, peer_row
from quality.detection.peer_results import Peer, drawn, header_line, read_peer, row_line
from support.faulty_servers import everything, survivors

BASELINE_RUNS = 8
BASELINE_SECONDS = 4.0
A_PROCESS = 20  # faulty servers a process, because its memory grows
AT_ONCE = 10  # rows between two lines of progress


def run_peers(file: Path, *, sample: int | None, random_seed: int, named: Sequence[str] = ()) -> Peer:
    """Run the servers that have no row yet, and return the whole file.

    A file of another release of Schemathesis or another random seed is replaced. The survivors of the suite are run in
    addition to the sample, which they do not belong to: they show what the peer catches alone.
    """
    _warm_up()
    peer = _kept(file, random_seed) or _begin(file, random_seed)
    draw = set(drawn(everything(), random_seed)[:sample]) - set(named)
    have = {row.name for row in peer.rows if row.drawn or row.name not in draw}
    order = named or [*drawn(draw, random_seed), *survivors()]
    names = [name for name in dict.fromkeys(order) if name not in have]
    work = partial(peer_row, random_seed=random_seed, kept=frozenset(peer.baseline), draw=draw)
    with get_context("fork").Pool(1, maxtasksperchild=A_PROCESS) as pool, file.open("a", encoding="utf-8") as stream:
        for at, row in enumerate(pool.imap(work, names), start=1):
            stream.write(row_line(row))
            stream.flush()
            if at % AT_ONCE == 0 or at == len(names):
                print(f"  {at} of {len(names)}", flush=True)
    return read_peer(file.read_text(encoding="utf-8"))


def _warm_up() -> None:
    """Run both tools once, so that processor times do not contain imports and caches; worker processes inherit them."""
    baseline(runs=1, seconds=0.5)
    detect(everything()["get-served"])


def _kept(file: Path, random_seed: int) -> Peer | None:
    if not file.exists():
        return None
    peer = read_peer(file.read_text(encoding="utf-8"))
    return peer if (peer.version, peer.random_seed) == (version("schemathesis"), random_seed) else None


def _begin(file: Path, random_seed: int) -> Peer:
    kept = baseline(runs=BASELINE_RUNS, seconds=BASELINE_SECONDS)
    peer = Peer(version=version("schemathesis"), random_seed=random_seed, baseline=kept)
    file.write_text(header_line(peer), encoding="utf-8")
    return peer
