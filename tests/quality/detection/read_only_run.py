"""The command `tox -e detection -- --read-only`: all faulty migrations with each list of recordings.

Then come services without a fault.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from quality.detection.read_only import LISTS, ReadOnlyRow, ReadOnlyRun, errors_of
from quality.detection.read_only_results import DATA, PAGE, detection_of, page, read, services_fingerprint, written
from support.faulty_migrations import SERVICES, faulty_migrations, served
from support.faulty_migrations.archive import KEY
from support.faulty_migrations.variants import VARIANTS, as_variant

SEEDS = 20
AT_ONCE = 12  # jobs between two starts of an old PBX


@dataclass(frozen=True, slots=True)
class FaultJob:
    """A faulty migration with a list of recordings."""

    fault: str
    recordings: str


@dataclass(frozen=True, slots=True)
class RightJob:
    """A service without a fault, with a variant or none, and a random seed."""

    service: str
    variant: str | None
    random_seed: int

    @property
    def name(self) -> str:
        """What the run is counted as."""
        return self.variant or self.service


Job = FaultJob | RightJob


def run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Run the jobs that the flags choose; write docs after a whole run. Returns the exit code."""
    if options.check:
        return _check()
    started = time.monotonic()
    whole = not (options.only or options.sample)
    jobs = [*_fault_jobs(options, parser), *(right_jobs(SEEDS) if whole else ())]
    rows: list[ReadOnlyRow] = []
    false_positives: list[str] = []
    for job, found in _done(jobs, options.workers):
        if isinstance(found, ReadOnlyRow):
            rows.append(found)
            print(in_words(found), flush=True)
        elif isinstance(job, RightJob):
            false_positives += [f"{job.name}, {job.service}, random seed {job.random_seed}: {line}" for line in found]
    runs = Counter(job.name for job in jobs if isinstance(job, RightJob))
    detection = detection_of(rows, runs=runs, false_positives=sorted(false_positives))
    if whole:
        DATA.write_text(written(detection), encoding="utf-8")
        PAGE.write_text(page(detection), encoding="utf-8")
    for name in LISTS:
        print(
            f"{name}: {sum(row.caught for row in detection.of(name))} of {len(detection.of(name))} "
            f"({detection.rate(name):.1%})"
        )
    complaints = detection.complaints() if whole else []
    for complaint in complaints:
        print(f"  ! {complaint}")
    print(f"{len(jobs)} runs, {time.monotonic() - started:.0f} s")
    return 1 if complaints else 0


def right_jobs(seeds: int) -> list[Job]:
    """Each service with each random seed, and each variant with each random seed on one of its services in turn."""
    numbers = range(1, seeds + 1)
    plain = [RightJob(service, None, seed) for service in SERVICES for seed in numbers]
    variants = [
        RightJob(variant.services[seed % len(variant.services)], name, seed)
        for name, variant in VARIANTS.items()
        for seed in numbers
    ]
    return [*plain, *variants]


def _fault_jobs(options: argparse.Namespace, parser: argparse.ArgumentParser) -> list[Job]:
    names = list(faulty_migrations())
    for name in options.only or ():
        if name not in names:
            parser.error(f"there is no faulty migration {name!r}")
    if options.only:
        names = list(dict.fromkeys(options.only))
    elif options.sample:
        names = random.Random(options.random_seed).sample(names, min(options.sample, len(names)))
    return [FaultJob(name, recordings) for name in names for recordings in LISTS]


def in_words(row: ReadOnlyRow) -> str:
    """A row as a line of progress."""
    if not row.visible and not row.caught:
        return f"  {row.name}, {row.recordings}: not visible"
    what = f"{row.first}: {row.message}" if row.caught else "NOT CAUGHT"
    return f"  {row.name}, {row.recordings}: {'' if row.names_it or not row.caught else '(another cause) '}{what}"[:240]


def _done(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, ReadOnlyRow | list[str]]]:
    shares = [jobs[at : at + AT_ONCE] for at in range(0, len(jobs), AT_ONCE)]
    if workers <= 1:
        for share in shares:
            yield from zip(share, work(share), strict=True)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(work, share): share for share in shares}
        for future in as_completed(futures):
            yield from zip(futures[future], future.result(), strict=True)


def work(jobs: Sequence[Job]) -> list[ReadOnlyRow | list[str]]:
    """The row of each faulty migration; the failures and errors on each service without a fault. Run by a worker."""
    with tempfile.TemporaryDirectory(prefix="noojee-read-only-") as folder, ReadOnlyRun(Path(folder)) as opened:
        return [_worked(opened, job) for job in jobs]


def _worked(opened: ReadOnlyRun, job: Job) -> ReadOnlyRow | list[str]:
    if isinstance(job, FaultJob):
        return opened.row(faulty_migrations()[job.fault], job.recordings)
    return wrong_results(right_results(opened, job))


def right_results(opened: ReadOnlyRun, job: RightJob) -> list[Result]:
    """The results on a service without a fault."""
    with served(job.service, opened.archive, KEY) as url:
        if job.variant is None:
            return opened.results(job.service, url, "short", random_seed=job.random_seed)
        with as_variant(VARIANTS[job.variant], url) as changed:
            return opened.results(job.service, changed, "short", random_seed=job.random_seed)


def wrong_results(results: Sequence[Result]) -> list[str]:
    """Failures and errors, a line each."""
    failed = [
        f"{result.clause} on {result.target}: {'' if result.failure is None else result.failure.message}"
        for result in results
        if result.outcome is Outcome.FAILED
    ]
    return [*failed, *errors_of(results)]


def _check() -> int:
    """1 where a faulty migration has no rows, or the services or the catalogue changed since the last whole run."""
    kept = read(DATA.read_text(encoding="utf-8"))
    today = detection_of((), runs={}, false_positives=())
    missing = faulty_migrations().keys() - {row.name for row in kept.rows}
    if missing or (kept.catalogue, kept.services) != (today.catalogue, services_fingerprint()):
        print("the results are stale: run tox -e detection -- --read-only", file=sys.stderr)
        return 1
    print("the results are of this catalogue and these services")
    return 0
