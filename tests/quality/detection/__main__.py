"""`tox -e prove`: judges faulty servers by the shipped suite and writes the score.

Exit 0: good enough. 1: too little is caught, or a complaint stands. 2: wrong use.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from quality.detection import judge as judging
from quality.detection.pairs import draw_pairs
from quality.detection.picture import picture
from quality.detection.pool import rows, surviving
from quality.detection.score import (
    DATA,
    PAGE,
    PICTURE,
    README,
    Score,
    in_words,
    mutation_part,
    page,
    read,
    score_of,
    with_figure,
    written,
)  # fmt: skip
from support.faulty_servers import everything, survivors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="tox -e prove --", description=__doc__)
    parser.add_argument(
        "--draw", type=int, metavar="N", help="N faulty servers drawn by the seed; writes nothing into docs"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these faulty servers; writes nothing into docs")
    parser.add_argument("--pairs", type=int, default=0, metavar="N", help="N pairs of changes too, drawn by the seed")
    parser.add_argument("--random-seed", type=int, default=1, metavar="S", help="of what is drawn (default 1)")
    parser.add_argument(
        "--workers", type=int, default=min(2, os.cpu_count() or 1), metavar="N", help="processes (default 2)"
    )
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="every clause that broke, with what it said, as JSON lines"
    )
    parser.add_argument("--check", action="store_true", help="judge nothing; say whether the score in docs is stale")
    parser.add_argument(
        "--show", nargs="+", metavar="NAME", help="judge nothing; tell what the score in docs says of these"
    )
    options = parser.parse_args(arguments)
    if options.check:
        return _check()
    if options.show:
        return _show(options.show, parser)
    servers = everything()
    names = list(servers)
    whole = not (options.only or options.draw)
    if options.only:
        unknown = sorted(set(options.only) - set(servers))
        if unknown:
            parser.error(f"there is no faulty server {unknown[0]!r}")
        names = options.only
    elif options.draw:
        names = random.Random(options.random_seed).sample(names, min(options.draw, len(names)))
    started = time.monotonic()
    judged = rows(names, options.workers)
    pairs = draw_pairs([name for name in servers if name not in survivors()], options.pairs, options.random_seed)
    survived = surviving(pairs, options.workers)
    score = score_of(
        judged, random_seed=judging.RANDOM_SEED, pairs=options.pairs, pairs_random_seed=options.random_seed, pairs_survived=tuple(survived)
    )  # fmt: skip
    if options.table:
        lines = (json.dumps(asdict(row), ensure_ascii=True) + "\n" for row in score.rows)
        options.table.write_text("".join(lines), encoding="utf-8")
    if whole:
        _write(score)
    return _told(score, whole=whole, seconds=time.monotonic() - started)


def _write(score: Score) -> None:
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    DATA.write_text(written(score), encoding="utf-8")
    PICTURE.write_text(picture(score.rows), encoding="utf-8")
    PAGE.write_text(page(score, mutation_part(before)), encoding="utf-8")
    README.write_text(with_figure(README.read_text(encoding="utf-8"), score), encoding="utf-8")


def _told(score: Score, *, whole: bool, seconds: float) -> int:
    complaints = score.complaints()
    idle = score.idle() if whole else []
    complaints += [f"{clause} binds and catches nothing" for clause in idle]
    for complaint in complaints:
        print(f"  ! {complaint}")
    for pair in score.pairs_survived:
        print(f"  ? the pair {pair} survives, though each is caught alone: a blind spot")
    print(f"{score.caught} of {len(score.rows)} faulty servers caught ({score.share:.1%}), {seconds:.0f} s")
    return 1 if complaints else 0


def _show(names: Sequence[str], parser: argparse.ArgumentParser) -> int:
    kept = {row.name: row for row in read(DATA.read_text(encoding="utf-8")).rows}
    for name in names:
        if name not in kept:
            parser.error(f"there is no faulty server {name!r} in the score")
        print(in_words(kept[name], everything()[name].description if name in everything() else ""))
    return 0


def _check() -> int:
    kept = read(DATA.read_text(encoding="utf-8"))
    today = score_of((), random_seed=kept.random_seed)
    stale = (kept.catalogue, kept.servers) != (today.catalogue, today.servers)
    print(
        "the score is stale: run tox -e prove" if stale else "the score is of this catalogue and these faulty servers"
    )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
