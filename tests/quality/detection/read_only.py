"""Runs the suite on one faulty migration as an operator does.

The suite gets a read-only old PBX, a read-only service, and a recordings file. The old PBX is the fake with the archive
of `support.faulty_migrations`. A row says whether the fault is visible in the listed recordings, whether a clause
fails, and whether the first failure of the report names the fault.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from noojee_contract.engine.config import RunnerConfig
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Result
from noojee_contract.report.summary import kind_in_words, summarize
from noojee_contract.targets.config import load_config
from noojee_fake.testing import ServerProcess
from quality.detection.detect import report_of
from quality.detection.visible import Seen, differs, look
from support.faulty_migrations import FOLDER, FaultyMigration, load_service, served
from support.faulty_migrations.archive import KEY, all_recordings, short_list, write_archive, write_recordings
from support.running import run_clauses

OLD, NEW = "old", "new"
OLD_KEY = "f863246a-973e-11e6-8784-08002718f5b5"
LISTS = {"all": all_recordings, "short": short_list}
AUDIO = 'audio = "POST {base}/retrieveByUniqueId?uniqueId={unique_id}&leg={leg}"'
BY_ANY_HOUR = f'dialect = "{FOLDER}/njadmin_by_any_hour.toml"'
SAMPLES: Mapping[str, str] = {"all": 'sounds = "all"\nlongest_sound = 600\n', "short": ""}
"""How much sound is compared, by list: all of it, or the usual sample."""
SIDES: Mapping[str, tuple[str, str]] = {
    "njadmin": (f'dialect = "recording-api"\n{AUDIO}', BY_ANY_HOUR),
    "records": (f'dialect = "call-management"\n{AUDIO}', f'dialect = "{FOLDER}/records.toml"'),
    "events": (BY_ANY_HOUR, f'dialect = "{FOLDER}/events.toml"'),
}
"""The dialect of the old PBX and of the service, by service.

By hour needs no waits: a run has many hours, and the limit has tests elsewhere.
"""
LISTS_BY_HOUR = frozenset({"events"})
"""The services whose old PBX lists recordings by hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnlyRow:
    """What the suite found on one faulty migration with one list of recordings.

    `visible`: some answer to a listed recording, or to a call that an answer lists, differs from that of the service
    without the fault.
    `first` is the clause of the first failure, `message` its kind and message. `errors` are errors of the suite.
    """

    name: str
    group: str
    recordings: str
    visible: bool
    failed: tuple[str, ...]
    first: str | None
    message: str
    names_it: bool
    seconds: float
    errors: tuple[str, ...] = field(default=())

    @property
    def caught(self) -> bool:
        """Whether some clause failed."""
        return bool(self.failed)


class ReadOnlyRun:
    """The old PBX with its archive and recordings files, as long as it is open. Use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._resources = ExitStack()
        self._without_fault: dict[tuple[str, str], Seen] = {}

    def __enter__(self) -> ReadOnlyRun:
        self.archive = write_archive(self.folder)
        for name, rows in LISTS.items():
            write_recordings(self.folder / f"{name}.csv", rows())
        old = ServerProcess(
            "--archive", str(self.archive), "--quiet",
            command=(sys.executable, "-m", "support.faulty_migrations.old_pbx"),
            environment={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
            deadline_seconds=60,
        )  # fmt: skip
        self.old_url = self._resources.enter_context(old).base_url
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def row(self, fault: FaultyMigration, recordings: str, *, random_seed: int = 1) -> ReadOnlyRow:
        """The row of a faulty migration with a list of recordings."""
        started = time.perf_counter()
        with served(fault.service, self.archive, KEY, fault.changes) as url:
            seen = self._look(fault.service, url, recordings)
        visible = differs(self._bug_free(fault.service, recordings), seen, by_hour=fault.service in LISTS_BY_HOUR)
        with served(fault.service, self.archive, KEY, fault.changes) as url:
            results = self.results(fault.service, url, recordings, random_seed=random_seed)
        row = _row(fault, recordings, results)
        return replace(row, visible=visible, seconds=round(time.perf_counter() - started, 2))

    def results(self, service: str, url: str, recordings: str, *, random_seed: int = 1) -> list[Result]:
        """The results of each clause on a service at a URL, and on the migration to it."""
        with environment(OLD_PBX_KEY=OLD_KEY, NEW_PBX_KEY=KEY):
            config = load_config(self.target_file(service, url, recordings))
            run = RunnerConfig(
                targets=tuple(config.targets.values()), migrations=config.migrations, random_seed=random_seed,
                examples=1, shrink_seconds=0,
            )  # fmt: skip
            return list(run_clauses(run, wanted=lambda cell: cell.target != OLD))

    def target_file(self, service: str, url: str, recordings: str) -> Path:
        """The target file of a migration to a service at a URL."""
        old, new = SIDES[service]
        usual = f'recordings = "{recordings}.csv"\ntime_zone = "Australia/Melbourne"\n{SAMPLES[recordings]}'
        path = self.folder / f"{service}-{recordings}.toml"
        path.write_text(
            f'[targets.{OLD}]\nbase_url = "{self.old_url}"\napi_key_env = "OLD_PBX_KEY"\nnegative_tests = "waived"\n'
            f"{usual}{old}\n\n"
            f'[targets.{NEW}]\nbase_url = "{url}"\napi_key_env = "NEW_PBX_KEY"\nnegative_tests = "allowed"\n'
            f"{usual}{new}\n\n"
            f'[[migration]]\nfrom = "{OLD}"\nto = "{NEW}"\n',
            encoding="utf-8",
        )
        return path

    def _bug_free(self, service: str, recordings: str) -> Seen:
        """What the service without a fault answers."""
        if (service, recordings) not in self._without_fault:
            with served(service, self.archive, KEY) as url:
                self._without_fault[service, recordings] = self._look(service, url, recordings)
        return self._without_fault[service, recordings]

    def _look(self, service: str, url: str, recordings: str) -> Seen:
        with environment(OLD_PBX_KEY=OLD_KEY, NEW_PBX_KEY=KEY):
            target = load_config(self.target_file(service, url, recordings)).targets[NEW]
            return look(service, target, LISTS[recordings]())


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set variables of this process, and remove them at the end."""
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


def _row(fault: FaultyMigration, recordings: str, results: Sequence[Result]) -> ReadOnlyRow:
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    summary = summarize(report_of(failed)) if failed else None
    example = None if summary is None else summary.groups[0].example
    failure = None if example is None else example.failure
    return ReadOnlyRow(
        name=fault.name,
        group=fault.group,
        recordings=recordings,
        visible=True,
        failed=tuple(dict.fromkeys(result.clause for result in failed)),
        first=None if example is None else example.clause.id,
        message="" if failure is None else f"{kind_in_words(failure)}: {failure.message}"[:400],
        names_it=failure is not None and any(expected.matches(failure) for expected in fault.expected),
        seconds=0.0,
        errors=errors_of(results),
    )


def errors_of(results: Sequence[Result]) -> tuple[str, ...]:
    """The errors of the suite itself, a line each."""
    return tuple(
        f"{result.clause}: {' '.join((result.reason or '').splitlines()[-1:])}"
        for result in results
        if result.outcome is Outcome.ERROR
    )


def check_texts(faults: Sequence[FaultyMigration]) -> list[str]:
    """What is wrong with the changes of faults: a piece that does not occur once, or a text that is no Python."""
    complaints: list[str] = []
    for fault in faults:
        try:
            load_service(fault.service, fault.changes)
        except (ValueError, SyntaxError) as error:
            complaints.append(f"{fault.name}: {error}")
    return complaints


def as_json(row: ReadOnlyRow) -> dict[str, Any]:
    """A row as a line of docs/read-only-detection.jsonl."""
    return {
        "name": row.name, "group": row.group, "recordings": row.recordings, "visible": row.visible,
        "failed": list(row.failed), "first": row.first, "message": row.message, "names_it": row.names_it,
        "errors": list(row.errors),
    }  # fmt: skip
