"""Which targets a clause applies to, and what a target lacks or does not allow. Pure."""

from __future__ import annotations

from collections.abc import Collection

from noojee_contract.catalogue.clauses import MIGRATION, SCOPES, Clause
from noojee_contract.model.manner import Manner
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.manners import MANNERS, denied
from noojee_contract.targets.target import Target

LIVE_PATTERNS = ("idempotence", "invariance")
LIVE_CLAUSES = frozenset(
    {
        "authentication.hash-reuse",
        "by-hour.limit-apart",
        "transport.accept-json",
        "transport.content-type-check",
        "transport.form-charset",
    }
)
"""More clauses that send a question again, or with other headers."""
SCHEME_WORDS = {"hash": "time stamps and hashes", "api-key": "a key"}


def concerns(clause: Clause, target: Target) -> bool:
    """Whether a clause has the dialect and the authentication scheme of a target.

    `reason_not_applicable` decides which clauses a custom dialect leaves out.
    """
    if target.api.is_custom:
        return clause.dialects != (MIGRATION,)
    return target.dialect in clause.dialects and clause.scheme in (None, target.scheme)


def reason_not_applicable(clause: Clause, target: Target) -> str | None:
    """Why a clause does not apply to a custom dialect; None where it applies, and for the vendor's dialects."""
    if not target.api.is_custom:
        return None
    if clause.scope == "limit" and target.once_a_minute:
        return None
    if clause.scope != "meaning":
        return SCOPES[clause.scope]
    if clause.scheme not in (None, target.scheme):
        return f"is about {SCHEME_WORDS[clause.scheme]}, and this API takes {SCHEME_WORDS[target.scheme]}"
    by_hour = clause.group == "by-hour"
    unnamed = [name for name in clause.fields if not target.api.has_field(name, by_hour=by_hour)]
    if not unnamed:
        return None
    where = " by hour" if by_hour else ""
    return f"the dialect file names no {' and no '.join(unnamed)}{where}"


def applies_to(clause: Clause, target: Target) -> bool:
    """Whether a clause applies to a target that has what the clause needs."""
    return concerns(clause, target) and reason_not_applicable(clause, target) is None


def needs_live_answers(clause: Clause) -> bool:
    """Whether a clause checks how a PBX answers a question again or in another form.

    A replay gives the recorded answer each time, whatever the headers are, so a pass says nothing about the PBX.
    """
    return clause.pattern in LIVE_PATTERNS or clause.id in LIVE_CLAUSES


def lacking(clause: Clause, target: Target, *, served_elsewhere: Collection[str] = ()) -> tuple[Outcome, str] | None:
    """The outcome and the reason if a target cannot serve what a clause needs; None if it can.

    `served_elsewhere` are needs that the other side of a migration serves.
    """
    for need in clause.needs:
        if need in served_elsewhere:
            continue
        missing = _missing_capability(need, target) or _missing_permission(need, target)
        if missing is not None:
            return missing
    reason = denied(Manner.WAITS, target, clause.wait_seconds)
    return None if reason is None else (Outcome.INCONCLUSIVE, reason)


def _missing_capability(need: str, target: Target) -> tuple[Outcome, str] | None:
    if need in ("by_hour", "audio"):
        if need not in target.capabilities:
            described = target.api.is_custom and need not in target.api.capabilities
            who = "dialect file describes" if described else "target file lists"
            return Outcome.NOT_APPLICABLE, f"the {who} no {need}"
        if need == "audio" and target.api.needs_audio_template and target.audio is None and not target.writable:
            return Outcome.NOT_APPLICABLE, "the target names no audio template"
    if need == "by_hour_on_both" and not target.has_by_hour:
        return Outcome.NOT_APPLICABLE, f"the dialect {target.dialect} has no method by hour"
    if need == "plain_http":
        plain = target.base_url is None or target.base_url.startswith("http:") or target.plain_base_url is not None
        if not plain:
            return Outcome.NOT_APPLICABLE, "the target names no plain_base_url"
    return None


def _missing_permission(need: str, target: Target) -> tuple[Outcome, str] | None:
    reason = denied(MANNERS.get(need, Manner.HARMLESS), target)
    if reason is not None and need == "live":
        reason += ": live calls can be played on no other"
    return None if reason is None else (Outcome.INCONCLUSIVE, reason)
