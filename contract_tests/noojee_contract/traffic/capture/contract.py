"""What a capture keeps of contract and options, and what an upgrade changed in them. Pure, but for reading files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from noojee_contract.comparison.noise.change import Change, ChangeKind, ClientReading
from noojee_contract.model.outcome import Outcome
from noojee_contract.model.result import Report

TESTED = (Outcome.PASSED.value, Outcome.INFORMATIONAL.value)
ANY: frozenset[str] = frozenset()
BREAKING: Mapping[str, tuple[ClientReading, frozenset[str]]] = {
    **dict.fromkeys(
        (
            "expired_hash_status", "recording_api_refused_status", "njadmin_refused_status", "unknown_recording",
            "call_management_refused_status", "by_hour_limit_status", "recording_api_bad_request_status",
            "njadmin_bad_request_status", "call_management_bad_request_status", "audio_unknown_leg",
            "services_failure_status",
        ),
        (ClientReading.STATUS, ANY),
    ),
    "audio_methods": (ClientReading.STATUS, frozenset({"post"})),
    "audio_without_leg": (ClientReading.STATUS, frozenset({"refused"})),
    "content_type_check": (ClientReading.STATUS, frozenset({"form-only"})),
    "parameters_in": (ClientReading.STATUS, frozenset({"query-only"})),
    "bare_rest": (ClientReading.STATUS, frozenset({"absent"})),
    "hash_reuse": (ClientReading.STATUS, frozenset({"once"})),
    "plain_http": (ClientReading.STATUS, frozenset({"refused"})),
    "empty_tag": (ClientReading.STATUS, frozenset({"refused"})),
    "bad_hour": (ClientReading.STATUS, frozenset({"refused"})),
    "future_hour": (ClientReading.STATUS, frozenset({"refused"})),
    "concurrent_authentications": (ClientReading.STATUS, frozenset({"5"})),
    "time_stamp_seconds": (ClientReading.STATUS, frozenset({"refused"})),
    "time_body": (ClientReading.DIGIT_OR_WORD, frozenset({"digits-newline"})),
    "internal_word": (ClientReading.DIGIT_OR_WORD, ANY),
    "start_fraction": (ClientReading.DATE_FORMAT, ANY),
    "eastern_abbreviation": (ClientReading.ZONE, ANY),
    "njadmin_failure_envelope": (ClientReading.KEY_NAME, ANY),
    "json_content_type": (ClientReading.CONTENT_TYPE, ANY),
    "unknown_path": (ClientReading.CONTENT_TYPE, ANY),
}  # fmt: skip
"""The options whose change breaks a reading of clients, with the new values that break it; no values stand for any."""


@dataclass(frozen=True, slots=True)
class ClauseOutcome:
    """The outcome of a clause in a run, and its severity."""

    outcome: str
    severity: str


Outcomes = Mapping[str, ClauseOutcome]


def outcomes_of(report: Report) -> dict[str, ClauseOutcome]:
    """The outcome of each clause of a report, by its id; that of several targets is not merged."""
    severities = {clause.id: clause.severity for clause in report.clauses}
    return {
        clause: ClauseOutcome(outcome.value, severities.get(clause, "may"))
        for (clause, _), outcome in report.merged().items()
    }


def tested(outcomes: Outcomes) -> set[str]:
    """The clauses that were tested and did not fail."""
    return {clause for clause, each in outcomes.items() if each.outcome in TESTED}


def failed(outcomes: Outcomes) -> set[str]:
    """The clauses that failed."""
    return {clause for clause, each in outcomes.items() if each.outcome == Outcome.FAILED.value}


def contract_changes(old: Outcomes, new: Outcomes) -> Iterator[Change]:
    """The clauses that did not fail before, and fail now."""
    for clause in sorted(failed(new) & tested(old)):
        about = f"clause {clause} ({new[clause].severity})"
        yield Change(
            kind=ChangeKind.DOCUMENTED,
            about=about,
            old=old[clause].outcome,
            new="failed",
            example=f"noojee-contract verify --only {clause}",
        )


def other_changes(options: Mapping[str, str], old: Collection[str], new: Mapping[str, str | None]) -> Iterator[Change]:
    """Behaviour that no option covers and that is new: `new` has it in words, with the option that it is about.

    An option that had a value before, and has none of its values now, is a change of that option.
    """
    for saw, option in new.items():
        if saw in old:
            continue
        before = None if option is None else options.get(option)
        if option is None or before is None:
            yield Change(kind=ChangeKind.UNDOCUMENTED, about="behaviour that no option covers", new=saw)
            continue
        reading = BREAKING[option][0] if option in BREAKING else None
        kind = ChangeKind.UNDOCUMENTED if reading is None else ChangeKind.BREAKS
        yield Change(kind=kind, about=f"option {option}", old=before, new=saw, reading=reading)


def profile_changes(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, Change]]:
    """The options that both probes learnt with different values, by their key."""
    for option, before in old.items():
        after = new.get(option)
        if after is None or after == before:
            continue
        reading, values = BREAKING.get(option, (None, ANY))
        breaks = reading is not None and (not values or after in values)
        yield (
            option,
            Change(
                kind=ChangeKind.BREAKS if breaks else ChangeKind.UNDOCUMENTED,
                about=f"option {option}",
                old=before,
                new=after,
                reading=reading if breaks else None,
            ),
        )
