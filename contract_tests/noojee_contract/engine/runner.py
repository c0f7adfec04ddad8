"""Runs one clause in one lane and says what became of it: the middle between the pytest plugin and the checks.

A lane is a target and a source of calls: `recorded` (the archives that ship: recorded on a real Asterisk, published by
the vendor, written by hand), `generated` (Hypothesis), or `observed` (what is known of a target that is not filled).
"""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from noojee_contract.catalogue.clauses import MIGRATION, Clause
from noojee_contract.clients.client import NoTicket
from noojee_contract.clients.limits import limits_of
from noojee_contract.clients.processes import Servers
from noojee_contract.clients.target_client import Line
from noojee_contract.engine.bundled import recorded, small
from noojee_contract.engine.counterexamples import Finds
from noojee_contract.engine.repeat import repeat_commands, repeat_script
from noojee_contract.engine.rerun import difference
from noojee_contract.engine.subject import Broken, Case, Judge, Pair, Unproved
from noojee_contract.engine.timeline import time_lines
from noojee_contract.errors import BudgetSpent, ContractError, TargetError, TooSoon, Unreachable
from noojee_contract.model.exchange import Exchange
from noojee_contract.model.outcome import Finding, Outcome, Result
from noojee_contract.redaction.redact import Redactor
from noojee_contract.targets.applicability import concerns, lacking, stranger
from noojee_contract.targets.target import Target

RECORDED = "recorded"
GENERATED = "generated"
OBSERVED = "observed"
BUG_HEADER = "x-noojee-fake-bug"
SHRINK_SECONDS = 5.0

Check = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Lane:
    """Where a clause is judged: a target (or "old > new" for a migration) and a source of calls."""

    target: str
    source: str

    def __str__(self) -> str:
        return f"{self.target}-{self.source}"


class Bench:
    """All that one worker needs to judge clauses: lines to the targets, archives, worlds, limits. Close it at the end."""

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        migrations: Sequence[tuple[str, str]] = (),
        seed: int,
        examples: int,
        smoke: bool = False,
        options: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        today: date | None = None,
        limits_folder: Path | None = None,
        shrink_seconds: float = SHRINK_SECONDS,
        finds: Finds | None = None,
        find: Mapping[str, Any] | None = None,
    ) -> None:
        """`shrink_seconds` 0: finds are neither made small nor asked again. `finds` keeps them; `find` is the archive of
        one of them, the only one to judge on."""
        self._folder = tempfile.TemporaryDirectory(prefix="noojee-contract-") if limits_folder is None else None
        folder = limits_folder or Path(self._folder.name if self._folder else "")
        self.targets = {target.name: target for target in targets}
        self.migrations = [pair for pair in migrations if pair[0] in self.targets and pair[1] in self.targets]
        self.seed = seed
        self.examples = examples
        self.smoke = smoke
        self._shrink_seconds = shrink_seconds
        self._finds = finds
        self._find = find
        self.options = tuple(options)
        self.today = today or datetime.now(UTC).date()
        self._servers = Servers()
        self.lines = {
            name: Line(target, limits=limits_of(target, folder), environ=environ, servers=self._servers)
            for name, target in self.targets.items()
        }
        for target in targets:
            if target.command is not None:
                self._servers.begin(target.command, target.name)
        self._cases: dict[Lane, list[Case]] = {}
        self._pairs: dict[Lane, list[Pair]] = {}

    def lanes(self, clause: Clause) -> list[Lane]:
        """Where a clause is judged: its dialects' targets, and for each the sources of calls it asks for."""
        found: list[Lane] = []
        for target in self.targets.values():
            if concerns(clause, target):
                found += [Lane(target.name, source) for source in self._sources(target, clause)]
        if MIGRATION in clause.dialects:
            for old, new in self.migrations:
                sides = [set(self._sources(self.targets[side], clause)) for side in (old, new)]
                both = sides[0] & sides[1]
                found += [
                    Lane(f"{old} > {new}", source) for source in (RECORDED, GENERATED, OBSERVED) if source in both
                ]
        return found

    def result(self, clause: Clause, check: Check, lane: Lane) -> Result:
        """Judge a clause in a lane. Never raises for what a server does; own errors become the outcome `error`."""
        started = time.monotonic()
        try:
            result = self._judged(clause, check, lane)
        except (TargetError, Unreachable) as error:
            result = self._row(clause, lane, Outcome.ERROR, reason=self._redactor(lane).text(str(error)))
        except Exception as error:  # noqa: BLE001  the top of a clause: our own error is an outcome, not a crash
            text = "".join(traceback.format_exception(error)[-3:])
            result = self._row(clause, lane, Outcome.ERROR, reason=self._redactor(lane).text(text))
        return replace(result, seconds=round(time.monotonic() - started, 4))

    def calls(self, most: int = 60) -> list[dict[str, Any]]:
        """Time lines of calls that were put in or seen, redacted; at most `most` a target."""
        found: list[dict[str, Any]] = []
        for lane, cases in self._cases.items():
            if lane.source == GENERATED or any(row["target"] == lane.target for row in found):
                continue
            rows = [row for case in cases for row in time_lines(case)][:most]
            if lane.source == OBSERVED:  # what was put in is ours
                redactor = self._redactor(lane)
                rows = [redactor.document(row) for row in rows]
            found += [{"target": lane.target, **row} for row in rows]
        return found

    def close(self) -> None:
        """End what was opened."""
        for line in self.lines.values():
            line.close()
        self._servers.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _sources(self, target: Target, clause: Clause) -> list[str]:
        if self._find is not None:
            return [GENERATED] if target.fillable and GENERATED in target.archives else []
        if not target.fillable:
            return [OBSERVED]
        if clause.over == "exchange" or self.smoke:
            return [RECORDED]
        return [source for source in (RECORDED, GENERATED) if source in target.archives]

    def _judged(self, clause: Clause, check: Check, lane: Lane) -> Result:
        if (stop := self._obstacle(clause, lane)) is not None:
            return self._row(clause, lane, stop[0], reason=stop[1])
        judge = Judge()
        document: Mapping[str, Any] | None = None
        try:
            for subject in self._subjects(clause, lane):
                document = _document(subject)
                check(subject, judge)
        except (Unproved, BudgetSpent, TooSoon) as reason:
            return self._row(clause, lane, Outcome.UNPROVED, judged=judge.judged, reason=str(reason))
        except NoTicket as found:
            return self._broken(clause, lane, Broken(str(found), found.exchange), judge, None)
        except Broken as found:
            generated = lane.source == GENERATED and document is not None
            if generated and document is not None and self._shrink_seconds > 0 and self._find is None:
                found, document = self._shrunk(check, lane, found, document)
            flaky = self._asked_again(clause, check, lane, found, document)
            return self._broken(clause, lane, found, judge, document if generated else None, flaky=flaky)
        if judge.sightings:
            seen = "; ".join(judge.sightings)
            return self._row(clause, lane, Outcome.OBSERVED, judged=judge.judged, reason=f"saw {seen}")
        if judge.judged == 0:
            return self._row(clause, lane, Outcome.UNPROVED, reason="there was nothing to judge it on")
        return self._row(clause, lane, Outcome.HOLDS, judged=judge.judged)

    def _broken(
        self,
        clause: Clause,
        lane: Lane,
        found: Broken,
        judge: Judge,
        document: Mapping[str, Any] | None,
        *,
        flaky: str | None = None,
    ) -> Result:
        redactor = self._redactor(lane)
        exchange = found.exchange
        if exchange is not None and exchange.header(BUG_HEADER) is not None:
            reason = f"the fake has a bug of its own ({exchange.header(BUG_HEADER)}); no contract is broken by it"
            return self._row(clause, lane, Outcome.ERROR, judged=judge.judged, reason=reason)
        message = redactor.text(found.message)
        find = None
        if document is not None and self._finds is not None and clause.severity != "may":
            find_id = self._finds.keep(clause.id, document)
            find = None if find_id is None else (find_id, str(self._finds.folder))
        again = repeat_commands(clause.id, lane.target.split(" > "), self.options, self.seed, self.examples, find=find)
        finding = Finding(
            message=message,
            exchange=None if exchange is None else redactor.exchange(exchange),
            seed_document=None if document is None else redactor.document(document),
            script=self._script(clause, lane, exchange, document, redactor),
            command=again.command,
            on_the_fake=again.on_the_fake,
            elsewhere=again.elsewhere,
            flaky=flaky,
        )
        if clause.severity == "may":
            return self._row(clause, lane, Outcome.OBSERVED, judged=judge.judged, reason=message, finding=finding)
        deviation = self._deviation(clause, lane)
        if deviation is not None and deviation.expires >= self.today:
            reason = f"known until {deviation.expires}: {deviation.reason}"
            return self._row(clause, lane, Outcome.KNOWN, judged=judge.judged, reason=reason, finding=finding)
        expired = (
            None if deviation is None else f"the known deviation expired on {deviation.expires}: {deviation.reason}"
        )
        return self._row(clause, lane, Outcome.BROKEN, judged=judge.judged, reason=expired, finding=finding)

    def _script(
        self,
        clause: Clause,
        lane: Lane,
        exchange: Exchange | None,
        document: Mapping[str, Any] | None,
        redactor: Redactor,
    ) -> str | None:
        target = self.targets.get(lane.target)
        if target is None or exchange is None or clause.over != "archive":
            return None
        path = None if target.described is None else self.lines[lane.target].below_root(exchange.asked.url)
        return repeat_script(target, exchange, document=document, redactor=redactor, path=path)

    def _deviation(self, clause: Clause, lane: Lane) -> Any:
        names = lane.target.split(" > ")
        rows = [row for name in names for row in self.targets[name].known_deviations]
        return next((row for row in rows if row.clause == clause.id), None)

    def _obstacle(self, clause: Clause, lane: Lane) -> tuple[Outcome, str] | None:
        for name in lane.target.split(" > "):
            target = self.targets[name]
            reason = stranger(clause, target)
            if reason is not None:
                return Outcome.UNSUPPORTED, reason
            for need in clause.needs:
                stop = lacking(target, need)
                if stop is not None:
                    return stop
        asked = self.targets[lane.target.rpartition(" > ")[2]]
        if "by_hour" in clause.needs and not asked.has_by_hour:
            return Outcome.UNSUPPORTED, f"the dialect {asked.dialect} has no method by hour"
        return None

    def _subjects(self, clause: Clause, lane: Lane) -> Iterator[Case | Pair]:
        """What a clause is judged on in a lane; archives that broke it once come first."""
        if lane.source == GENERATED and self._finds is not None and self._find is None:
            for document in self._finds.of(clause.id):
                yield self._filled(lane, document)
        yield from self._usual(clause, lane)

    def _filled(self, lane: Lane, document: Mapping[str, Any]) -> Case | Pair:
        """Fresh worlds for one clause, filled with one archive."""
        archive = recorded() if lane.source == RECORDED else None
        cases = [self.lines[name].filled(document, archive=archive) for name in lane.target.split(" > ")]
        return cases[0] if len(cases) == 1 else Pair(*cases)

    def _asked_again(
        self, clause: Clause, check: Check, lane: Lane, found: Broken, document: Mapping[str, Any] | None
    ) -> str | None:
        """Judge once more in fresh worlds, and say what differed; None where nothing did, or nothing may be asked."""
        if lane.source == OBSERVED or document is None or self._shrink_seconds <= 0:
            return None
        asked: list[Exchange] = []
        again: Broken | None = None
        own = clause.over == "exchange" and " > " not in lane.target
        subject = self._own(lane.target, lane.source)[0] if own else self._filled(lane, document)
        cases = [subject] if isinstance(subject, Case) else [subject.legacy, subject.replacement]
        for case in cases:
            case.client.told = asked.append
        try:
            check(subject, Judge())
        except Broken as shown:
            again = shown
        except (Unproved, ContractError, NoTicket):
            return None
        finally:
            for case in cases:
                case.client.told = None
        lines = [self.lines[name] for name in lane.target.split(" > ")]

        def below(url: str) -> str:
            return min((line.below_root(url) for line in lines), key=len)

        return difference(found, again, asked, self._redactor(lane), below=below)

    def _usual(self, clause: Clause, lane: Lane) -> Iterator[Case | Pair]:
        if " > " in lane.target:
            if lane not in self._pairs:
                old, new = lane.target.split(" > ")
                if lane.source == OBSERVED:
                    sides = [self._own(name, lane.source) for name in (old, new)]
                else:
                    sides = [self._shared(Lane(name, lane.source)) for name in (old, new)]
                self._pairs[lane] = [Pair(*both) for both in zip(*sides, strict=True)]
            yield from self._pairs[lane]
        elif clause.over == "exchange":
            yield from self._own(lane.target, lane.source)
        else:
            yield from self._shared(lane)

    def _shared(self, lane: Lane) -> list[Case]:
        """The cases of a lane, asked by all its clauses, so that each question is asked once."""
        if lane not in self._cases:
            line = self.lines[lane.target]
            if lane.source == GENERATED:
                self._cases[lane] = [line.filled(document) for document in self._drawn]
            elif lane.source == RECORDED:
                self._cases[lane] = [line.filled(recorded().document, archive=recorded())]
            else:
                self._cases[lane] = [line.observed()]
        return self._cases[lane]

    @cached_property
    def _drawn(self) -> list[dict[str, Any]]:
        """The generated archives: the same for all targets."""
        if self._find is not None:
            return [dict(self._find)]
        from noojee_contract.engine.strategies import draw_documents  # Hypothesis takes long to import

        return draw_documents(self.examples, self.seed)

    def _own(self, name: str, source: str) -> list[Case]:
        """A case for one clause alone, so that a stepped clock or a spent limit meets nobody else."""
        if source == OBSERVED:
            return self._shared(Lane(name, source))
        return [self.lines[name].filled(small().document, archive=small())]

    def _shrunk(
        self, check: Check, lane: Lane, found: Broken, document: Mapping[str, Any]
    ) -> tuple[Broken, Mapping[str, Any]]:
        """The smallest archive that shows a finding, within some seconds."""
        from noojee_contract.engine.shrink import smallest

        names = lane.target.split(" > ")

        def shows(candidate: Mapping[str, Any]) -> Broken | None:
            cases = [self.lines[name].filled(candidate) for name in names]
            try:
                check(cases[0] if len(cases) == 1 else Pair(*cases), Judge())
            except Broken as shown:
                return shown
            except (Unproved, ContractError, NoTicket):
                return None
            finally:
                for name, case in zip(names, cases, strict=True):
                    self.lines[name].drop(case)
            return None

        return smallest(document, found, shows, examples=self.examples, seed=self.seed, seconds=self._shrink_seconds)

    def _redactor(self, lane: Lane) -> Redactor:
        secrets: list[str] = []
        names: list[str] = []
        for name in lane.target.split(" > "):
            secrets += self.lines[name].secrets()
            described = self.targets[name].described
            names += () if described is None else described.scheme.names
        return Redactor(dict.fromkeys(secrets), names=names)

    def _row(
        self,
        clause: Clause,
        lane: Lane,
        outcome: Outcome,
        *,
        judged: int = 0,
        reason: str | None = None,
        finding: Finding | None = None,
    ) -> Result:
        return Result(
            clause=clause.id,
            target=lane.target,
            lane=lane.source,
            outcome=outcome,
            judged=judged,
            reason=reason,
            finding=finding,
        )


def _document(subject: Case | Pair) -> Mapping[str, Any] | None:
    case = subject.legacy if isinstance(subject, Pair) else subject
    return None if case.archive is None else case.archive.document
