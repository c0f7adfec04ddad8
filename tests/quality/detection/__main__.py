"""`tox -e detection`: runs the shipped suite on faulty servers and writes the detection rate into docs.

Exit 0: good enough. 1: too few are caught, or a row has a complaint. 2: wrong use.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from quality.detection import read_only_run
from quality.detection.detect import RANDOM_SEED, Row
from quality.detection.heat_map import heat_map
from quality.detection.pairs import draw_pairs
from quality.detection.peer_results import PEER_DATA, committed_peer
from quality.detection.pool import rows, surviving
from quality.detection.results import (
    DATA,
    HEAT_MAP,
    PAGE,
    README,
    Detection,
    detection_of,
    fingerprints,
    in_words,
    mutation_part,
    page,
    read,
    with_figure,
    with_rows,
    written,
)
from support.faulty_servers import FaultyServer, everything, survivors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.read_only:
        return read_only_run.run(options, parser)
    if options.check:
        return _check()
    if options.show:
        return _show(options.show, parser)
    servers = everything()
    if options.peer:
        return _peer(options)
    names = _names(options, servers, parser)
    kept = _kept(parser) if options.add else None
    started = time.monotonic()
    found = rows(names, options.workers)
    if options.table:
        _write_table(options.table, found)
    if kept is not None:
        detection = with_rows(kept, found)
        _write(detection)
        return _report(detection, rows_run=len(found), seconds=time.monotonic() - started, whole=True)
    pairs = draw_pairs([name for name in servers if name not in survivors()], options.pairs, options.random_seed)
    detection = detection_of(
        found, random_seed=RANDOM_SEED, pairs=options.pairs, pairs_random_seed=options.random_seed,
        pairs_survived=tuple(surviving(pairs, options.workers)),
    )  # fmt: skip
    whole = not (options.only or options.sample)
    if whole:
        _write(detection)
    return _report(detection, rows_run=len(found), seconds=time.monotonic() - started, whole=whole)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tox -e detection --", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sample", type=int, metavar="N", help="draw N faulty servers; writes nothing into docs")
    which.add_argument("--only", nargs="+", metavar="NAME", help="run these faulty servers; writes nothing into docs")
    which.add_argument(
        "--add", nargs="+", metavar="NAME", help="run these and write or replace just their rows in results/"
    )
    which.add_argument("--check", action="store_true", help="run nothing; say whether the results in docs are stale")
    which.add_argument("--show", nargs="+", metavar="NAME", help="run nothing; show the rows of these in results/")
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="faulty migrations from a read-only PBX; with --sample, --only or --check",
    )
    parser.add_argument(
        "--peer",
        action="store_true",
        help="run Schemathesis instead; adds the missing rows of docs/detection-peer.jsonl",
    )
    parser.add_argument("--pairs", type=int, default=0, metavar="N", help="draw N pairs of faults as well")
    parser.add_argument("--random-seed", type=int, default=1, metavar="S", help="for what is drawn (default 1)")
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), metavar="N", help="processes (default 2)"
    )
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="write every failed clause with its message as JSON lines"
    )
    return parser


def _peer(options: argparse.Namespace) -> int:
    """Run Schemathesis, which only the environment detection-peer has."""
    from quality.detection.peer_run import run_peers

    peer = run_peers(
        PEER_DATA, sample=options.sample, random_seed=options.random_seed, named=options.only or options.add or ()
    )
    sample = peer.sample_of(everything())
    print(f"Schemathesis caught {sum(row.caught for row in sample)} of {len(sample)} drawn faulty servers")
    return 0


def _names(
    options: argparse.Namespace, servers: Mapping[str, FaultyServer], parser: argparse.ArgumentParser
) -> Sequence[str]:
    named: Sequence[str] = options.only or options.add or ()
    for name in named:
        if name not in servers:
            parser.error(f"there is no faulty server {name!r}")
    if named:
        return list(dict.fromkeys(named))
    if options.sample:
        return random.Random(options.random_seed).sample(list(servers), min(options.sample, len(servers)))
    return list(servers)


def _write_table(file: Path, found: Sequence[Row]) -> None:
    file.write_text("".join(json.dumps(asdict(row), ensure_ascii=True) + "\n" for row in found), encoding="utf-8")


def _write(detection: Detection) -> None:
    detection = replace(detection, date=datetime.now(UTC).date().isoformat())
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    DATA.parent.mkdir(exist_ok=True)
    DATA.write_text(written(detection), encoding="utf-8")
    HEAT_MAP.write_text(heat_map(detection.rows), encoding="utf-8")
    PAGE.write_text(page(detection, mutation_part(before), committed_peer()), encoding="utf-8")
    README.write_text(with_figure(README.read_text(encoding="utf-8"), detection), encoding="utf-8")


def _report(detection: Detection, *, rows_run: int, seconds: float, whole: bool) -> int:
    complaints = detection.complaints()
    if whole:
        complaints += [f"{clause} binds and catches nothing" for clause in detection.idle()]
    for complaint in complaints:
        print(f"  ! {complaint}")
    for pair in detection.pairs_survived:
        print(f"  ? the pair {pair} survives, although each fault alone is caught")
    print(f"{rows_run} faulty servers run, {seconds:.0f} s")
    print(f"{detection.caught} of {len(detection.rows)} faulty servers caught ({detection.rate:.1%})")
    return 1 if complaints else 0


def _kept(parser: argparse.ArgumentParser) -> Detection:
    """The rows of an earlier run. Wrong use where there are none."""
    if not DATA.exists():
        parser.error(
            "there are no rows of an earlier run: run tox -e detection, "
            f"or take {DATA.name} of a CI job into {DATA.parent.name}/"
        )
    return read(DATA.read_text(encoding="utf-8"))


def _show(names: Sequence[str], parser: argparse.ArgumentParser) -> int:
    kept = {row.name: row for row in _kept(parser).rows}
    for name in names:
        if name not in kept:
            parser.error(f"there is no faulty server {name!r} in the results")
        print(in_words(kept[name], everything()[name].description if name in everything() else ""))
    return 0


def _check() -> int:
    """1 where the page is of another catalogue or of other faulty servers; names what to run."""
    today = detection_of((), random_seed=RANDOM_SEED)
    if fingerprints(PAGE.read_text(encoding="utf-8")) != (today.catalogue, today.servers):
        print("the results are stale: run tox -e detection")
        return 1
    print("the results are of this catalogue and these faulty servers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
