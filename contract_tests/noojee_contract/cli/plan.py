"""`noojee-contract verify --plan`: what a run would send, and how long it would take. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from noojee_contract.clients.limits import bounds_of, by_server
from noojee_contract.engine.budget import Plan, asks_all_listed, plan_of, usual_seconds
from noojee_contract.pytest_plugin.options import RunOptions, chosen_targets
from noojee_contract.report.progress import duration
from noojee_contract.targets.target import Target


def plans_of(options: RunOptions, targets: Sequence[Target], *, workers: int = 1) -> list[Plan]:
    """The plan for each read-only target, within the limits of its server."""
    return [
        plan_of(
            _limited(target, targets), options.only, workers=workers, partners=partners_of(options, targets, target)
        )
        for target in targets
        if not target.writable
    ]


def _limited(target: Target, targets: Sequence[Target]) -> Target:
    """A target with the rate and the budget that it shares with the other targets of its server."""
    bounds = bounds_of([target, *_on_one_server(target, targets)])
    return replace(target, requests_per_second=bounds.requests_per_second, request_budget=bounds.request_budget)


def _on_one_server(target: Target, targets: Sequence[Target]) -> list[Target]:
    """The other targets with the host and port of a target."""
    served = next(served for served in by_server([target, *targets]).values() if target in served)
    return [other for other in served if other.name != target.name]


def announcement(plan: Plan, partners: Sequence[Target]) -> str:
    """How many requests a run may send to a read-only target."""
    return f"{plan.target.name}: read-only, at most {_requests(plan, partners)}"


def plan_text(options: RunOptions, targets: Sequence[Target], *, workers: int = 1) -> str:
    """What a run would send to each target, and how long it would take."""
    plans = plans_of(options, targets, workers=workers)
    lines = [f"{target.name}: writable, requests are not limited in advance" for target in targets if target.writable]
    for plan in plans:
        lines += [f"{plan.target.name}: read-only", *_lines(plan, partners_of(options, targets, plan.target))]
        lines += _shared(plan, targets)
    if plans:
        lines.append(f"The run usually takes {duration(usual_seconds(plans))}.")
    return "\n".join([*lines, "Nothing was sent.", ""])


def partners_of(options: RunOptions, targets: Sequence[Target], target: Target) -> list[Target]:
    """The other targets of the migrations of a target."""
    pairs = [{pair.old, pair.new} for pair in chosen_targets(options)[1] if target.name in (pair.old, pair.new)]
    return [other for other in targets if other.name != target.name and any(other.name in pair for pair in pairs)]


def _lines(plan: Plan, partners: Sequence[Target]) -> Iterator[str]:
    target = plan.target
    rate = target.requests_per_second
    yield f"  requests  at most {_requests(plan, partners)}"
    yield f"  rate      {f'{rate:g} a second' if rate else 'not limited: set requests_per_second'}"
    budget = f"; {target.request_budget} requests in all" if target.request_budget is not None else ""
    yield f"  retries   at most {plan.requests}, one for each answer that fails{budget}"
    waits = []
    if plan.minutes > 1:
        waits.append(f"{plan.minutes - 1} of 61 s for the by-hour limit, while other clauses run")
    if plan.idle_seconds:
        waits.append(f"{plan.idle_seconds:g} s in other clauses")
    yield f"  waits     {'; '.join(waits) or 'none'}"


def _shared(plan: Plan, targets: Sequence[Target]) -> list[str]:
    """What a target shares with the others of its server."""
    others = ", ".join(other.name for other in _on_one_server(plan.target, targets))
    if not others:
        return []
    budget = plan.target.request_budget
    shared = ["the rate", *([] if budget is None else [f"the {budget} requests"]), "the by-hour limit"]
    return [f"  shared    {', '.join(shared)}, with {others} on the same host and port"]


def _requests(plan: Plan, partners: Sequence[Target]) -> str:
    more = ""
    if asks_all_listed(plan.target, partners) and plan.requests != plan.target.request_budget:
        more = ", and one for each call that only a tag or an hour lists (calls limits them)"
    return f"{plan.requests} requests{more}"
