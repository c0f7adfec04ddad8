"""Which targets a clause is about, what it needs of them, and whether the target has it or allows it. Pure."""

from __future__ import annotations

from noojee_contract.clauses import Clause
from noojee_contract.target import Target
from noojee_contract.verdict import Outcome


def concerns(clause: Clause, target: Target) -> bool:
    """Whether a clause is about a target: its dialect, and how it is proved who asks."""
    return target.dialect in clause.dialects and clause.proof in (None, target.proof)


def lacking(target: Target, need: str) -> tuple[Outcome, str] | None:
    """The outcome and the reason where a target cannot serve a clause's need; None where it can."""
    name, _, amount = need.partition(":")
    if name in ("by_hour", "audio"):
        if name not in target.capabilities:
            return Outcome.UNSUPPORTED, f"the target says it has no {name}"
        if name == "audio" and target.audio is None and not target.fillable:
            return Outcome.UNSUPPORTED, "the target names no audio template"
        return None
    if name == "plain_http":
        told = target.base_url is None or target.base_url.startswith("http:") or target.plain_base_url is not None
        return None if told else (Outcome.UNSUPPORTED, "the target names no plain_base_url")
    if name == "live" and not target.fillable:
        return Outcome.UNPROVED, "needs a target whose calls can be played: no call is made on one that is observed"
    if target.fillable:
        return None
    if name == "fill":
        return Outcome.UNPROVED, "needs a target that can be filled"
    if name == "provoke" and not target.provoke:
        return Outcome.UNPROVED, 'provokes the target, which allows no "provoke"'
    if name == "wait" and target.wait_seconds < float(amount):
        return Outcome.UNPROVED, f'needs a wait of {amount} s; allow it with "wait:{amount}s"'
    return None
