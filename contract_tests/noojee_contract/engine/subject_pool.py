"""The subjects of a run: shared by the clauses of a cell, or made for one clause alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from noojee_contract.catalogue.clauses import Clause
from noojee_contract.clients.target_client import TargetClient
from noojee_contract.engine.bundled import bundled, small
from noojee_contract.engine.config import RunnerConfig
from noojee_contract.engine.filled_subject import Filling, fill
from noojee_contract.engine.mapped_subject import MappedSubject
from noojee_contract.engine.read_only_subject import ReadOnlySubject, observe
from noojee_contract.engine.sampling import sampling_of
from noojee_contract.engine.subject import Answer, Subject, SubjectPair
from noojee_contract.model.cell import CallSource, Cell, MigrationPair
from noojee_contract.model.question import Question


class SubjectPool:
    """Makes subjects, and keeps the subjects that clauses share, so that a run sends each question only once."""

    def __init__(self, config: RunnerConfig, target_clients: Mapping[str, TargetClient]) -> None:
        self._config = config
        self._target_clients = target_clients
        self._shared: dict[tuple[str, CallSource], list[Subject]] = {}
        self._pairs: dict[Cell, list[SubjectPair]] = {}

    @property
    def shared(self) -> Mapping[tuple[str, CallSource], list[Subject]]:
        """The shared subjects that exist so far, by target name and source of calls."""
        return self._shared

    def subjects(self, clause: Clause, cell: Cell) -> Iterator[Subject | SubjectPair]:
        """The subjects that a clause runs on in a cell. Archives that made it fail in an earlier run come first."""
        config = self._config
        if cell.source == CallSource.GENERATED and config.counterexamples is not None and config.replay_archive is None:
            for document in config.counterexamples.of(clause.id):
                yield self.filled(cell, document)
        if cell.is_migration:
            yield from self._shared_pairs(cell)
        elif clause.over == "exchange":
            yield from self._own(cell.target_names[0], cell.source)
        else:
            yield from self._shared_subjects(cell.target_names[0], cell.source)

    def empty_rows(self) -> Iterator[tuple[str, str]]:
        """The name of a read-only target and a row of its recordings file that brought nothing, with file and line.

        A row of calls outside `since` and `until` of a migration is left out.
        """
        for (name, source), subjects in self._shared.items():
            if source != CallSource.OBSERVED:
                continue
            asked = {answer.asked: answer for subject in subjects for answer in subject.answers()}
            for row, place in subjects[0].target.recording_places.items():
                if row in asked and _brings_nothing(asked[row]) and not self._is_outside(name, row):
                    yield name, f"{place}: {row.kind.replace('_', ' ')} {row.value!r} brings nothing"

    def _is_outside(self, name: str, row: Question) -> bool:
        """Whether a migration of a target does not compare the calls of a row: all start outside its window."""
        pairs = [pair for pairs in self._pairs.values() for pair in pairs]
        partners = [
            (pair, each)
            for pair in pairs
            if name in (pair.old.target.name, pair.new.target.name)
            for side in pair.sides
            for each in side.answers()
            if each.asked == row and each.legs
        ]
        return bool(partners) and all(pair.starts_outside(each.legs) for pair, each in partners)

    def read_only(self, name: str) -> ReadOnlySubject:
        """The subject of a read-only target."""
        (subject,) = self._shared_subjects(name, CallSource.OBSERVED)
        assert isinstance(subject, ReadOnlySubject)
        return subject

    def filled(self, cell: Cell, document: Mapping[str, Any]) -> Subject | SubjectPair:
        """A subject on new sandboxes of a cell, filled with one archive file."""
        archive = bundled() if cell.source == CallSource.BUNDLED else None
        filling = Filling(document=document, archive=archive)
        subjects = [fill(self._target_clients[name], filling) for name in cell.target_names]
        return self._pair(cell, *subjects) if cell.is_migration else subjects[0]

    def for_retry(self, clause: Clause, cell: Cell, document: Mapping[str, Any]) -> Subject | SubjectPair:
        """A subject on new sandboxes to run a clause again that failed with an archive file."""
        if clause.over == "exchange" and not cell.is_migration:
            return self._own(cell.target_names[0], cell.source)[0]
        return self.filled(cell, document)

    def _shared_pairs(self, cell: Cell) -> list[SubjectPair]:
        if cell not in self._pairs:
            sides = [self._shared_subjects(name, cell.source) for name in cell.target_names]
            self._pairs[cell] = [self._pair(cell, *both) for both in zip(*sides, strict=True)]
        return self._pairs[cell]

    def _pair(self, cell: Cell, old: Subject, new: Subject) -> SubjectPair:
        window = (
            cell.target if isinstance(cell.target, MigrationPair) else MigrationPair(old.target.name, new.target.name)
        )
        sampling = sampling_of([old.target, new.target], self._config.random_seed)
        if window.declared is not None:
            old = MappedSubject(old, window.declared, is_old=True)
            new = MappedSubject(new, window.declared, is_old=False)
        return SubjectPair(old, new, since=window.since, until=window.until, sampling=sampling)

    def _shared_subjects(self, name: str, source: CallSource) -> list[Subject]:
        if (name, source) not in self._shared:
            self._shared[name, source] = self._made(self._target_clients[name], source)
        return self._shared[name, source]

    def _made(self, target_client: TargetClient, source: CallSource) -> list[Subject]:
        if source == CallSource.GENERATED:
            return [fill(target_client, Filling(document=document)) for document in self._generated]
        if source == CallSource.BUNDLED:
            return [fill(target_client, Filling(document=bundled().document, archive=bundled()))]
        return [observe(target_client, self._config.random_seed, now=self._config.timing.clock.now)]

    def _own(self, name: str, source: CallSource) -> list[Subject]:
        """A subject for one clause alone, so that no other clause meets a stepped clock or a used-up limit."""
        if source == CallSource.OBSERVED:
            return self._shared_subjects(name, source)
        return [fill(self._target_clients[name], Filling(document=small().document, archive=small()))]

    @cached_property
    def _generated(self) -> list[dict[str, Any]]:
        """The generated archive files: the same for all targets."""
        if self._config.replay_archive is not None:
            return [dict(self._config.replay_archive)]
        from noojee_contract.engine.strategies import draw_archives  # Hypothesis takes long to import

        return draw_archives(self._config.examples, self._config.random_seed)


def _brings_nothing(answer: Answer) -> bool:
    """Whether an answer has no legs, and is no error of the server, of the connection or of the by-hour limit."""
    is_refused_hour = answer.asked.kind == "hour" and answer.reading.error_body is not None
    return not answer.legs and answer.exchange.status in (200, 404) and not is_refused_hour
