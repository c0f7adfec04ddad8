"""Which targets a clause is about, what it needs of them, and whether the target has it or allows it. Pure."""

from __future__ import annotations

from noojee_contract.catalogue.clauses import MIGRATION, SCOPES, Clause
from noojee_contract.model.outcome import Outcome
from noojee_contract.targets.target import Target

SCHEME_WORDS = {"hash": "time stamps and hashes", "api-key": "a key"}


def concerns(clause: Clause, target: Target) -> bool:
    """Whether a clause is about a target: its dialect, and how it is proved who asks. `stranger` says of which it is
    in a dialect file alone."""
    if target.api.is_custom:
        return clause.dialects != (MIGRATION,)
    return target.dialect in clause.dialects and clause.proof in (None, target.scheme)


def stranger(clause: Clause, target: Target) -> str | None:
    """Why a clause says nothing of an API that is not the vendor's; None where it does, and of the vendor's own."""
    if not target.api.is_custom:
        return None
    if clause.about == "limit" and target.once_a_minute:
        return None
    if clause.about != "meaning":
        return SCOPES[clause.about]
    if clause.proof not in (None, target.scheme):
        return f"is about {SCHEME_WORDS[clause.proof]}, and this API takes {SCHEME_WORDS[target.scheme]}"
    by_hour = clause.group == "by-hour"
    unnamed = [name for name in clause.fields if not target.api.has_field(name, by_hour=by_hour)]
    return f"the dialect file names no {' and no '.join(unnamed)}{' by hour' * by_hour}" if unnamed else None


def applies_to(clause: Clause, target: Target) -> bool:
    """Whether a clause can be judged on a target, where it has what the clause needs."""
    return concerns(clause, target) and stranger(clause, target) is None


def lacking(target: Target, need: str) -> tuple[Outcome, str] | None:
    """The outcome and the reason where a target cannot serve a clause's need; None where it can."""
    name, _, amount = need.partition(":")
    if name in ("by_hour", "audio"):
        if name not in target.capabilities:
            lacks = target.api.is_custom and name not in target.api.capabilities
            return (
                Outcome.NOT_APPLICABLE,
                f"the dialect file describes no {name}" if lacks else f"the target says it has no {name}",
            )
        if name == "audio" and target.api.needs_audio_template and target.audio is None and not target.writable:
            return Outcome.NOT_APPLICABLE, "the target names no audio template"
        return None
    if name == "plain_http":
        told = target.base_url is None or target.base_url.startswith("http:") or target.plain_base_url is not None
        return None if told else (Outcome.NOT_APPLICABLE, "the target names no plain_base_url")
    if name == "live" and not target.writable:
        return Outcome.INCONCLUSIVE, "needs a target whose calls can be played: no call is made on one that is observed"
    if target.writable:
        return None
    if name == "fill":
        return Outcome.INCONCLUSIVE, "needs a target that can be filled"
    if name == "provoke" and not target.provoke:
        return Outcome.INCONCLUSIVE, 'provokes the target, which allows no "provoke"'
    if name == "wait" and target.wait_seconds < float(amount):
        return Outcome.INCONCLUSIVE, f'needs a wait of {amount} s; allow it with "wait:{amount}s"'
    return None
