"""Makes the report of a run from its results, targets and options. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from noojee_contract.catalogue.clauses import (
    REQUIRED_CLAUSES,
    REQUIRED_CLAUSES_OF_MIGRATIONS,
    REQUIRED_CLAUSES_OF_SERVICES,
    catalogue,
    choose,
    fingerprint,
)
from noojee_contract.errors import limit_of
from noojee_contract.model.cell import MigrationPair
from noojee_contract.model.coverage import Coverage, Covered, largest
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import MIGRATION, DifferingOption, Report, RequiredClauses, Result, Tally, TargetRow
from noojee_contract.pytest_plugin.collected import Collected
from noojee_contract.pytest_plugin.options import HERE, RunOptions, chosen_clauses
from noojee_contract.redaction.redact import HIDDEN
from noojee_contract.redaction.reports import redacted_report
from noojee_contract.report.summary import count_of, reasons_in_words
from noojee_contract.targets.applicability import applies_to, concerns, lacking
from noojee_contract.targets.credentials import redactor_of
from noojee_contract.targets.target import Target

SOUND_CLAUSE = "migration.sound"
EXERCISES = {
    "by_tag": "metadata.by-tag-answered",
    "by_unique_id": "metadata.by-unique-id-answered",
    "by_hour": "by-hour.answered",
    "audio": "audio.fetched",
}
"""The clause that uses each capability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run was asked to do. `environ` are the variables, whose credentials the report hides."""

    options: RunOptions
    targets: Sequence[Target]
    migrations: Sequence[MigrationPair]
    random_seed: int
    environ: Mapping[str, str]


def run_report(collected: Collected, run: Run) -> Report:
    """The report of a run: its results, and the required clauses that are missing."""
    results = [*collected.results, *_outdated_expectations(collected.results, run)]
    ids = {result.clause for result in results}
    report = Report(
        suite=f"noojee-contract {version('noojee-contract')}",
        catalogue=fingerprint(),
        started=collected.started_at.isoformat(timespec="seconds"),
        seconds=round(collected.seconds, 2),
        random_seed=run.random_seed,
        examples=run.options.examples,
        targets=_target_rows(collected, results, run),
        clauses=[clause.row() for clause in catalogue().values() if clause.id in ids],
        results=sorted(results, key=lambda result: (result.clause, result.target, result.source)),
        missing=required_clauses(run.targets, run.options, run.migrations).missing(results),
        calls=collected.calls,
        notes=[*_notes(run), *_dropped(results, run), *collected.lost],
        differing_options=differing_options(results, run.targets, run.migrations),
        empty_rows=list(collected.empty_rows),
        caveats=[
            *_interruption(collected),
            *_caveats(run),
            *_sound_caveats(results, run),
            *_gaps(results),
            *_unavailable(collected, run.targets),
        ],
        complete=collected.complete and all(limit_of(result.reason) is None for result in results),
        unreachable=sorted(collected.unreachable.items()),
    )
    return redacted_report(report, redactor_of(run.targets, run.environ))


def required_clauses(
    targets: Sequence[Target], options: RunOptions, migrations: Sequence[MigrationPair] = ()
) -> RequiredClauses:
    """The clauses that must have passed on each target, without the negative tests that its target file waives.

    --only replaces the usual required clauses by the must and should clauses that it names, and keeps the usual ones
    that its patterns match. --require adds clauses of any severity, on targets and on migrations.
    """
    known = catalogue()
    if options.replay_counterexample:
        only: Sequence[str] = sorted(chosen_clauses(options) or ())
    else:
        only = options.only
    asked = {clause.id for clause in choose(options.require)}
    named = asked | {name for name in only if name in known and known[name].severity in ("must", "should")}
    matched = {clause.id for clause in choose(only)} if only else set(known)
    needed = {
        target.name: [
            clause_id
            for clause_id in sorted(named | (matched & set(_usual(target)) - _waived(target)))
            if applies_to(known[clause_id], target)
        ]
        for target in targets
    }
    of_pairs = {clause_id for clause_id in asked if MIGRATION in known[clause_id].dialects}
    needed |= {
        str(pair): sorted(of_pairs | (matched & _usual_of_migration(pair, targets)))
        for pair in _compared(migrations, targets)
    }
    claimed = {} if only else {target.name: _claims(target) for target in targets}
    return RequiredClauses(needed=needed, claimed=claimed)


def _compared(migrations: Sequence[MigrationPair], targets: Sequence[Target]) -> list[MigrationPair]:
    """The migrations between chosen targets."""
    names = {target.name for target in targets}
    return [pair for pair in migrations if {pair.old, pair.new} <= names]


def differing_options(
    results: Sequence[Result], targets: Sequence[Target], migrations: Sequence[MigrationPair]
) -> list[DifferingOption]:
    """The options whose values differ between the sides of each migration: as declared, else as observed.

    An option that one side neither declares nor shows is left out.
    """
    values = {target.name: _option_values(target, results) for target in targets}
    return [
        DifferingOption(migration=str(pair), option=key, old=old, new=values[pair.new][key])
        for pair in _compared(migrations, targets)
        for key, old in sorted(values[pair.old].items())
        if key in values[pair.new] and old != values[pair.new][key]
    ]


def _option_values(target: Target, results: Sequence[Result]) -> dict[str, str]:
    """The value of each option that a target declares or shows; several observed values are joined."""
    observed: dict[str, dict[str, None]] = {}
    for result in results:
        if result.target == target.name:
            for key, seen in result.options.items():
                observed.setdefault(key, {}).update(dict.fromkeys(seen))
    return {key: " or ".join(sorted(seen)) for key, seen in observed.items()} | dict(target.declares(target.profile))


def _usual(target: Target) -> tuple[str, ...]:
    return REQUIRED_CLAUSES_OF_SERVICES if target.dialect == "services" else REQUIRED_CLAUSES


def _usual_of_migration(pair: MigrationPair, targets: Sequence[Target]) -> set[str]:
    """The required clauses of a migration: sound too, if both sides name audio."""
    sides = [target for target in targets if target.name in (pair.old, pair.new)]
    clauses = [catalogue()[clause_id] for clause_id in REQUIRED_CLAUSES_OF_MIGRATIONS]
    return {clause.id for clause in clauses if all(lacking(clause, side) is None for side in sides)}


def _waived(target: Target) -> set[str]:
    """The clauses that need negative tests, if the target file waives them or recorded traffic need not have them."""
    is_waived = target.waives_negative_tests or target.is_replayed
    return {each.id for each in catalogue().values() if is_waived and "negative_tests" in each.needs}


def _caveats(run: Run) -> list[str]:
    """What the first line adds to the verdict."""
    waived = [target.name for target in run.targets if target.waives_negative_tests]
    caveats = [f"refusal of wrong keys not tested on {' and '.join(waived)}"] if waived else []
    if run.options.is_embedded_by_default:
        caveats.append(f"the embedded PBX was checked: this folder has no {HERE}")
    return [
        *caveats,
        *(f"recorded traffic was checked, no PBX: {each.exchanges}" for each in run.targets if each.is_replayed),
    ]


def _interruption(collected: Collected) -> list[str]:
    """How far a run came that a signal ended: "interrupted at 14 of 229"."""
    if not collected.interrupted:
        return []
    done = len(collected.results) + len(collected.lost)
    return [f"interrupted at {done} of {max(done, collected.expected)}"]


def _unavailable(collected: Collected, targets: Sequence[Target]) -> list[str]:
    """How many answers of each read-only target said nothing about the question: "9 of 90 answers of old were 503"."""
    found = []
    for target in targets:
        tally = collected.tallies.get(target.name, Tally())
        counts = [f"{count} {name}" for name, count in sorted(tally.unavailable.items())]
        if counts and not target.writable:
            number, _, first = counts[0].partition(" ")
            text = f"{number} of {tally.requests} answers of {target.name} were {first}"
            found.append(", ".join([text, *counts[1:]]))
    return found


def _sound_caveats(results: Sequence[Result], run: Run) -> list[str]:
    """What the first line says about the sound of each migration that did not compare all of it."""
    caveats = []
    for pair in _compared(run.migrations, run.targets):
        own = [result for result in results if result.clause == SOUND_CLAUSE and result.target == str(pair)]
        sounds = [each for result in own for each in result.coverage if each.what is Covered.SOUNDS]
        if own and not any(result.checks for result in own):
            caveats.append(f"sound not compared on {pair}")
        elif any(each.compared < each.known for each in sounds):
            caveats.append(f"{largest(sounds)[Covered.SOUNDS]} compared on {pair}")
    return caveats


def _gaps(results: Sequence[Result]) -> list[str]:
    """Which known calls and hours no clause compared, with the reasons: "1 of 3 hours compared on old > staging".

    What a random sample leaves out, and what a failed clause did not reach, is in the coverage table only.
    """
    stated: dict[str, list[Coverage]] = {}
    for result in results:
        if result.outcome is not Outcome.FAILED:
            stated.setdefault(result.target, []).extend(result.coverage)
    return [
        f"{found[what]} compared on {name} ({reasons_in_words(found[what].gap)})"
        for name, found in ((name, largest(each)) for name, each in sorted(stated.items()))
        for what in (Covered.CALLS, Covered.HOURS)
        if what in found and found[what].gap.known
    ]


def _claims(target: Target) -> dict[str, str]:
    """Each capability that the target file names, with the clause that uses it."""
    known = catalogue()
    return {name: EXERCISES[name] for name in sorted(target.claimed) if concerns(known[EXERCISES[name]], target)}


def _target_rows(collected: Collected, results: Sequence[Result], run: Run) -> list[TargetRow]:
    sources: dict[str, list[str]] = {}
    for result in results:
        rows = sources.setdefault(result.target, [])
        if result.source not in rows:
            rows.append(result.source)
    targets = [
        target_row(target, sources.get(target.name, ()), collected.tallies.get(target.name)) for target in run.targets
    ]
    pairs = [
        TargetRow(name=str(pair), dialect=MIGRATION, address="", sources=sources[str(pair)])
        for pair in run.migrations
        if str(pair) in sources
    ]
    return [*targets, *pairs]


def target_row(target: Target, sources: Sequence[str] = (), tally: Tally | None = None) -> TargetRow:
    """What a report says about a target."""
    recorded = None if target.exchanges is None else f"recorded traffic, {target.exchanges}"
    address = recorded or target.base_url or target.transport or _shown(target.command or ())
    tally = tally or Tally()
    return TargetRow(
        name=target.name,
        dialect=target.dialect,
        address=address,
        sources=sources,
        requests=tally.requests,
        answers=dict(sorted(tally.answers.items())),
        unavailable=dict(sorted(tally.unavailable.items())),
    )


def _shown(command: Sequence[str]) -> str:
    """A command without the values of its flags, which could be keys. Numbers and {names} are harmless."""
    words: list[str] = []
    for word in command:
        name, equals, value = word.partition("=")
        follows_flag = bool(words) and words[-1].startswith("--") and not word.startswith("-")
        if not equals:
            value = word if follows_flag else ""
        harmless = not value or value.isdigit() or (value.startswith("{") and value.endswith("}"))
        if harmless:
            words.append(word)
        else:
            words.append(f"{name}={HIDDEN}" if equals else HIDDEN)
    return " ".join(words)


def _notes(run: Run) -> list[str]:
    options, targets = run.options, run.targets
    notes = [f"{target.name}: {note}" for target in targets for note in target.notes]
    notes += [
        f"{target.name}: no known recordings are given, so no leg can be requested; set recordings in the target file"
        for target in targets
        if not target.writable and not target.recordings
    ]
    notes += _unseen_losses(run)
    if options.replay_counterexample:
        notes.append(f"only the counterexample {options.replay_counterexample} was checked, on its own archive")
    elif options.only:
        notes.append("only the chosen clauses were checked, and only they were required")
    elif options.smoke:
        notes.append("smoke: only must and should clauses were checked, on bundled archives")
    return notes


def _dropped(results: Sequence[Result], run: Run) -> list[str]:
    """What the time limit and the request budget have left out on each target; the results name the clauses."""
    dropped = Counter((result.target, limit_of(result.reason)) for result in results)
    given = {"time limit": f" of {run.options.time_limit}"}
    return [
        f"{name}: the {limit}{given.get(limit, '')} left out {count_of(number, 'result')}, see Not tested"
        for (name, limit), number in dropped.items()
        if limit is not None
    ]


def _unseen_losses(run: Run) -> list[str]:
    """What a read-only migration cannot see."""
    targets = {target.name: target for target in run.targets}
    notes = []
    for pair in _compared(run.migrations, run.targets):
        sides = [targets[name] for name in (pair.old, pair.new)]
        without = [side.name for side in sides if not side.has_by_hour]
        if not any(side.writable for side in sides):
            why = f"{' and '.join(without)} cannot be asked by hour; " if without else ""
            notes.append(
                f"{pair}: {why}only the calls that a recordings file names, or that its tags and hours list, were "
                "compared; the loss of other calls cannot be seen"
            )
    return notes


def _outdated_expectations(results: Sequence[Result], run: Run) -> list[Result]:
    """A failure for each expected failure that did not happen: the target file is out of date."""
    rows = []
    for target in run.targets:
        names = {target.name, *(str(pair) for pair in run.migrations if target.name in (pair.old, pair.new))}
        for expected in target.expected_failures:
            own = [row for row in results if row.clause == expected.clause and row.target in names]
            if own and all(result.outcome is Outcome.PASSED for result in own):
                reason = (
                    f"the clause passed, but is an expected failure ({expected.reason}); remove it from the target file"
                )
                rows.append(
                    Result(
                        clause=expected.clause,
                        target=target.name,
                        source=own[0].source,
                        outcome=Outcome.FAILED,
                        reason=reason,
                    )
                )
    return rows
