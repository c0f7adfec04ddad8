"""Redacts results and reports: every text in them that may come from a target or from the environment. Pure."""

from __future__ import annotations

from dataclasses import replace

from noojee_contract.model.failure import Failure
from noojee_contract.model.result import DifferingOption, Report, Result, TargetRow
from noojee_contract.redaction.redact import Redactor


def redacted_failure(failure: Failure, redactor: Redactor) -> Failure:
    """A failure without credentials. Its exchange has the form of `Redactor.exchange`, which has redacted it."""
    extent = failure.extent
    if extent is not None and extent.pattern is not None:
        extent = replace(extent, pattern=redactor.text(extent.pattern))
    return replace(
        failure,
        message=redactor.text(failure.message),
        field=_text(failure.field, redactor),
        header=_text(failure.header, redactor),
        option=_text(failure.option, redactor),
        expected=_text(failure.expected, redactor),
        actual=_text(failure.actual, redactor),
        archive=None if failure.archive is None else redactor.document(failure.archive),
        script=_text(failure.script, redactor),
        command=_text(failure.command, redactor),
        on_the_fake=_text(failure.on_the_fake, redactor),
        elsewhere=_text(failure.elsewhere, redactor),
        flaky=_text(failure.flaky, redactor),
        extent=extent,
    )


def redacted_result(result: Result, redactor: Redactor) -> Result:
    """A result without credentials. Its failure was redacted when it was built."""
    options = {key: [redactor.text(value) for value in seen] for key, seen in result.options.items()}
    return replace(result, reason=_text(result.reason, redactor), options=options)


def redacted_report(report: Report, redactor: Redactor) -> Report:
    """A report without credentials outside its results, which workers redacted with all that they sent."""
    return replace(
        report,
        targets=[_target(target, redactor) for target in report.targets],
        missing=[(name, redactor.text(clause)) for name, clause in report.missing],
        empty_rows=[(name, redactor.text(row)) for name, row in report.empty_rows],
        unreachable=[(name, redactor.text(reason)) for name, reason in report.unreachable],
        notes=[redactor.text(note) for note in report.notes],
        caveats=[redactor.text(caveat) for caveat in report.caveats],
        differing_options=[_option(each, redactor) for each in report.differing_options],
    )


def _text(text: str | None, redactor: Redactor) -> str | None:
    return None if text is None else redactor.text(text)


def _target(target: TargetRow, redactor: Redactor) -> TargetRow:
    return replace(target, address=redactor.text(target.address))


def _option(option: DifferingOption, redactor: Redactor) -> DifferingOption:
    return replace(option, old=redactor.text(option.old), new=redactor.text(option.new))
