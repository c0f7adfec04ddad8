"""The report for people at a terminal: the verdict first, then what was not proved, then what is broken, worst first."""

from __future__ import annotations

from noojee_contract.verdict import Run


def render(run: Run, *, colour: bool = False) -> str:
    """The report as text; `colour` adds what a terminal understands."""
    lines = [f"exit {run.exit_code}: {run.counts()}"]
    for target, reason in run.unreachable:
        lines.append(f"{target}: {reason}")
    for result in run.results:
        if result.outcome.value not in ("holds",):
            lines.append(
                f"{result.outcome.value:12} {result.clause} {result.target} {result.lane} {result.reason or ''}"
            )
            if result.finding:
                lines.append(f"    {result.finding.message[:300]}\n    {result.finding.command}")
    return "\n".join(lines)
